/* What does not fit: recorded for a person, and where it matters offers stop. */
#ifndef BOOMGATE_CLOUD_SERVICE_ANOMALY_H
#define BOOMGATE_CLOUD_SERVICE_ANOMALY_H

#include "cloud/service/state.h"

void anomaly_record(struct service *s, struct place *p, const struct stream *st, int64_t seq,
                    const char *kind, bool stops_offers, const char *detail);

#endif
