/* Offers of spaces: planned from the ledger, kept until answered, sent again until then. */
#include "cloud/service/offer.h"

#include "cloud/service/effect.h"
#include "cloud/service/flush.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>

void offer_want(struct service *s, struct place *p)
{
    p->plan = true;
    s->offers_changed = true;
}

static void send_offer(struct service *s, struct edge *e, struct open_grant *g)
{
    struct effect *out = effect_add(s, EFFECT_OFFER, &e->row.place, &e->row.edge);
    out->offer = (struct grant){g->row.id, g->row.epoch, g->row.n};
    g->resend_at = mono_after(s->now.mono, real_ms(s, s->options.offer_resend_ms));
}

void offer_keep(struct service *s, struct edge *e, const struct grant_row *row)
{
    e->grants = mem_resize(e->grants, (e->grant_count + 1) * sizeof *e->grants);
    e->grants[e->grant_count++] = (struct open_grant){*row, s->now.mono};
}

static void make_offer(struct service *s, struct edge *e, int64_t n)
{
    struct place *p = e->place;
    struct stream *st = edge_newest(e);
    if (ledger_offer(&p->ledger, &st->view, n) != ERR_OK)
        service_die("offer beyond the pool", ERR_CONFLICT);
    struct grant_row row = {
        .place = e->row.place,
        .id = ++p->row.next_grant,
        .stream = st->row.id,
        .epoch = st->state.epoch,
        .n = n,
        .state = GRANT_OPEN,
        .made = s->now.wall,
    };
    STORE(s, save_grant, &row);
    offer_keep(s, e, &row);
    send_offer(s, e, &e->grants[e->grant_count - 1]);
    stream_touch(s, st);
    p->dirty = true;
    metrics_add(s->options.metrics, METRIC_OFFERS_MADE, 1);
}

static bool eligible(const struct edge *e)
{
    const struct stream *st = edge_newest(e);
    if (!st || st->state.frozen || st->state.fenced || !e->live.online)
        return false;
    for (size_t i = 0; i < e->lane_count; i++)
        if (e->lanes[i].direction != DIRECTION_EXIT)
            return true;
    return false;
}

static void plan(struct service *s, struct place *p)
{
    const struct place_settings *c = &p->row.settings;
    if (p->row.offers_stopped || c->closed || p->edge_count == 0)
        return;
    struct offer_edge *edges = mem_alloc(p->edge_count * sizeof *edges);
    for (size_t i = 0; i < p->edge_count; i++) {
        struct edge *e = p->edges[i];
        edges[i].eligible = eligible(e);
        edges[i].asked = e->asked;
        edges[i].view = edges[i].eligible ? edge_newest(e)->view.view : 0;
    }
    offer_plan(ledger_available(&p->ledger), offer_size(c->capacity, c->grant_size), edges,
               p->edge_count);
    for (size_t i = 0; i < p->edge_count; i++) {
        p->edges[i]->asked = false;
        if (edges[i].n > 0)
            make_offer(s, p->edges[i], edges[i].n);
    }
    free(edges);
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

void offer_resend(struct service *s, struct edge *e, bool all)
{
    for (size_t i = 0; i < e->grant_count; i++) {
        struct open_grant *g = &e->grants[i];
        if (!all && !reached(s->now.mono, g->resend_at))
            continue;
        send_offer(s, e, g);
        metrics_add(s->options.metrics, METRIC_OFFERS_RESENT, 1);
    }
}

void offer_timers(struct service *s)
{
    if (!reached(s->now.mono, s->resend_at))
        return;
    s->resend_at = mono_after(s->now.mono, real_ms(s, s->options.offer_resend_ms));
    for (size_t i = 0; i < s->place_count; i++)
        for (size_t k = 0; k < s->places[i]->edge_count; k++)
            if (s->places[i]->edges[k]->live.online)
                offer_resend(s, s->places[i]->edges[k], false);
}

enum grant_fact offer_answered(struct service *s, struct stream *st, int64_t id, bool accepted,
                               int64_t *ret_n)
{
    struct edge *e = st->edge;
    struct grant_row row;
    if (!FOUND(s, find_grant, &e->row.place, id, &row) || row.stream != st->row.id)
        return GRANT_NOT_KNOWN;
    *ret_n = row.n;
    if (row.state != GRANT_OPEN)
        return GRANT_ANSWERED;
    row.state = accepted ? GRANT_ACCEPTED : GRANT_DECLINED;
    STORE(s, save_grant, &row);
    for (size_t i = 0; i < e->grant_count; i++)
        if (e->grants[i].row.id == id)
            e->grants[i--] = e->grants[--e->grant_count];
    return GRANT_WAITING;
}
