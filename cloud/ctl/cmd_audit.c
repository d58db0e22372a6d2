/* What a person does to the ledger: audit add, list, cancel; edge bind, unbind, release. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATH_SIZE = 512, PART_SIZE = 200, LOOK_MS = 500, NAMES_SIZE = 1024 };

/* "/v1/places/PLACE<middle>PART<end>"; part NULL: none. */
static bool make_path(const char *place, const char *middle, const char *part, const char *end,
                      char ret[PATH_SIZE])
{
    char a[PART_SIZE], b[PART_SIZE] = "";
    if (client_escape(place, a, sizeof a) == ERR_OK &&
        (part == NULL || client_escape(part, b, sizeof b) == ERR_OK) &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s%s%s%s", a, middle, b, end) < PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* "e1,e2" as a list. */
static json_t *names_of(const char *text)
{
    json_t *list = json_array();
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, ",");
        json_array_append_new(list, json_stringn(at, len));
        at += len + (at[len] == ',');
    }
    return list;
}

static json_t *body_of(const struct ctl_args *a)
{
    char *end;
    errno = 0;
    long long counted = a->counted != NULL ? strtoll(a->counted, &end, 10) : -1;
    if (a->counted == NULL || end == a->counted || *end != '\0' || errno != 0) {
        fprintf(stderr, "boomgatectl: say how many vehicles are inside: --counted N\n");
        return NULL;
    }
    if (a->reason == NULL) {
        fprintf(stderr, "boomgatectl: say why: --reason TEXT\n");
        return NULL;
    }
    json_t *body = json_pack("{s:I, s:s}", "counted", (json_int_t)counted, "reason", a->reason);
    if (body == NULL)
        fprintf(stderr, "boomgatectl: the reason is not UTF-8 text\n");
    else if (a->gone != NULL)
        json_object_set_new(body, "gone", names_of(a->gone));
    return body;
}

static enum ctl_status call(struct client *c, const char *path, const json_t *body, int good,
                            json_t **ret)
{
    int status;
    json_t *answer;
    enum ctl_status s = client_call(c, "POST", path, body, &status, &answer);
    if (s != CTL_OK)
        return s;
    if (status == good) {
        *ret = answer;
        return CTL_OK;
    }
    client_report(status, answer);
    json_decref(answer);
    return CTL_REFUSED;
}

static void print_audit(const json_t *a)
{
    printf("%s", print_text(a, "state"));
    if (print_text(a, "waits")[0] != '\0') {
        printf(", waits for ");
        print_safe(stdout, print_text(a, "waits"));
    }
    if (strcmp(print_text(a, "state"), "applied") == 0)
        printf(": %lld counted, %lld before, %lld released, %lld too many",
               (long long)print_int(a, "counted"), (long long)print_int(a, "before"),
               (long long)print_int(a, "released"), (long long)print_int(a, "shortfall"));
    printf("\n");
    fflush(stdout);
}

/* Looks until it is no longer pending. */
static enum ctl_status follow(struct client *c, const char *path, json_int_t id)
{
    char said[NAMES_SIZE] = "";
    for (;;) {
        json_t *document, *row;
        size_t i;
        bool ended = false, applied = false;
        enum ctl_status s = client_get(c, path, &document);
        if (s != CTL_OK)
            return s;
        json_array_foreach(json_object_get(document, "audits"), i, row)
        {
            if (json_integer_value(json_object_get(row, "id")) != id)
                continue;
            ended = strcmp(print_text(row, "state"), "pending") != 0;
            applied = strcmp(print_text(row, "state"), "applied") == 0;
            if (ended || strcmp(said, print_text(row, "waits")) != 0)
                print_audit(row);
            snprintf(said, sizeof said, "%s", print_text(row, "waits"));
        }
        json_decref(document);
        if (ended)
            return applied ? CTL_OK : CTL_REFUSED;
        struct timespec t = {.tv_nsec = LOOK_MS * 1000000L};
        nanosleep(&t, NULL);
    }
}

