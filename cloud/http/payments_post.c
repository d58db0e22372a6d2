/* POST /v1/payments: a stay is paid before its exit. POST /v1/pay-links: an address where a driver can do
 * so. Both answer once the order is committed; what came of a payment shows in the stay's quote. */
#include "cloud/core/pay_link.h"
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "cloud/http/stay_named.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending_pay {
    struct exchange *exchange;
    const char *pay_url;
    bool link; /* only an address is wanted */
};

static void set_due(json_t *o, const struct admin_result *result)
{
    set_text(o, "session", result->session.text);
    set_text(o, "place", result->place.place.text);
    set_text(o, "currency", result->currency.code);
    set_int(o, "due_minor", result->due_minor);
}

static void pay_done(void *arg, const struct admin_result *result)
{
    struct pending_pay *p = arg;
    struct http_reply r = {0};
    if (!act_refused(result, &r)) {
        json_t *o = json_object();
        if (p->link) {
            char url[PAY_URL_SIZE + PAY_TOKEN_SIZE];
            snprintf(url, sizeof url, "%s%s", p->pay_url, result->pay_token.text);
            set_text(o, "token", result->pay_token.text);
            set_text(o, "url", url);
        } else {
            set_text(o, "payment", result->payment);
        }
        set_due(o, result);
        reply_json(&r, p->link ? 201 : result->payment[0] != '\0' ? 202 : 200, o);
    }
    exchange_answer(p->exchange, &r);
    free(p);
}

static void post(struct http *h, struct http_request *q, struct work *w, bool link,
                 struct http_reply *r)
{
    struct pending_pay *p = mem_alloc(sizeof *p);
    *p = (struct pending_pay){q->exchange, h->ports.pay_url, link};
    w->admin.done = pay_done;
    w->admin.arg = p;
    if (!post_write(h, q, w, r))
        free(p);
}

void pay_post(struct http *h, struct http_request *q, const struct pay_order *o,
              struct http_reply *r)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin = (struct admin_command){.kind = ADMIN_PAY, .pay = *o};
    post(h, q, w, false, r);
}

/* {"provider": "stripe", "token": "cus_..."}; absent: the account linked to the plate. */
static void read_payer(const json_t *body, json_t **problem, struct payer *ret)
{
    const json_t *from = json_object_get(body, "payer");
    struct payer p = {.count = 1};
    char name[NAME_SIZE + 1], *token = p.tokens[0].token;
    if (from == NULL)
        return;
    bool good = json_is_object(from) && json_object_size(from) == 2 &&
                json_get_text(from, "provider", name, sizeof name) == ERR_OK &&
                name_parse(name, strlen(name), &p.tokens[0].provider) == ERR_OK &&
                json_get_text(from, "token", token, sizeof p.tokens[0].token) == ERR_OK &&
                token[0] != '\0';
    for (const char *c = token; *c != '\0'; c++)
        good = good && *c > 0x20 && *c < 0x7f;
    if (good)
        *ret = p;
    else
        act_complain(
            problem, "/payer",
            "expected {\"provider\": name, \"token\": at most 127 printable ASCII characters}");
}

/* The stay that the body names, if the caller may see it. */
static bool read_stay(struct http *h, struct http_request *q, bool payer, struct http_reply *r,
                      struct pay_order *ret)
{
    static const char *const known[] = {"session", "place", "plate", "credential", "payer"};
    struct pay_order o = {.token = {""}};
    struct session_view s;
    json_t *body, *problem = NULL;
    if (!query_known(q, NULL, 0, r) || !body_is_json(q, r, &body))
        return false;
    act_members(body, known, payer ? 5 : 4, &problem);
    stay_name_of_body(body, &problem, &o.stay);
    if (payer)
        read_payer(body, &problem, &o.payer);
    json_decref(body);
    if (problem != NULL) {
        reply_problem_json(r, problem);
        return false;
    }
    if (!stay_named_find(h, q, &o.stay, r, &s))
        return false;
    o.stay = (struct stay_name){.session = s.id};
    *ret = o;
    return true;
}

void handle_payment_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct pay_order o;
    if (read_stay(h, q, true, r, &o))
        pay_post(h, q, &o, r);
}

void handle_pay_link_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct pay_order o;
    if (!read_stay(h, q, false, r, &o))
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin = (struct admin_command){.kind = ADMIN_PAY_LINK, .pay = o};
    post(h, q, w, true, r);
}
