/* An operator's commands. */
#ifndef BOOMGATE_CLOUD_SERVICE_ADMIN_H
#define BOOMGATE_CLOUD_SERVICE_ADMIN_H

#include "cloud/service/state.h"

void admin_take(struct service *s, const struct work *w);

#endif
