/* What must hold: see sim.h, I1 to I7. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"

#include <string.h>

/* ---- the cloud's commit: I3 ---- */

static struct sim_edge *edge_of_stream(struct sim *s, int64_t stream);

struct finding {
    struct sim *s;
    int64_t stream;
    struct sim_edge *edge;
};

static void match_stream(void *arg, const struct stream_row *r)
{
    struct finding *f = arg;
    if (r->id != f->stream)
        return;
    for (size_t i = 0; i < EDGES; i++)
        if (name_equal(&f->s->edges[i].name, &r->edge) &&
            name_equal(&f->s->edges[i].place->name, &r->place))
            f->edge = &f->s->edges[i];
}

static struct sim_edge *edge_of_stream(struct sim *s, int64_t stream)
{
    struct finding f = {.s = s, .stream = stream};
    store_memory_streams(s->cloud.store, match_stream, &f);
    if (!f.edge)
        sim_fail(s, "an event of stream %lld, which nobody has", (long long)stream);
    return f.edge;
}

void check_news(struct sim *s)
{
    const struct store_memory_news *news = store_memory_news(s->cloud.store);
    if (news->quarantined > 0)
        sim_fail(s, "an event was quarantined");
    if (news->stopping > 0)
        sim_fail(s, "offers stop: %s (%s) of %s/%s at %lld", news->anomaly.kind,
                 news->anomaly.detail, news->anomaly.place.text, news->anomaly.edge.text,
                 (long long)news->anomaly.seq);
    for (size_t i = 0; i < news->events; i++) {
        const struct event_row *r = news->event(s->cloud.store, i);
        struct sim_edge *e = edge_of_stream(s, r->stream);
        const struct sim_journal *j = &e->journal;
        s->totals.events++;
        if (r->seq != e->applied + 1)
            sim_fail(s, "%s: event %lld is applied after %lld", e->name.text, (long long)r->seq,
                     (long long)e->applied);
        if (r->seq > (int64_t)j->committed.row_count)
            sim_fail(s, "%s: event %lld is applied, but not committed", e->name.text,
                     (long long)r->seq);
        if (memcmp(r->digest.text, j->rows[r->seq - 1].digest.text, DIGEST_SIZE) != 0)
            sim_fail(s, "%s: event %lld is not what was written", e->name.text, (long long)r->seq);
        e->applied = r->seq;
    }
}

/* ---- ledger and books: I1, I2 ---- */

/* The place's side of the sums, as the store and the journals have it. */
struct sums {
    struct sim *s;
    struct sim_place *place;
    const struct sim_edge *edge; /* whose open grants are counted */
    int64_t open, unanswered;
};

static void count_grant(void *arg, const struct grant_row *r)
{
    struct sums *u = arg;
    if (!name_equal(&r->place, &u->place->name))
        return;
    const struct sim_edge *e = edge_of_stream(u->s, r->stream);
    if (u->edge && e != u->edge)
        return;
    u->open += r->n;
    if (!journal_answered(e, r->id))
        u->unanswered += r->n;
}

static void check_stream(void *arg, const struct stream_row *r)
{
    struct sim *s = arg;
    struct sim_edge *e = edge_of_stream(s, r->id);
    struct books b = journal_books(e, r->last);
    struct sums u = {.s = s, .place = e->place, .edge = e};
    store_memory_open_grants(s->cloud.store, count_grant, &u);
    if (r->frozen || r->fenced)
        sim_fail(s, "%s: its stream is frozen or fenced", e->name.text);
    if (r->last != e->applied)
        sim_fail(s, "%s: stands at %lld, but %lld were applied", e->name.text, (long long)r->last,
                 (long long)e->applied);
    if (r->view != b.free + u.open || r->pending != b.pending || r->overdraft != b.overdraft)
        sim_fail(s, "%s at %lld: view %lld pending %lld overdraft %lld, but %lld (+%lld) %lld %lld",
                 e->name.text, (long long)r->last, (long long)r->view, (long long)r->pending,
                 (long long)r->overdraft, (long long)b.free, (long long)u.open,
                 (long long)b.pending, (long long)b.overdraft);
}

