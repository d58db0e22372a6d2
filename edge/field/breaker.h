/* Whether a unit is worth asking: one breaker per (link, unit), so that a dead one never delays its
 * neighbours. Pure; times are real microseconds.
 *
 * B1 It opens after at least three failures in a row over at least one second. Until then one failure
 *    is tried again at once, and after the second the unit rests nine times as long as the failure took,
 *    at most a second.
 * B2 While open the unit is left alone for 0.5, 1, 2, ... at most 10 s, then probed once.
 * B3 One success closes it. */
#ifndef BOOMGATE_EDGE_FIELD_BREAKER_H
#define BOOMGATE_EDGE_FIELD_BREAKER_H

#include "protocol/wire/words.h"

#include <stdbool.h>
#include <stdint.h>

struct breaker {
    int failures; /* in a row */
    int64_t first_us;
    bool open;
    int64_t wait_us; /* while open: the pause that is running */
    int64_t next_us; /* not to be asked before */
};

/* May the unit be asked now? While open: with a probe only. */
static inline bool breaker_ready(const struct breaker *b, int64_t now_us)
{
    return now_us >= b->next_us;
}

/* It answered. True: it was open. */
bool breaker_succeeded(struct breaker *b);

/* It failed, after `took_us`. True: this opened it. */
bool breaker_failed(struct breaker *b, int64_t now_us, int64_t took_us);

/* It is open from now on, whatever it answered before: the device is not the one it should be. */
void breaker_hold(struct breaker *b, int64_t now_us);

enum device_breaker breaker_state_of(const struct breaker *b, int64_t now_us);

#endif
