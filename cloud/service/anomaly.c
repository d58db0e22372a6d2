#include "cloud/service/anomaly.h"

#include "cloud/service/feed.h"
#include "cloud/service/flush.h"
#include "cloud/service/notice.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"

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
    feed_anomaly(s, &r);
    log_warn("service.anomaly", LT("place", r.place.text), LT("edge", r.edge.text),
             LT("kind", kind), LN("epoch", r.epoch), LN("seq", seq), LT("detail", detail));
    metrics_add(s->options.metrics, METRIC_ANOMALIES, 1);
    notice_anomaly(s, &r);
    if (stops_offers && !p->row.offers_stopped) {
        p->row.offers_stopped = true;
        place_touch(s, p);
    }
}
