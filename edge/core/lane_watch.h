/* Conditions of a lane that are an alarm once they have lasted: stuck loops, a broken arm, limits
 * that cannot be, mains, battery, cabinet, buttons; and the fire input. A table in lane_watch.c. */
#ifndef BOOMGATE_EDGE_CORE_LANE_WATCH_H
#define BOOMGATE_EDGE_CORE_LANE_WATCH_H

#include "protocol/base/clock.h"

struct lane;
struct lane_out;

enum { LANE_WATCHES = 11 };

struct lane_watch {
    struct mono_ms since[LANE_WATCHES]; /* INT64_MAX: does not hold */
};

void watch_init(struct lane_watch *w);

/* Looks at each condition; call after every change and when watch_deadline is due. */
void watch_look(struct lane *l, struct mono_ms now, struct lane_out *out);

/* INT64_MAX: nothing becomes due by time alone. */
struct mono_ms watch_deadline(const struct lane *l);

#endif
