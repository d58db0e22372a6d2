/* Rows of the store become places, edges, streams, offers and payments. */
#include "cloud/service/load.h"

#include "cloud/service/audit.h"
#include "cloud/service/command.h"
#include "cloud/service/flush.h"
#include "cloud/service/offer.h"
#include "cloud/service/opening.h"
#include "cloud/service/payment.h"
#include "cloud/service/refund.h"
#include "protocol/support/log.h"

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
    e->awaited = !row->fenced;
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

static void load_refund(void *self, const struct refund_row *row)
{
    refund_load(self, row);
}

static void load_command(void *self, const struct command_row *row)
{
    command_keep(self, row);
}

static void load_audit(void *self, const struct audit_row *row)
{
    audit_load(self, row);
}

enum err state_load(struct service *s)
{
    struct store_visitor v = {s,          load_place,   load_edge,   load_stream,  load_lane,
                              load_grant, load_payment, load_refund, load_command, load_audit};
    s->next_stream = 1;
    TRY(s->ports.store.load(s->ports.store.self, &v));
    for (size_t i = 0; i < s->place_count; i++) {
        if (!place_balanced(s->places[i])) {
            log_error("service.unbalanced", LT("place", s->places[i]->row.settings.place.text));
            return ERR_IO;
        }
        offer_want(s, s->places[i]);
        opening_read(s->places[i]);
    }
    log_notice("service.loaded", LN("places", s->place_count), LN("streams", s->stream_count),
               LN("payments", s->payment_count));
    return ERR_OK;
}
