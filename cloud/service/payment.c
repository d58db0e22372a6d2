/* Every step goes through core/payment_machine.h and is committed before it is acted on (C4).
 * A payment is driven by the question or the debt that wants it; in doubt it is always asked about. */
#include "cloud/service/payment.h"

#include "cloud/core/books.h"
#include "cloud/core/payer.h"
#include "cloud/core/payment_machine.h"
#include "cloud/service/anomaly.h"
#include "cloud/service/debt.h"
#include "cloud/service/effect.h"
#include "cloud/service/exit.h"
#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "cloud/service/refund.h"
#include "cloud/service/till.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

static const char kind_charge[] = "charge";

const struct account *account_of(const struct service *s, const struct plate *plate)
{
    return map_find(&s->accounts, plate->text);
}

struct payment *payment_of(struct service *s, const struct movement_id *session)
{
    return map_find(&s->payments, session->text);
}

static struct payment *keep(struct service *s, const struct payment_row *row)
{
    struct payment *p = mem_alloc(sizeof *p);
    p->row = *row;
    p->next_try = s->now.mono;
    p->trace = s->trace.text[0] != '\0' ? s->trace : trace_of(&row->session);
    s->payment_list = mem_resize(s->payment_list, (s->payment_count + 1) * sizeof(p));
    s->payment_list[s->payment_count++] = p;
    map_put(&s->payments, p->row.session.text, p);
    return p;
}

static void forget(struct service *s, struct payment *p)
{
    map_remove(&s->payments, p->row.session.text);
    for (size_t i = 0; i < s->payment_count; i++)
        if (s->payment_list[i] == p)
            s->payment_list[i] = s->payment_list[--s->payment_count];
    free(p);
}

static const enum metric outcome_metric[PAYMENT_EVENTS] = {
    [PAYMENT_EV_SUCCEEDED] = METRIC_PAYMENTS_SUCCEEDED,
    [PAYMENT_EV_DECLINED] = METRIC_PAYMENTS_DECLINED,
    [PAYMENT_EV_TIMEOUT] = METRIC_PAYMENTS_UNKNOWN,
    [PAYMENT_EV_NOT_SENT] = METRIC_PAYMENTS_NOT_SENT,
};

/* The row took a step: it is saved, told, and what follows for stay, debt and lane is done. */
static void apply(struct service *s, struct payment_row *row, enum payment_event e, unsigned acts)
{
    row->changed = s->now.wall;
    STORE(s, save_payment, row);
    feed_payment(s, row);
    if (outcome_metric[e])
        metrics_add(s->options.metrics, outcome_metric[e], 1);
    notice_payment(s, row);
    if (acts & PAYMENT_ACT_BOOK)
        till_credit(s, row);
    if (acts & PAYMENT_ACT_REFUSE)
        debt_note(s, &row->session, "declined", row->reason);
    if (acts & PAYMENT_ACT_PERSON)
        debt_note(s, &row->session, "manual", row->reason);
    if (acts & PAYMENT_ACT_AGAIN)
        debt_again(s, &row->session);
}

/* One step of the machine, saved; what is in `quiet` is not done. p may be gone: if it became final, or
 * if what it was for is over. */
static void step_quietly(struct service *s, struct payment *p, enum payment_event e, unsigned quiet)
{
    struct payment_step next;
    if (payment_next(p->row.state, e, &next) != ERR_OK) {
        log_error("payment.unexpected", LT("key", p->row.key),
                  LT("state", payment_state_word(p->row.state)), LN("event", e));
        return;
    }
    next.acts &= ~quiet;
    feed_cause(s, &p->trace, p->row.key);
    struct movement_id session = p->row.session;
    p->row.state = next.next;
    apply(s, &p->row, e, next.acts);
    if (payment_is_final(next.next))
        forget(s, p);
    if (next.acts)
        exit_payment_changed(s, &session, next.acts);
}

