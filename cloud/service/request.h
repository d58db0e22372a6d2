/* Questions of an edge, by topic `request`. */
#ifndef BOOMGATE_CLOUD_SERVICE_REQUEST_H
#define BOOMGATE_CLOUD_SERVICE_REQUEST_H

#include "cloud/service/state.h"

void request_take(struct service *s, const struct work *w);
void respond(struct service *s, const struct decision_row *d, const uint8_t correlation[16]);

#endif
