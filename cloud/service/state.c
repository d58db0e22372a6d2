#include "cloud/service/state.h"

#include "cloud/service/opening.h"
#include "cloud/service/refund.h"
#include "cloud/service/rights.h"
#include "cloud/service/stream.h"
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

/* ---- the end ---- */

static void free_stream(struct stream *st)
{
    stream_forget_staged(st);
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
        free(s->places[i]->audit);
        rights_forget(s->places[i]);
        opening_forget(s->places[i]);
        free(s->places[i]);
    }
    for (size_t i = 0; i < s->payment_count; i++)
        free(s->payment_list[i]);
    for (size_t i = 0; i < s->case_count; i++)
        free(s->cases[i]);
    map_free(&s->place_by_name);
    map_free(&s->edge_by_name);
    map_free(&s->payments);
    map_free(&s->movement_by_id);
    free(s->movements);
    free(s->streams);
    free(s->places);
    free(s->payment_list);
    free(s->commands);
    refund_free(s);
    free(s->cases);
    free(s->dirty_streams);
    free(s->ack_edges);
    free(s->refused);
}
