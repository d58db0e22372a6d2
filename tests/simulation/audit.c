/* A person counts what is inside (PROTOCOL.md, "Audits"): nobody crosses until the count has taken
 * effect or was given up. What the ledger says then is checked against the truth: I2. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"

#include <string.h>

enum { QUIET_MS = 10000, LOOK_MS = 5000, PATIENCE_MS = 20 * 60 * 1000 };

/* Whoever crossed a moment ago may not be on record yet. */
static bool quiet(const struct sim_lane *l)
{
    const struct sim *s = l->sim;
    return !(l->car && l->car->where == CAR_UNDER_ARM) && !l->faulty && !l->silent &&
           sim_ms(s) - l->disturbed_ms > QUIET_MS && sim_ms(s) - l->free_since_ms > QUIET_MS;
}

static bool anybody_crosses(const struct sim_place *p)
{
    for (size_t i = 0; i < BODIES; i++) {
        const struct sim_edge *e = &p->sim->edges[i];
        if (e->place != p || e->gone)
            continue;
        const struct sim_journal *j = e->journal;
        if (!e->running || agent_crippled(&e->agent) ||
            journal_books(j, (int64_t)j->committed.row_count)->pending != 0)
            return true;
        for (size_t k = 0; k < e->lane_count; k++)
            if (!quiet(&e->lanes[k]))
                return true;
    }
    return false;
}

static void order(struct sim_place *p)
{
    struct sim *s = p->sim;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_AUDIT;
    struct audit_order *o = &w->admin.audit;
    o->place = p->name;
    o->counted = p->inside;
    struct buf actor = buf_of(o->actor.text, sizeof o->actor.text);
    struct buf reason = buf_of(o->reason, sizeof o->reason);
    buf_adds(&actor, "kim");
    buf_adds(&reason, "counted on foot");
    for (size_t i = 0; i < EDGES; i++)
        if (s->edges[i].place == p && s->edges[i].gone)
            o->gone[o->gone_count++] = s->edges[i].name;
    cloud_post(&s->cloud, w);
}

static void cancel(struct sim_place *p, int64_t id)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_AUDIT_CANCEL;
    w->admin.cancel.place = p->name;
    w->admin.cancel.id = id;
    struct buf actor = buf_of(w->admin.cancel.actor.text, NAME_SIZE);
    buf_adds(&actor, "kim");
    cloud_post(&p->sim->cloud, w);
}

static void find(void *arg, const struct audit_row *r)
{
    struct sim_place *p = arg;
    if (name_equal(&r->place, &p->name))
        p->audit = *r;
}

static void look(struct sim *s, void *place, int64_t what)
{
    struct sim_place *p = place;
    p->audit = (struct audit_row){.state = AUDIT_CANCELLED};
    store_memory_audits(s->cloud.store, find, p);
    bool pending = p->audit.state == AUDIT_PENDING;
    if (pending && (s->leaving || sim_ms(s) > p->counting_until_ms))
        cancel(p, p->audit.id);
    if (pending || (sim_ms(s) < p->counting_until_ms && p->audit.id <= p->audited && !s->leaving)) {
        if (!pending && sim_ms(s) % 10 == 0)
            order(p); /* the cloud was not there */
        sim_in(s, LOOK_MS, look, p, what);
        return;
    }
    TRACE(s, "%s: the count is over", p->name.text);
    p->counting = false;
}

/* Begins when nobody is on his way through, or not at all. */
void audit_begin(struct sim_place *p)
{
    struct sim *s = p->sim;
    if (p->counting || anybody_crosses(p) || !s->cloud.service || !ledger_followed(s, p))
        return;
    TRACE(s, "%s: %lld are counted inside", p->name.text, (long long)p->inside);
    p->counting = true;
    p->spoiled = false;
    p->counting_until_ms = sim_ms(s) + PATIENCE_MS;
    p->counted = p->inside;
    ledger_note_count(s, p);
    order(p);
    sim_in(s, LOOK_MS, look, p, 0);
}