static void check_place(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    struct sim_place *p = &s->places[0];
    while (!name_equal(&p->name, &r->settings.place))
        p++;
    struct sums u = {.s = s, .place = p};
    int64_t held = 0, occupied = 0, overdraft = 0;
    store_memory_open_grants(s->cloud.store, count_grant, &u);
    for (size_t i = 0; i < EDGES; i++) {
        const struct sim_edge *e = &s->edges[i];
        if (e->place != p)
            continue;
        struct books now = journal_books(e, (int64_t)e->journal.committed.row_count);
        struct books then = journal_books(e, e->applied);
        held += now.free + now.pending + now.occupied + now.given_back - then.given_back;
        overdraft += now.overdraft;
        occupied += then.occupied;
    }
    if (r->offers_stopped)
        sim_fail(s, "%s: offers stopped", p->name.text);
    if (r->occupied != occupied)
        sim_fail(s, "%s: %lld occupied, but %lld by the events applied", p->name.text,
                 (long long)r->occupied, (long long)occupied);
    if (held + u.unanswered + r->pool != r->settings.capacity + overdraft)
        sim_fail(s, "%s: %lld held, %lld under way, %lld in the pool; capacity %lld, owed %lld",
                 p->name.text, (long long)held, (long long)u.unanswered, (long long)r->pool,
                 (long long)r->settings.capacity, (long long)overdraft);
    if (p->inside > p->capacity + p->intruded)
        sim_fail(s, "%s: %lld inside, room for %lld, %lld pushed in", p->name.text,
                 (long long)p->inside, (long long)p->capacity, (long long)p->intruded);
}

void check_step(struct sim *s)
{
    for (size_t i = 0; i < EDGES; i++) {
        const struct sim_edge *e = &s->edges[i];
        if (e->running && e->agent.live.memory.base > e->applied)
            sim_fail(s, "%s: %lld acknowledged, %lld committed", e->name.text,
                     (long long)e->agent.live.memory.base, (long long)e->applied);
    }
    if (!s->dirty)
        return;
    s->dirty = false;
    store_memory_streams(s->cloud.store, check_stream, s);
    store_memory_places(s->cloud.store, check_place, s);
}

/* ---- the edge's acts: I5 ---- */

static void expect_acting(struct sim_lane *l, unsigned motion)
{
    if (l->edge->journal.open)
        sim_fail(l->sim, "%s/%s: acts within a transaction", l->edge->name.text, l->name.text);
    l->motions |= motion;
    if (l->motions == 3)
        sim_fail(l->sim, "%s/%s: told to open and to close", l->edge->name.text, l->name.text);
}

void check_open(struct sim_lane *l)
{
    expect_acting(l, 1);
    const struct agent_lane *a = &l->edge->agent.live.lanes[l->index];
    bool authorised = l->edge->journal.committed.lanes[l->index].authorised;
    bool unrecorded = a->movement.unrecorded && !l->entry;
    if (l->arm == ARM_DOWN && !authorised && !unrecorded)
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
    if (!l->entry && l->counted > l->crossed)
        sim_fail(l->sim, "%s/%s: %lld counted out, %lld left", l->edge->name.text, l->name.text,
                 (long long)l->counted, (long long)l->crossed);
}

void check_fact(struct sim_lane *l, const struct fact *f)
{
    switch (f->kind) {
    case EVENT_PASSAGE_AUTHORISED: traffic_authorised(l, true); break;
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
    if (!l->edge->running || l->silent || sim_ms(s) - l->disturbed_ms < 10000 ||
        a->lane.authorised || a->lane.movement || !a->lane.view.fresh)
        return;
    int64_t base = l->counted - l->crossed, off = base - l->base;
    int64_t above = l->entry ? l->doubt : 0;
    int64_t below = l->missed + (l->entry ? 0 : l->doubt);
    if (off > above || -off > below)
        sim_fail(s, "%s/%s: %lld crossed, %lld counted, %lld off; doubt %lld, missed %lld",
                 l->edge->name.text, l->name.text, (long long)l->crossed, (long long)l->counted,
                 (long long)off, (long long)l->doubt, (long long)l->missed);
    l->base = base;
    l->doubt = l->missed = 0;
}
