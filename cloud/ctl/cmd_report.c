/* What happened: stays of a plate, movements and business of a car park, health of the daemon. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/base/ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512, MONEY_SIZE = 40 };

/* `format` has one %s for the escaped operand. The limit is appended if given. */
static enum ctl_status get_of(struct client *c, const char *before, const char *operand,
                              const char *after, const struct ctl_args *a, json_t **ret)
{
    char escaped[PATH_SIZE];
    char limit[96] = "";
    char path[PATH_SIZE];
    bool fits = client_escape(operand, escaped, sizeof escaped) == ERR_OK;
    if (fits && a->limit != NULL) {
        char number[64];
        fits = client_escape(a->limit, number, sizeof number) == ERR_OK;
        snprintf(limit, sizeof limit, "%climit=%s", strchr(before, '?') != NULL ? '&' : '?',
                 number);
    }
    if (!fits || (size_t)snprintf(path, sizeof path, "%s%s%s%s", before, escaped, after, limit) >=
                     sizeof path) {
        fprintf(stderr, "boomgatectl: \"%s\" is too long\n", operand);
        return CTL_USAGE;
    }
    return client_get(c, path, ret);
}

static void heads(struct print_table *t, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_cell(t, "%s", names[i]);
}

enum ctl_status cmd_sessions(struct client *c, const struct ctl_args *a)
{
    static const char *const names[] = {"PLACE", "STATE", "FROM", "TO", "AMOUNT", "PAYMENT"};
    json_t *document;
    json_t *s;
    size_t i;
    struct ticket ticket;
    bool by_ticket = ticket_parse(a->operand, strlen(a->operand), &ticket) == ERR_OK;
    enum ctl_status status =
        get_of(c, by_ticket ? "/v1/sessions?credential=" : "/v1/sessions?plate=", a->operand, "", a,
               &document);
    if (status != CTL_OK)
        return status;
    json_t *list = json_object_get(document, "sessions");
    if (client_json(c)) {
        print_json(document);
    } else if (json_array_size(list) == 0) {
        printf("No stay with this %s.\n", by_ticket ? "ticket" : "plate");
    } else {
        struct print_table *t = print_table_new(6);
        heads(t, names, 6);
        json_array_foreach(list, i, s)
        {
            char amount[MONEY_SIZE];
            print_money(s, "amount_minor", print_text(s, "currency"), amount, sizeof amount);
            print_cell(t, "%s", print_text(s, "place"));
            print_cell(t, "%s", print_text(s, "state"));
            print_cell(t, "%s", print_text(s, "start"));
            print_cell(t, "%s", print_text(s, "end"));
            print_cell(t, "%s", amount);
            print_cell(t, "%s", print_text(s, "payment"));
        }
        print_table_end(t);
        if (print_text(document, "next")[0] != '\0')
            printf("There are more; see --limit.\n");
    }
    json_decref(document);
    return CTL_OK;
}

enum ctl_status cmd_movements(struct client *c, const struct ctl_args *a)
{
    static const char *const names[] = {"TIME", "LANE", "DIRECTION", "PLATE", "OUTCOME", "WHY"};
    json_t *document;
    json_t *m;
    size_t i;
    enum ctl_status status = get_of(c, "/v1/places/", a->operand, "/movements", a, &document);
    if (status != CTL_OK)
        return status;
    if (client_json(c)) {
        print_json(document);
    } else {
        struct print_table *t = print_table_new(6);
        heads(t, names, 6);
        json_array_foreach(json_object_get(document, "movements"), i, m)
        {
            const char *reason = print_text(m, "reason");
            print_cell(t, "%s", print_text(m, "time"));
            print_cell(t, "%s", print_text(m, "lane"));
            print_cell(t, "%s", print_text(m, "direction"));
            print_cell(t, "%s", print_text(m, "plate"));
            print_cell(t, "%s", print_text(m, "outcome"));
            print_cell(t, "%s", reason[0] != '\0' ? reason : print_text(m, "basis"));
        }
        print_table_end(t);
    }
    json_decref(document);
    return CTL_OK;
}

static void show_business(struct print_table *t, const char *name, const json_t *o,
                          const char *currency)
{
    char charged[MONEY_SIZE];
    print_money(o, "charged_minor", currency, charged, sizeof charged);
    print_cell(t, "%s", name);
    print_cell(t, "%lld", print_int(o, "entered"));
    print_cell(t, "%lld", print_int(o, "left"));
    print_cell(t, "%lld", print_int(o, "turned_away"));
    print_cell(t, "%s", charged);
    print_cell(t, "%lld", print_int(o, "payments_declined"));
}

enum ctl_status cmd_summary(struct client *c, const struct ctl_args *a)
{
    static const char *const names[] = {"",        "ENTERED", "LEFT", "TURNED AWAY",
                                        "CHARGED", "DECLINED"};
    json_t *o;
    enum ctl_status status = get_of(c, "/v1/places/", a->operand, "/summary", a, &o);
    if (status != CTL_OK)
        return status;
    if (client_json(c)) {
        print_json(o);
    } else {
        const char *currency = print_text(o, "currency");
        char owed[MONEY_SIZE];
        struct print_table *t = print_table_new(6);
        heads(t, names, 6);
        show_business(t, "today", json_object_get(o, "today"), currency);
        show_business(t, "ever", o, currency);
        print_table_end(t);
        print_money(o, "debts_open_minor", currency, owed, sizeof owed);
        printf(
            "\n%lld stays open, %lld debts open (%s), %lld payments under way, %lld for a person "
            "to look at\n",
            (long long)print_int(o, "sessions_open"), (long long)print_int(o, "debts_open"), owed,
            (long long)print_int(o, "payments_open"), (long long)print_int(o, "payments_manual"));
    }
    json_decref(o);
    return CTL_OK;
}

enum ctl_status cmd_health(struct client *c, const struct ctl_args *a)
{
    static const char *const paths[] = {"/healthz", "/readyz"};
    static const char *const names[] = {"alive", "ready"};
    enum ctl_status worst = CTL_OK;
    (void)a;
    for (size_t i = 0; i < 2; i++) {
        int status;
        json_t *answer;
        enum ctl_status s = client_call(c, "GET", paths[i], NULL, &status, &answer);
        if (s != CTL_OK)
            return s;
        if (client_json(c)) {
            print_json(answer);
        } else {
            printf("%s: %s", names[i], status == 200 ? "yes" : "no, ");
            print_safe(stdout, status == 200 ? "" : print_text(answer, "detail"));
            printf("\n");
        }
        worst = status == 200 ? worst : CTL_REFUSED;
        json_decref(answer);
    }
    return worst;
}
