/* Events: where each stands in its stream, and what becomes of it. */
#include "cloud/service/event.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/apply.h"
#include "cloud/service/flush.h"
#include "cloud/service/hello.h"
#include "cloud/service/stream.h"
#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/wire/event_codec.h"

#include <stdlib.h>
#include <string.h>

/* An event on its way: `bad` says why its body could not be read although its header could. */
struct arrival {
    const struct work *work;
    struct event event;
    struct event_header header;
    struct digest digest;
    bool bad;
    char reason[CODEC_REASON_SIZE];
};

static enum err read_arrival(const struct work *w, struct arrival *ret)
{
    struct topic source = {TOPIC_EVENT, w->place, w->edge};
    ret->work = w;
    ret->bad = event_decode(&source, w->bytes, w->len, &ret->event, ret->reason) != ERR_OK;
    if (ret->bad)
        TRY(event_peek(w->bytes, w->len, &ret->header));
    else
        ret->header = (struct event_header){ret->event.epoch, ret->event.seq, ret->event.prev};
    digest_of(w->bytes, w->len, &ret->digest);
    return ERR_OK;
}

static void count(struct service *s, enum metric m)
{
    metrics_add(s->options.metrics, m, 1);
}

static struct stream *stream_of(struct edge *e, int64_t epoch)
{
    for (size_t i = e->stream_count; i-- > 0;)
        if (e->streams[i]->state.epoch == epoch)
            return e->streams[i];
    return NULL;
}

static void unknown_stream(struct service *s, const struct work *w, int64_t epoch)
{
    count(s, METRIC_EVENTS_UNKNOWN_STREAM);
    log_warn("ingest.unknown_stream", LT("place", w->place.text), LT("edge", w->edge.text),
             LN("epoch", epoch));
    hello_ask(s);
}

static void quarantine(struct service *s, struct stream *st, const struct arrival *a)
{
    struct quarantine_row r = {
        .place = a->work->place,
        .edge = a->work->edge,
        .stream = st->row.id,
        .epoch = a->header.epoch,
        .seq = a->header.seq,
        .digest = a->digest,
        .reason = a->reason,
        .received = s->now.wall,
        .bytes = a->work->bytes,
        .len = a->work->len,
    };
    STORE(s, add_quarantine, &r);
    count(s, METRIC_EVENTS_QUARANTINED);
    /* Whatever it said about spaces is missing from the ledger now. */
    anomaly_record(s, st->edge->place, st, a->header.seq, "quarantine", true, a->reason);
}

static void apply(struct service *s, struct stream *st, const struct arrival *a)
{
    if (a->bad)
        quarantine(s, st, a);
    else
        event_apply(s, st, &a->event, &a->digest, a->work);
    stream_advance(&st->state, &a->digest);
    stream_touch(s, st);
    edge_ack(s, st->edge);
}

static bool stage(struct service *s, struct stream *st, struct work *w, int64_t seq)
{
    if (!st->stage)
        st->stage = mem_alloc(STREAM_STAGE_MAX * sizeof(struct work *));
    struct work **slot = &st->stage[seq % STREAM_STAGE_MAX];
    if (*slot)
        return false; /* already here */
    *slot = w;
    st->staged++;
    count(s, METRIC_EVENTS_STAGED);
    return true;
}

static enum stream_verdict judge(struct service *s, const struct stream *st,
                                 const struct arrival *a)
{
    struct digest known;
    bool old = !st->state.frozen && !st->state.fenced && a->header.seq <= st->state.last &&
               FOUND(s, find_digest, st->row.id, a->header.seq, &known);
    return stream_judge(&st->state, a->header.seq, &a->header.prev, &a->digest,
                        old ? &known : NULL);
}

/* One event against its stream. Returns true if `w` stays staged. */
static bool settle(struct service *s, struct stream *st, struct work *w, const struct arrival *a)
{
    switch (judge(s, st, a)) {
    case STREAM_NEXT: apply(s, st, a); break;
    case STREAM_DUPLICATE:
        count(s, METRIC_EVENTS_DUPLICATE);
        edge_ack(s, st->edge);
        break;
    case STREAM_AHEAD: return stage(s, st, w, a->header.seq);
    case STREAM_TOO_FAR: count(s, METRIC_EVENTS_STAGE_FULL); break;
    case STREAM_FORK:
        count(s, METRIC_EVENTS_FORKED);
        stream_freeze(s, st, a->header.seq, "another history of this journal");
        break;
    case STREAM_FROZEN: count(s, METRIC_EVENTS_FORKED); break;
    case STREAM_FENCED: count(s, METRIC_EVENTS_FENCED); break;
    case STREAM_VERDICTS: break;
    }
    return false;
}

/* The staged events whose turn has come. */
static void unstage(struct service *s, struct stream *st)
{
    while (st->staged > 0) {
        struct work **slot = &st->stage[(st->state.last + 1) % STREAM_STAGE_MAX];
        struct work *w = *slot;
        struct arrival a;
        if (!w)
            return;
        *slot = NULL;
        st->staged--;
        if (read_arrival(w, &a) == ERR_OK)
            settle(s, st, w, &a);
        work_free(w);
    }
}

bool event_take(struct service *s, struct work *w)
{
    struct arrival a;
    if (!state_place(s, &w->place)) {
        count(s, METRIC_UNKNOWN_PLACE);
        log_warn("ingest.unknown_place", LT("place", w->place.text), LT("edge", w->edge.text));
        return false;
    }
    if (read_arrival(w, &a) != ERR_OK) {
        count(s, METRIC_EVENTS_UNREADABLE);
        log_warn("ingest.unreadable", LT("place", w->place.text), LT("edge", w->edge.text),
                 LN("bytes", w->len), LT("reason", a.reason));
        return false;
    }
    struct edge *e = state_edge(s, &w->place, &w->edge);
    struct stream *st = e ? stream_of(e, a.header.epoch) : NULL;
    if (!st) {
        unknown_stream(s, w, a.header.epoch);
        return false;
    }
    bool staged = settle(s, st, w, &a);
    if (!staged)
        unstage(s, st);
    return staged;
}
