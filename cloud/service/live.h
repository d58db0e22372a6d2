/* What edges say of themselves outside the ledger; the broker's coming back. */
#ifndef BOOMGATE_CLOUD_SERVICE_LIVE_H
#define BOOMGATE_CLOUD_SERVICE_LIVE_H

#include "cloud/service/state.h"

void live_status(struct service *s, const struct work *w);
void live_telemetry(struct service *s, const struct work *w);
void live_broker(struct service *s, bool up);
void live_heard(struct service *s, struct edge *e, bool online);
void live_timers(struct service *s);

#endif
