/* The payment provider and the worker before it: slow, down, declining, losing answers. A key is
 * charged once, whoever asks how often, and refused with another amount; what is checked is that nobody
 * has to rely on it. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

/* A call on its way back; freed when it arrives. */
struct answer {
    struct payment_result result;
    int64_t incarnation;
};

static struct charge *charge_of(struct provider *p, const char *key)
{
    for (size_t i = p->count; i-- > 0;)
        if (strcmp(p->charges[i].key, key) == 0)
            return &p->charges[i];
    if (p->count == p->size) {
        p->size = p->size ? p->size * 2 : 64;
        p->charges = mem_resize(p->charges, p->size * sizeof *p->charges);
    }
    struct charge *c = &p->charges[p->count++];
    *c = (struct charge){0};
    memcpy(c->key, key, sizeof c->key);
    return c;
}

static bool refund_key(const char *key)
{
    return strncmp(key + MOVEMENT_ID_SIZE - 1, ":refund:", 8) == 0;
}

int64_t provider_taken(const struct sim *s, const char *session)
{
    int64_t minor = 0;
    for (size_t i = 0; i < s->provider.count; i++) {
        const struct charge *c = &s->provider.charges[i];
        if (c->made && !refund_key(c->key) && strncmp(c->key, session, MOVEMENT_ID_SIZE - 1) == 0)
            minor += c->minor;
    }
    return minor;
}

int64_t provider_charged(const struct sim *s, const char *session)
{
    int64_t minor = 0;
    for (size_t i = 0; i < s->provider.count; i++)
        if (s->provider.charges[i].made &&
            strncmp(s->provider.charges[i].key, session, MOVEMENT_ID_SIZE - 1) == 0)
            minor += refund_key(s->provider.charges[i].key) ? -s->provider.charges[i].minor
                                                            : s->provider.charges[i].minor;
    return minor;
}

void provider_forget(struct sim *s)
{
    for (size_t i = 0; i < s->provider.count; i++) {
        struct charge *c = &s->provider.charges[i];
        c->forgotten |= c->known != CHARGE_NEVER_CALLED;
        c->known = CHARGE_NEVER_CALLED;
    }
}

bool provider_forgotten(const struct sim *s, const char *session)
{
    for (size_t i = 0; i < s->provider.count; i++)
        if (s->provider.charges[i].forgotten &&
            strncmp(s->provider.charges[i].key, session, MOVEMENT_ID_SIZE - 1) == 0)
            return true;
    return false;
}

static bool asks(const struct payment_call *call)
{
    return call->kind == PAYMENT_CALL_QUERY || call->kind == PAYMENT_CALL_REFUND_QUERY;
}

/* I4 */
static void expect_fair(struct sim *s, const struct payment_call *call, const struct charge *c)
{
    const struct payment_row *row = store_memory_payment(s->cloud.store, call->key);
    const struct refund_row *back = store_memory_refund(s->cloud.store, call->key);
    if (!row && !back)
        sim_fail(s, "%s is called before it is committed", call->key);
    enum payment_state state = row ? row->state : back->state;
    if (state != PAYMENT_SENT && state != PAYMENT_QUERYING)
        sim_fail(s, "%s is called before it is committed", call->key);
    if ((row ? row->amount.minor : back->amount.minor) != call->amount.minor)
        sim_fail(s, "%s is called with another amount", call->key);
    if (!asks(call) && c->known == CHARGE_CALLED)
        sim_fail(s, "%s is made again, and nobody asked whether it was", call->key);
}

static void answers(struct sim *s, void *answer, int64_t what)
{
    struct answer *a = answer;
    (void)what;
    if (s->cloud.service && a->incarnation == s->cloud.incarnation) {
        struct charge *c = charge_of(&s->provider, a->result.key);
        if (a->result.outcome == PAYMENT_RESULT_NOT_FOUND ||
            (a->result.outcome == PAYMENT_RESULT_NOT_SENT && !c->made && !c->declined))
            c->known = CHARGE_KNOWN_ABSENT;
        struct work *w = work_new(WORK_PAYMENT, NULL, 0);
        w->payment = a->result;
        cloud_post(&s->cloud, w);
    }
    free(a);
}

/* I4: what was charged for a stay is never more than what was asked for it last. */
static void expect_owed(struct sim *s, const struct payment_call *call)
{
    struct session_row stay;
    const struct store_port *store = &s->cloud.inner;
    if (store->find_session(store->self, &call->session, &stay) != ERR_OK)
        sim_fail(s, "%s is charged for no stay", call->key);
    int64_t charged = provider_taken(s, call->session.text) - stay.refunded_minor;
    if (charged > stay.price_minor && !s->cloud.misled)
        sim_fail(s, "stay %s: %lld charged by %s, its price is %lld", call->session.text,
                 (long long)charged, call->key, (long long)stay.price_minor);
}

