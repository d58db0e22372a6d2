/* Rate tables without a daemon: is this file one, and what would a stay cost by it? */
#include "cloud/ctl/client.h"
#include "protocol/support/quote_json.h"
#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"
#include "protocol/tariff/tariff_stay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ctl_status wrong(const char *option, const char *text, const char *expected)
{
    fprintf(stderr, "boomgatectl: --%s: found \"%s\", expected %s\n", option,
            text != NULL ? text : "nothing", expected);
    return CTL_USAGE;
}

/* "FILE:LINE: KEY: RULE" */
static enum ctl_status read_table(const char *file, struct tariff *ret)
{
    struct table_error e;
    enum err err = rate_table_read(file, ret, &e);
    if (err == ERR_OK)
        return CTL_OK;
    fprintf(stderr, "boomgatectl: %s:%d: %s%s%s\n", file, e.line, e.path,
            e.path[0] != '\0' ? ": " : "", e.text);
    return err == ERR_NOTFOUND ? CTL_USAGE : CTL_REFUSED;
}

enum ctl_status cmd_tariff_check(struct client *c, const struct ctl_args *a)
{
    struct tariff t;
    (void)c;
    enum ctl_status s = read_table(a->operand, &t);
    if (s == CTL_OK)
        printf("%s: rate table \"%s\", version %lld, is valid\n", a->operand, t.id.text,
               (long long)t.version);
    return s;
}

static bool read_time(const char *text, size_t len, struct wall_ms *ret)
{
    return timestamp_parse(text, len, ret) == ERR_OK;
}

/* "KIND:VALUE,..." */
static enum ctl_status read_validations(const char *list, struct tariff_stay *stay)
{
    static const char expected[] = "up to 16 of percent:N (1 to 100), minutes:N or amount:N (minor "
                                   "units), with commas between";
    for (const char *at = list; at != NULL; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char word[16];
        struct tariff_validation v;
        size_t len = strcspn(at, ":,");
        if (stay->validation_count == TARIFF_VALIDATIONS_MAX || len >= sizeof word ||
            at[len] != ':' || at[len + 1] < '0' || at[len + 1] > '9')
            return wrong("validation", list, expected);
        memcpy(word, at, len);
        word[len] = '\0';
        char *end;
        errno = 0;
        v.value = strtoll(at + len + 1, &end, 10);
        if (errno != 0 || (*end != '\0' && *end != ',') ||
            tariff_validation_parse(word, &v.kind) != ERR_OK ||
            tariff_validation_check(&v) != ERR_OK)
            return wrong("validation", list, expected);
        stay->validations[stay->validation_count++] = v;
    }
    return CTL_OK;
}

/* "FROM/TO,..." */
static enum ctl_status read_covers(const char *list, struct tariff_stay *stay)
{
    for (const char *at = list; at != NULL; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t from = strcspn(at, "/,"), len = strcspn(at, ",");
        struct tariff_cover c;
        if (stay->cover_count == TARIFF_COVERS_MAX || from == len ||
            !read_time(at, from, &c.from) || !read_time(at + from + 1, len - from - 1, &c.to) ||
            c.to.v < c.from.v)
            return wrong("covered", list, "up to 8 of FROM/TO, with commas between");
        stay->covers[stay->cover_count++] = c;
    }
    return CTL_OK;
}

static enum ctl_status read_stay(const struct ctl_args *a, struct tariff_stay *stay)
{
    static const char expected[] = "a time such as 2026-05-15T10:00:00+02:00";
    if (a->entry == NULL || !read_time(a->entry, strlen(a->entry), &stay->entry))
        return wrong("entry", a->entry, expected);
    if (a->vehicle != NULL && name_parse(a->vehicle, strlen(a->vehicle), &stay->vehicle) != ERR_OK)
        return wrong("vehicle", a->vehicle, "a class of the rate table");
    enum ctl_status s = read_validations(a->validation, stay);
    return s == CTL_OK ? read_covers(a->covered, stay) : s;
}

static void print_quote(const struct tariff *t, const struct zone_table *z,
                        const struct tariff_quote *q)
{
    json_t *o = json_object();
    json_object_set_new(o, "amount", json_integer(q->amount.minor));
    json_object_set_new(o, "currency", json_string(q->amount.currency.code));
    json_object_set_new(o, "lines", quote_json_lines(t, z, q, ""));
    json_dumpf(o, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(o);
}

static enum ctl_status price_lost(const struct tariff *t, const struct zone_table *z,
                                  struct wall_ms at)
{
    struct tariff_quote q;
    if (tariff_lost_ticket(t, at, &q) != ERR_OK) {
        fprintf(stderr, "boomgatectl: this rate table has no price for a lost ticket\n");
        return CTL_REFUSED;
    }
    print_quote(t, z, &q);
    return CTL_OK;
}

enum ctl_status cmd_tariff_price(struct client *c, const struct ctl_args *a)
{
    struct tariff t;
    struct zone_table z;
    struct tariff_stay stay = {0};
    struct tariff_quote q;
    struct wall_ms exit;
    (void)c;
    if (a->table == NULL)
        return wrong("table", NULL, "the file of a rate table");
    if (a->zone == NULL || zone_load(a->zone, &z) != ERR_OK)
        return wrong("zone", a->zone, "an IANA time zone such as Asia/Seoul");
    if (a->exit == NULL || !read_time(a->exit, strlen(a->exit), &exit))
        return wrong("exit", a->exit, "a time such as 2026-05-15T12:05:00+02:00");
    enum ctl_status s = read_table(a->table, &t);
    if (s != CTL_OK)
        return s;
    if (a->lost != NULL)
        return price_lost(&t, &z, exit);
    s = read_stay(a, &stay);
    if (s != CTL_OK)
        return s;
    if (tariff_stay_price(&t, &z, &stay, exit, &q) != ERR_OK)
        return wrong("exit", a->exit, "a time not before --entry, and at most ten years after it");
    print_quote(&t, &z, &q);
    return CTL_OK;
}
