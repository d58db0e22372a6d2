/* Events: where each stands in its stream. */
#ifndef BOOMGATE_CLOUD_SERVICE_EVENT_H
#define BOOMGATE_CLOUD_SERVICE_EVENT_H

#include "cloud/service/state.h"

/* Takes over `w` if it stays staged (returns true). */
bool event_take(struct service *s, struct work *w);

#endif
