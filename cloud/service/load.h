/* The state to start from, out of the store. */
#ifndef BOOMGATE_CLOUD_SERVICE_LOAD_H
#define BOOMGATE_CLOUD_SERVICE_LOAD_H

#include "cloud/service/state.h"

enum err state_load(struct service *s);

#endif
