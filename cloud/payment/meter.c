#include "cloud/payment/meter.h"

#include <string.h>

void meter_refused(struct meter *m, enum err e)
{
    m->refused_open += e == ERR_UNAVAIL;
    m->refused_full += e == ERR_FULL;
}

static void count_latency(struct meter *m, int64_t ms)
{
    size_t i = 0;
    while (ms > provider_bucket_ms[i])
        i++;
    m->within[i]++;
    m->sum_ms += ms;
}

void meter_result(struct meter *m, const struct payment_result *r)
{
    m->outcomes[r->kind][r->outcome]++;
    count_latency(m, r->latency_ms);
}

void meter_page(struct meter *m, bool answered, int64_t latency_ms)
{
    m->pages += answered;
    m->pages_failed += !answered;
    count_latency(m, latency_ms);
}

void meter_read(const struct meter *m, struct provider_status *ret)
{
    int64_t sum = 0;
    ret->in_flight = m->in_flight;
    ret->openings = m->openings;
    ret->refused_open = m->refused_open;
    ret->refused_full = m->refused_full;
    ret->pages = m->pages;
    ret->pages_failed = m->pages_failed;
    memcpy(ret->outcomes, m->outcomes, sizeof ret->outcomes);
    for (size_t i = 0; i < PROVIDER_BUCKETS; i++) {
        sum += m->within[i];
        ret->latency.within[i] = sum;
    }
    ret->latency.sum_ms = m->sum_ms;
}
