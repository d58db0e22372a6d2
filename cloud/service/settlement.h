/* What providers say they booked. */
#ifndef BOOMGATE_CLOUD_SERVICE_SETTLEMENT_H
#define BOOMGATE_CLOUD_SERVICE_SETTLEMENT_H

#include "cloud/service/state.h"

/* A page that was asked for. */
void settlement_take(struct service *s, const struct work *w);

#endif
