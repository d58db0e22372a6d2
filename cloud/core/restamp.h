/* When something happened at an edge whose clock cannot be believed (PROTOCOL.md, "Events").
 *
 * A clock that is set is believed, but never ahead of when its word arrived. A clock that is not set is
 * replaced by the monotonic distance to the last believed time of the same boot; without one, the doubt
 * is the driver's favour: an entry counts from when it was heard of, an exit happened no later than
 * what came before it. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_RESTAMP_H
#define BOOMGATE_CLOUD_CORE_RESTAMP_H

#include "protocol/wire/event.h"

/* What is known of one edge's time; zero at first. */
struct edge_clock {
    bool known; /* the three below are */
    int64_t boot;
    struct mono_ms mono;
    struct wall_ms wall;
    struct wall_ms latest; /* of the events so far, as restamped; v == 0: none */
};

enum { CLOCK_AHEAD_MS = 60 * 1000 }; /* a clock may be ahead of ours by this */

/* The time to reckon with, and the clock moves on with it. */
struct wall_ms restamp(struct edge_clock *c, const struct event *e, struct wall_ms received);

#endif
