/* Payments, refunds and debts, for those who look after the money. */
#include "cloud/store/reader_inside.h"

/* The token of a payment is nobody's business. */
static enum err payment_at(sqlite3_stmt *s, struct payment_row *ret)
{
    struct payment_row r = {0};
    char kind[16], state[16];
    TRY(db_column_text(s, 0, r.key, sizeof r.key));
    TRY(db_column_text(s, 1, r.session.text, sizeof r.session.text));
    TRY(db_column_text(s, 2, r.place.text, sizeof r.place.text));
    TRY(db_column_text(s, 3, kind, sizeof kind));
    TRY(db_column_text(s, 4, r.provider.text, sizeof r.provider.text));
    r.amount.minor = number_at(s, 5);
    TRY(db_column_text(s, 6, r.amount.currency.code, sizeof r.amount.currency.code));
    TRY(db_column_text(s, 7, state, sizeof state));
    r.attempts = number_at(s, 8);
    r.created = time_at(s, 9);
    r.changed = time_at(s, 10);
    TRY(db_column_text(s, 11, r.provider_ref, sizeof r.provider_ref));
    TRY(db_column_text(s, 12, r.reason, sizeof r.reason));
    r.refunded_minor = number_at(s, 13);
    TRY(db_column_text(s, 14, r.actor.text, sizeof r.actor.text));
    TRY(db_column_text(s, 15, r.note, sizeof r.note));
    TRY(payment_kind_parse(kind, &r.kind));
    TRY(payment_state_parse(state, &r.state));
    *ret = r;
    return ERR_OK;
}

static enum err refund_at(sqlite3_stmt *s, struct refund_row *ret)
{
    struct refund_row r = {0};
    char cause[16], state[16];
    TRY(db_column_text(s, 0, r.key, sizeof r.key));
    TRY(db_column_text(s, 1, r.session.text, sizeof r.session.text));
    TRY(db_column_text(s, 2, r.place.text, sizeof r.place.text));
    TRY(db_column_text(s, 3, r.payment, sizeof r.payment));
    TRY(db_column_text(s, 4, r.provider.text, sizeof r.provider.text));
    r.amount.minor = number_at(s, 5);
    TRY(db_column_text(s, 6, r.amount.currency.code, sizeof r.amount.currency.code));
    TRY(db_column_text(s, 7, cause, sizeof cause));
    r.forgiven = number_at(s, 8) != 0;
    TRY(db_column_text(s, 9, state, sizeof state));
    r.attempts = number_at(s, 10);
    r.created = time_at(s, 11);
    r.changed = time_at(s, 12);
    TRY(db_column_text(s, 13, r.provider_ref, sizeof r.provider_ref));
    TRY(db_column_text(s, 14, r.reason, sizeof r.reason));
    TRY(db_column_text(s, 15, r.actor.text, sizeof r.actor.text));
    TRY(db_column_text(s, 16, r.note, sizeof r.note));
    TRY(refund_cause_parse(cause, &r.cause));
    TRY(payment_state_parse(state, &r.state));
    *ret = r;
    return ERR_OK;
}

static enum err debt_at(sqlite3_stmt *s, struct debt_row *ret)
{
    struct debt_row r = {0};
    char state[16];
    TRY(db_column_text(s, 0, r.session.text, sizeof r.session.text));
    TRY(db_column_text(s, 1, r.place.text, sizeof r.place.text));
    TRY(db_column_text(s, 2, r.plate.text, sizeof r.plate.text));
    r.amount.minor = number_at(s, 3);
    TRY(db_column_text(s, 4, r.amount.currency.code, sizeof r.amount.currency.code));
    r.paid_minor = number_at(s, 5);
    r.waived_minor = number_at(s, 6);
    r.written_off_minor = number_at(s, 7);
    TRY(db_column_text(s, 8, state, sizeof state));
    TRY(db_column_text(s, 9, r.reason, sizeof r.reason));
    r.created = time_at(s, 10);
    r.settled = time_at(s, 11);
    TRY(db_column_text(s, 12, r.actor.text, sizeof r.actor.text));
    TRY(db_column_text(s, 13, r.note, sizeof r.note));
    TRY(debt_state_parse(state, &r.state));
    *ret = r;
    return ERR_OK;
}

struct one {
    bool found;
    union {
        struct payment_row payment;
        struct refund_row refund;
        struct debt_row debt;
    };
};

static enum err take_payment(sqlite3_stmt *s, void *arg)
{
    struct one *o = arg;
    o->found = true;
    return payment_at(s, &o->payment);
}