/* I4: both clocks may be off by a little without knowing it, both times. */
static void expect_fair_price(struct sim *s, const struct payment_call *call)
{
    const struct journal_row *entry = NULL;
    for (size_t i = 0; i < BODIES && !entry; i++)
        entry = journal_entry(&s->edges[i], call->session.text);
    struct session_row stay;
    const struct store_port *store = &s->cloud.inner;
    if (!entry || s->cloud.misled ||
        store->find_session(store->self, &call->session, &stay) != ERR_OK)
        return;
    int64_t most = cloud_price(sim_ms(s) - entry->at_ms + 4 * CLOCK_LIE_MS);
    if (provider_taken(s, call->session.text) - stay.refunded_minor > most)
        sim_fail(s, "stay %s: %lld charged by %s, its true length costs %lld at most",
                 call->session.text, (long long)provider_taken(s, call->session.text), call->key,
                 (long long)most);
}

/* I4: nothing goes back that did not come in. A ledger that was set back may take another amount for that
 * of a key which it had used before. */
static void expect_charged(struct sim *s, const struct payment_call *call)
{
    if (provider_charged(s, call->session.text) < 0 && !provider_forgotten(s, call->session.text))
        sim_fail(s, "%s gives back more than was charged", call->key);
}

static enum payment_outcome decide(struct charge *c)
{
    return c->declined ? PAYMENT_RESULT_DECLINED : PAYMENT_RESULT_SUCCEEDED;
}

static enum payment_outcome charge(struct sim *s, const struct payment_call *call, struct charge *c)
{
    if (s->provider.down)
        return PAYMENT_RESULT_NOT_SENT;
    bool reached = !hits(s, s->weather.charge_lost);
    bool heard = !hits(s, s->weather.charge_lost);
    c->known = CHARGE_CALLED;
    if (reached && !c->made && !c->declined) {
        c->declined = hits(s, s->weather.decline);
        c->made = !c->declined;
        c->minor = call->amount.minor;
        if (call->kind == PAYMENT_CALL_REFUND) {
            s->totals.refunds += c->made;
            expect_charged(s, call);
        } else {
            s->totals.charges += c->made;
            expect_owed(s, call);
            expect_fair_price(s, call);
        }
    }
    bool refused = c->made && c->minor != call->amount.minor;
    return reached && heard && !refused ? decide(c) : PAYMENT_RESULT_UNKNOWN;
}

static enum payment_outcome query(struct sim *s, struct charge *c)
{
    if (s->provider.down)
        return PAYMENT_RESULT_NOT_SENT;
    if (hits(s, s->weather.charge_lost))
        return PAYMENT_RESULT_UNKNOWN;
    return c->made || c->declined ? decide(c) : PAYMENT_RESULT_NOT_FOUND;
}

static enum err start(void *self, const struct payment_call *call)
{
    struct sim_cloud *cloud = self;
    struct sim *s = cloud->sim;
    if (cloud->doom == DOOM_AFTER_COMMIT && cloud->effects_left-- == 0)
        cloud->dead = true;
    if (cloud->dead)
        return ERR_OK;
    if (s->provider.open_breaker)
        return ERR_UNAVAIL;
    if (hits(s, s->weather.refuse))
        return ERR_FULL;
    struct charge *c = charge_of(&s->provider, call->key);
    expect_fair(s, call, c);
    struct answer *a = mem_alloc(sizeof *a);
    a->incarnation = cloud->incarnation;
    a->result.kind = call->kind;
    a->result.provider = call->provider;
    memcpy(a->result.key, call->key, sizeof a->result.key);
    a->result.outcome = asks(call) ? query(s, c) : charge(s, call, c);
    if (call->kind == PAYMENT_CALL_QUERY && a->result.outcome == PAYMENT_RESULT_SUCCEEDED &&
        c->minor != call->amount.minor)
        a->result.charged_minor = c->minor;
    a->result.latency_ms = hits(s, s->weather.slow) ? between(s, 1500, 15000) : between(s, 20, 400);
    TRACE(s, "provider: %s %s %lld", asks(call) ? "query" : "make", call->key,
          (long long)call->amount.minor);
    sim_in(s, a->result.latency_ms, answers, a, 0);
    return ERR_OK;
}

static bool available(void *self, const struct name *provider)
{
    struct sim_cloud *cloud = self;
    (void)provider;
    return !cloud->sim->provider.open_breaker;
}

static enum err settlement(void *self, const struct settlement_call *c)
{
    (void)self;
    (void)c;
    return ERR_UNAVAIL;
}

struct payments_port provider_port(struct sim_cloud *c)
{
    return (struct payments_port){c, 1, {{"stripe"}}, start, available, settlement};
}

/* Before the calendar is emptied: answers under way are found in it. */
void provider_free(struct sim *s)
{
    for (size_t i = 0; i < s->calendar.count; i++)
        if (s->calendar.entries[i].happen == answers)
            free(s->calendar.entries[i].who);
    free(s->provider.charges);
}
