/* Offers and recalls of spaces: planned from the ledger, kept until answered, sent again until then. */
#include "cloud/service/offer.h"

#include "cloud/core/recall.h"
#include "cloud/service/anomaly.h"
#include "cloud/service/effect.h"
#include "cloud/service/flush.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/wire/record.h"

#include <stdlib.h>

/* An id from a ledger that is gone is below; one above cannot be counted up from. */
#define ID_MAX (RECORD_INT_MAX / 2)

enum {
    DRAINED_MS = 60 * 1000, /* telemetry comes every 10 s */
    HEAR_MS = 60 * 1000,    /* real time; edges say hello within a second or two */
    IDLE_MS = 2 * 60 * 1000,
};

void offer_want(struct service *s, struct place *p)
{
    p->plan = true;
    s->offers_changed = true;
}

static const struct right_id nobody;

static void send_grant(struct service *s, struct edge *e, struct open_grant *g)
{
    struct effect *out = effect_add(s, EFFECT_OFFER, &e->row.place, &e->row.edge);
    out->offer = (struct grant){g->row.kind, g->row.id, g->row.epoch, g->row.n, g->row.right};
    g->resend_at = mono_after(s->now.mono, real_ms(s, s->options.offer_resend_ms));
}

void offer_keep(struct service *s, struct edge *e, const struct grant_row *row)
{
    e->grants = mem_resize(e->grants, (e->grant_count + 1) * sizeof *e->grants);
    e->grants[e->grant_count++] = (struct open_grant){*row, s->now.mono};
}

/* Ids grow with time, so that those of a database that was set back are not given again. */
static int64_t next_id(struct service *s, struct place *p)
{
    int64_t seconds = s->now.wall.v / 1000;
    p->row.next_grant = p->row.next_grant < seconds ? seconds : p->row.next_grant + 1;
    return p->row.next_grant;
}

static void make_grant(struct service *s, struct edge *e, enum grant_kind kind, int64_t n,
                       const struct right_id *right)
{
    struct place *p = e->place;
    struct stream *st = edge_newest(e);
    struct grant_row row = {
        .place = e->row.place,
        .kind = kind,
        .id = next_id(s, p),
        .stream = st->row.id,
        .epoch = st->state.epoch,
        .n = n,
        .right = *right,
        .state = GRANT_OPEN,
        .made = s->now.wall,
    };
    STORE(s, save_grant, &row);
    offer_keep(s, e, &row);
    send_grant(s, e, &e->grants[e->grant_count - 1]);
    stream_touch(s, st);
    p->dirty = true;
    log_info("grant.made", LT("place", row.place.text), LT("edge", e->row.edge.text),
             LT("kind", grant_kind_word(kind)), LN("id", row.id), LN("n", n));
}

static void make_offer(struct service *s, struct edge *e, int64_t n)
{
    if (ledger_offer(&e->place->ledger, &edge_newest(e)->view, n) != ERR_OK)
        service_die("offer beyond the pool", ERR_CONFLICT);
    make_grant(s, e, GRANT_OFFER, n, &nobody);
    metrics_add(s->options.metrics, METRIC_OFFERS_MADE, 1);
}

/* Spaces the newest epoch is asked to return and has not. */
static int64_t owed(const struct edge *e)
{
    int64_t n = edge_newest(e)->row.owed;
    for (size_t i = 0; i < e->grant_count; i++)
        if (e->grants[i].row.kind == GRANT_RECALL && e->grants[i].row.right.text[0] == '\0')
            n += e->grants[i].row.n;
    return n;
}

/* What of its view any vehicle may use. */
static int64_t free_view(const struct edge *e)
{
    int64_t n = edge_newest(e)->view.view - edge_newest(e)->row.bound;
    for (size_t i = 0; i < e->grant_count; i++)
        n -= e->grants[i].row.kind == GRANT_BOUND ? e->grants[i].row.n : 0;
    return n;
}

/* A lane of that direction; a reversible one is of both. */
static bool has_lane(const struct edge *e, enum direction d)
{
    for (size_t i = 0; i < e->lane_count; i++)
        if (e->lanes[i].direction == d || e->lanes[i].direction == DIRECTION_REVERSIBLE)
            return true;
    return false;
}

static bool is_live(const struct edge *e)
{
    const struct stream *st = edge_newest(e);
    return st && !st->state.frozen && !st->state.fenced;
}

