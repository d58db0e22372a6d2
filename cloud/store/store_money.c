/* Payments, debts, and decisions under their request id. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_save_payment(void *self, const struct payment_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_PAYMENT]};
    put_text(&p, r->key);
    put_text(&p, r->session.text);
    put_text(&p, r->place.text);
    put_text(&p, payment_kind_word(r->kind));
    put_text(&p, r->provider.text);
    put_text(&p, r->token);
    put_int(&p, r->amount.minor);
    put_text(&p, r->amount.currency.code);
    put_text(&p, payment_state_word(r->state));
    put_int(&p, r->attempts);
    put_int(&p, r->created.v);
    put_int(&p, r->changed.v);
    put_optional(&p, r->provider_ref);
    put_optional(&p, r->reason);
    put_int(&p, r->refunded_minor);
    put_optional(&p, r->actor.text);
    put_optional(&p, r->note);
    return db_run(p.st);
}

enum err store_count_payments(void *self, const struct movement_id *session, int64_t *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_COUNT_PAYMENTS]};
    struct take t;
    put_text(&p, session->text);
    TRY(take_one(p.st, &t));
    int64_t n = take_int(&t);
    TRY(take_done(&t));
    *ret = n;
    return ERR_OK;
}

enum err store_save_debt(void *self, const struct debt_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_DEBT]};
    put_text(&p, r->session.text);
    put_text(&p, r->place.text);
    put_optional(&p, r->plate.text);
    put_int(&p, r->amount.minor);
    put_text(&p, r->amount.currency.code);
    put_int(&p, r->paid_minor);
    put_int(&p, r->waived_minor);
    put_int(&p, r->written_off_minor);
    put_text(&p, debt_state_word(r->state));
    put_optional(&p, r->reason);
    put_int(&p, r->created.v);
    put_time(&p, r->settled);
    put_optional(&p, r->actor.text);
    put_optional(&p, r->note);
    return db_run(p.st);
}

static struct debt_row take_debt(struct take *t)
{
    struct debt_row r = {0};
    TAKE_TEXT(t, r.session.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.plate.text);
    r.amount.minor = take_int(t);
    TAKE_TEXT(t, r.amount.currency.code);
    r.paid_minor = take_int(t);
    r.waived_minor = take_int(t);
    r.written_off_minor = take_int(t);
    TAKE_WORD(t, debt_state_parse, &r.state);
    TAKE_TEXT(t, r.reason);
    r.created = take_time(t);
    r.settled = take_time(t);
    TAKE_TEXT(t, r.actor.text);
    TAKE_TEXT(t, r.note);
    return r;
}

enum err store_find_debt(void *self, const struct movement_id *session, struct debt_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_DEBT]};
    struct take t;
    put_text(&p, session->text);
    TRY(take_one(p.st, &t));
    struct debt_row r = take_debt(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_collectable_debts(void *self, struct debt_row *ret, size_t max, size_t *ret_count)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_COLLECTABLE_DEBTS]};
    struct take t = {.st = p.st};
    size_t n = 0;
    put_int(&p, (int64_t)max);
    for (;;) {
        bool row = false;
        enum err e = db_step(t.st, &row);
        if (t.err == ERR_OK)
            t.err = e;
        if (t.err != ERR_OK || !row || n == max)
            break;
        t.at = 0;
        ret[n++] = take_debt(&t);
    }
    TRY(take_done(&t));
    *ret_count = n;
    return ERR_OK;
}

enum err store_retry_debts(void *self, const char *reason)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_RETRY_DEBTS]};
    put_text(&p, reason);
    return db_run(p.st);
}

enum err store_save_decision(void *self, const struct decision_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_DECISION]};
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    TRY(response_encode(&r->response, bytes, sizeof bytes, &len));
    put_text(&p, r->request.text);
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_optional(&p, r->movement.text);
    put_blob(&p, bytes, len);
    put_int(&p, r->at.v);
    return db_run(p.st);
}

enum err store_find_decision(void *self, const struct request_id *id, struct decision_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_DECISION]};
    struct take t;
    struct decision_row r = {0};
    put_text(&p, id->text);
    TRY(take_one(p.st, &t));
    TAKE_TEXT(&t, r.request.text);
    TAKE_TEXT(&t, r.place.text);
    TAKE_TEXT(&t, r.edge.text);
    TAKE_TEXT(&t, r.movement.text);
    const void *bytes = sqlite3_column_blob(t.st, t.at);
    size_t len = (size_t)sqlite3_column_bytes(t.st, t.at++);
    if (response_decode(bytes, len, &r.response, NULL) != ERR_OK)
        t.err = ERR_IO;
    r.at = take_time(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_prune_decisions(void *self, struct wall_ms before)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_PRUNE_DECISIONS]};
    put_int(&p, before.v);
    return db_run(p.st);
}