static void step(struct service *s, struct payment *p, enum payment_event e)
{
    step_quietly(s, p, e, 0);
}

/* ---- which provider ---- */

static unsigned closed_providers(const struct service *s)
{
    const struct payments_port *port = &s->ports.payments;
    unsigned closed = 0;
    for (size_t i = 0; i < port->provider_count; i++)
        if (!port->available(port->self, &port->providers[i]))
            closed |= 1u << i;
    return closed;
}

static int choose(const struct service *s, const struct payer *payer, unsigned barred)
{
    const struct payments_port *port = &s->ports.payments;
    return payer_choose(payer, port->providers, port->provider_count, barred);
}

static unsigned provider_bit(const struct service *s, const struct name *provider)
{
    const struct payments_port *port = &s->ports.payments;
    int at = provider_place(port->providers, port->provider_count, provider);
    return at < 0 ? 0 : 1u << at;
}

bool payment_possible(const struct service *s, const struct payer *payer)
{
    return s->ports.payments.provider_count == 0 || choose(s, payer, 0) >= 0;
}

bool payment_available(const struct service *s, const struct payer *payer)
{
    return choose(s, payer, closed_providers(s)) >= 0;
}

/* The first in order that would take the call now; if none would, the first. */
static void assign_provider(struct service *s, struct payment *p)
{
    unsigned barred = p->declined | p->unsent;
    int at = choose(s, &p->payer, barred | closed_providers(s));
    if (at < 0)
        at = choose(s, &p->payer, p->declined);
    if (at < 0)
        return; /* it stays where it is */
    p->row.provider = s->ports.payments.providers[at];
    struct buf b = buf_of(p->row.token, sizeof p->row.token);
    buf_adds(&b, payer_token(&p->payer, &p->row.provider));
}

/* Whether a charge that its provider certainly does not have can be made at another one at once. */
static bool may_move_on(const struct service *s, const struct payment *p)
{
    return p->wanted && !p->doubted &&
           choose(s, &p->payer, p->declined | p->unsent | closed_providers(s)) >= 0;
}

/* ---- calls ---- */

static void hand_over(struct service *s, struct payment *p, enum payment_call_kind kind)
{
    struct effect *out = effect_add(s, EFFECT_PAYMENT, &p->row.place, NULL);
    struct payment_call *c = &out->payment;
    c->kind = kind;
    memcpy(c->key, p->row.key, sizeof c->key);
    c->provider = p->row.provider;
    memcpy(c->token, p->row.token, sizeof c->token);
    memcpy(c->charge_ref, p->row.provider_ref, sizeof c->charge_ref);
    c->session = p->row.session;
    c->place = p->row.place;
    c->amount = p->row.amount;
    struct span_id span = trace_span(&p->trace, p->row.key);
    traceparent_format(&p->trace, &span, c->traceparent);
    p->in_flight = true;
}

/* A key that no provider ever saw is as good as new. */
static bool key_expired(const struct service *s, const struct payment *p)
{
    return p->doubted &&
           wall_diff_ms(s->now.wall, p->row.created) > PAYMENT_KEY_HOURS * 3600 * INT64_C(1000);
}

/* A charge from `created`; the provider is committed with it (C4). */
static void charge(struct service *s, struct payment *p)
{
    if (key_expired(s, p)) {
        step(s, p, PAYMENT_EV_EXPIRED);
        return;
    }
    if (!p->doubted)
        assign_provider(s, p);
    hand_over(s, p, PAYMENT_CALL_CHARGE);
    step(s, p, PAYMENT_EV_SENT);
}

void payment_drive(struct service *s, struct payment *p)
{
    if (p->in_flight)
        return;
    p->unsent = 0;
    if (p->row.state == PAYMENT_UNKNOWN) {
        hand_over(s, p, PAYMENT_CALL_QUERY);
        step(s, p, PAYMENT_EV_QUERY);
    } else {
        charge(s, p);
    }
}

