/* Counters and gauges of the cloud daemon: one table (metrics.c) holds name, help, type and labels.
 * Any thread may add or set; the reader takes each value on its own (no snapshot across metrics).
 */
#ifndef BOOMGATE_CLOUD_METRICS_H
#define BOOMGATE_CLOUD_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum metric {
    METRIC_EVENTS_APPLIED,
    METRIC_EVENTS_DUPLICATE,
    METRIC_EVENTS_STAGED,
    METRIC_EVENTS_STAGE_FULL,
    METRIC_EVENTS_FORKED,
    METRIC_EVENTS_FENCED,
    METRIC_EVENTS_UNKNOWN_TYPE,
    METRIC_EVENTS_QUARANTINED,
    METRIC_EVENTS_UNREADABLE,
    METRIC_EVENTS_UNKNOWN_STREAM,
    METRIC_REQUESTS_HELLO,
    METRIC_REQUESTS_ENTRY,
    METRIC_REQUESTS_EXIT,
    METRIC_REQUESTS_REPEATED,
    METRIC_REQUESTS_BAD,
    METRIC_ANSWERS_ALLOW,
    METRIC_ANSWERS_DENY,
    METRIC_ANSWERS_PENDING,
    METRIC_STATUS_BAD,
    METRIC_TELEMETRY_BAD,
    METRIC_UNKNOWN_PLACE,
    METRIC_INGEST_IGNORED,
    METRIC_OFFERS_MADE,
    METRIC_OFFERS_RESENT,
    METRIC_ANOMALIES,
    METRIC_ACKS,
    METRIC_BATCHES,
    METRIC_WORKS,
    METRIC_QUEUE_DROPPED,
    METRIC_DOWNLINK_DROPPED,
    METRIC_PAYMENTS_STARTED,
    METRIC_PAYMENTS_QUERIED,
    METRIC_REFUNDS_STARTED,
    METRIC_REFUNDS_QUERIED,
    METRIC_REFUNDS_SUCCEEDED,
    METRIC_REFUNDS_DECLINED,
    METRIC_PAYMENTS_SUCCEEDED,
    METRIC_PAYMENTS_DECLINED,
    METRIC_PAYMENTS_UNKNOWN,
    METRIC_PAYMENTS_NOT_SENT,
    METRIC_ATTEMPTS_GOOD,
    METRIC_ATTEMPTS_FAILED,
    METRIC_ATTEMPTS_TIMED_OUT,
    METRIC_DEBTS_OPENED,
    METRIC_DEBTS_SETTLED,
    METRIC_PLATES_FORGOTTEN,
    METRIC_SPANS_SENT,
    METRIC_SPANS_DROPPED,
    METRIC_DECISIONS_ALLOWED, /* at gates; see decision_count.h */
    METRIC_DECISIONS_DENIED,
    METRIC_DECISIONS_NO_ANSWER,
    METRIC_DECISIONS_FAILED,
    METRIC_HTTP_2XX,
    METRIC_HTTP_3XX,
    METRIC_HTTP_4XX,
    METRIC_HTTP_5XX,
    /* gauges */
    METRIC_QUEUE_DEPTH,
    METRIC_PLACES,
    METRIC_STREAMS,
    METRIC_STREAMS_FROZEN,
    METRIC_BROKER_UP,
    METRIC_LAST_BATCH_WORKS,
    METRICS
};

/* What takes time, as distributions. */
enum metric_span {
    SPAN_HTTP,    /* from head to answer; a stream's beginning, a long poll's wait included */
    SPAN_PAYMENT, /* a call to a provider, with all its attempts */
    SPAN_COMMIT,  /* one transaction's COMMIT */
    METRIC_SPANS
};

enum { SPAN_BUCKETS = 10 }; /* the last one is for all */

struct metrics {
    _Atomic int64_t values[METRICS];
    struct {
        _Atomic int64_t within[SPAN_BUCKETS]; /* not cumulative */
        _Atomic int64_t sum_us;
    } spans[METRIC_SPANS];
};

void metrics_add(struct metrics *m, enum metric which, int64_t n); /* m may be NULL */
void metrics_set(struct metrics *m, enum metric which, int64_t v); /* m may be NULL */
int64_t metrics_get(const struct metrics *m, enum metric which);

/* Something took so long. `m` may be NULL. */
void metrics_time(struct metrics *m, enum metric_span which, int64_t us);

struct metric_distribution {
    const char *name;
    const char *help;
    int64_t within[SPAN_BUCKETS]; /* cumulative, as Prometheus counts them */
    int64_t sum_us;
};
struct metric_distribution metrics_span(const struct metrics *m, enum metric_span which);

/* The upper bound of a bucket in seconds: "0.005" ... "+Inf". */
const char *metrics_bound(size_t bucket);

/* One row of the table, for printing: Prometheus name, label pair as `key="value"` or "", help, and
 * "counter" or "gauge". Rows of one name stand together. */
struct metric_row {
    const char *name;
    const char *label;
    const char *help;
    const char *type;
};
const struct metric_row *metrics_row(enum metric which);

#endif
