/* A journal introduces itself. */
#ifndef BOOMGATE_CLOUD_SERVICE_HELLO_H
#define BOOMGATE_CLOUD_SERVICE_HELLO_H

#include "cloud/service/state.h"

void hello_take(struct service *s, const struct work *w, const struct request *r);

#endif
