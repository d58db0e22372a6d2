#include "cloud/service/flush.h"

#include "cloud/service/effect.h"
#include "cloud/service/movement.h"
#include "cloud/service/occupancy.h"
#include "cloud/service/offer.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

bool place_balanced(const struct place *p)
{
    struct space_view sum = {0};
    for (size_t i = 0; i < p->edge_count; i++)
        for (size_t k = 0; k < p->edges[i]->stream_count; k++)
            ledger_sum(&sum, &p->edges[i]->streams[k]->view);
    return ledger_balanced(&p->ledger, &sum);
}

void place_touch(struct service *s, struct place *p)
{
    p->dirty = true;
    offer_want(s, p);
}

void stream_touch(struct service *s, struct stream *st)
{
    if (st->dirty)
        return;
    st->dirty = true;
    PUSH(s->dirty_streams, s->dirty_stream_count, st);
}

void edge_ack(struct service *s, struct edge *e)
{
    if (e->ack_due)
        return;
    e->ack_due = true;
    PUSH(s->ack_edges, s->ack_edge_count, e);
}

static void save_place(struct service *s, struct place *p)
{
    const struct place_ledger *l = &p->ledger;
    if (!place_balanced(p)) {
        log_error("service.unbalanced", LT("place", p->row.settings.place.text));
        service_die("invariant L1/L2", ERR_CONFLICT);
    }
    p->row.pool = l->pool;
    p->row.occupied = l->occupied;
    p->row.pending = l->pending;
    p->row.held = l->held;
    p->row.overdraft = l->overdraft;
    p->row.changed = s->now.wall;
    STORE(s, save_place, &p->row);
    p->dirty = false;
    occupancy_publish(s, p, false);
}

static void save_stream(struct service *s, struct stream *st)
{
    st->row.last = st->state.last;
    st->row.head = st->state.head;
    st->row.frozen = st->state.frozen;
    st->row.fenced = st->state.fenced;
    st->row.view = st->view.view;
    st->row.pending = st->view.pending;
    st->row.overdraft = st->view.overdraft;
    STORE(s, save_stream, &st->row);
    st->dirty = false;
}

void state_flush(struct service *s)
{
    movement_flush(s);
    for (size_t i = 0; i < s->dirty_stream_count; i++)
        save_stream(s, s->dirty_streams[i]);
    s->dirty_stream_count = 0;
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i]->dirty)
            save_place(s, s->places[i]);
    for (size_t i = 0; i < s->ack_edge_count; i++) {
        struct edge *e = s->ack_edges[i];
        struct effect *out = effect_add(s, EFFECT_ACK, &e->row.place, &e->row.edge);
        out->ack.epoch = edge_newest(e)->state.epoch;
        out->ack.upto = edge_newest(e)->state.last;
        e->ack_due = false;
    }
    s->ack_edge_count = 0;
}
