/* What people decide about money: give back, waive, write off, collect, say what became of a payment. */
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "cloud/http/money.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the body ---- */

/* act_reason, for a money order. */
static void read_reason(const json_t *body, json_t **problem, struct money_order *ret)
{
    struct act_order o = {0};
    act_reason(body, problem, &o);
    memcpy(ret->reason, o.reason, sizeof ret->reason);
}

static bool read_order(struct http_request *q, struct http_reply *r, const char *const *known,
                       size_t count, json_t **ret_body, struct money_order *ret)
{
    json_t *problem = NULL;
    json_t *body;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return false;
    act_members(body, known, count, &problem);
    read_reason(body, &problem, ret);
    if (problem == NULL) {
        *ret_body = body;
        return true;
    }
    reply_problem_json(r, problem);
    json_decref(body);
    return false;
}

/* ---- the answer, on the service's thread ---- */

struct pending_money {
    struct exchange *exchange;
    struct money_order order;
};

static void reply_done(const struct money_order *o, const struct admin_result *result,
                       struct http_reply *r)
{
    json_t *body = json_object();
    set_text(body, "action", money_action_word(o->action));
    if (o->action == MONEY_REFUND) {
        set_text(body, "key", result->key);
        reply_json(r, 201, body);
        snprintf(r->location, sizeof r->location, "/v1/refunds/%s", result->key);
        return;
    }
    set_text(body, o->key[0] != '\0' ? "key" : "session",
             o->key[0] != '\0' ? o->key : o->session.text);
    reply_json(r, 200, body);
}

static void money_done(void *arg, const struct admin_result *result)
{
    struct pending_money *p = arg;
    struct http_reply r = {0};
    if (!act_refused(result, &r))
        reply_done(&p->order, result, &r);
    exchange_answer(p->exchange, &r);
    free(p);
}

static void post(struct http *h, struct http_request *q, const struct money_order *o,
                 struct http_reply *r)
{
    struct pending_money *p = mem_alloc(sizeof *p);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    *p = (struct pending_money){q->exchange, *o};
    w->admin =
        (struct admin_command){.kind = ADMIN_MONEY, .money = *o, .done = money_done, .arg = p};
    if (!post_write(h, q, w, r))
        free(p);
}

/* ---- orders about one that exists ---- */

static void order_debt(struct http *h, struct http_request *q, enum money_action action,
                       struct http_reply *r)
{
    static const char *const known[] = {"reason"};
    struct money_order o = {.action = action, .actor = q->principal.name};
    json_t *body, *debt;
    if (!read_order(q, r, known, 1, &body, &o))
        return;
    json_decref(body);
    if (!money_of_path(h, q, NOUN_DEBT, r, &debt))
        return;
    json_get_text(debt, "session", o.session.text, sizeof o.session.text);
    json_decref(debt);
    post(h, q, &o, r);
}

void handle_debt_waive(struct http *h, struct http_request *q, struct http_reply *r)
{
    order_debt(h, q, MONEY_WAIVE, r);
}

void handle_debt_write_off(struct http *h, struct http_request *q, struct http_reply *r)
{
    order_debt(h, q, MONEY_WRITE_OFF, r);
}

void handle_debt_collect(struct http *h, struct http_request *q, struct http_reply *r)
{
    order_debt(h, q, MONEY_COLLECT, r);
}

static bool read_outcome(const json_t *body, struct http_reply *r, struct money_order *ret)
{
    char text[16] = "";
    json_t *problem = NULL;
    if (json_get_text(body, "outcome", text, sizeof text) == ERR_OK) {
        bool paid = strcmp(text, "succeeded") == 0;
        ret->action = paid ? MONEY_SUCCEEDED : MONEY_FAILED;
        if (paid || strcmp(text, "failed") == 0)
            return true;
    }
    act_complain(&problem, "/outcome", "expected \"succeeded\" or \"failed\"");
    reply_problem_json(r, problem);
    return false;
}

static void resolve(struct http *h, struct http_request *q, enum money_noun n, struct http_reply *r)
{
    static const char *const known[] = {"outcome", "reason"};
    struct money_order o = {.actor = q->principal.name};
    json_t *body, *document;
    if (!read_order(q, r, known, 2, &body, &o))
        return;
    bool good = read_outcome(body, r, &o);
    json_decref(body);
    if (!good || !money_of_path(h, q, n, r, &document))
        return;
    json_get_text(document, "key", o.key, sizeof o.key);
    json_decref(document);
    post(h, q, &o, r);
}

void handle_payment_resolve(struct http *h, struct http_request *q, struct http_reply *r)
{
    resolve(h, q, NOUN_PAYMENT, r);
}

void handle_refund_resolve(struct http *h, struct http_request *q, struct http_reply *r)
{
    resolve(h, q, NOUN_REFUND, r);
}

/* ---- refunds ---- */

static void read_refund(const json_t *body, json_t **problem, struct money_order *ret)
{
    char session[MOVEMENT_ID_SIZE + 1] = "";
    const json_t *amount = json_object_get(body, "amount_minor");
    bool by_payment = json_object_get(body, "payment") != NULL;
    bool by_session = json_object_get(body, "session") != NULL;
    if (by_payment == by_session)
        act_complain(problem, "/payment", "expected either the key of a payment or a session");
    else if (by_payment && (json_get_text(body, "payment", ret->key, sizeof ret->key) != ERR_OK ||
                            ret->key[0] == '\0'))
        act_complain(problem, "/payment", "expected the key of a payment");
    else if (by_session && (json_get_text(body, "session", session, sizeof session) != ERR_OK ||
                            movement_id_parse(session, strlen(session), &ret->session) != ERR_OK))
        act_complain(problem, "/session", "expected the id of a stay");
    ret->minor = json_is_integer(amount) ? json_integer_value(amount) : 0;
    if (amount != NULL && ret->minor <= 0)
        act_complain(problem, "/amount_minor",
                     "expected an amount above 0 in minor units; without it all that is left");
}

/* Whether the caller may give money of this payment or stay back. */
static bool is_of_caller(struct http *h, struct http_request *q, const struct money_order *o,
                         struct http_reply *r)
{
    struct name place;
    json_t *document = NULL;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = o->key[0] != '\0'
                     ? money_find(slot->reader, NOUN_PAYMENT, o->key, &place, &document)
                     : reader_place_of_session(slot->reader, &o->session, &place);
    readers_put(h->readers, slot);
    json_decref(document);
    if (e != ERR_OK)
        reply_reader_error(r, e, o->key[0] != '\0' ? "payment" : "stay");
    else if (!auth_sees_place(&q->principal, &place))
        reply_other_place(r);
    else
        return true;
    return false;
}

void handle_refund_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"payment", "session", "amount_minor", "reason"};
    struct money_order o = {.action = MONEY_REFUND, .actor = q->principal.name};
    json_t *body, *problem = NULL;
    if (!read_order(q, r, known, 4, &body, &o))
        return;
    read_refund(body, &problem, &o);
    json_decref(body);
    if (problem != NULL)
        reply_problem_json(r, problem);
    else if (is_of_caller(h, q, &o, r))
        post(h, q, &o, r);
}
