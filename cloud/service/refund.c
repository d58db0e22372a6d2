#include "cloud/service/refund.h"

#include "cloud/core/books.h"
#include "cloud/core/payment_machine.h"
#include "cloud/service/anomaly.h"
#include "cloud/service/debt.h"
#include "cloud/service/effect.h"
#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "cloud/service/payment.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PAYMENTS_MAX = 32 }; /* of one stay, that are looked at for a refund */

static const char kind_refund[] = "refund";

bool refund_key_is(const char *key)
{
    size_t at = MOVEMENT_ID_SIZE - 1;
    return strlen(key) > at && strncmp(key + at, ":refund:", 8) == 0;
}

static struct refund *by_key(const struct service *s, const char *key)
{
    for (size_t i = 0; i < s->refund_count; i++)
        if (strcmp(s->refunds[i]->row.key, key) == 0)
            return s->refunds[i];
    return NULL;
}

static struct refund *keep(struct service *s, const struct refund_row *row)
{
    struct refund *f = mem_alloc(sizeof *f);
    f->row = *row;
    f->next_try = s->now.mono;
    PUSH(s->refunds, s->refund_count, f);
    return f;
}

static void forget(struct service *s, struct refund *f)
{
    for (size_t i = 0; i < s->refund_count; i++)
        if (s->refunds[i] == f)
            s->refunds[i] = s->refunds[--s->refund_count];
    free(f);
}

void refund_free(struct service *s)
{
    for (size_t i = 0; i < s->refund_count; i++)
        free(s->refunds[i]);
    free(s->refunds);
}

/* The stay may owe by now what did not go back. An excess is not tried again: a person must look. */
static void pay_debt(struct service *s, const struct session_row *r, int64_t credit_minor)
{
    struct debt_row d;
    int64_t excess;
    bool known = FOUND(s, find_debt, &r->id, &d);
    debt_save(s, &d, books_settle(r, credit_minor, known, s->now.wall, &d, &excess));
    payment_follow(s, &r->id);
}

/* The provider refused, or a person found that nothing went back: the books are as before. */
static void failed(struct service *s, const struct refund_row *row)
{
    struct session_row r;
    struct payment_row p;
    if (!FOUND(s, find_session, &row->session, &r) || !FOUND(s, find_payment, row->payment, &p))
        service_die("refund without its payment", ERR_IO);
    int64_t credit = books_refund_failed(&r, &p, row->amount.minor, row->forgiven);
    STORE(s, save_payment, &p);
    STORE(s, save_session, &r);
    if (r.state == SESSION_CLOSED)
        pay_debt(s, &r, credit);
    feed_session(s, "session.changed", &r);
    notice_session(s, &r);
    anomaly_record(s, state_place(s, &row->place), NULL, 0, "refund_failed", false, row->key);
}

/* One step of the machine, saved; f is gone if it became final. */
static void step(struct service *s, struct refund *f, enum payment_event e)
{
    struct payment_step next;
    if (payment_next(f->row.state, e, &next) != ERR_OK) {
        log_error("refund.unexpected", LT("key", f->row.key),
                  LT("state", payment_state_word(f->row.state)), LN("event", e));
        return;
    }
    f->row.state = next.next;
    f->row.changed = s->now.wall;
    STORE(s, save_refund, &f->row);
    feed_refund(s, &f->row);
    if (next.acts & (PAYMENT_ACT_REFUSE | PAYMENT_ACT_AGAIN))
        failed(s, &f->row);
    if (next.acts & PAYMENT_ACT_PERSON)
        anomaly_record(s, state_place(s, &f->row.place), NULL, 0, "refund_manual", false,
                       f->row.key);
    if (next.next == PAYMENT_SUCCEEDED || next.next == PAYMENT_DECLINED)
        metrics_add(
            s->options.metrics,
            next.next == PAYMENT_SUCCEEDED ? METRIC_REFUNDS_SUCCEEDED : METRIC_REFUNDS_DECLINED, 1);
    if (payment_is_final(next.next))
        forget(s, f);
}

static void hand_over(struct service *s, struct refund *f, enum payment_call_kind kind)
{
    struct effect *out = effect_add(s, EFFECT_PAYMENT, &f->row.place, NULL);
    struct payment_call *c = &out->payment;
    c->kind = kind;
    c->session = f->row.session;
    c->place = f->row.place;
    c->provider = f->row.provider;
    c->amount = f->row.amount;
    memcpy(c->key, f->row.key, sizeof c->key);
    memcpy(c->charge_ref, f->row.charge_ref, sizeof c->charge_ref);
    f->in_flight = true;
}

