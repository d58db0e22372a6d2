/* The faults have stopped: everything must come to rest, everybody must get out, every amount must be
 * collected. I8 */
#include "tests/simulation/sim.h"

#include "cloud/core/books.h"
#include "cloud/core/ledger.h"
#include "cloud/core/payment_machine.h"

#include <stdarg.h>
#include <string.h>

enum { REST_MS = 10 * 60 * 1000 };
/* Unknown payments are asked about every hour at the latest. */
static const int64_t patience_ms = 8 * 3600 * INT64_C(1000);

static const char *edge_unrest(const struct sim_edge *e)
{
    const struct edge_memory *m = agent_memory(&e->agent);
    if (e->gone)
        return NULL;
    if (agent_crippled(&e->agent))
        return "an edge cannot commit";
    if (!e->running || !e->connected || m->epoch == 0)
        return "an edge is not back";
    if (m->base != m->next - 1 || e->journal->applied != m->next - 1)
        return "an outbox is not empty";
    if (journal_books(e->journal, m->next - 1)->pending != 0)
        return "an admission is pending";
    return NULL;
}

static const char *lane_unrest(const struct sim_lane *l)
{
    if (l->car || l->queued > 0)
        return l->entry ? "a vehicle waits at an entry" : "a vehicle waits at an exit";
    return NULL;
}

/* The first thing found, in words. */
__attribute__((format(printf, 2, 3))) static void note(struct sim *s, const char *format, ...)
{
    va_list ap;
    if (s->unrest[0] != '\0')
        return;
    va_start(ap, format);
    vsnprintf(s->unrest, sizeof s->unrest, format, ap);
    va_end(ap);
}

/* After a day keys are not used again: a person looks (domain.md, "Payment"). */
static bool waits_for_person(enum payment_state state, struct wall_ms created,
                             struct wall_ms changed)
{
    return state == PAYMENT_MANUAL && wall_diff_ms(changed, created) > 24 * 3600 * INT64_C(1000);
}

static void open_payment(void *arg, const struct payment_row *r)
{
    bool final = payment_is_final(r->state) && r->state != PAYMENT_MANUAL;
    if (!final && !waits_for_person(r->state, r->created, r->changed))
        note(arg, "payment %s is %s (%s)", r->key, payment_state_word(r->state), r->reason);
}

static void open_debt(void *arg, const struct debt_row *r)
{
    if (r->state == DEBT_OPEN && strncmp(r->reason, "declined", 8) != 0 &&
        strncmp(r->reason, "manual", 6) != 0)
        note(arg, "the debt of %s is open, %lld of %lld paid (%s)", r->session.text,
             (long long)r->paid_minor, (long long)r->amount.minor, r->reason);
}

static void open_refund(void *arg, const struct refund_row *r)
{
    if (r->state != PAYMENT_SUCCEEDED && r->state != PAYMENT_DECLINED &&
        !waits_for_person(r->state, r->created, r->changed))
        note(arg, "refund %s is %s (%s)", r->key, payment_state_word(r->state), r->reason);
}

static void open_grant(void *arg, const struct grant_row *r)
{
    if (ledger_waits(arg, r->stream))
        note(arg, "offer %lld of %s is not answered", (long long)r->id, r->place.text);
}

/* A place that has room and entries without a space for long: nobody would ever come in again. */
static void idle_pool(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    const struct place_ledger l = {
        .pool = r->pool, .occupied = r->occupied, .overdraft = r->overdraft};
    if (r->offers_stopped || r->shut || ledger_available(&l) < 1)
        return;
    for (size_t i = 0; i < EDGES; i++) {
        const struct sim_edge *e = &s->edges[i];
        bool entry = false;
        for (size_t k = 0; k < e->lane_count; k++)
            entry = entry || e->lanes[k].entry;
        if (entry && !e->gone && name_equal(&e->place->name, &r->settings.place) &&
            agent_memory(&e->agent)->spaces.free < 1)
            note(s, "%s: gets no spaces, %lld are in the pool", e->name.text, (long long)r->pool);
    }
}

