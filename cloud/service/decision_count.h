/* Decisions at gates, counted for the objectives of the service (deploy/RUNBOOK.md): was one made, and
 * was the cloud's word there in time? */
#ifndef BOOMGATE_CLOUD_SERVICE_DECISION_COUNT_H
#define BOOMGATE_CLOUD_SERVICE_DECISION_COUNT_H

#include "cloud/metrics.h"
#include "protocol/wire/event.h"

/* What the event counts as; METRICS: it is no decision. A refusal is a decision as good as any, unless
 * the system could not make up its mind. */
enum metric decision_count(const struct event *e);

#endif
