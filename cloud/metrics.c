#include "cloud/metrics.h"

#define EVENTS   "boomgate_events_total", "Events from edges by what became of them"
#define REQUESTS "boomgate_requests_total", "Requests from edges by kind"
#define ANSWERS  "boomgate_answers_total", "Verdicts sent to edges"
#define BAD      "boomgate_bad_messages_total", "Messages that were dropped"
#define OFFERS   "boomgate_offers_total", "Space offers sent"
#define PAYMENTS "boomgate_payment_calls_total", "Provider calls by step or outcome"
#define ATTEMPTS "boomgate_payment_attempts_total", "HTTP attempts at the provider by result"
#define DEBTS    "boomgate_debts_total", "Debts by step"
#define SPANS    "boomgate_otlp_spans_total", "Spans for the collector by what became of them"
#define PLATES   "boomgate_plates_forgotten_total", "Movements whose plate was forgotten"
#define DECISIONS                                                                                  \
    "boomgate_gate_decisions_total",                                                               \
        "Decisions at gates; no_answer: the edge's own rule, because "                             \
        "the cloud said nothing in time; failed: none could be made"
#define HTTP "boomgate_http_requests_total", "Answers of the HTTP interface by class of status"
/* Two steps, so that the name and help above become two arguments. */
#define COUNTER(...) COUNTER_(__VA_ARGS__)
#define COUNTER_(name, help, label)                                                                \
    {                                                                                              \
        name, label, help, "counter"                                                               \
    }

static const struct metric_row rows[METRICS] = {
    [METRIC_EVENTS_APPLIED] = COUNTER(EVENTS, "result=\"applied\""),
    [METRIC_EVENTS_DUPLICATE] = COUNTER(EVENTS, "result=\"duplicate\""),
    [METRIC_EVENTS_STAGED] = COUNTER(EVENTS, "result=\"staged\""),
    [METRIC_EVENTS_STAGE_FULL] = COUNTER(EVENTS, "result=\"stage_full\""),
    [METRIC_EVENTS_FORKED] = COUNTER(EVENTS, "result=\"forked\""),
    [METRIC_EVENTS_FENCED] = COUNTER(EVENTS, "result=\"fenced\""),
    [METRIC_EVENTS_UNKNOWN_TYPE] = COUNTER(EVENTS, "result=\"unknown_type\""),
    [METRIC_EVENTS_QUARANTINED] = COUNTER(EVENTS, "result=\"quarantined\""),
    [METRIC_EVENTS_UNREADABLE] = COUNTER(EVENTS, "result=\"unreadable\""),
    [METRIC_EVENTS_UNKNOWN_STREAM] = COUNTER(EVENTS, "result=\"unknown_stream\""),
    [METRIC_REQUESTS_HELLO] = COUNTER(REQUESTS, "kind=\"hello\""),
    [METRIC_REQUESTS_ENTRY] = COUNTER(REQUESTS, "kind=\"entry\""),
    [METRIC_REQUESTS_EXIT] = COUNTER(REQUESTS, "kind=\"exit\""),
    [METRIC_REQUESTS_REPEATED] = COUNTER(REQUESTS, "kind=\"repeated\""),
    [METRIC_REQUESTS_BAD] = COUNTER(REQUESTS, "kind=\"bad\""),
    [METRIC_ANSWERS_ALLOW] = COUNTER(ANSWERS, "verdict=\"allow\""),
    [METRIC_ANSWERS_DENY] = COUNTER(ANSWERS, "verdict=\"deny\""),
    [METRIC_ANSWERS_PENDING] = COUNTER(ANSWERS, "verdict=\"pending\""),
    [METRIC_STATUS_BAD] = COUNTER(BAD, "kind=\"status\""),
    [METRIC_TELEMETRY_BAD] = COUNTER(BAD, "kind=\"telemetry\""),
    [METRIC_UNKNOWN_PLACE] = COUNTER(BAD, "kind=\"unknown_place\""),
    [METRIC_INGEST_IGNORED] = COUNTER(BAD, "kind=\"ingest\""),
    [METRIC_OFFERS_MADE] = COUNTER(OFFERS, "step=\"made\""),
    [METRIC_OFFERS_RESENT] = COUNTER(OFFERS, "step=\"resent\""),
    [METRIC_ANOMALIES] = {"boomgate_anomalies_total", "", "Anomalies recorded", "counter"},
    [METRIC_ACKS] = {"boomgate_acks_total", "", "Acknowledgements sent to edges", "counter"},
    [METRIC_BATCHES] = {"boomgate_batches_total", "", "Transactions committed", "counter"},
    [METRIC_WORKS] = {"boomgate_works_total", "", "Works taken from the queue", "counter"},
    [METRIC_QUEUE_DROPPED] = {"boomgate_queue_dropped_total", "",
                              "Works refused because the queue was full", "counter"},
    [METRIC_DOWNLINK_DROPPED] = {"boomgate_downlink_dropped_total", "",
                                 "Messages to edges that the connection could not take", "counter"},
    [METRIC_PAYMENTS_STARTED] = COUNTER(PAYMENTS, "step=\"charge_started\""),
    [METRIC_PAYMENTS_QUERIED] = COUNTER(PAYMENTS, "step=\"query_started\""),
    [METRIC_REFUNDS_STARTED] = COUNTER(PAYMENTS, "step=\"refund_started\""),
    [METRIC_REFUNDS_QUERIED] = COUNTER(PAYMENTS, "step=\"refund_query_started\""),
    [METRIC_REFUNDS_SUCCEEDED] = COUNTER(PAYMENTS, "step=\"refund_succeeded\""),
    [METRIC_REFUNDS_DECLINED] = COUNTER(PAYMENTS, "step=\"refund_declined\""),
    [METRIC_PAYMENTS_SUCCEEDED] = COUNTER(PAYMENTS, "step=\"succeeded\""),
    [METRIC_PAYMENTS_DECLINED] = COUNTER(PAYMENTS, "step=\"declined\""),
    [METRIC_PAYMENTS_UNKNOWN] = COUNTER(PAYMENTS, "step=\"unknown\""),
    [METRIC_PAYMENTS_NOT_SENT] = COUNTER(PAYMENTS, "step=\"not_sent\""),
    [METRIC_ATTEMPTS_GOOD] = COUNTER(ATTEMPTS, "result=\"good\""),
    [METRIC_ATTEMPTS_FAILED] = COUNTER(ATTEMPTS, "result=\"failed\""),
    [METRIC_ATTEMPTS_TIMED_OUT] = COUNTER(ATTEMPTS, "result=\"timed_out\""),
    [METRIC_DEBTS_OPENED] = COUNTER(DEBTS, "step=\"opened\""),
    [METRIC_DEBTS_SETTLED] = COUNTER(DEBTS, "step=\"settled\""),
    [METRIC_PLATES_FORGOTTEN] = COUNTER(PLATES, ""),
    [METRIC_SPANS_SENT] = COUNTER(SPANS, "result=\"sent\""),
    [METRIC_SPANS_DROPPED] = COUNTER(SPANS, "result=\"dropped\""),
    [METRIC_DECISIONS_ALLOWED] = COUNTER(DECISIONS, "result=\"allowed\""),
    [METRIC_DECISIONS_DENIED] = COUNTER(DECISIONS, "result=\"denied\""),
    [METRIC_DECISIONS_NO_ANSWER] = COUNTER(DECISIONS, "result=\"no_answer\""),
    [METRIC_DECISIONS_FAILED] = COUNTER(DECISIONS, "result=\"failed\""),
    [METRIC_HTTP_2XX] = COUNTER(HTTP, "code=\"2xx\""),
    [METRIC_HTTP_3XX] = COUNTER(HTTP, "code=\"3xx\""),
    [METRIC_HTTP_4XX] = COUNTER(HTTP, "code=\"4xx\""),
    [METRIC_HTTP_5XX] = COUNTER(HTTP, "code=\"5xx\""),
    [METRIC_QUEUE_DEPTH] = {"boomgate_queue_depth", "", "Works waiting", "gauge"},
    [METRIC_PLACES] = {"boomgate_places", "", "Places", "gauge"},
    [METRIC_STREAMS] = {"boomgate_streams", "", "Event streams known", "gauge"},
    [METRIC_STREAMS_FROZEN] = {"boomgate_streams_frozen", "", "Event streams frozen by a fork",
                               "gauge"},
    [METRIC_BROKER_UP] = {"boomgate_broker_up", "", "1 while connected to the broker", "gauge"},
    [METRIC_LAST_BATCH_WORKS] = {"boomgate_last_batch_works", "", "Works in the last batch",
                                 "gauge"},
};