static bool eligible(const struct edge *e)
{
    return is_live(e) && e->live.online && has_lane(e, DIRECTION_ENTRY);
}

static bool may_offer(const struct place *p)
{
    return !p->row.offers_stopped && !p->row.shut;
}

/* A database restored from a backup may have given spaces it knows nothing of: only the edges do. So
 * nobody gets any before all that were there have said hello, or were silent for HEAR_MS. */
static bool heard_all(const struct place *p)
{
    for (size_t i = 0; i < p->edge_count; i++)
        if (p->edges[i]->awaited)
            return false;
    return true;
}

static void wait_for_edges(struct service *s)
{
    if (s->hear_until.v == 0)
        s->hear_until = mono_after(s->now.mono, real_ms(s, HEAR_MS));
    if (s->hear_until.v == INT64_MAX || !reached(s->now.mono, s->hear_until))
        return;
    s->hear_until.v = INT64_MAX;
    for (size_t i = 0; i < s->place_count; i++) {
        for (size_t k = 0; k < s->places[i]->edge_count; k++)
            s->places[i]->edges[k]->awaited = false;
        offer_want(s, s->places[i]);
    }
}

static void share_out(struct service *s, struct place *p, bool owing)
{
    const struct place_settings *c = &p->row.settings;
    struct offer_edge *edges = mem_alloc(p->edge_count * sizeof *edges);
    for (size_t i = 0; i < p->edge_count; i++) {
        struct edge *e = p->edges[i];
        edges[i].eligible = eligible(e) && (owed(e) > 0) == owing;
        edges[i].asked = e->asked;
        edges[i].view = edges[i].eligible ? free_view(e) : 0;
    }
    offer_plan(ledger_available(&p->ledger), offer_size(c->capacity, c->grant_size), edges,
               p->edge_count);
    for (size_t i = 0; i < p->edge_count; i++)
        if (edges[i].n > 0) {
            make_offer(s, p->edges[i], edges[i].n);
            p->edges[i]->asked = false;
        }
    free(edges);
}

/* One that owes returns an offer at once, and then owes less: it comes last. Without exits it has nothing
 * else to return from. */
static void plan_offers(struct service *s, struct place *p)
{
    share_out(s, p, false);
    share_out(s, p, true);
}

/* Has everything its edges wrote been applied, as far as they say? */
static bool drained(const struct service *s, const struct place *p)
{
    for (size_t i = 0; i < p->edge_count; i++) {
        const struct edge *e = p->edges[i];
        const struct telemetry *t = &e->live.telemetry;
        const struct stream *st = edge_newest(e);
        if (!st)
            continue;
        if (!e->live.online || t->epoch != st->state.epoch || st->state.last < t->next - 1 ||
            wall_diff_ms(s->now.wall, e->live.telemetry_at) > DRAINED_MS)
            return false;
    }
    return true;
}

/* What the pool is short of. A count below zero is a mistake only if no entry can still come. */
static int64_t missing(struct service *s, struct place *p)
{
    int64_t pool = p->ledger.pool;
    bool below = p->ledger.occupied < 0 && p->edge_count > 0 && drained(s, p);
    if (below && !p->told_below)
        anomaly_record(s, p, NULL, 0, "below_zero", false,
                       "more vehicles left than came in: an audit is needed");
    p->told_below = below || (p->told_below && p->ledger.occupied < 0);
    if (below)
        pool += p->ledger.occupied;
    return pool < 0 ? -pool : 0;
}

static void plan_recalls(struct service *s, struct place *p)
{
    struct recall_edge *edges = mem_alloc(p->edge_count * sizeof *edges);
    for (size_t i = 0; i < p->edge_count; i++) {
        struct edge *e = p->edges[i];
        if (!is_live(e))
            continue;
        edges[i] = (struct recall_edge){
            .live = true,
            .exits = has_lane(e, DIRECTION_EXIT),
            .idle = !e->used || mono_diff_ms(s->now.mono, e->used_at) > IDLE_MS,
            .starving = e->asked && may_offer(p),
            .view = free_view(e),
            .owed = owed(e),
        };
    }
    int64_t missing_now = missing(s, p);
    if (p->row.shut)
        recall_all(edges, p->edge_count);
    else
        recall_plan(missing_now, edges, p->edge_count);
    for (size_t i = 0; i < p->edge_count; i++) {
        p->edges[i]->asked = false;
        if (edges[i].n > 0)
            make_grant(s, p->edges[i], GRANT_RECALL,
                       edges[i].n < OFFER_MAX ? edges[i].n : OFFER_MAX, &nobody);
    }
    free(edges);
}