/* Numbers are used in order, and that of a payment that never left is used again: a ledger that was set
 * back then comes to the same keys, under which nobody is charged twice. */
static int64_t next_number(struct service *s, const struct movement_id *session)
{
    char key[PAYMENT_KEY_SIZE];
    struct payment_row last;
    int64_t made = 0;
    STORE(s, count_payments, session, &made);
    bool reuse = payment_key(session, kind_charge, made, key) == ERR_OK &&
                 FOUND(s, find_payment, key, &last) && last.state == PAYMENT_VOID;
    return reuse ? made : made + 1;
}

/* A ledger that was set back may have charged under this key before, and providers know a key for a day
 * only: of an older stay they are asked first. Not at an exit, whose driver waits. */
static bool maybe_lapsed(struct service *s, const struct payment_row *row)
{
    struct session_row r;
    if (row->kind == PAYMENT_KIND_EXIT || !FOUND(s, find_session, &row->session, &r))
        return false;
    struct wall_ms since = r.start.v != 0 ? r.start : r.end;
    return wall_diff_ms(s->now.wall, since) > PAYMENT_KEY_HOURS * 3600 * INT64_C(1000);
}

static void create(struct service *s, const struct movement_id *session, const struct name *place,
                   enum payment_kind kind, const struct payer *payer, struct money amount,
                   unsigned declined)
{
    struct payment_row row = {
        .session = *session,
        .place = *place,
        .kind = kind,
        .amount = amount,
        .state = PAYMENT_CREATED,
        .created = s->now.wall,
        .changed = s->now.wall,
    };
    if (payment_key(session, kind_charge, next_number(s, session), row.key) != ERR_OK)
        service_die("payment key", ERR_INVAL);
    struct payment *p = keep(s, &row);
    p->wanted = true;
    p->payer = *payer;
    p->declined = declined;
    if (maybe_lapsed(s, &row)) {
        assign_provider(s, p);
        p->doubted = true;
        p->row.state = PAYMENT_UNKNOWN;
    }
    payment_drive(s, p);
}

void payment_create(struct service *s, const struct movement_id *session, const struct name *place,
                    enum payment_kind kind, const struct payer *payer, struct money amount)
{
    create(s, session, place, kind, payer, amount, 0);
}

/* ---- what nobody wants any more ---- */

/* A call that was lost on its way arrives within this time or never. */
enum { LOST_CALL_MS = 10 * 60 * 1000 };

static bool unsent(const struct payment *p)
{
    return p->row.state == PAYMENT_CREATED && !p->in_flight && !p->doubted;
}

void payment_set_amount(struct service *s, struct payment *p, int64_t minor)
{
    if (!unsent(p) || p->row.amount.minor == minor)
        return;
    p->row.amount.minor = minor;
    p->row.changed = s->now.wall;
    STORE(s, save_payment, &p->row);
    notice_payment(s, &p->row);
}

void payment_follow(struct service *s, const struct movement_id *session)
{
    struct payment *p = payment_of(s, session);
    struct debt_row d;
    if (!p || payment_is_final(p->row.state))
        return;
    p->wanted = FOUND(s, find_debt, session, &d) && d.state == DEBT_OPEN;
    if (p->wanted)
        payment_set_amount(s, p, books_owed(&d));
    else if (unsent(p))
        step(s, p, PAYMENT_EV_VOID);
}

static bool is_void(const struct service *s, const struct payment *p)
{
    return p->row.state == PAYMENT_CREATED && !p->in_flight && !p->wanted &&
           (!p->doubted || wall_diff_ms(s->now.wall, p->row.changed) > LOST_CALL_MS);
}

/* ---- by a person ---- */

static enum err refuse(struct admin_result *ret, enum err e, const char *reason)
{
    struct buf b = buf_of(ret->reason, sizeof ret->reason);
    buf_adds(&b, reason);
    return e;
}

