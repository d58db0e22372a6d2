/* A journal introduces itself: which epoch it may use, how far it is committed, and, if it was set
 * back or copied, from where it has to go on. */
#include "cloud/service/hello.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/audit.h"
#include "cloud/service/command.h"
#include "cloud/service/effect.h"
#include "cloud/service/flush.h"
#include "cloud/service/live.h"
#include "cloud/service/offer.h"
#include "cloud/service/opening.h"
#include "cloud/service/request.h"
#include "cloud/service/rights.h"
#include "cloud/service/stream.h"
#include "protocol/support/log.h"

#include <string.h>

enum { RESYNC_PAUSE_MIN_MS = 1000, RESYNC_PAUSE_MAX_MS = 300 * 1000, CLONE_MS = 600 * 1000 };

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

static bool same_journal(const struct stream *st, const struct request_id *journal)
{
    return strcmp(st->row.journal.text, journal->text) == 0;
}

/* The newest epoch of a journal, or the one named; NULL if there is none. */
static struct stream *by_journal(struct edge *e, const struct request_id *journal,
                                 const int64_t *epoch)
{
    for (size_t i = e->stream_count; i-- > 0;)
        if (same_journal(e->streams[i], journal) &&
            (epoch == NULL || e->streams[i]->state.epoch == *epoch))
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
        if (!old->state.fenced)
            stream_fence(s, old);
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
    STORE(s, save_stream, &row);
    e->row.newest_epoch = epoch;
    e->begun = s->now.mono;
    e->begun_known = true;
    /* Another controller may count its starts anew: its will is to be believed all the same. */
    e->live.boot = h->boot;
    e->live.session = 0;
    return state_add_stream(s, e, &row);
}