/* A key that no provider ever saw is as good as new. */
static bool key_expired(const struct service *s, const struct refund *f)
{
    return f->doubted &&
           wall_diff_ms(s->now.wall, f->row.created) > PAYMENT_KEY_HOURS * 3600 * INT64_C(1000);
}

static void drive(struct service *s, struct refund *f)
{
    if (f->row.state == PAYMENT_UNKNOWN) {
        hand_over(s, f, PAYMENT_CALL_REFUND_QUERY);
        step(s, f, PAYMENT_EV_QUERY);
    } else if (key_expired(s, f)) {
        step(s, f, PAYMENT_EV_EXPIRED);
    } else {
        hand_over(s, f, PAYMENT_CALL_REFUND);
        step(s, f, PAYMENT_EV_SENT);
    }
}

/* ---- new ones ---- */

struct give_back {
    struct session_row *stay; /* saved by the caller */
    enum refund_cause cause;
    bool forgive;
    const struct name *actor; /* NULL: nobody */
    const char *note;
};

/* Commits one refund of a payment and hands it over. The stay is changed, not saved. */
static void create(struct service *s, const struct give_back *g, struct payment_row *p,
                   int64_t minor, char ret_key[PAYMENT_KEY_SIZE])
{
    struct refund_row row = {
        .session = g->stay->id,
        .place = g->stay->place,
        .provider = p->provider,
        .amount = {minor, p->amount.currency},
        .cause = g->cause,
        .forgiven = g->forgive,
        .state = PAYMENT_CREATED,
        .created = s->now.wall,
        .changed = s->now.wall,
    };
    int64_t made = 0;
    STORE(s, count_refunds, &row.session, &made);
    if (payment_key(&row.session, kind_refund, made + 1, row.key) != ERR_OK ||
        books_refund(g->stay, p, minor, g->forgive) != ERR_OK)
        service_die("refund", ERR_INVAL);
    memcpy(row.payment, p->key, sizeof row.payment);
    memcpy(row.charge_ref, p->provider_ref, sizeof row.charge_ref);
    if (g->actor) {
        struct buf b = buf_of(row.note, sizeof row.note);
        row.actor = *g->actor;
        buf_adds(&b, g->note);
    }
    STORE(s, save_payment, p);
    drive(s, keep(s, &row));
    memcpy(ret_key, row.key, sizeof row.key);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Out of the newest payments first. Returns what none of them had. */
static int64_t give(struct service *s, const struct give_back *g, int64_t minor,
                    char ret_key[PAYMENT_KEY_SIZE])
{
    struct payment_row paid[PAYMENTS_MAX];
    size_t n = 0;
    STORE(s, refundable_payments, &g->stay->id, paid, PAYMENTS_MAX, &n);
    for (size_t i = 0; i < n && minor > 0; i++) {
        int64_t part = smaller(minor, books_refundable(&paid[i]));
        create(s, g, &paid[i], part, ret_key);
        minor -= part;
    }
    return minor;
}

void refund_excess(struct service *s, struct session_row *r, int64_t minor)
{
    struct give_back g = {.stay = r, .cause = REFUND_OVERPAID};
    char key[PAYMENT_KEY_SIZE];
    if (give(s, &g, minor, key) > 0)
        anomaly_record(s, state_place(s, &r->place), NULL, 0, "overpaid", false, r->id.text);
}

/* ---- by a person ---- */

static enum err refuse(struct admin_result *ret, enum err e, const char *reason)
{
    struct buf b = buf_of(ret->reason, sizeof ret->reason);
    buf_adds(&b, reason);
    return e;
}

static int64_t left_of_stay(struct service *s, const struct movement_id *session)
{
    struct payment_row paid[PAYMENTS_MAX];
    size_t n = 0;
    int64_t minor = 0;
    STORE(s, refundable_payments, session, paid, PAYMENTS_MAX, &n);
    for (size_t i = 0; i < n; i++)
        minor += books_refundable(&paid[i]);
    return minor;
}

/* Of this payment, or of any of the stay. */
static void hand_back(struct service *s, const struct give_back *g, struct payment_row *p,
                      int64_t minor, char ret_key[PAYMENT_KEY_SIZE])
{
    if (minor > 0 && p)
        create(s, g, p, minor, ret_key);
    else if (minor > 0)
        give(s, g, minor, ret_key);
}

/* An excess that a provider refused to give back is not forgiven by giving it back: it was never owed. */
enum err refund_order(struct service *s, const struct money_order *o, struct admin_result *ret)
{
    struct session_row r;
    struct payment_row p;
    bool one = o->key[0] != '\0';
    if (one && !FOUND(s, find_payment, o->key, &p))
        return refuse(ret, ERR_NOTFOUND, "no such payment");
    if (!FOUND(s, find_session, one ? &p.session : &o->session, &r))
        return refuse(ret, ERR_NOTFOUND, "no such stay");
    int64_t left = one ? books_refundable(&p) : left_of_stay(s, &r.id);
    int64_t minor = o->minor > 0 ? o->minor : left;
    if (minor <= 0)
        return refuse(ret, ERR_CONFLICT, "nothing of it is left to give back");
    if (minor > left)
        return refuse(ret, ERR_CONFLICT, "more than is left of what was paid");
    struct give_back g = {
        .stay = &r, .cause = REFUND_PERSON, .actor = &o->actor, .note = o->reason};
    int64_t excess = smaller(minor, books_excess(&r, NULL));
    hand_back(s, &g, one ? &p : NULL, excess, ret->key);
    g.forgive = r.state == SESSION_CLOSED;
    hand_back(s, &g, one ? &p : NULL, minor - excess, ret->key);
    STORE(s, save_session, &r);
    feed_session(s, "session.changed", &r);
    notice_session(s, &r);
    log_notice("refund.ordered", LT("place", r.place.text), LT("session", r.id.text),
               LN("minor", minor), LT("actor", o->actor.text));
    return ERR_OK;
}

enum err refund_resolve(struct service *s, const struct money_order *o, struct admin_result *ret)
{
    struct refund_row row;
    if (!FOUND(s, find_refund, o->key, &row))
        return refuse(ret, ERR_NOTFOUND, "no such refund");
    if (row.state != PAYMENT_MANUAL)
        return refuse(ret, ERR_CONFLICT, "it does not wait for a person");
    row.actor = o->actor;
    struct buf b = buf_of(row.note, sizeof row.note);
    buf_adds(&b, o->reason);
    memcpy(ret->key, row.key, sizeof row.key);
    step(s, keep(s, &row),
         o->action == MONEY_SUCCEEDED ? PAYMENT_EV_RESOLVED_PAID : PAYMENT_EV_RESOLVED_FAILED);
    return ERR_OK;
}

/* ---- results ---- */

/* Loaded at start: whatever it was doing, the outcome is unknown now. */
void refund_load(struct service *s, const struct refund_row *row)
{
    struct refund *f = keep(s, row);
    f->row.state = PAYMENT_UNKNOWN;
    f->doubted = true;
}

void refund_take(struct service *s, const struct payment_result *r)
{
    static const enum payment_event events[PAYMENT_RESULTS] = {
        [PAYMENT_RESULT_SUCCEEDED] = PAYMENT_EV_SUCCEEDED,
        [PAYMENT_RESULT_DECLINED] = PAYMENT_EV_DECLINED,
        [PAYMENT_RESULT_UNKNOWN] = PAYMENT_EV_TIMEOUT,
        [PAYMENT_RESULT_NOT_SENT] = PAYMENT_EV_NOT_SENT,
        [PAYMENT_RESULT_NOT_FOUND] = PAYMENT_EV_NOT_FOUND,
    };
    struct refund *f = by_key(s, r->key);
    if (!f || !f->in_flight) {
        log_error("refund.stray_result", LT("key", r->key), LN("outcome", r->outcome));
        return;
    }
    f->in_flight = false;
    memcpy(f->row.reason, r->reason, sizeof f->row.reason);
    if (r->provider_ref[0] != '\0')
        memcpy(f->row.provider_ref, r->provider_ref, sizeof f->row.provider_ref);
    if (r->outcome == PAYMENT_RESULT_UNKNOWN)
        f->doubted = true;
    if (r->outcome == PAYMENT_RESULT_UNKNOWN || r->outcome == PAYMENT_RESULT_NOT_SENT)
        f->row.attempts++;
    f->next_try = mono_after(s->now.mono, real_ms(s, payment_retry_ms(f->row.attempts)));
    step(s, f, events[r->outcome]);
}

void refund_refused(struct service *s, const char *key, bool never)
{
    struct refund *f = by_key(s, key);
    if (!f)
        return;
    bool sent = f->row.state == PAYMENT_SENT;
    f->in_flight = false;
    f->next_try = mono_after(s->now.mono, real_ms(s, s->options.collect_ms));
    step(s, f, PAYMENT_EV_NOT_SENT);
    if (never && sent)
        step(s, f, PAYMENT_EV_EXPIRED);
}

size_t refund_drive_due(struct service *s, bool all, size_t max)
{
    const struct payments_port *port = &s->ports.payments;
    size_t begun = 0;
    for (size_t i = s->refund_count; i-- > 0 && begun < max;) {
        struct refund *f = s->refunds[i];
        if (f->in_flight || !(all || reached(s->now.mono, f->next_try)) ||
            !port->available(port->self, &f->row.provider))
            continue;
        drive(s, f);
        begun++;
    }
    return begun;
}
