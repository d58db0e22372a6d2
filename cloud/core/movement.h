/* What is known of a Movement, put together from its events. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_MOVEMENT_H
#define BOOMGATE_CLOUD_CORE_MOVEMENT_H

#include "cloud/core/records.h"

/* The record of a Movement as far as this one event tells. The event must name one. */
struct movement_row movement_of(const struct event *e);

/* Adds what a later event told; members it left absent stay. Both are of one Movement and edge. What
 * is added in two steps is the same as added in one. */
void movement_add(struct movement_row *m, const struct movement_row *later);

#endif