static void answer(struct service *s, const struct work *w, const struct request *r,
                   const struct hello_verdict *v, const struct stream *st)
{
    struct decision_row d = {.place = w->place, .edge = w->edge};
    d.response = (struct response){
        .kind = REQUEST_HELLO,
        .id = r->id,
        .hello = {.epoch = v->epoch,
                  .upto = v->upto,
                  .lease_ms = opening_lease_ms(s, st->edge->place),
                  .common = v->common,
                  .audited = st->row.audited},
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
    e->awaited = false;
    STORE(s, save_edge, &e->row);
    if (!same_lanes(e, h)) {
        memcpy(e->lanes, h->lanes, sizeof e->lanes);
        e->lane_count = h->lane_count;
        STORE(s, save_lanes, &e->row.place, &e->row.edge, e->lanes, e->lane_count);
    }
    live_heard(s, e, true);
}

/* An impostor or an old copy: no answer, so that it admits nobody. */
static void refuse(const struct edge *e, const struct hello *h, enum hello_case what)
{
    log_error("hello.refused", LT("place", e->row.place.text), LT("edge", e->row.edge.text),
              LT("why", what == HELLO_RETIRED ? "another journal has taken over" : "frozen"),
              LT("journal", h->journal.text), LN("epoch", h->epoch), LN("next", h->next));
}

/* Which of its events the edge has to show, before anything is decided. */
static void probe(struct service *s, const struct work *w, struct edge *e, const struct request *r,
                  const struct hello_verdict *v)
{
    struct decision_row d = {.place = w->place, .edge = w->edge};
    e->probe = (struct probe){r->id, r->hello.journal, r->hello.epoch, v->search};
    d.response = (struct response){
        .kind = REQUEST_HELLO,
        .id = r->id,
        .hello = {.epoch = v->epoch > 0 ? v->epoch : e->row.newest_epoch, .probe = v->search.at},
    };
    respond(s, &d, w->correlation);
    log_info("hello.probe", LT("place", e->row.place.text), LT("edge", e->row.edge.text),
             LN("epoch", r->hello.epoch), LN("at", v->search.at));
}

/* Does it answer our last probe? */
static bool is_fresh(const struct edge *e, const struct hello *h)
{
    return h->asked.text[0] != '\0' && strcmp(h->asked.text, e->probe.hello.text) == 0 &&
           strcmp(h->journal.text, e->probe.journal.text) == 0 && h->epoch == e->probe.epoch &&
           h->at == e->probe.search.at;
}

/* An audit needs to know how long its history is now, not when some hello was sent. */
static struct hello_verdict ask_again(const struct hello *h, const struct stream_state *own)
{
    int64_t at = h->next - 1 < own->last ? h->next - 1 : own->last;
    struct hello_verdict v = {.what = HELLO_PROBE, .epoch = own->epoch};
    v.search = (struct hello_search){.at = at > 0 ? at : 1, .hi = at + 1, .last = own->last};
    return v;
}

static struct hello_verdict judge(struct service *s, struct edge *e, const struct hello *h,
                                  bool fresh)
{
    struct stream *newest = by_journal(e, &h->journal, NULL);
    struct stream *own = by_journal(e, &h->journal, &h->epoch);
    struct digest ours;
    struct hello_facts f = {
        .newest = newest ? &newest->state : NULL,
        .own = own ? &own->state : NULL,
        .newest_epoch = e->row.newest_epoch,
        .search = e->probe.search,
        .fresh = fresh,
    };
    if (f.fresh && own && FOUND(s, find_digest, own->row.id, h->at, &ours))
        f.ours = &ours;
    return stream_hello(h, &f);
}

/* Two copies of one journal in turns: whoever of them is right, a person has to say. */
static bool is_clone(struct service *s, const struct edge *e, const struct hello_verdict *v)
{
    return v->copy && e->begun_known && mono_diff_ms(s->now.mono, e->begun) < CLONE_MS;
}

static void say_why(struct service *s, struct edge *e, struct stream *st, const struct hello *h,
                    const struct hello_verdict *v)
{
    log_notice("hello.epoch", LT("place", e->row.place.text), LT("edge", e->row.edge.text),
               LN("epoch", v->epoch), LN("old", h->epoch), LN("common", v->common),
               LT("journal", h->journal.text));
    if (v->what == HELLO_REPLAY)
        anomaly_record(s, e->place, st, v->common, "restored", false,
                       "the journal was set back or copied; it goes on in a new epoch");
}

void hello_take(struct service *s, const struct work *w, const struct request *r)
{
    const struct hello *h = &r->hello;
    struct edge *e = state_edge(s, &w->place, &w->edge);
    if (!e)
        e = register_edge(s, w);
    bool fresh = is_fresh(e, h);
    struct hello_verdict v = judge(s, e, h, fresh);
    struct stream *st = by_journal(e, &h->journal, NULL);
    if (v.what == HELLO_KNOWN && st && audit_wants(st) && !fresh)
        v = ask_again(h, &st->state);
    if (v.what == HELLO_PROBE) {
        probe(s, w, e, r, &v);
        return;
    }
    if (is_clone(s, e, &v)) {
        stream_freeze(s, st, h->next - 1, "two copies of this journal speak in turns");
        v.what = HELLO_FROZEN;
    }
    if (v.what == HELLO_FROZEN || v.what == HELLO_RETIRED) {
        refuse(e, h, v.what);
        return;
    }
    e->probe = (struct probe){0};
    if (st) /* what a copy of this journal left behind is not for this session */
        stream_forget_staged(st);
    if (v.what == HELLO_NEW || v.what == HELLO_ADOPTED || v.what == HELLO_REPLAY) {
        st = start_epoch(s, e, h, v.epoch);
        say_why(s, e, st, h, &v);
    }
    if (v.gap && !e->place->row.offers_stopped)
        anomaly_record(s, e->place, st, v.upto, "gap", true,
                       "the edge was acknowledged more than is recorded here");
    if (v.gap)
        rights_restored(s, e->place);
    st->row.lease_until = wall_after(s->now.wall, s->options.lease_ms);
    stream_touch(s, st);
    if (v.what == HELLO_KNOWN && fresh)
        audit_heard(s, st, h->next - 1);
    else if (audit_wants(st))
        hello_ask_soon(s);
    note_edge(s, e, h);
    answer(s, w, r, &v, st);
    offer_resend(s, e, true);
    command_resend(s, e, true);
    offer_want(s, e->place);
}