static void plan(struct service *s, struct place *p)
{
    if (p->edge_count == 0)
        return;
    if (may_offer(p) && heard_all(p))
        plan_offers(s, p);
    plan_recalls(s, p);
}

enum err offer_bind(struct service *s, struct edge *e, const struct right_id *right)
{
    struct place *p = e->place;
    struct stream *st = edge_newest(e);
    if (!is_live(e) || !has_lane(e, DIRECTION_ENTRY))
        return ERR_CONFLICT;
    if (p->row.offers_stopped || !heard_all(p))
        return ERR_UNAVAIL;
    TRY(ledger_hold(&p->ledger, 1));
    if (ledger_bind(&p->ledger, &st->view, 1) != ERR_OK)
        service_die("held and not held", ERR_CONFLICT);
    make_grant(s, e, GRANT_BOUND, 1, right);
    place_touch(s, p);
    return ERR_OK;
}

enum err offer_unbind(struct service *s, struct edge *e, const struct right_id *right)
{
    if (!is_live(e))
        return ERR_CONFLICT;
    make_grant(s, e, GRANT_RECALL, 1, right);
    return ERR_OK;
}

void offer_flush(struct service *s)
{
    if (!s->offers_changed)
        return;
    s->offers_changed = false;
    for (size_t i = 0; i < s->place_count; i++) {
        if (!s->places[i]->plan)
            continue;
        s->places[i]->plan = false;
        plan(s, s->places[i]);
    }
}

bool offer_under_way(const struct edge *e)
{
    for (size_t i = 0; i < e->grant_count; i++)
        if (e->grants[i].row.kind == GRANT_OFFER)
            return true;
    return false;
}

void offer_resend(struct service *s, struct edge *e, bool all)
{
    for (size_t i = 0; i < e->grant_count; i++) {
        struct open_grant *g = &e->grants[i];
        if (!all && !reached(s->now.mono, g->resend_at))
            continue;
        send_grant(s, e, g);
        metrics_add(s->options.metrics, METRIC_OFFERS_RESENT, 1);
    }
}

void offer_timers(struct service *s)
{
    wait_for_edges(s);
    if (!reached(s->now.mono, s->resend_at))
        return;
    s->resend_at = mono_after(s->now.mono, real_ms(s, s->options.offer_resend_ms));
    for (size_t i = 0; i < s->place_count; i++)
        for (size_t k = 0; k < s->places[i]->edge_count; k++)
            if (s->places[i]->edges[k]->live.online)
                offer_resend(s, s->places[i]->edges[k], false);
}

static void close_grant(struct service *s, struct edge *e, struct grant_row *row,
                        enum grant_state state)
{
    row->state = state;
    STORE(s, save_grant, row);
    for (size_t i = 0; i < e->grant_count; i++)
        if (e->grants[i].row.id == row->id)
            e->grants[i--] = e->grants[--e->grant_count];
}

/* A database that was set back gave an id again that meant something else: the edge knows it and will
 * never answer for what it means now. */
static void take_back(struct service *s, struct stream *st, struct grant_row *row)
{
    if (row->state != GRANT_OPEN)
        return;
    close_grant(s, st->edge, row, GRANT_DECLINED);
    if (row->kind != GRANT_RECALL)
        ledger_declined(&st->edge->place->ledger, &st->view, GRANT_WAITING, row->n);
}

enum grant_fact offer_answered(struct service *s, struct stream *st, enum grant_kind kind,
                               int64_t id, bool accepted, int64_t *ret_n)
{
    struct edge *e = st->edge;
    struct grant_row row;
    if (id > e->place->row.next_grant && id <= ID_MAX)
        e->place->row.next_grant = id;
    if (!FOUND(s, find_grant, &e->row.place, id, &row) || row.stream != st->row.id)
        return GRANT_NOT_KNOWN;
    bool recall = row.kind == GRANT_RECALL;
    if (recall != (kind == GRANT_RECALL)) {
        take_back(s, st, &row);
        return GRANT_NOT_KNOWN;
    }
    *ret_n = row.n;
    if (row.state != GRANT_OPEN)
        return GRANT_ANSWERED;
    close_grant(s, e, &row, accepted ? GRANT_ACCEPTED : GRANT_DECLINED);
    return GRANT_WAITING;
}