const char *check_unrest(struct sim *s)
{
    s->unrest[0] = '\0';
    for (size_t i = 0; i < BODIES; i++) {
        const struct sim_edge *e = &s->edges[i];
        const char *why = edge_unrest(e);
        for (size_t k = 0; k < e->lane_count && !why; k++)
            why = lane_unrest(&e->lanes[k]);
        if (why)
            note(s, "%s: %s", e->name.text, why);
    }
    if (s->places[0].inside > 0 || s->places[1].inside > 0)
        note(s, "a vehicle is inside");
    store_memory_open_grants(s->cloud.store, open_grant, s);
    store_memory_places(s->cloud.store, idle_pool, s);
    store_memory_payments(s->cloud.store, open_payment, s);
    store_memory_refunds(s->cloud.store, open_refund, s);
    store_memory_debts(s->cloud.store, open_debt, s);
    return s->unrest[0] != '\0' ? s->unrest : NULL;
}

/* ---- what is left then ---- */

static void check_session(void *arg, const struct session_row *r)
{
    const struct sim *s = arg;
    int64_t charged = provider_charged(s, r->id.text);
    if (provider_forgotten(s, r->id.text))
        return;
    if (charged != books_kept(r))
        sim_fail(s, "stay %s: %lld charged, %lld booked", r->id.text, (long long)charged,
                 (long long)books_kept(r));
    struct debt_row d;
    const struct store_port *store = &s->cloud.inner;
    bool owes = store->find_debt(store->self, &r->id, &d) == ERR_OK;
    if (!books_balanced(r, owes ? &d : NULL))
        sim_fail(s, "stay %s: its books do not balance", r->id.text);
    bool odd = s->faults >> FAULT_CLOCKS & 1 || s->totals.set_back + s->totals.copied > 0;
    if (r->state == SESSION_CLOSED && charged > r->price_minor && !odd)
        sim_fail(s, "stay %s: %lld charged, its price is %lld", r->id.text, (long long)charged,
                 (long long)r->price_minor);
}

static void count_debt(void *arg, const struct debt_row *r)
{
    struct sim *s = arg;
    (void)r;
    s->totals.debts++;
}

void check_end(struct sim *s)
{
    for (size_t i = 0; i < BODIES; i++)
        for (size_t k = 0; k < s->edges[i].lane_count; k++) {
            struct sim_lane *l = &s->edges[i].lanes[k];
            check_lane_at_rest(l);
            if (!l->edge->gone && l->counted - l->crossed != l->base)
                sim_fail(s, "%s/%s is not at rest", l->edge->name.text, l->name.text);
        }
    store_memory_sessions(s->cloud.store, check_session, s);
    store_memory_debts(s->cloud.store, count_debt, s);
}

void settle(struct sim *s)
{
    TRACE(s, "the faults stop");
    weather_end(s);
    int64_t until = sim_ms(s) + REST_MS;
    s->leaving = true;
    while (sim_ms(s) < until && sim_step(s))
        ;
    traffic_leave(s);
    until = sim_ms(s) + patience_ms;
    int64_t look = sim_ms(s);
    const char *why = "nothing happened";
    while (why && sim_step(s)) {
        if (sim_ms(s) < look)
            continue;
        look = sim_ms(s) + 20000;
        cloud_repair(&s->cloud);
        for (size_t i = 0; i < EDGES; i++)
            for (size_t k = 0; k < s->edges[i].lane_count; k++)
                orders_undo(&s->edges[i].lanes[k]);
        why = check_unrest(s);
        if (why && sim_ms(s) > until)
            sim_fail(s, "no rest: %s", why);
    }
    until = sim_ms(s) + 30000;
    while (sim_ms(s) < until && sim_step(s))
        ;
    check_end(s);
}
