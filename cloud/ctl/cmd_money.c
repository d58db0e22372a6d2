/* The money of stays: payments that wait for a person, refunds, debts. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/support/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_SIZE = 192, PATH_SIZE = 512, MONEY_TEXT = 48 };

static bool make_path(const char *noun, const char *part, const char *end, char ret[PATH_SIZE])
{
    char a[PART_SIZE];
    if (client_escape(part, a, sizeof a) == ERR_OK &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/%s%s%s", noun, a, end) < PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* ---- orders ---- */

/* Takes over `body`. Sent twice under one key it has one effect. */
static enum ctl_status order(struct client *c, const struct ctl_args *a, const char *path,
                             json_t *body, json_t **ret)
{
    int status;
    json_t *answer;
    struct request_id random = random_request_id();
    if (a->reason == NULL || body == NULL ||
        json_object_set_new(body, "reason", json_string(a->reason)) != 0) {
        fprintf(stderr, "boomgatectl: say why, in UTF-8: --reason TEXT\n");
        json_decref(body);
        return CTL_USAGE;
    }
    enum ctl_status s =
        client_post_once(c, path, a->key != NULL ? a->key : random.text, body, &status, &answer);
    json_decref(body);
    if (s == CTL_UNREACHABLE && a->key == NULL)
        fprintf(stderr, "To try the same order again: --key %s\n", random.text);
    if (s != CTL_OK)
        return s;
    if (status == 200 || status == 201) {
        *ret = answer;
        return CTL_OK;
    }
    client_report(status, answer);
    json_decref(answer);
    return CTL_REFUSED;
}

static enum ctl_status resolve(struct client *c, const struct ctl_args *a, const char *noun)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!make_path(noun, a->operand, "/resolve", path))
        return CTL_USAGE;
    enum ctl_status s = order(c, a, path, json_pack("{s:s}", "outcome", a->operand2), &answer);
    if (s != CTL_OK)
        return s;
    printf("%s: %s\n", a->operand, print_text(answer, "action"));
    json_decref(answer);
    return CTL_OK;
}

enum ctl_status cmd_payment_resolve(struct client *c, const struct ctl_args *a)
{
    return resolve(c, a, "payments/");
}

enum ctl_status cmd_refund_resolve(struct client *c, const struct ctl_args *a)
{
    return resolve(c, a, "refunds/");
}

/* A key names a payment ("<stay>:<kind>:<n>"), a bare id a stay. */
enum ctl_status cmd_refund_add(struct client *c, const struct ctl_args *a)
{
    char *end = NULL;
    json_t *answer;
    json_t *body = json_pack("{s:s}", strchr(a->operand, ':') ? "payment" : "session", a->operand);
    if (a->amount != NULL) {
        errno = 0;
        long long minor = strtoll(a->amount, &end, 10);
        if (*a->amount == '\0' || *end != '\0' || errno != 0) {
            fprintf(stderr, "boomgatectl: say how much in minor units: --amount N\n");
            json_decref(body);
            return CTL_USAGE;
        }
        json_object_set_new(body, "amount_minor", json_integer(minor));
    }
    enum ctl_status s = order(c, a, "/v1/refunds", body, &answer);
    if (s != CTL_OK)
        return s;
    printf("refund %s\n", print_text(answer, "key"));
    json_decref(answer);
    return CTL_OK;
}

static enum ctl_status order_debt(struct client *c, const struct ctl_args *a, const char *what)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!make_path("debts/", a->operand, what, path))
        return CTL_USAGE;
    enum ctl_status s = order(c, a, path, json_object(), &answer);
    if (s != CTL_OK)
        return s;
    printf("debt of %s: %s\n", a->operand, print_text(answer, "action"));
    json_decref(answer);
    return CTL_OK;
}

enum ctl_status cmd_debt_waive(struct client *c, const struct ctl_args *a)
{
    return order_debt(c, a, "/waive");
}

enum ctl_status cmd_debt_write_off(struct client *c, const struct ctl_args *a)
{
    return order_debt(c, a, "/write-off");
}

enum ctl_status cmd_debt_collect(struct client *c, const struct ctl_args *a)
{
    return order_debt(c, a, "/collect");
}

/* ---- lists ---- */

/* A column: its head and the member it shows; `money`: an amount in the row's currency. */
struct column {
    const char *head, *member;
    bool money;
};

static void print_rows(const json_t *rows, const struct column *columns, size_t count)
{
    size_t i;
    json_t *row;
    struct print_table *t = print_table_new(count);
    for (size_t k = 0; k < count; k++)
        print_cell(t, "%s", columns[k].head);
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        for (size_t k = 0; k < count; k++) {
            char text[MONEY_TEXT];
            if (columns[k].money)
                print_money(row, columns[k].member, print_text(row, "currency"), text, sizeof text);
            print_cell(t, "%s", columns[k].money ? text : print_text(row, columns[k].member));
        }
    }
    print_table_end(t);
}

static enum ctl_status list(struct client *c, const struct ctl_args *a, const char *noun,
                            const struct column *columns, size_t count)
{
    char place[PART_SIZE], state[PART_SIZE], path[PATH_SIZE + 2 * PART_SIZE];
    json_t *document;
    if (client_escape(a->operand, place, sizeof place) != ERR_OK ||
        client_escape(a->state != NULL ? a->state : "", state, sizeof state) != ERR_OK) {
        fprintf(stderr, "boomgatectl: the name is too long\n");
        return CTL_USAGE;
    }
    snprintf(path, sizeof path, "/v1/%s?place=%s%s%s%s%.20s", noun, place,
             a->state != NULL ? "&state=" : "", state, a->limit != NULL ? "&limit=" : "",
             a->limit != NULL ? a->limit : "");
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c))
        print_json(document);
    else
        print_rows(json_object_get(document, noun), columns, count);
    json_decref(document);
    return CTL_OK;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum ctl_status cmd_payment_list(struct client *c, const struct ctl_args *a)
{
    static const struct column columns[] = {{"KEY", "key", false},
                                            {"STATE", "state", false},
                                            {"AMOUNT", "amount_minor", true},
                                            {"REFUNDED", "refunded_minor", true},
                                            {"PROVIDER", "provider", false},
                                            {"CHANGED", "changed", false},
                                            {"REASON", "reason", false},
                                            {"WHO", "actor", false},
                                            {"WHY", "note", false}};
    return list(c, a, "payments", columns, COUNT(columns));
}

enum ctl_status cmd_refund_list(struct client *c, const struct ctl_args *a)
{
    static const struct column columns[] = {
        {"KEY", "key", false},       {"OF", "payment", false},
        {"STATE", "state", false},   {"AMOUNT", "amount_minor", true},
        {"CAUSE", "cause", false},   {"CHANGED", "changed", false},
        {"REASON", "reason", false}, {"WHO", "actor", false},
        {"WHY", "note", false}};
    return list(c, a, "refunds", columns, COUNT(columns));
}

enum ctl_status cmd_debt_list(struct client *c, const struct ctl_args *a)
{
    static const struct column columns[] = {
        {"STAY", "session", false},   {"PLATE", "plate", false},    {"STATE", "state", false},
        {"OWED", "owed_minor", true}, {"OF", "amount_minor", true}, {"SINCE", "created", false},
        {"REASON", "reason", false},  {"WHO", "actor", false},      {"WHY", "note", false}};
    return list(c, a, "debts", columns, COUNT(columns));
}
