/* Stays that need a person: lists by state, candidates for an exit, and the acts upon them. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_SIZE = 192, PATH_SIZE = 512, MONEY_SIZE = 48 };

enum ctl_status cmd_session_list(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"STAY", "PLATE", "IN", "OUT", "LANE", "STALE"};
    char place[PART_SIZE], state[PART_SIZE], path[PATH_SIZE];
    json_t *document, *row;
    size_t i;
    if (client_escape(a->operand, place, sizeof place) != ERR_OK ||
        client_escape(a->state != NULL ? a->state : "open", state, sizeof state) != ERR_OK)
        return CTL_USAGE;
    snprintf(path, sizeof path, "/v1/sessions?place=%s&state=%s&limit=%.20s", place, state,
             a->limit != NULL ? a->limit : "100");
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
    json_array_foreach(json_object_get(document, "sessions"), i, row)
    {
        const char *lane = print_text(row, "entry_lane");
        print_cell(t, "%s", print_text(row, "session"));
        print_cell(t, "%s", print_text(row, "plate"));
        print_cell(t, "%s", print_text(row, "start"));
        print_cell(t, "%s", print_text(row, "end"));
        print_cell(t, "%s", lane[0] != '\0' ? lane : print_text(row, "exit_lane"));
        print_cell(t, "%s", print_flag(row, "stale") ? "yes" : "");
    }
    print_table_end(t);
    json_decref(document);
    return CTL_OK;
}

enum ctl_status cmd_session_candidates(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"STAY", "PLATE", "IN", "LANE", "WHY"};
    char id[PART_SIZE], path[PATH_SIZE];
    json_t *document, *row;
    size_t i;
    if (client_escape(a->operand, id, sizeof id) != ERR_OK)
        return CTL_USAGE;
    snprintf(path, sizeof path, "/v1/sessions/%s/candidates", id);
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
    json_array_foreach(json_object_get(document, "candidates"), i, row)
    {
        print_cell(t, "%s", print_text(row, "session"));
        print_cell(t, "%s", print_text(row, "plate"));
        print_cell(t, "%s", print_text(row, "start"));
        print_cell(t, "%s", print_text(row, "entry_lane"));
        print_cell(t, "%s", print_text(row, "why"));
    }
    print_table_end(t);
    json_decref(document);
    return CTL_OK;
}

/* ---- acts ---- */

static void show(const struct client *c, const json_t *answer)
{
    static const char *const keys[] = {"price_before_minor", "price_after_minor", "paid_minor",
                                       "due_minor", "refund_minor"};
    char money[5][MONEY_SIZE];
    if (client_json(c)) {
        print_json(answer);
        return;
    }
    for (size_t i = 0; i < 5; i++)
        print_money(answer, keys[i], print_text(answer, "currency"), money[i], sizeof money[i]);
    if (print_flag(answer, "dry_run"))
        printf("nothing was done; it would be: ");
    else
        printf("act %lld: ", (long long)print_int(answer, "act"));
    printf("price %s, before %s; paid %s; due %s; back %s", money[1], money[0], money[2], money[3],
           money[4]);
    if (print_text(answer, "why")[0] != '\0')
        printf("; plates: %s", print_text(answer, "why"));
    printf("\n");
}

/* Takes over `body`. */
static enum ctl_status order(struct client *c, const struct ctl_args *a, const char *what,
                             json_t *body)
{
    char id[PART_SIZE], path[PATH_SIZE];
    int status;
    json_t *answer;
    if (a->reason == NULL || client_escape(a->operand, id, sizeof id) != ERR_OK) {
        fprintf(stderr, "boomgatectl: say why: --reason TEXT\n");
        json_decref(body);
        return CTL_USAGE;
    }
    snprintf(path, sizeof path, "/v1/sessions/%s/%s", id, what);
    json_object_set_new(body, "reason", json_string(a->reason));
    json_object_set_new(body, "dry_run", json_boolean(a->dry_run != NULL));
    enum ctl_status s = client_call(c, "POST", path, body, &status, &answer);
    json_decref(body);
    if (s != CTL_OK)
        return s;
    if (status == 200 || status == 201)
        show(c, answer);
    else
        client_report(status, answer);
    json_decref(answer);
    return status == 200 || status == 201 ? CTL_OK : CTL_REFUSED;
}

enum ctl_status cmd_session_close(struct client *c, const struct ctl_args *a)
{
    json_t *body = json_object();
    json_object_set_new(body, "free", json_boolean(a->free != NULL));
    if (a->end != NULL)
        json_object_set_new(body, "end", json_string(a->end));
    return order(c, a, "close", body);
}

enum ctl_status cmd_session_match(struct client *c, const struct ctl_args *a)
{
    return order(c, a, "match", json_pack("{s:s}", "exit", a->operand2));
}

enum ctl_status cmd_session_split(struct client *c, const struct ctl_args *a)
{
    return order(c, a, "split", json_object());
}
