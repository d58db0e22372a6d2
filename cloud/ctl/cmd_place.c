/* Car parks: add, set, list, show, resume. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512 };

/* "/v1/places/NAME" and `more` into ret[PATH_SIZE]. */
static bool place_path(const char *name, const char *more, char *ret)
{
    char escaped[PATH_SIZE];
    if (client_escape(name, escaped, sizeof escaped) == ERR_OK &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s%s", escaped, more) < PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* ---- settings from the command line ---- */

/* Options that are numbers in the API, with the factor from the option's unit. */
static bool set_number(json_t *o, const char *option, const char *key, const char *text,
                       int64_t factor)
{
    char *end;
    if (text == NULL)
        return true;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < 0 || n > INT64_MAX / factor) {
        fprintf(stderr, "boomgatectl: --%s takes a whole number, not \"%s\"\n", option, text);
        return false;
    }
    json_object_set_new(o, key, json_integer(n * factor));
    return true;
}

static bool set_text(json_t *o, const char *key, const char *text)
{
    if (text == NULL)
        return true;
    json_t *value = json_string(text);
    if (value == NULL) {
        fprintf(stderr, "boomgatectl: the %s is not UTF-8 text\n", key);
        return false;
    }
    json_object_set_new(o, key, value);
    return true;
}

/* Rate tables are files with lower-case names; people say T1. */
static bool set_lower(json_t *o, const char *key, const char *text)
{
    char lower[64];
    size_t i = 0;
    if (text == NULL)
        return true;
    for (; text[i] != '\0' && i + 1 < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    lower[i] = '\0';
    return set_text(o, key, lower);
}

static bool set_closed(json_t *o, const char *text)
{
    bool yes = text != NULL && strcmp(text, "yes") == 0;
    if (text == NULL)
        return true;
    if (!yes && strcmp(text, "no") != 0) {
        fprintf(stderr, "boomgatectl: --closed takes yes or no\n");
        return false;
    }
    json_object_set_new(o, "closed", json_boolean(yes));
    return true;
}

/* Lays what was given over `o`. */
static bool apply_args(json_t *o, const struct ctl_args *a)
{
    return set_number(o, "capacity", "capacity", a->capacity, 1) &&
           set_text(o, "title", a->title) && set_text(o, "zone", a->zone) &&
           set_text(o, "currency", a->currency) && set_lower(o, "tariff", a->tariff) &&
           set_text(o, "payment_policy", a->payment) &&
           set_number(o, "hold-max", "hold_max_ms", a->hold_max_s, 1000) &&
           set_number(o, "exit-grace", "exit_grace_ms", a->exit_grace_s, 1000) &&
           set_text(o, "unmatched_exit", a->unmatched) && set_text(o, "parent", a->parent) &&
           set_text(o, "hours", a->hours) &&
           set_number(o, "stale-after", "stale_after_ms", a->stale_after_s, 1000) &&
           set_number(o, "grant-size", "grant_size", a->grant_size, 1) && set_closed(o, a->closed);
}

/* ---- writes ---- */

/* Sends `body` (taken over) and says in one line what came of it. */
static enum ctl_status write_place(struct client *c, const char *method, const char *path,
                                   const char *revision, json_t *body, const char *name)
{
    int status;
    json_t *answer;
    char seen[64];
    snprintf(seen, sizeof seen, "If-Match: \"%.40s\"", revision);
    enum ctl_status s = revision[0] != '\0'
                            ? client_call_with(c, method, path, seen, body, &status, &answer)
                            : client_call(c, method, path, body, &status, &answer);
    json_int_t capacity = print_int(body, "capacity");
    json_decref(body);
    if (s != CTL_OK)
        return s;
    if (status != 200 && status != 201) {
        client_report(status, answer);
        if (status == 409)
            fprintf(stderr, "Change it with: boomgatectl place set %s ...\n", name);
        s = CTL_REFUSED;
    } else if (client_json(c)) {
        print_json(answer);
    } else if (status == 201) {
        printf("%s: created, %lld spaces\n", name, (long long)capacity);
    } else {
        printf("%s: %s\n", name, strcmp(method, "POST") == 0 ? "unchanged" : "changed");
    }
    json_decref(answer);
    return s;
}

enum ctl_status cmd_place_add(struct client *c, const struct ctl_args *a)
{
    json_t *body = json_object();
    if (a->capacity == NULL) {
        fprintf(stderr, "boomgatectl: place add needs --capacity N\n");
        json_decref(body);
        return CTL_USAGE;
    }
    if (!set_text(body, "place", a->operand) || !apply_args(body, a)) {
        json_decref(body);
        return CTL_USAGE;
    }
    return write_place(c, "POST", "/v1/places", "", body, a->operand);
}

/* The settings among the members of a place's document. */
static json_t *settings_of(const json_t *place)
{
    static const char *const keys[] = {
        "title",          "capacity",    "zone",           "currency",       "tariff",
        "payment_policy", "hold_max_ms", "exit_grace_ms",  "unmatched_exit", "grant_size",
        "closed",         "parent",      "stale_after_ms", "hours"};
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(o, keys[i], json_object_get(place, keys[i]));
    return o;
}

enum ctl_status cmd_place_set(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *place;
    if (!place_path(a->operand, "", path))
        return CTL_USAGE;
    enum ctl_status s = client_get(c, path, &place);
    if (s != CTL_OK)
        return s;
    json_t *before = settings_of(place);
    json_t *after = settings_of(place);
    char revision[48];
    snprintf(revision, sizeof revision, "%s", print_text(place, "revision"));
    json_decref(place);
    bool good = apply_args(after, a);
    bool same = good && json_equal(before, after);
    json_decref(before);
    if (good && !same)
        return write_place(c, "PUT", path, revision, after, a->operand);
    json_decref(after);
    if (!good)
        return CTL_USAGE;
    printf("%s: unchanged\n", a->operand);
    return CTL_OK;
}

enum ctl_status cmd_place_resume(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    int status;
    json_t *answer;
    if (!place_path(a->operand, "/resume", path))
        return CTL_USAGE;
    enum ctl_status s = client_call(c, "POST", path, NULL, &status, &answer);
    if (s != CTL_OK)
        return s;
    if (status == 200) {
        printf("%s: offers spaces again\n", a->operand);
    } else {
        client_report(status, answer);
        s = CTL_REFUSED;
    }
    json_decref(answer);
    return s;
}

/* ---- reads ---- */

enum ctl_status cmd_place_list(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"PLACE",  "STATUS", "FREE",   "PARKED",
                                        "COMING", "SPACES", "TARIFF", "TITLE"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    json_t *document;
    json_t *place;
    size_t i;
    (void)a;
    enum ctl_status s = client_get(c, "/v1/places", &document);
    if (s != CTL_OK)
        return s;
    json_t *places = json_object_get(document, "places");
    if (client_json(c)) {
        print_json(document);
    } else if (json_array_size(places) == 0) {
        printf("No car park yet. Create one: boomgatectl place add a --capacity 10\n");
    } else {
        struct print_table *t = print_table_new(COLUMNS);
        for (size_t k = 0; k < COLUMNS; k++)
            print_cell(t, "%s", heads[k]);
        json_array_foreach(places, i, place)
        {
            print_cell(t, "%s", print_text(place, "place"));
            print_cell(t, "%s", print_text(place, "status"));
            print_cell(t, "%lld", print_int(place, "free"));
            print_cell(t, "%lld", print_int(json_object_get(place, "occupied"), "counted"));
            print_cell(t, "%lld", print_int(place, "pending"));
            print_cell(t, "%lld", print_int(place, "capacity"));
            print_cell(t, "%s", print_text(place, "tariff"));
            print_cell(t, "%s", print_text(place, "title"));
        }
        print_table_end(t);
    }
    json_decref(document);
    return CTL_OK;
}

static void show_place(const json_t *p)
{
    const json_t *occupied = json_object_get(p, "occupied");
    struct print_table *t = print_table_new(2);
    print_cell(t, "%s", print_text(p, "place"));
    print_cell(t, "%s", print_text(p, "title"));
    print_cell(t, "status");
    print_cell(t, "%s%s", print_text(p, "status"),
               print_flag(p, "offers_stopped") ? ", no spaces are offered" : "");
    print_cell(t, "free");
    print_cell(t, "%lld of %lld", print_int(p, "free"), print_int(p, "capacity"));
    print_cell(t, "parked");
    print_cell(t, "%lld by loops, %lld by stays, drift %+lld", print_int(occupied, "counted"),
               print_int(occupied, "derived"), print_int(occupied, "difference"));
    print_cell(t, "coming in");
    print_cell(t, "%lld", print_int(p, "pending"));
    print_cell(t, "spaces");
    print_cell(t, "%lld in the pool, %lld at edges, %lld overdrawn", print_int(p, "pool"),
               print_int(p, "at_edges"), print_int(p, "overdraft"));
    print_cell(t, "tariff");
    print_cell(t, "%s, %s, %s", print_text(p, "tariff"), print_text(p, "currency"),
               print_text(p, "zone"));
    print_cell(t, "payment");
    print_cell(t, "%s when the provider is away", print_text(p, "payment_policy"));
    print_cell(t, "anomalies");
    print_cell(t, "%lld open", print_int(p, "anomalies"));
    print_table_end(t);
}

static void show_lanes(const json_t *p)
{
    size_t i;
    json_t *row;
    struct print_table *t = print_table_new(6);
    print_cell(t, "LANE");
    print_cell(t, "DIRECTION");
    print_cell(t, "EDGE");
    print_cell(t, "STATE");
    print_cell(t, "ARM");
    print_cell(t, "LAST HEARD");
    json_array_foreach(json_object_get(p, "lanes"), i, row)
    {
        bool online = print_flag(row, "online");
        print_cell(t, "%s", print_text(row, "lane"));
        print_cell(t, "%s", print_text(row, "direction"));
        print_cell(t, "%s", print_text(row, "edge"));
        print_cell(t, "%s", online ? print_text(row, "state") : "offline");
        print_cell(t, "%s", online ? print_text(row, "arm") : "-");
        print_cell(t, "%s", print_text(row, "seen"));
    }
    printf("\n");
    print_table_end(t);
}

enum ctl_status cmd_place_show(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *place;
    if (!place_path(a->operand, "", path))
        return CTL_USAGE;
    enum ctl_status s = client_get(c, path, &place);
    if (s != CTL_OK)
        return s;
    if (client_json(c)) {
        print_json(place);
    } else {
        show_place(place);
        if (json_array_size(json_object_get(place, "lanes")) > 0)
            show_lanes(place);
        else
            printf("\nNo lane has reported yet.\n");
    }
    json_decref(place);
    return CTL_OK;
}
