/* The effects of one event that is next in its stream. */
#ifndef BOOMGATE_CLOUD_SERVICE_APPLY_H
#define BOOMGATE_CLOUD_SERVICE_APPLY_H

#include "cloud/service/state.h"

void event_apply(struct service *s, struct stream *st, const struct event *e,
                 const struct digest *digest, const struct work *w);

#endif
