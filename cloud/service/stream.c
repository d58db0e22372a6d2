#include "cloud/service/stream.h"

#include "cloud/service/anomaly.h"
#include "cloud/service/flush.h"

void stream_fence(struct service *s, struct stream *st)
{
    struct edge *e = st->edge;
    st->state.fenced = true;
    if (st == edge_newest(e))
        e->grant_count = 0; /* they can never be answered; their spaces are part of the view */
    st->row.bound = 0;      /* tied to nobody any more */
    ledger_fence(&e->place->ledger, &st->view);
    stream_touch(s, st);
    place_touch(s, e->place);
    if (st->view.view > 0 || st->view.pending > 0)
        anomaly_record(s, e->place, st, st->state.last, "replaced", false,
                       "an epoch is over; its spaces stay reserved until an audit");
}

void stream_forget_staged(struct stream *st)
{
    for (size_t i = 0; st->staged > 0 && i < STREAM_STAGE_MAX; i++) {
        st->staged -= st->stage[i] != NULL;
        work_free(st->stage[i]);
        st->stage[i] = NULL;
    }
}

void stream_freeze(struct service *s, struct stream *st, int64_t seq, const char *detail)
{
    metrics_add(s->options.metrics, METRIC_STREAMS_FROZEN, 1);
    st->state.frozen = true;
    stream_touch(s, st);
    anomaly_record(s, st->edge->place, st, seq, "fork", true, detail);
}
