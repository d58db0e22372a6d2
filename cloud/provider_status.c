#include "cloud/provider_status.h"

const int64_t provider_bucket_ms[PROVIDER_BUCKETS] = {50,   100,  250,  500,   750,
                                                      1000, 1500, 2000, 10000, INT64_MAX};
