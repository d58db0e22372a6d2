/* Payments, refunds and debts as documents: lists of a place, and single ones. */
#include "cloud/http/money.h"
#include "cloud/core/books.h"
#include "cloud/http/members.h"
#include "cloud/http/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MONEY_DEFAULT = 50, MONEY_MAX = 500, CURSOR_SIZE = 80 };

static void set_person(json_t *o, const struct name *actor, const char *note)
{
    set_text(o, "actor", actor->text);
    set_text(o, "note", note);
}

static json_t *document_payment(const struct payment_row *r)
{
    json_t *o = json_object();
    set_text(o, "key", r->key);
    set_text(o, "session", r->session.text);
    set_text(o, "place", r->place.text);
    set_text(o, "kind", payment_kind_word(r->kind));
    set_text(o, "state", payment_state_word(r->state));
    set_int(o, "amount_minor", r->amount.minor);
    set_int(o, "refunded_minor", r->refunded_minor);
    set_text(o, "currency", r->amount.currency.code);
    set_text(o, "provider", r->provider.text);
    set_text(o, "provider_ref", r->provider_ref);
    set_int(o, "attempts", r->attempts);
    set_text(o, "reason", r->reason);
    set_time(o, "created", r->created);
    set_time(o, "changed", r->changed);
    set_person(o, &r->actor, r->note);
    return o;
}

static json_t *document_refund(const struct refund_row *r)
{
    json_t *o = json_object();
    set_text(o, "key", r->key);
    set_text(o, "payment", r->payment);
    set_text(o, "session", r->session.text);
    set_text(o, "place", r->place.text);
    set_text(o, "cause", refund_cause_word(r->cause));
    set_bool(o, "forgiven", r->forgiven);
    set_text(o, "state", payment_state_word(r->state));
    set_int(o, "amount_minor", r->amount.minor);
    set_text(o, "currency", r->amount.currency.code);
    set_text(o, "provider", r->provider.text);
    set_text(o, "provider_ref", r->provider_ref);
    set_int(o, "attempts", r->attempts);
    set_text(o, "reason", r->reason);
    set_time(o, "created", r->created);
    set_time(o, "changed", r->changed);
    set_person(o, &r->actor, r->note);
    return o;
}

static json_t *document_debt(const struct debt_row *r)
{
    json_t *o = json_object();
    set_text(o, "session", r->session.text);
    set_text(o, "place", r->place.text);
    set_text(o, "plate", r->plate.text);
    set_text(o, "state", debt_state_word(r->state));
    set_int(o, "amount_minor", r->amount.minor);
    set_int(o, "paid_minor", r->paid_minor);
    set_int(o, "waived_minor", r->waived_minor);
    set_int(o, "written_off_minor", r->written_off_minor);
    set_int(o, "owed_minor", books_owed(r));
    set_text(o, "currency", r->amount.currency.code);
    set_text(o, "reason", r->reason);
    set_time(o, "created", r->created);
    set_time(o, "settled", r->settled);
    set_person(o, &r->actor, r->note);
    return o;
}

/* ---- lists ---- */

struct money_list {
    json_t *list;
    int limit;
    bool more;
    char next[CURSOR_SIZE];
};

static bool is_full(struct money_list *l)
{
    l->more = json_array_size(l->list) == (size_t)l->limit;
    return l->more; /* one row more than asked for: there is another page */
}

static void add(struct money_list *l, json_t *o, struct wall_ms at, const char *key)
{
    json_array_append_new(l->list, o);
    snprintf(l->next, sizeof l->next, "%lld.%s", (long long)at.v, key);
}

static void add_payment(void *arg, const struct payment_row *r)
{
    if (!is_full(arg))
        add(arg, document_payment(r), r->changed, r->key);
}

static void add_refund(void *arg, const struct refund_row *r)
{
    if (!is_full(arg))
        add(arg, document_refund(r), r->changed, r->key);
}

static void add_debt(void *arg, const struct debt_row *r)
{
    if (!is_full(arg))
        add(arg, document_debt(r), r->created, r->session.text);
}

/* "1795155072345.9f3c5a7d11223344:charge:1", as `next` gave it out. */
static bool read_cursor(struct http_request *q, struct http_reply *r, struct money_filter *ret)
{
    char text[CURSOR_SIZE];
    char *end = text;
    enum err e = url_query_get(q->query, "after", text, sizeof text);
    if (e == ERR_NOTFOUND)
        return true;
    errno = 0;
    if (e == ERR_OK && text[0] >= '1' && text[0] <= '9')
        ret->at_ms = strtoll(text, &end, 10);
    if (ret->at_ms > 0 && errno == 0 && *end == '.' && end[1] != '\0' &&
        strlen(end + 1) < sizeof ret->key) {
        memcpy(ret->key, end + 1, strlen(end + 1) + 1);
        return true;
    }
    reply_problem(r, 400, "bad_cursor", "\"after\" must be the \"next\" of an earlier answer.");
    return false;
}

