/* What must hold: see sim.h, I5 to I7. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"

#include "edge/core/lane_mode.h"

#include <string.h>

/* ---- the edge's acts: I5 ---- */

static void expect_acting(struct sim_lane *l, unsigned motion)
{
    if (l->edge->journal->open)
        sim_fail(l->sim, "%s/%s: acts within a transaction", l->edge->name.text, l->name.text);
    l->motions |= motion;
    if (l->motions == 3)
        sim_fail(l->sim, "%s/%s: told to open and to close", l->edge->name.text, l->name.text);
}

void check_open(struct sim_lane *l)
{
    expect_acting(l, 1);
    const struct agent_lane *a = &l->edge->agent.live.lanes[l->index];
    bool authorised = l->edge->journal->committed.lanes[l->index].authorised;
    bool unrecorded = !l->entry && (a->movement.unrecorded || agent_crippled(&l->edge->agent));
    if (l->arm == ARM_DOWN && !authorised && !unrecorded && !orders_raise(l) &&
        !lane_wants_open(&a->lane))
        sim_fail(l->sim, "%s/%s: raised without a committed authorisation", l->edge->name.text,
                 l->name.text);
}

void check_close(struct sim_lane *l)
{
    expect_acting(l, 2);
    const struct agent_lane *a = &l->edge->agent.live.lanes[l->index];
    if (!a->lane.view.fresh || !inputs_safe_to_close(a->inputs))
        sim_fail(l->sim, "%s/%s: lowered on what it cannot see", l->edge->name.text, l->name.text);
}

/* ---- one answer per request: I6 ---- */

void check_answer(struct sim_cloud *c, const struct response *r)
{
    if (r->kind == REQUEST_HELLO || r->answer.verdict == VERDICT_PENDING)
        return;
    size_t oldest = c->answer_count > 512 ? c->answer_count - 512 : 0;
    for (size_t i = c->answer_count; i-- > oldest;) {
        const struct answered *a = &c->answers[i];
        if (strcmp(a->id.text, r->id.text) != 0)
            continue;
        if (a->answer.verdict != r->answer.verdict || a->answer.basis != r->answer.basis ||
            a->answer.reason != r->answer.reason)
            sim_fail(c->sim, "request %s has two answers: %s %s%s, then %s %s%s", r->id.text,
                     verdict_word(a->answer.verdict), basis_word(a->answer.basis),
                     reason_word(a->answer.reason), verdict_word(r->answer.verdict),
                     basis_word(r->answer.basis), reason_word(r->answer.reason));
        return;
    }
    if (c->answer_count == c->answer_size) {
        c->answer_size = c->answer_size ? c->answer_size * 2 : 256;
        c->answers = mem_resize(c->answers, c->answer_size * sizeof *c->answers);
    }
    c->answers[c->answer_count++] = (struct answered){r->id, r->answer};
}

/* ---- counts: I7 ---- */

static void count(struct sim_lane *l, const struct fact *f)
{
    l->counted++;
    memcpy(l->last_counted, f->movement, sizeof l->last_counted);
    if (!l->entry && l->counted > l->crossed + l->again)
        sim_fail(l->sim, "%s/%s: %lld counted out, %lld left", l->edge->name.text, l->name.text,
                 (long long)l->counted, (long long)l->crossed);
}

/* I2: a wall clock decides after a restart of the machine, and may be off twice. */
static void check_lease(const struct sim_lane *l)
{
    const struct sim_edge *e = l->edge;
    int64_t late_ms = sim_ms(l->sim) - e->lease_until_ms;
    if (l->entry && late_ms > 2 * CLOCK_LIE_MS)
        sim_fail(l->sim, "%s/%s: admits, and its lease ended %lld ms ago", e->name.text,
                 l->name.text, (long long)late_ms);
}

void check_fact(struct sim_lane *l, const struct fact *f)
{
    switch (f->kind) {
    case EVENT_PASSAGE_AUTHORISED:
        check_lease(l);
        traffic_authorised(l, true);
        break;
    case EVENT_PASSAGE_VOIDED:
        traffic_authorised(l, false);
        l->doubt += f->uncertain && !l->entry;
        break;
    case EVENT_PASSAGE_COMPLETED:
    case EVENT_PASSAGE_UNAUTHORISED: count(l, f); break;
    case EVENT_MOVEMENT_ENDED:
        l->doubt += f->uncertain && l->entry && strcmp(f->movement, l->last_counted) == 0;
        break;
    default: break;
    }
}

/* Nothing happened here for a while: what was counted is what crossed, but for doubt. */
void check_lane_at_rest(struct sim_lane *l)
{
    struct sim *s = l->sim;
    const struct agent_lane *a = &l->edge->agent.live.lanes[l->index];
    if (l->faulty || !l->edge->running || agent_crippled(&l->edge->agent) || l->silent ||
        sim_ms(s) - l->disturbed_ms < 10000 || a->lane.authorised || a->lane.movement ||
        !a->lane.view.fresh)
        return;
    int64_t base = l->counted - l->crossed, off = base - l->base;
    int64_t above = l->again + (l->entry ? l->doubt : 0);
    int64_t below = l->missed + (l->entry ? 0 : l->doubt);
    if (off > above || -off > below)
        sim_fail(s, "%s/%s: %lld crossed, %lld counted, %lld off; doubt %lld, missed %lld",
                 l->edge->name.text, l->name.text, (long long)l->crossed, (long long)l->counted,
                 (long long)off, (long long)l->doubt, (long long)l->missed);
    l->base = base;
    l->doubt = l->missed = 0;
}