enum err payment_resolve(struct service *s, const struct money_order *o, struct admin_result *ret)
{
    enum payment_event e =
        o->action == MONEY_SUCCEEDED ? PAYMENT_EV_RESOLVED_PAID : PAYMENT_EV_RESOLVED_FAILED;
    struct payment_row row;
    struct payment_step next;
    if (!FOUND(s, find_payment, o->key, &row))
        return refuse(ret, ERR_NOTFOUND, "no such payment");
    if (payment_next(row.state, e, &next) != ERR_OK)
        return refuse(ret, ERR_CONFLICT, "it does not wait for a person");
    struct buf note = buf_of(row.note, sizeof row.note);
    buf_adds(&note, o->reason);
    row.actor = o->actor;
    row.state = next.next;
    apply(s, &row, e, next.acts);
    exit_payment_changed(s, &row.session, next.acts);
    log_notice("payment.resolved", LT("key", row.key), LT("as", payment_state_word(row.state)),
               LT("actor", o->actor.text));
    return ERR_OK;
}

/* ---- life and results ---- */

/* Wanted is what its driver began and has not left without, and what is for a debt. */
static bool wanted_still(struct service *s, const struct payment_row *row)
{
    struct session_row r;
    bool own = row->kind == PAYMENT_KIND_PREPAY || row->kind == PAYMENT_KIND_LINK;
    return (own && FOUND(s, find_session, &row->session, &r) && r.state == SESSION_OPEN) ||
           debt_is_open(s, &row->session);
}

/* Loaded at start: whatever it was doing, the outcome is unknown now. */
void payment_load(struct service *s, const struct payment_row *row)
{
    struct payment *p = keep(s, row);
    p->row.state = PAYMENT_UNKNOWN;
    p->wanted = wanted_still(s, row);
    p->doubted = true;
}

static struct payment *by_key(struct service *s, const char *key)
{
    struct movement_id session = {""};
    memcpy(session.text, key, MOVEMENT_ID_SIZE - 1);
    struct payment *p = payment_of(s, &session);
    return p && strcmp(p->row.key, key) == 0 ? p : NULL;
}

/* Breakers decide how often a sick provider is called; these pauses spare a healthy one. */
static void pause_until_retry(struct service *s, struct payment *p)
{
    p->next_try = mono_after(s->now.mono, real_ms(s, payment_retry_ms(p->row.attempts)));
}

/* It was certainly not received: another provider is tried at once, else its driver waits. */
static void not_sent(struct service *s, struct payment *p, bool never)
{
    p->next_try = mono_after(s->now.mono, real_ms(s, s->options.collect_ms));
    if (p->row.state == PAYMENT_SENT) {
        p->unsent |= provider_bit(s, &p->row.provider);
        if (may_move_on(s, p)) {
            step_quietly(s, p, PAYMENT_EV_NOT_SENT, PAYMENT_ACT_FAILED);
            charge(s, p);
            return;
        }
        if (never) { /* nor any other has words for it */
            step_quietly(s, p, PAYMENT_EV_NOT_SENT, PAYMENT_ACT_FAILED);
            step(s, p, PAYMENT_EV_EXPIRED);
            return;
        }
    }
    step(s, p, PAYMENT_EV_NOT_SENT);
}

/* Refused for good: the payer's account at another provider is asked, in a payment of its own. */
static void declined(struct service *s, struct payment *p)
{
    struct payment_row row = p->row;
    struct payer payer = p->payer;
    p->declined |= provider_bit(s, &row.provider);
    unsigned declined = p->declined;
    bool another = p->wanted && choose(s, &payer, declined | closed_providers(s)) >= 0;
    step_quietly(s, p, PAYMENT_EV_DECLINED, another ? PAYMENT_ACT_REFUSE : 0);
    if (another)
        create(s, &row.session, &row.place, row.kind, &payer, row.amount, declined);
}

/* A provider refuses a key that comes with another amount than before (the ledger was set back, and the
 * stay costs more or less now): that leaves it unknown, the query tells what was charged, and this is
 * booked. The rest is owed, or an excess, like any other. */
