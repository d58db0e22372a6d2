/* How a payment provider does, for metrics and for people. A value: taken in one moment. */
#ifndef BOOMGATE_CLOUD_PROVIDER_STATUS_H
#define BOOMGATE_CLOUD_PROVIDER_STATUS_H

#include "cloud/ports.h"

enum { ENDPOINTS_MAX = 8, ENDPOINT_URL_SIZE = 256, PROVIDER_BUCKETS = 10 };

struct endpoint_status {
    char url[ENDPOINT_URL_SIZE];
    const char *state; /* "in" "ejected" "trial" */
    int64_t in_flight;
    int64_t ejections;
    int64_t good, failed, timed_out; /* attempts by how they ended */
};

struct provider_status {
    struct name name;
    const char *breaker; /* "closed" "open" "half_open" "trial" */
    int64_t openings;
    int64_t queue, queue_max;
    int64_t in_flight, in_flight_max;
    int64_t refused_open, refused_full; /* calls that were not taken */
    int64_t outcomes[PAYMENT_CALL_KINDS][PAYMENT_RESULTS];
    int64_t pages, pages_failed; /* of settlement */
    struct {
        int64_t within[PROVIDER_BUCKETS]; /* calls that took no longer, cumulative; the last: all */
        int64_t sum_ms;
    } latency;
    size_t endpoint_count;
    struct endpoint_status endpoints[ENDPOINTS_MAX];
};

/* Upper bounds of the buckets in ms; INT64_MAX the last. */
extern const int64_t provider_bucket_ms[PROVIDER_BUCKETS];

#endif