static bool read_place(struct http_request *q, struct http_reply *r, struct name *ret)
{
    char text[NAME_SIZE + 1];
    if (url_query_get(q->query, "place", text, sizeof text) != ERR_OK ||
        name_parse(text, strlen(text), ret) != ERR_OK) {
        reply_problem(r, 400, "place_missing", "Say which place: ?place=NAME.");
        return false;
    }
    if (auth_sees_place(&q->principal, ret))
        return true;
    reply_other_place(r);
    return false;
}

static bool state_known(enum money_noun n, const char *text)
{
    enum payment_state p;
    enum debt_state d;
    return n == NOUN_DEBT ? debt_state_parse(text, &d) == ERR_OK
                          : payment_state_parse(text, &p) == ERR_OK;
}

static bool read_choice(struct http_request *q, struct http_reply *r, enum money_noun n,
                        struct money_filter *ret)
{
    char session[MOVEMENT_ID_SIZE + 1] = "";
    enum err e = url_query_get(q->query, "state", ret->state, sizeof ret->state);
    if (e != ERR_NOTFOUND && (e != ERR_OK || !state_known(n, ret->state))) {
        reply_problem(r, 400, "bad_state", "\"state\" is no state of these.");
        return false;
    }
    e = url_query_get(q->query, "session", session, sizeof session);
    if (e != ERR_NOTFOUND &&
        (e != ERR_OK || movement_id_parse(session, strlen(session), &ret->session) != ERR_OK)) {
        reply_problem(r, 400, "bad_session", "\"session\" must be the id of a stay.");
        return false;
    }
    return true;
}

static enum err read_list(struct reader *r, enum money_noun n, const struct money_filter *f,
                          struct money_list *l)
{
    switch (n) {
    case NOUN_PAYMENT: return reader_payments(r, f, add_payment, l);
    case NOUN_REFUND: return reader_refunds(r, f, add_refund, l);
    case NOUN_DEBT: break;
    }
    return reader_debts(r, f, add_debt, l);
}

static void reply_list(struct http *h, struct http_request *q, enum money_noun n,
                       const char *member, struct http_reply *r)
{
    static const char *const known[] = {"place", "state", "session", "limit", "after"};
    struct money_filter f = {0};
    struct money_list l = {0};
    struct place_view place;
    if (!query_known(q, known, 5, r) || !read_place(q, r, &f.place) || !read_choice(q, r, n, &f) ||
        !query_limit(q, MONEY_DEFAULT, MONEY_MAX, r, &l.limit) || !read_cursor(q, r, &f))
        return;
    f.limit = l.limit + 1;
    l.list = json_array();
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_place(slot->reader, &f.place, &place);
    if (e == ERR_OK)
        e = read_list(slot->reader, n, &f, &l);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_json(r, 200,
                   json_pack("{s:O, s:o}", member, l.list, "next",
                             l.more ? json_string(l.next) : json_null()));
    else
        reply_reader_error(r, e, "place");
    json_decref(l.list);
}

void handle_payments(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_list(h, q, NOUN_PAYMENT, "payments", r);
}

void handle_refunds(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_list(h, q, NOUN_REFUND, "refunds", r);
}

void handle_debts(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_list(h, q, NOUN_DEBT, "debts", r);
}

/* ---- single ones ---- */

enum err money_find(struct reader *r, enum money_noun n, const char *key, struct name *ret_place,
                    json_t **ret)
{
    struct payment_row payment;
    struct refund_row refund;
    struct debt_row debt;
    struct movement_id session;
    switch (n) {
    case NOUN_PAYMENT:
        TRY(reader_payment(r, key, &payment));
        *ret_place = payment.place;
        *ret = document_payment(&payment);
        return ERR_OK;
    case NOUN_REFUND:
        TRY(reader_refund(r, key, &refund));
        *ret_place = refund.place;
        *ret = document_refund(&refund);
        return ERR_OK;
    case NOUN_DEBT: break;
    }
    if (movement_id_parse(key, strlen(key), &session) != ERR_OK)
        return ERR_NOTFOUND;
    TRY(reader_debt(r, &session, &debt));
    *ret_place = debt.place;
    *ret = document_debt(&debt);
    return ERR_OK;
}

bool money_of_path(struct http *h, struct http_request *q, enum money_noun n, struct http_reply *r,
                   json_t **ret)
{
    static const char *const words[] = {"payment", "refund", "debt"};
    struct name place;
    json_t *document;
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = money_find(slot->reader, n, q->match->params[0], &place, &document);
    readers_put(h->readers, slot);
    if (e != ERR_OK) {
        reply_reader_error(r, e, words[n]);
        return false;
    }
    if (!auth_sees_place(&q->principal, &place)) {
        json_decref(document);
        reply_other_place(r);
        return false;
    }
    *ret = document;
    return true;
}

static void reply_one(struct http *h, struct http_request *q, enum money_noun n,
                      struct http_reply *r)
{
    json_t *document;
    if (query_known(q, NULL, 0, r) && money_of_path(h, q, n, r, &document))
        reply_json(r, 200, document);
}

void handle_payment(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_one(h, q, NOUN_PAYMENT, r);
}

void handle_refund(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_one(h, q, NOUN_REFUND, r);
}

void handle_debt(struct http *h, struct http_request *q, struct http_reply *r)
{
    reply_one(h, q, NOUN_DEBT, r);
}
