/* The service's memory: loaded at start, written through once per batch. */
#include "cloud/service_state.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>

enum { EDGE_KEY_SIZE = 2 * NAME_SIZE };

void service_die(const char *what, enum err e)
{
    log_error("service.broken", LT("what", what), LT("err", err_text(e)));
    abort();
}

bool service_found(const char *what, enum err e)
{
    if (e != ERR_OK && e != ERR_NOTFOUND)
        service_die(what, e);
    return e == ERR_OK;
}

/* Appends a pointer to a list that grows. */
#define PUSH(list, count, item)                                                                    \
    do {                                                                                           \
        (list) = mem_resize((list), ((count) + 1) * sizeof *(list));                               \
        (list)[(count)++] = (item);                                                                \
    } while (0)

/* ---- look-up ---- */

static void edge_key(const struct name *place, const struct name *edge, char *ret)
{
    struct buf b = buf_of(ret, EDGE_KEY_SIZE);
    buf_addf(&b, "%s/%s", place->text, edge->text);
}

struct place *state_place(struct service *s, const struct name *place)
{
    return map_find(&s->place_by_name, place->text);
}

struct edge *state_edge(struct service *s, const struct name *place, const struct name *edge)
{
    char key[EDGE_KEY_SIZE];
    edge_key(place, edge, key);
    return map_find(&s->edge_by_name, key);
}

struct stream *edge_newest(const struct edge *e)
{
    return e->stream_count ? e->streams[e->stream_count - 1] : NULL;
}

/* ---- growth ---- */

struct place *state_add_place(struct service *s, const struct place_row *row)
{
    struct place *p = mem_alloc(sizeof *p);
    p->row = *row;
    p->ledger = (struct place_ledger){
        .capacity = row->settings.capacity,
        .pool = row->pool,
        .occupied = row->occupied,
        .pending = row->pending,
        .held = row->held,
        .overdraft = row->overdraft,
    };
    PUSH(s->places, s->place_count, p);
    map_put(&s->place_by_name, p->row.settings.place.text, p);
    metrics_set(s->options.metrics, METRIC_PLACES, (int64_t)s->place_count);
    return p;
}

struct edge *state_add_edge(struct service *s, const struct edge_row *row)
{
    struct edge *e = mem_alloc(sizeof *e);
    e->row = *row;
    e->place = state_place(s, &row->place);
    if (!e->place)
        service_die("edge without a place", ERR_IO);
    e->live.place = row->place;
    e->live.edge = row->edge;
    PUSH(e->place->edges, e->place->edge_count, e);
    edge_key(&row->place, &row->edge, e->key);
    map_put(&s->edge_by_name, e->key, e);
    return e;
}

struct stream *state_add_stream(struct service *s, struct edge *e, const struct stream_row *row)
{
    struct stream *st = mem_alloc(sizeof *st);
    st->row = *row;
    st->state = (struct stream_state){row->epoch, row->last, row->head, row->frozen, row->fenced};
    st->view = (struct space_view){row->view, row->pending, row->overdraft};
    st->edge = e;
    PUSH(e->streams, e->stream_count, st);
    PUSH(s->streams, s->stream_count, st);
    if (row->id >= s->next_stream)
        s->next_stream = row->id + 1;
    metrics_set(s->options.metrics, METRIC_STREAMS, (int64_t)s->stream_count);
    metrics_add(s->options.metrics, METRIC_STREAMS_FROZEN, row->frozen);
    return st;
}

/* ---- loading ---- */

static void load_place(void *self, const struct place_row *row)
{
    state_add_place(self, row);
}

static void load_edge(void *self, const struct edge_row *row)
{
    state_add_edge(self, row);
}

static void load_stream(void *self, const struct stream_row *row)
{
    struct edge *e = state_edge(self, &row->place, &row->edge);
    if (!e)
        service_die("stream without an edge", ERR_IO);
    state_add_stream(self, e, row);
}

static void load_lane(void *self, const struct name *place, const struct name *edge,
                      const struct hello_lane *lane)
{
    struct edge *e = state_edge(self, place, edge);
    if (e && e->lane_count < HELLO_LANES_MAX)
        e->lanes[e->lane_count++] = *lane;
}

