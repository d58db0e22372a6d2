/* Plates are personal data: some time after a stay is settled nothing names the vehicle any more. */
#ifndef BOOMGATE_CLOUD_SERVICE_PRIVACY_H
#define BOOMGATE_CLOUD_SERVICE_PRIVACY_H

#include "cloud/service/state.h"

/* A slice of the work, when it is due: so few at a time that no question waits for it. */
void privacy_timers(struct service *s);

#endif
