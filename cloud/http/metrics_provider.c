/* What Prometheus is told of payment providers and their endpoints. */
#include "cloud/http/metrics_page.h"
#include "cloud/http/server.h"

#include <string.h>

static void head(struct text *t, const char *name, const char *type, const char *help)
{
    text_add(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* One line a provider: a number of the status, by its offset. */
static void add_numbers(struct text *t, const struct provider_status *rows, size_t n)
{
    static const struct {
        const char *name, *type, *help;
        size_t offset;
    } numbers[] = {
        {"boomgate_provider_breaker_openings_total", "counter", "Times the breaker opened",
         offsetof(struct provider_status, openings)},
        {"boomgate_provider_queue", "gauge", "Calls waiting for a connection",
         offsetof(struct provider_status, queue)},
        {"boomgate_provider_in_flight", "gauge", "Calls under way",
         offsetof(struct provider_status, in_flight)},
        {"boomgate_provider_refused_open_total", "counter", "Calls refused by the open breaker",
         offsetof(struct provider_status, refused_open)},
        {"boomgate_provider_refused_full_total", "counter", "Calls refused by the full queue",
         offsetof(struct provider_status, refused_full)},
        {"boomgate_provider_settlement_pages_total", "counter", "Settlement pages read",
         offsetof(struct provider_status, pages)},
        {"boomgate_provider_settlement_failures_total", "counter",
         "Settlement pages that did not come", offsetof(struct provider_status, pages_failed)},
    };
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        head(t, numbers[k].name, numbers[k].type, numbers[k].help);
        for (size_t i = 0; i < n; i++)
            text_add(t, "%s{provider=\"%s\"} %lld\n", numbers[k].name, rows[i].name.text,
                     (long long)*(const int64_t *)(const void *)((const char *)&rows[i] +
                                                                 numbers[k].offset));
    }
}

static void add_outcomes(struct text *t, const struct provider_status *rows, size_t n)
{
    static const char *const kinds[] = {"charge", "query", "refund", "refund_query"};
    static const char *const results[] = {"succeeded", "declined", "unknown", "not_sent",
                                          "not_found"};
    static const char name[] = "boomgate_provider_calls_total";
    head(t, name, "counter", "Calls by how they ended");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < PAYMENT_CALL_KINDS; k++)
            for (size_t r = 0; r < PAYMENT_RESULTS; r++)
                text_add(t, "%s{provider=\"%s\",kind=\"%s\",result=\"%s\"} %lld\n", name,
                         rows[i].name.text, kinds[k], results[r],
                         (long long)rows[i].outcomes[k][r]);
}

static void add_latency(struct text *t, const struct provider_status *rows, size_t n)
{
    static const char name[] = "boomgate_provider_call_duration_seconds";
    head(t, name, "histogram", "Calls to the provider with all their attempts");
    for (size_t i = 0; i < n; i++) {
        const char *who = rows[i].name.text;
        for (size_t b = 0; b + 1 < PROVIDER_BUCKETS; b++)
            text_add(t, "%s_bucket{provider=\"%s\",le=\"%g\"} %lld\n", name, who,
                     (double)provider_bucket_ms[b] / 1000, (long long)rows[i].latency.within[b]);
        int64_t all = rows[i].latency.within[PROVIDER_BUCKETS - 1];
        text_add(t, "%s_bucket{provider=\"%s\",le=\"+Inf\"} %lld\n", name, who, (long long)all);
        text_add(t, "%s_sum{provider=\"%s\"} %g\n", name, who,
                 (double)rows[i].latency.sum_ms / 1000);
        text_add(t, "%s_count{provider=\"%s\"} %lld\n", name, who, (long long)all);
    }
}

/* One line for each endpoint; `value` reads it. */
static void add_endpoints(struct text *t, const struct provider_status *rows, size_t n,
                          const char *name, const char *more,
                          int64_t (*value)(const struct endpoint_status *e))
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rows[i].endpoint_count; k++)
            text_add(t, "%s{provider=\"%s\",endpoint=\"%s\"%s} %lld\n", name, rows[i].name.text,
                     rows[i].endpoints[k].url, more, (long long)value(&rows[i].endpoints[k]));
}

static int64_t is_in(const struct endpoint_status *e)
{
    return strcmp(e->state, "in") == 0;
}

static int64_t ejections(const struct endpoint_status *e)
{
    return e->ejections;
}

static int64_t under_way(const struct endpoint_status *e)
{
    return e->in_flight;
}

static int64_t good(const struct endpoint_status *e)
{
    return e->good;
}

static int64_t failed(const struct endpoint_status *e)
{
    return e->failed;
}

static int64_t timed_out(const struct endpoint_status *e)
{
    return e->timed_out;
}

void metrics_of_providers(struct text *t, const struct http *h)
{
    static const char attempts[] = "boomgate_provider_attempts_total";
    struct provider_status rows[PROVIDERS_MAX];
    size_t n = providers_take(h, rows);
    head(t, "boomgate_payment_breaker_closed", "gauge",
         "Whether calls to the provider are let through");
    for (size_t i = 0; i < n; i++)
        text_add(t, "boomgate_payment_breaker_closed{provider=\"%s\"} %d\n", rows[i].name.text,
                 strcmp(rows[i].breaker, "closed") == 0);
    add_numbers(t, rows, n);
    add_outcomes(t, rows, n);
    add_latency(t, rows, n);
    head(t, "boomgate_provider_endpoint_in", "gauge", "1 while the endpoint is not ejected");
    add_endpoints(t, rows, n, "boomgate_provider_endpoint_in", "", is_in);
    head(t, "boomgate_provider_endpoint_in_flight", "gauge", "Attempts under way");
    add_endpoints(t, rows, n, "boomgate_provider_endpoint_in_flight", "", under_way);
    head(t, "boomgate_provider_ejections_total", "counter", "Times the endpoint was ejected");
    add_endpoints(t, rows, n, "boomgate_provider_ejections_total", "", ejections);
    head(t, attempts, "counter", "Attempts at the endpoint by how they ended");
    add_endpoints(t, rows, n, attempts, ",result=\"good\"", good);
    add_endpoints(t, rows, n, attempts, ",result=\"failed\"", failed);
    add_endpoints(t, rows, n, attempts, ",result=\"timed_out\"", timed_out);
}
