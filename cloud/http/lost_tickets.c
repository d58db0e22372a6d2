/* POST /v1/places/{id}/lanes/{lane}/lost-ticket: who stands at this exit pays what a lost ticket costs. */
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"
#include "protocol/support/plate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending_lost {
    struct exchange *exchange;
    const char *pay_url;
};

static void lost_done(void *arg, const struct admin_result *result)
{
    struct pending_lost *p = arg;
    struct http_reply r = {0};
    if (!act_refused(result, &r)) {
        json_t *o = json_object();
        set_text(o, "session", result->session.text);
        set_text(o, "place", result->place.place.text);
        set_text(o, "currency", result->currency.code);
        set_int(o, "due_minor", result->due_minor);
        if (result->pay_token.text[0] != '\0') {
            char url[PAY_URL_SIZE + PAY_TOKEN_SIZE];
            snprintf(url, sizeof url, "%s%s", p->pay_url, result->pay_token.text);
            set_text(o, "url", url);
        }
        reply_json(&r, 201, o);
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void read_order(const json_t *body, json_t **problem, struct lost_order *ret)
{
    static const char *const known[] = {"reason", "plate"};
    struct act_order act = {.reason = ""};
    char plate[128];
    act_members(body, known, 2, problem);
    act_reason(body, problem, &act);
    memcpy(ret->reason, act.reason, sizeof ret->reason);
    enum err e = json_get_text(body, "plate", plate, sizeof plate);
    if (e != ERR_NOTFOUND &&
        (e != ERR_OK || plate_normalise(plate, strlen(plate), &ret->plate) != ERR_OK))
        act_complain(problem, "/plate",
                     "expected a number plate: letters and digits of any script, at most 48 bytes");
}

void handle_lost_ticket_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct lost_order o = {.actor = q->principal.name};
    json_t *body, *problem = NULL;
    const char *lane = q->match->params[1];
    if (!query_known(q, NULL, 0, r) || !place_of_path(q, r, &o.place))
        return;
    if (name_parse(lane, strlen(lane), &o.lane) != ERR_OK) {
        reply_reader_error(r, ERR_NOTFOUND, "lane");
        return;
    }
    if (!body_is_json(q, r, &body))
        return;
    read_order(body, &problem, &o);
    json_decref(body);
    if (problem != NULL) {
        reply_problem_json(r, problem);
        return;
    }
    struct pending_lost *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_lost){q->exchange, h->ports.pay_url};
    w->admin =
        (struct admin_command){.kind = ADMIN_LOST_TICKET, .lost = o, .done = lost_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}