static enum err take_refund(sqlite3_stmt *s, void *arg)
{
    struct one *o = arg;
    o->found = true;
    return refund_at(s, &o->refund);
}

static enum err take_debt(sqlite3_stmt *s, void *arg)
{
    struct one *o = arg;
    o->found = true;
    return debt_at(s, &o->debt);
}

static enum err find(struct reader *r, enum query q, const char *key,
                     enum err (*take)(sqlite3_stmt *, void *), struct one *ret)
{
    struct one o = {0};
    db_bind_text(r->statements[q], 1, key);
    TRY(reader_each(r->statements[q], take, &o));
    if (!o.found)
        return ERR_NOTFOUND;
    *ret = o;
    return ERR_OK;
}

enum err reader_payment(struct reader *r, const char *key, struct payment_row *ret)
{
    struct one o;
    TRY(find(r, Q_PAYMENT, key, take_payment, &o));
    *ret = o.payment;
    return ERR_OK;
}

enum err reader_refund(struct reader *r, const char *key, struct refund_row *ret)
{
    struct one o;
    TRY(find(r, Q_REFUND, key, take_refund, &o));
    *ret = o.refund;
    return ERR_OK;
}

enum err reader_debt(struct reader *r, const struct movement_id *session, struct debt_row *ret)
{
    struct one o;
    TRY(find(r, Q_DEBT, session->text, take_debt, &o));
    *ret = o.debt;
    return ERR_OK;
}

struct visit {
    union {
        void (*payment)(void *arg, const struct payment_row *row);
        void (*refund)(void *arg, const struct refund_row *row);
        void (*debt)(void *arg, const struct debt_row *row);
    };
    void *arg;
};

static enum err visit_payment(sqlite3_stmt *s, void *arg)
{
    const struct visit *v = arg;
    struct payment_row row;
    TRY(payment_at(s, &row));
    v->payment(v->arg, &row);
    return ERR_OK;
}

static enum err visit_refund(sqlite3_stmt *s, void *arg)
{
    const struct visit *v = arg;
    struct refund_row row;
    TRY(refund_at(s, &row));
    v->refund(v->arg, &row);
    return ERR_OK;
}

static enum err visit_debt(sqlite3_stmt *s, void *arg)
{
    const struct visit *v = arg;
    struct debt_row row;
    TRY(debt_at(s, &row));
    v->debt(v->arg, &row);
    return ERR_OK;
}

static sqlite3_stmt *bind_list(struct reader *r, enum query q, const struct money_filter *f)
{
    sqlite3_stmt *s = r->statements[q];
    db_bind_text(s, 1, f->place.text);
    db_bind_text(s, 2, f->state);
    db_bind_text(s, 3, f->session.text);
    db_bind_int(s, 4, f->at_ms);
    db_bind_text(s, 5, f->key);
    db_bind_int(s, 6, f->limit);
    return s;
}

enum err reader_payments(struct reader *r, const struct money_filter *f,
                         void (*visit)(void *arg, const struct payment_row *row), void *arg)
{
    struct visit v = {.payment = visit, .arg = arg};
    return reader_each(bind_list(r, Q_PAYMENTS, f), visit_payment, &v);
}

enum err reader_refunds(struct reader *r, const struct money_filter *f,
                        void (*visit)(void *arg, const struct refund_row *row), void *arg)
{
    struct visit v = {.refund = visit, .arg = arg};
    return reader_each(bind_list(r, Q_REFUNDS, f), visit_refund, &v);
}

enum err reader_debts(struct reader *r, const struct money_filter *f,
                      void (*visit)(void *arg, const struct debt_row *row), void *arg)
{
    struct visit v = {.debt = visit, .arg = arg};
    return reader_each(bind_list(r, Q_DEBTS, f), visit_debt, &v);
}

static enum err take_place(sqlite3_stmt *s, void *arg)
{
    struct name *place = arg;
    return db_column_text(s, 0, place->text, sizeof place->text);
}

enum err reader_place_of_session(struct reader *r, const struct movement_id *session,
                                 struct name *ret)
{
    struct name place = {""};
    db_bind_text(r->statements[Q_PLACE_OF_SESSION], 1, session->text);
    TRY(reader_each(r->statements[Q_PLACE_OF_SESSION], take_place, &place));
    if (place.text[0] == '\0')
        return ERR_NOTFOUND;
    *ret = place;
    return ERR_OK;
}
