/* How far the wall clock can be trusted, from what the system says of it and from how it moves beside
 * the monotonic one. Pure.
 *
 * C1 `synced` only while the system's clock is disciplined and shows a possible time.
 * C2 `unset`: an impossible time (before 2026, after 2099), or one that nobody vouches for and that
 *    cannot follow what was recorded last: earlier, or more than 400 days later.
 * C3 An undisciplined step makes the clock `unset`: nobody knows who set it, and from what. The
 *    discipline alone makes it good again.
 * C4 Everything else is `holdover`.
 * C5 A step is a difference of more than 2 s between the two clocks' progress; slewing (at most
 *    500 ppm) over a minute stays far below. */
#ifndef BOOMGATE_EDGE_CORE_CLOCK_WATCH_H
#define BOOMGATE_EDGE_CORE_CLOCK_WATCH_H

#include "protocol/base/clock.h"
#include "protocol/wire/words.h"

#include <stdbool.h>

enum { CLOCK_STEP_MS = 2000 };

struct clock_watch {
    bool doubted; /* C2, C3: until it is disciplined */
    struct now last;
    enum clock_state state;
};

struct clock_verdict {
    enum clock_state state;
    int64_t step_ms; /* 0: none; positive: the wall clock went ahead */
};

/* `recorded`: the time of the newest fact on record, {0} if there is none; looked at first. */
void clock_watch_init(struct clock_watch *w, struct wall_ms recorded, bool disciplined,
                      struct now now);

/* To be called at least once a minute. */
struct clock_verdict clock_watch_look(struct clock_watch *w, bool disciplined, struct now now);

#endif
