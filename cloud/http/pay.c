/* Payment links: the page a driver opens, what it asks, and what pays. Public: whoever has the token may
 * see the amount and pay it, nothing else.
 *
 * K1 No card data passes here: the page sends the driver to the provider's form, which comes back with
 *    the name of an account there.
 * K2 Plates are not shown; an unknown link and a lapsed one look the same. */
#include "cloud/core/pay_link.h"
#include "cloud/http/acts.h"
#include "cloud/http/exchange.h"
#include "cloud/http/members.h"
#include "cloud/http/qr.h"
#include "cloud/http/quoted.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool token_of_path(struct http_request *q, struct http_reply *r, struct pay_token *ret)
{
    const char *text = q->match->params[0];
    if (pay_token_parse(text, strlen(text), ret) == ERR_OK)
        return true;
    reply_problem(r, 404, "not_found", "This link is not known, or has lapsed.");
    return false;
}

/* ---- the page ---- */

void handle_pay_page(struct http *h, struct http_request *q, struct http_reply *r)
{
    (void)h;
    asset_reply("/pay.html", q, r);
}

void handle_pay_qr(struct http *h, struct http_request *q, struct http_reply *r)
{
    char url[PAY_URL_SIZE + PAY_TOKEN_SIZE];
    struct pay_token token;
    char *svg;
    size_t len;
    if (!query_known(q, NULL, 0, r) || !token_of_path(q, r, &token))
        return;
    snprintf(url, sizeof url, "%s%s", h->ports.pay_url, token.text);
    if (h->ports.pay_url[0] == '\0' || qr_svg(url, &svg, &len) != ERR_OK) {
        reply_problem(r, 404, "not_found", "No address for payment links is configured.");
        return;
    }
    r->status = 200;
    r->content_type = "image/svg+xml";
    r->body = svg;
    r->body_len = len;
}

/* ---- what is to be paid ---- */

struct bill {
    struct pay_link_row link;
    struct session_view stay;
    char title[TITLE_SIZE];
};

static enum err read_bill(struct reader *r, const struct pay_token *token, struct wall_ms now,
                          struct bill *ret)
{
    struct bill b = {.title = ""};
    struct place_view place;
    TRY(reader_pay_link(r, token, &b.link));
    if (b.link.until.v <= now.v)
        return ERR_NOTFOUND;
    TRY(reader_session(r, &b.link.session, &b.stay));
    TRY(reader_place(r, &b.stay.place, &place));
    const char *title = place.row.settings.title[0] != '\0' ? place.row.settings.title
                                                            : place.row.settings.place.text;
    snprintf(b.title, sizeof b.title, "%s", title);
    *ret = b;
    return ERR_OK;
}

static bool find_bill(struct http *h, const struct pay_token *token, struct http_reply *r,
                      struct bill *ret)
{
    struct wall_ms now = http_moment(h).now;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_begin(slot->reader);
    if (e == ERR_OK) {
        e = read_bill(slot->reader, token, now, ret);
        reader_end(slot->reader);
    }
    readers_put(h->readers, slot);
    if (e == ERR_NOTFOUND)
        reply_problem(r, 404, "not_found", "This link is not known, or has lapsed.");
    else if (e != ERR_OK)
        reply_reader_error(r, e, "link");
    return e == ERR_OK;
}

static const char *state_of(const struct bill *b, const struct quoted *q)
{
    const char *payment = session_payment_word(&b->stay);
    bool open = strcmp(b->stay.state, "open") == 0;
    if (strcmp(payment, "pending") == 0 || strcmp(payment, "unknown") == 0)
        return "paying";
    if (q->due_minor > 0)
        return strcmp(b->stay.payment_state, "declined") == 0 ? "declined" : "due";
    if (!open)
        return "left";
    if (b->stay.paid_minor == 0)
        return "free";
    return b->link.at_exit && q->in_grace ? "opening" : "paid";
}

void handle_pay_state(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct pay_token token;
    struct bill b;
    struct quoted quoted;
    if (!query_known(q, NULL, 0, r) || !token_of_path(q, r, &token) || !find_bill(h, &token, r, &b))
        return;
    if (quote_session(h, &b.stay, &quoted) != ERR_OK) {
        reply_problem(r, 409, "unpriced", "This stay cannot be priced: ask for help at the lane.");
        return;
    }
    json_t *o = json_object();
    set_text(o, "state", state_of(&b, &quoted));
    set_text(o, "title", b.title);
    set_text(o, "zone", b.stay.zone);
    set_time(o, "since", b.stay.start);
    set_text(o, "currency", b.stay.currency.code);
    set_int(o, "price_minor", quoted.quote.amount.minor);
    set_int(o, "paid_minor", b.stay.paid_minor);
    set_int(o, "due_minor", quoted.due_minor);
    set_time(o, "leave_by", quoted.leave_by);
    json_object_set_new(o, "lines", quoted_lines(&quoted));
    json_object_set_new(
        o, "form", h->ports.pay_form[0] != '\0' ? json_string(h->ports.pay_form) : json_null());
    reply_json(r, 200, o);
}

/* ---- paying ---- */

static bool payer_of(const json_t *body, const struct http *h, struct http_reply *r,
                     struct payer *ret)
{
    json_t *problem = NULL;
    struct payer p = {.count = 1};
    char *text = p.tokens[0].token;
    static const char *const known[] = {"payer"};
    act_members(body, known, 1, &problem);
    bool good =
        json_get_text(body, "payer", text, sizeof p.tokens[0].token) == ERR_OK && text[0] != '\0';
    for (const char *c = text; *c != '\0'; c++)
        good = good && *c > 0x20 && *c < 0x7f;
    if (!good)
        act_complain(
            &problem, "/payer",
            "expected what the provider's form came back with: at most 127 printable ASCII "
            "characters");
    p.tokens[0].provider = h->ports.pay_provider;
    if (problem != NULL)
        reply_problem_json(r, problem);
    else
        *ret = p;
    return problem == NULL;
}

void handle_pay_post(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct pay_order o = {.token = {""}};
    json_t *body;
    if (!query_known(q, NULL, 0, r) || !token_of_path(q, r, &o.token) || !body_is_json(q, r, &body))
        return;
    bool good = payer_of(body, h, r, &o.payer);
    json_decref(body);
    if (good)
        pay_post(h, q, &o, r);
}