enum ctl_status cmd_audit_add(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!make_path(a->operand, "/audits", NULL, "", path))
        return CTL_USAGE;
    json_t *body = body_of(a);
    if (body == NULL)
        return CTL_USAGE;
    enum ctl_status s = call(c, path, body, 202, &answer);
    json_decref(body);
    if (s != CTL_OK)
        return s;
    json_int_t id = json_integer_value(json_object_get(answer, "id"));
    json_decref(answer);
    printf("audit %lld\n", (long long)id);
    return a->wait != NULL ? follow(c, path, id) : CTL_OK;
}

enum ctl_status cmd_audit_list(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"ID",       "MADE",      "STATE", "COUNTED", "BEFORE",
                                        "RELEASED", "SHORTFALL", "WHO",   "REASON",  "WAITS FOR"};
    static const char *const numbers[] = {"counted", "before", "released", "shortfall"};
    char path[PATH_SIZE], limit[64] = "";
    json_t *document, *row;
    size_t i;
    if (a->limit != NULL)
        snprintf(limit, sizeof limit, "?limit=%.20s", a->limit);
    if (!make_path(a->operand, "/audits", NULL, limit, path))
        return CTL_USAGE;
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c)) {
        print_json(document);
        json_decref(document);
        return CTL_OK;
    }
    struct print_table *t = print_table_new(sizeof heads / sizeof heads[0]);
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
        print_cell(t, "%s", heads[k]);
    json_array_foreach(json_object_get(document, "audits"), i, row)
    {
        print_cell(t, "%lld", (long long)print_int(row, "id"));
        print_cell(t, "%s", print_text(row, "made"));
        print_cell(t, "%s", print_text(row, "state"));
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            print_cell(t, "%lld", (long long)print_int(row, numbers[k]));
        print_cell(t, "%s", print_text(row, "actor"));
        print_cell(t, "%s", print_text(row, "reason"));
        print_cell(t, "%s", print_text(row, "waits"));
    }
    print_table_end(t);
    json_decref(document);
    return CTL_OK;
}

enum ctl_status cmd_audit_cancel(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!make_path(a->operand, "/audits/", a->operand2, "/cancel", path))
        return CTL_USAGE;
    enum ctl_status s = call(c, path, NULL, 200, &answer);
    if (s != CTL_OK)
        return s;
    json_decref(answer);
    printf("%s: audit %s is cancelled\n", a->operand, a->operand2);
    return CTL_OK;
}

static enum ctl_status order_bound(struct client *c, const struct ctl_args *a, const char *what)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (a->right == NULL) {
        fprintf(stderr, "boomgatectl: say for which right: --right ID\n");
        return CTL_USAGE;
    }
    if (!make_path(a->operand, "/edges/", a->operand2, what, path))
        return CTL_USAGE;
    json_t *body = json_pack("{s:s}", "right", a->right);
    enum ctl_status s = body != NULL ? call(c, path, body, 202, &answer) : CTL_USAGE;
    json_decref(body);
    if (s != CTL_OK)
        return s;
    printf("%s/%s: a space %s %s\n", a->operand, a->operand2,
           print_flag(answer, "bound") ? "is kept for" : "is asked back from", a->right);
    json_decref(answer);
    return CTL_OK;
}

enum ctl_status cmd_edge_bind(struct client *c, const struct ctl_args *a)
{
    return order_bound(c, a, "/bind");
}

enum ctl_status cmd_edge_unbind(struct client *c, const struct ctl_args *a)
{
    return order_bound(c, a, "/unbind");
}

enum ctl_status cmd_edge_release(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!make_path(a->operand, "/edges/", a->operand2, "/release", path))
        return CTL_USAGE;
    enum ctl_status s = call(c, path, NULL, 200, &answer);
    if (s != CTL_OK)
        return s;
    json_decref(answer);
    printf("%s/%s: its next hello begins a new epoch\n", a->operand, a->operand2);
    return CTL_OK;
}
