/* What is counted of one provider's calls. The caller serialises. */
#ifndef BOOMGATE_CLOUD_PAYMENT_METER_H
#define BOOMGATE_CLOUD_PAYMENT_METER_H

#include "cloud/provider_status.h"

struct meter {
    int64_t in_flight;
    int64_t openings;
    int64_t refused_open, refused_full;
    int64_t outcomes[PAYMENT_CALL_KINDS][PAYMENT_RESULTS];
    int64_t pages, pages_failed;
    int64_t within[PROVIDER_BUCKETS]; /* not cumulative */
    int64_t sum_ms;
};

void meter_refused(struct meter *m, enum err e);
void meter_result(struct meter *m, const struct payment_result *r);
void meter_page(struct meter *m, bool answered, int64_t latency_ms);

/* Fills the counts of *ret. */
void meter_read(const struct meter *m, struct provider_status *ret);

#endif
