/* A journal introduces itself: which epoch it may use, and how far it is committed. Idempotent by the
 * journal's id. */
#include "cloud/service/hello.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/command.h"
#include "cloud/service/effect.h"
#include "cloud/service/flush.h"
#include "cloud/service/live.h"
#include "cloud/service/offer.h"
#include "cloud/service/request.h"
#include "protocol/support/log.h"

#include <string.h>

enum { RESYNC_PAUSE_MIN_MS = 1000, RESYNC_PAUSE_MAX_MS = 300 * 1000 };

void hello_ask(struct service *s)
{
    s->hello_wanted = true;
}

void hello_ask_soon(struct service *s)
{
    struct mono_ms soon = mono_after(s->now.mono, real_ms(s, RESYNC_PAUSE_MIN_MS));
    if (mono_diff_ms(s->resync_at, soon) > 0)
        s->resync_at = soon;
    s->resync_pause_ms = RESYNC_PAUSE_MIN_MS;
    s->hello_wanted = true;
}

void hello_ask_now(struct service *s)
{
    s->resync_at = s->now.mono;
    s->resync_pause_ms = 0;
    s->hello_wanted = true;
}

void hello_timers(struct service *s)
{
    if (!s->hello_wanted || !reached(s->now.mono, s->resync_at))
        return;
    int64_t pause_ms = real_ms(s, s->resync_pause_ms);
    bool quiet = mono_diff_ms(s->now.mono, s->resync_at) >= pause_ms;
    s->resync_pause_ms = quiet ? RESYNC_PAUSE_MIN_MS : 2 * s->resync_pause_ms;
    if (s->resync_pause_ms > RESYNC_PAUSE_MAX_MS)
        s->resync_pause_ms = RESYNC_PAUSE_MAX_MS;
    s->resync_at = mono_after(s->now.mono, real_ms(s, s->resync_pause_ms));
    s->hello_wanted = false;
    effect_add(s, EFFECT_RESYNC, NULL, NULL);
}

static struct stream *by_journal(struct edge *e, const struct request_id *journal)
{
    for (size_t i = e->stream_count; i-- > 0;)
        if (strcmp(e->streams[i]->row.journal.text, journal->text) == 0)
            return e->streams[i];
    return NULL;
}

static struct edge *register_edge(struct service *s, const struct work *w)
{
    struct edge_row row = {.place = w->place, .edge = w->edge};
    STORE(s, save_edge, &row);
    return state_add_edge(s, &row);
}

/* Older epochs end; what their views hold stays reserved until an audit. */
static void fence_older(struct service *s, struct edge *e)
{
    for (size_t i = 0; i < e->stream_count; i++) {
        struct stream *old = e->streams[i];
        if (old->state.fenced)
            continue;
        old->state.fenced = true;
        stream_touch(s, old);
        if (old->view.view > 0 || old->view.pending > 0)
            anomaly_record(s, e->place, old, old->state.last, "replaced", false,
                           "a new journal took over; the spaces of the old one stay reserved");
    }
}

static struct stream *start_epoch(struct service *s, struct edge *e, const struct hello *h,
                                  int64_t epoch)
{
    struct stream_row row = {
        .id = s->next_stream,
        .place = e->row.place,
        .edge = e->row.edge,
        .journal = h->journal,
        .epoch = epoch,
        .head = stream_origin(),
    };
    fence_older(s, e);
    /* Offers to the old epoch can never be answered. Their spaces are part of its view. */
    e->grant_count = 0;
    STORE(s, save_stream, &row);
    e->row.newest_epoch = epoch;
    return state_add_stream(s, e, &row);
}

static void answer(struct service *s, const struct work *w, const struct request *r,
                   const struct hello_verdict *v)
{
    struct decision_row d = {.place = w->place, .edge = w->edge};
    d.response = (struct response){
        .kind = REQUEST_HELLO,
        .id = r->id,
        .hello = {.epoch = v->epoch, .upto = v->upto, .lease_ms = s->options.lease_ms},
    };
    respond(s, &d, w->correlation);
}

static bool same_lanes(const struct edge *e, const struct hello *h)
{
    if (e->lane_count != h->lane_count)
        return false;
    for (size_t i = 0; i < h->lane_count; i++)
        if (!name_equal(&e->lanes[i].lane, &h->lanes[i].lane) ||
            e->lanes[i].direction != h->lanes[i].direction)
            return false;
    return true;
}

static void note_edge(struct service *s, struct edge *e, const struct hello *h)
{
    memcpy(e->row.version, h->version, sizeof e->row.version);
    e->row.hello_at = s->now.wall;
    STORE(s, save_edge, &e->row);
    if (!same_lanes(e, h)) {
        memcpy(e->lanes, h->lanes, sizeof e->lanes);
        e->lane_count = h->lane_count;
        STORE(s, save_lanes, &e->row.place, &e->row.edge, e->lanes, e->lane_count);
    }
    live_heard(s, e, true);
}

/* An impostor or an old copy: no answer, so that it admits nobody. */
static void refuse(struct service *s, struct edge *e, struct stream *st, const struct hello *h,
                   enum hello_case what)
{
    log_error("hello.refused", LT("place", e->row.place.text), LT("edge", e->row.edge.text),
              LT("journal", h->journal.text), LN("epoch", h->epoch), LN("next", h->next));
    if (what != HELLO_FORK || st->state.frozen)
        return;
    st->state.frozen = true;
    stream_touch(s, st);
    metrics_add(s->options.metrics, METRIC_STREAMS_FROZEN, 1);
    anomaly_record(s, e->place, st, h->next - 1, "fork", true,
                   "this journal was restored or copied: its history is not the one committed");
}

void hello_take(struct service *s, const struct work *w, const struct request *r)
{
    const struct hello *h = &r->hello;
    struct edge *e = state_edge(s, &w->place, &w->edge);
    if (!e)
        e = register_edge(s, w);
    struct stream *own = by_journal(e, &h->journal);
    struct digest then;
    bool past = own && h->next > 1 && h->next <= own->state.last &&
                FOUND(s, find_digest, own->row.id, h->next - 1, &then);
    struct hello_verdict v =
        stream_hello(h, own ? &own->state : NULL, past ? &then : NULL, e->row.newest_epoch);
    if (v.what == HELLO_STALE) {
        log_info("hello.stale", LT("place", w->place.text), LT("edge", w->edge.text),
                 LN("next", h->next), LN("last", own->state.last));
        return;
    }
    if (v.what == HELLO_FORK || v.what == HELLO_RETIRED || (own && own->state.frozen)) {
        refuse(s, e, own, h, v.what);
        return;
    }
    if (v.what == HELLO_NEW || v.what == HELLO_ADOPTED) {
        own = start_epoch(s, e, h, v.epoch);
        log_notice("hello.epoch", LT("place", w->place.text), LT("edge", w->edge.text),
                   LN("epoch", v.epoch), LT("journal", h->journal.text));
    }
    if (v.gap && !e->place->row.offers_stopped)
        anomaly_record(s, e->place, own, v.upto, "gap", true,
                       "the edge was acknowledged more than is recorded here");
    note_edge(s, e, h);
    answer(s, w, r, &v);
    offer_resend(s, e, true);
    command_resend(s, e, true);
    offer_want(s, e->place);
}