static void take_amount(struct service *s, struct payment *p, const struct payment_result *r)
{
    if (r->charged_minor <= 0 || r->charged_minor == p->row.amount.minor)
        return;
    log_notice("payment.other_amount", LT("key", p->row.key), LN("asked", p->row.amount.minor),
               LN("charged", r->charged_minor));
    anomaly_record(s, state_place(s, &p->row.place), NULL, 0, "charged_before", false, p->row.key);
    p->row.amount.minor = r->charged_minor;
}

void payment_take(struct service *s, const struct payment_result *r)
{
    static const enum payment_event events[PAYMENT_RESULTS] = {
        [PAYMENT_RESULT_SUCCEEDED] = PAYMENT_EV_SUCCEEDED,
        [PAYMENT_RESULT_DECLINED] = PAYMENT_EV_DECLINED,
        [PAYMENT_RESULT_UNKNOWN] = PAYMENT_EV_TIMEOUT,
        [PAYMENT_RESULT_NOT_SENT] = PAYMENT_EV_NOT_SENT,
        [PAYMENT_RESULT_NOT_FOUND] = PAYMENT_EV_NOT_FOUND,
    };
    if (refund_key_is(r->key)) {
        refund_take(s, r);
        return;
    }
    struct payment *p = by_key(s, r->key);
    if (!p || !p->in_flight) {
        log_error("payment.stray_result", LT("key", r->key), LN("outcome", r->outcome));
        return;
    }
    p->in_flight = false;
    memcpy(p->row.reason, r->reason, sizeof p->row.reason);
    if (r->provider_ref[0] != '\0')
        memcpy(p->row.provider_ref, r->provider_ref, sizeof p->row.provider_ref);
    if (r->outcome == PAYMENT_RESULT_NOT_SENT) {
        not_sent(s, p, false);
        return;
    }
    if (r->outcome == PAYMENT_RESULT_UNKNOWN) {
        p->doubted = true;
        p->row.attempts++;
    }
    if (r->outcome == PAYMENT_RESULT_SUCCEEDED)
        take_amount(s, p, r);
    pause_until_retry(s, p);
    if (r->outcome == PAYMENT_RESULT_DECLINED) {
        declined(s, p);
        return;
    }
    bool charge_again = r->outcome == PAYMENT_RESULT_NOT_FOUND && p->wanted;
    step(s, p, events[r->outcome]);
    if (charge_again && p->row.state == PAYMENT_CREATED)
        payment_drive(s, p);
}

void payment_refused(struct service *s)
{
    size_t n = s->refused_count;
    s->refused_count = 0;
    for (size_t i = 0; i < n; i++) {
        struct payment *p = by_key(s, s->refused[i].key);
        if (!p) {
            refund_refused(s, s->refused[i].key, s->refused[i].never);
            continue;
        }
        p->in_flight = false;
        not_sent(s, p, s->refused[i].never);
    }
}

/* A question goes to the provider that may have it, and waits until that one takes calls. */
static bool may_be_driven(const struct service *s, const struct payment *p)
{
    const struct payments_port *port = &s->ports.payments;
    bool unknown = p->row.state == PAYMENT_UNKNOWN;
    return !p->in_flight && (p->wanted || unknown) &&
           ((!unknown && !p->doubted) || port->available(port->self, &p->row.provider));
}

size_t payment_drive_due(struct service *s, bool all, size_t max)
{
    size_t begun = 0;
    for (size_t i = s->payment_count; i-- > 0 && begun < max;) {
        struct payment *p = s->payment_list[i];
        if (is_void(s, p)) {
            step(s, p, PAYMENT_EV_VOID);
        } else if (may_be_driven(s, p) && (all || reached(s->now.mono, p->next_try))) {
            payment_drive(s, p);
            begun++;
        }
    }
    return begun;
}