static void load_grant(void *self, const struct grant_row *row)
{
    struct service *s = self;
    for (size_t i = 0; i < s->stream_count; i++)
        if (s->streams[i]->row.id == row->stream && !s->streams[i]->state.fenced)
            offer_keep(s, s->streams[i]->edge, row);
}

static void load_payment(void *self, const struct payment_row *row)
{
    payment_load(self, row);
}

static bool balanced(const struct place *p)
{
    struct space_view sum = {0};
    for (size_t i = 0; i < p->edge_count; i++)
        for (size_t k = 0; k < p->edges[i]->stream_count; k++)
            ledger_sum(&sum, &p->edges[i]->streams[k]->view);
    return ledger_balanced(&p->ledger, &sum);
}

enum err state_load(struct service *s)
{
    struct store_visitor v = {s,         load_place, load_edge,   load_stream,
                              load_lane, load_grant, load_payment};
    s->next_stream = 1;
    TRY(s->ports.store.load(s->ports.store.self, &v));
    for (size_t i = 0; i < s->place_count; i++) {
        if (!balanced(s->places[i])) {
            log_error("service.unbalanced", LT("place", s->places[i]->row.settings.place.text));
            return ERR_IO;
        }
        offer_want(s, s->places[i]);
    }
    log_notice("service.loaded", LN("places", s->place_count), LN("streams", s->stream_count),
               LN("payments", s->payment_count));
    return ERR_OK;
}

/* ---- marks and write-through ---- */

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

void state_check_place(const struct place *p)
{
    if (!balanced(p)) {
        log_error("service.unbalanced", LT("place", p->row.settings.place.text));
        service_die("invariant L1/L2", ERR_CONFLICT);
    }
}

static void save_place(struct service *s, struct place *p)
{
    const struct place_ledger *l = &p->ledger;
    state_check_place(p);
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

void anomaly_record(struct service *s, struct place *p, const struct stream *st, int64_t seq,
                    const char *kind, bool stops_offers, const char *detail)
{
    struct anomaly_row r = {
        .place = p->row.settings.place,
        .kind = kind,
        .seq = seq,
        .stops_offers = stops_offers,
        .at = s->now.wall,
    };
    if (st) {
        r.edge = st->edge->row.edge;
        r.epoch = st->state.epoch;
    }
    struct buf b = buf_of(r.detail, sizeof r.detail);
    buf_adds(&b, detail);
    STORE(s, add_anomaly, &r);
    log_warn("service.anomaly", LT("place", r.place.text), LT("edge", r.edge.text),
             LT("kind", kind), LN("epoch", r.epoch), LN("seq", seq), LT("detail", detail));
    metrics_add(s->options.metrics, METRIC_ANOMALIES, 1);
    notice_anomaly(s, &r);
    if (stops_offers && !p->row.offers_stopped) {
        p->row.offers_stopped = true;
        place_touch(s, p);
    }
}

/* ---- the end ---- */

static void free_stream(struct stream *st)
{
    for (size_t i = 0; st->stage && i < STREAM_STAGE_MAX; i++)
        work_free(st->stage[i]);
    free(st->stage);
    free(st);
}

static void free_edge(struct edge *e)
{
    free(e->streams);
    free(e->grants);
    free(e);
}

void state_free(struct service *s)
{
    for (size_t i = 0; i < s->stream_count; i++)
        free_stream(s->streams[i]);
    for (size_t i = 0; i < s->place_count; i++) {
        for (size_t k = 0; k < s->places[i]->edge_count; k++)
            free_edge(s->places[i]->edges[k]);
        free(s->places[i]->edges);
        free(s->places[i]);
    }
    for (size_t i = 0; i < s->payment_count; i++)
        free(s->payment_list[i]);
    for (size_t i = 0; i < s->case_count; i++)
        free(s->cases[i]);
    for (size_t i = 0; i < s->effect_count; i++)
        if (s->effects[i].kind == EFFECT_NOTICE)
            free(s->effects[i].notice.json);
    map_free(&s->place_by_name);
    map_free(&s->edge_by_name);
    map_free(&s->payments);
    free(s->streams);
    free(s->places);
    free(s->payment_list);
    free(s->cases);
    free(s->dirty_streams);
    free(s->ack_edges);
    free(s->refused);
    free(s->effects);
}
