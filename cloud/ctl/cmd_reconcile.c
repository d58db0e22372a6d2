/* The daily reconciliation: have a day done, and what did not agree. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PART_SIZE = 192, PATH_SIZE = 512, LOOK_MS = 300, MONEY_TEXT = 48 };

static bool make_path(const char *place, const char *day, char ret[PATH_SIZE])
{
    char a[PART_SIZE], b[PART_SIZE];
    if (client_escape(place, a, sizeof a) == ERR_OK && client_escape(day, b, sizeof b) == ERR_OK &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s/reconciliations/%s", a, b) < PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* When the report that exists was made; "" if there is none. */
static enum ctl_status made_at(struct client *c, const char *path, char *ret, size_t size)
{
    int status;
    json_t *document;
    enum ctl_status s = client_call(c, "GET", path, NULL, &status, &document);
    if (s == CTL_OK)
        snprintf(ret, size, "%s", status == 200 ? print_text(document, "made") : "");
    if (s == CTL_OK)
        json_decref(document);
    return s;
}

static void print_side(const json_t *m, const char *side, char *ret)
{
    const json_t *money = json_object_get(m, side);
    print_money(money, "amount_minor", print_text(money, "currency"), ret, MONEY_TEXT);
}

static void print_differences(const json_t *list)
{
    static const char *const heads[] = {"WHAT", "OF", "KEY", "STAY", "OURS", "THEIRS"};
    size_t i;
    json_t *m;
    struct print_table *t = print_table_new(sizeof heads / sizeof heads[0]);
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
        print_cell(t, "%s", heads[k]);
    json_array_foreach((json_t *)(uintptr_t)list, i, m)
    {
        char ours[MONEY_TEXT], theirs[MONEY_TEXT];
        print_side(m, "ours", ours);
        print_side(m, "theirs", theirs);
        print_cell(t, "%s", print_text(m, "class"));
        print_cell(t, "%s", print_text(m, "of"));
        print_cell(t, "%s", print_text(m, "key"));
        print_cell(t, "%s", print_text(m, "session"));
        print_cell(t, "%s", ours);
        print_cell(t, "%s", theirs);
    }
    print_table_end(t);
}

static void print_report(const json_t *d)
{
    static const struct {
        const char *key, *text;
    } sums[] = {{"priced_minor", "priced"},
                {"paid_minor", "paid"},
                {"refunded_minor", "refunded"},
                {"owed_minor", "owed"},
                {"waived_minor", "waived"},
                {"written_off_minor", "written off"},
                {"excess_minor", "not given back"},
                {"charged_minor", "charged"},
                {"booked_minor", "booked by providers"},
                {"given_back_minor", "given back"},
                {"booked_back_minor", "booked as given back"}};
    printf("%s %s%s: %lld exits, %lld stays, %lld payments, %lld refunds, %lld bookings, "
           "%lld differences\n",
           print_text(d, "place"), print_text(d, "day"),
           print_flag(d, "partial") ? " (not over yet)" : "", (long long)print_int(d, "exits"),
           (long long)print_int(d, "sessions"), (long long)print_int(d, "payments"),
           (long long)print_int(d, "refunds"), (long long)print_int(d, "lines"),
           (long long)print_int(d, "mismatches"));
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        char text[MONEY_TEXT];
        print_money(d, sums[i].key, print_text(d, "currency"), text, sizeof text);
        printf("  %-22s %s\n", sums[i].text, text);
    }
    printf("paid - refunded + owed + waived + written off = priced + not given back: %s\n",
           print_flag(d, "balanced") ? "yes" : "NO");
    if (json_array_size(json_object_get(d, "differences")) > 0)
        print_differences(json_object_get(d, "differences"));
}

/* One line whenever it gets on. *ret_failed: it came to nothing. */
static enum ctl_status tell_progress(struct client *c, const struct ctl_args *a, char *said,
                                     size_t size, bool *ret_failed)
{
    char path[PATH_SIZE], escaped[PART_SIZE], line[PATH_SIZE];
    json_t *document;
    client_escape(a->operand, escaped, sizeof escaped);
    snprintf(path, sizeof path, "/v1/reconciliations?place=%s&limit=1", escaped);
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    const json_t *p = json_object_get(document, "running");
    snprintf(line, sizeof line, "%s %s: %s, %lld bookings", print_text(p, "place"),
             print_text(p, "day"), print_text(p, "stage"), (long long)print_int(p, "lines"));
    if (print_text(p, "stage")[0] != '\0' && strncmp(line, said, size) != 0)
        fprintf(stderr, "%s\n", line);
    snprintf(said, size, "%.100s", line);
    *ret_failed = print_text(p, "failure")[0] != '\0' &&
                  strcmp(print_text(p, "place"), a->operand) == 0 &&
                  strcmp(print_text(p, "day"), a->operand2) == 0;
    if (*ret_failed)
        fprintf(stderr, "boomgatectl: %s\n", print_text(p, "failure"));
    json_decref(document);
    return CTL_OK;
}

/* Until there is a report that was not there before. */
static enum ctl_status follow(struct client *c, const struct ctl_args *a, const char *path,
                              const char *before)
{
    char said[PATH_SIZE] = "", now[64] = "";
    bool failed = false;
    while (!failed) {
        enum ctl_status s = made_at(c, path, now, sizeof now);
        if (s != CTL_OK)
            return s;
        if (now[0] != '\0' && strcmp(now, before) != 0)
            return CTL_OK;
        struct timespec t = {.tv_nsec = LOOK_MS * 1000000L};
        nanosleep(&t, NULL);
        s = tell_progress(c, a, said, sizeof said, &failed);
        if (s != CTL_OK)
            return s;
    }
    return CTL_REFUSED;
}

enum ctl_status cmd_reconcile(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE], before[64];
    json_t *answer, *report;
    int status;
    if (!make_path(a->operand, a->operand2, path))
        return CTL_USAGE;
    enum ctl_status s = made_at(c, path, before, sizeof before);
    if (s != CTL_OK)
        return s;
    json_t *body = json_pack("{s:s, s:s}", "place", a->operand, "day", a->operand2);
    s = client_call(c, "POST", "/v1/reconciliations", body, &status, &answer);
    json_decref(body);
    if (s != CTL_OK)
        return s;
    if (status != 202)
        client_report(status, answer);
    json_decref(answer);
    if (status != 202)
        return CTL_REFUSED;
    s = follow(c, a, path, before);
    if (s == CTL_OK)
        s = client_get(c, path, &report);
    if (s != CTL_OK)
        return s;
    if (client_json(c))
        print_json(report);
    else
        print_report(report);
    bool agrees = print_int(report, "mismatches") == 0;
    json_decref(report);
    return agrees ? CTL_OK : CTL_REFUSED;
}
