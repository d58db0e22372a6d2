/* How far the world may go now. A fast clock outruns its observers: at 180 times real time a process
 * that does not get the processor for 200 ms misses 36 s, and a vehicle crosses unseen. No hardware
 * behaves so, and no controller could cope; therefore the world waits for who scans it.
 *
 * A1 Between two scans of an attended lane the world goes at most `guard_ms` of domain time.
 * A2 A lane is attended for ATTENDED_MS of real time after each scan; a controller that is gone holds
 *    nobody up for longer.
 * A3 What was held back is made up for at a quarter above the clock's pace, never in one leap.
 *
 * At real time a scan every 20 ms leaves the world free. Pure: times are arguments. */
#ifndef BOOMGATE_SIM_PACE_H
#define BOOMGATE_SIM_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_LANES_MAX = 256, ATTENDED_MS = 500 };

struct pace_scan {
    int64_t world_ms;
    int64_t real_ms; /* 0: never */
};

struct pace {          /* zero-initialised but for guard_ms: everything at 0 */
    int64_t guard_ms;  /* 0: off */
    int64_t clock_ms;  /* domain time since the start, as last seen */
    int64_t world_ms;  /* what the world was allowed */
    int64_t behind_ms; /* clock minus world */
    struct pace_scan scans[PACE_LANES_MAX];
    size_t lanes; /* scans in use */
};

/* The clock shows clock_ms (domain, since the start) at real_ms > 0 (real, monotonic). Returns what
 * the world may go to. */
int64_t pace_advance(struct pace *p, int64_t clock_ms, int64_t real_ms);

/* The safety inputs of a lane were just read, after pace_advance. */
void pace_scanned(struct pace *p, size_t lane, int64_t real_ms);

#endif