static const struct {
    const char *name, *help;
} spans[METRIC_SPANS] = {
    [SPAN_HTTP] = {"boomgate_http_request_duration_seconds", "From a request's head to its answer"},
    [SPAN_PAYMENT] = {"boomgate_payment_call_duration_seconds",
                      "Of a call to a provider with all its attempts"},
    [SPAN_COMMIT] = {"boomgate_commit_duration_seconds", "Duration of a COMMIT"},
};

static const struct {
    const char *text;
    int64_t us;
} bounds[SPAN_BUCKETS] = {
    {"0.001", 1000}, {"0.005", 5000}, {"0.025", 25000}, {"0.1", 100000}, {"0.25", 250000},
    {"0.5", 500000}, {"1", 1000000},  {"2", 2000000},   {"5", 5000000},  {"+Inf", INT64_MAX},
};

void metrics_add(struct metrics *m, enum metric which, int64_t n)
{
    if (m)
        atomic_fetch_add_explicit(&m->values[which], n, memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum metric which, int64_t v)
{
    if (m)
        atomic_store_explicit(&m->values[which], v, memory_order_relaxed);
}

int64_t metrics_get(const struct metrics *m, enum metric which)
{
    return atomic_load_explicit(&m->values[which], memory_order_relaxed);
}

void metrics_time(struct metrics *m, enum metric_span which, int64_t us)
{
    size_t bucket = 0;
    if (!m)
        return;
    while (us > bounds[bucket].us)
        bucket++;
    atomic_fetch_add_explicit(&m->spans[which].within[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->spans[which].sum_us, us, memory_order_relaxed);
}

struct metric_distribution metrics_span(const struct metrics *m, enum metric_span which)
{
    struct metric_distribution d = {.name = spans[which].name, .help = spans[which].help};
    int64_t sum = 0;
    for (size_t i = 0; i < SPAN_BUCKETS; i++) {
        sum += atomic_load_explicit(&m->spans[which].within[i], memory_order_relaxed);
        d.within[i] = sum;
    }
    d.sum_us = atomic_load_explicit(&m->spans[which].sum_us, memory_order_relaxed);
    return d;
}

const char *metrics_bound(size_t bucket)
{
    return bounds[bucket].text;
}

const struct metric_row *metrics_row(enum metric which)
{
    return &rows[which];
}
