/* Refunds, and the payments they are of. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_save_refund(void *self, const struct refund_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_REFUND]};
    put_text(&p, r->key);
    put_text(&p, r->session.text);
    put_text(&p, r->place.text);
    put_text(&p, r->payment);
    put_text(&p, r->provider.text);
    put_text(&p, r->charge_ref);
    put_int(&p, r->amount.minor);
    put_text(&p, r->amount.currency.code);
    put_text(&p, refund_cause_word(r->cause));
    put_int(&p, r->forgiven);
    put_text(&p, payment_state_word(r->state));
    put_int(&p, r->attempts);
    put_int(&p, r->created.v);
    put_int(&p, r->changed.v);
    put_optional(&p, r->provider_ref);
    put_optional(&p, r->reason);
    put_optional(&p, r->actor.text);
    put_optional(&p, r->note);
    return db_run(p.st);
}

void take_refund(struct take *t, struct refund_row *ret)
{
    struct refund_row r = {0};
    TAKE_TEXT(t, r.key);
    TAKE_TEXT(t, r.session.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.payment);
    TAKE_TEXT(t, r.provider.text);
    TAKE_TEXT(t, r.charge_ref);
    r.amount.minor = take_int(t);
    TAKE_TEXT(t, r.amount.currency.code);
    TAKE_WORD(t, refund_cause_parse, &r.cause);
    r.forgiven = take_int(t) != 0;
    TAKE_WORD(t, payment_state_parse, &r.state);
    r.attempts = take_int(t);
    r.created = take_time(t);
    r.changed = take_time(t);
    TAKE_TEXT(t, r.provider_ref);
    TAKE_TEXT(t, r.reason);
    TAKE_TEXT(t, r.actor.text);
    TAKE_TEXT(t, r.note);
    *ret = r;
}

enum err store_find_refund(void *self, const char *key, struct refund_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_REFUND]};
    struct take t;
    struct refund_row r;
    put_text(&p, key);
    TRY(take_one(p.st, &t));
    take_refund(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_find_payment(void *self, const char *key, struct payment_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_PAYMENT]};
    struct take t;
    struct payment_row r;
    put_text(&p, key);
    TRY(take_one(p.st, &t));
    take_payment(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_count_refunds(void *self, const struct movement_id *session, int64_t *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_COUNT_REFUNDS]};
    struct take t;
    put_text(&p, session->text);
    TRY(take_one(p.st, &t));
    int64_t n = take_int(&t);
    TRY(take_done(&t));
    *ret = n;
    return ERR_OK;
}

enum err store_refundable_payments(void *self, const struct movement_id *session,
                                   struct payment_row *ret, size_t max, size_t *ret_count)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_REFUNDABLE_PAYMENTS]};
    struct take t = {.st = p.st};
    size_t n = 0;
    put_text(&p, session->text);
    put_int(&p, (int64_t)max);
    for (;;) {
        bool row = false;
        enum err e = db_step(t.st, &row);
        if (t.err == ERR_OK)
            t.err = e;
        if (t.err != ERR_OK || !row || n == max)
            break;
        t.at = 0;
        take_payment(&t, &ret[n++]);
    }
    TRY(take_done(&t));
    *ret_count = n;
    return ERR_OK;
}
