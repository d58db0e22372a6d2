/* The figures that are published: to signs by the broker, to the page as a notice. */
#ifndef BOOMGATE_CLOUD_SERVICE_OCCUPANCY_H
#define BOOMGATE_CLOUD_SERVICE_OCCUPANCY_H

#include "cloud/service/state.h"

/* If they changed, or `always`. */
void occupancy_publish(struct service *s, struct place *p, bool always);

#endif
