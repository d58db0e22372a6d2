/* Debouncing of the loops. A: both ways after `a_ms`. B and C: on at once (they protect), off after
 * `b_ms`; where C arms as well it comes on after `c_ms`. Pure. */
#ifndef BOOMGATE_EDGE_CORE_FILTER_H
#define BOOMGATE_EDGE_CORE_FILTER_H

#include "protocol/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct debounce {
    bool raw;
    bool stable;
    struct mono_ms since; /* raw changed */
};

struct filter {
    int64_t a_ms;
    int64_t b_ms;
    int64_t c_ms;
    struct debounce a, b, c;
};

/* Takes the first reading as it is, without delay. */
void filter_init(struct filter *f, int64_t a_ms, int64_t b_ms, int64_t c_ms, uint32_t bits,
                 struct mono_ms at);

/* A reading as on the wire at `at`; a loop with its fault bit set counts as occupied. */
void filter_read(struct filter *f, uint32_t bits, struct mono_ms at);

/* Lets time pass. */
void filter_tick(struct filter *f, struct mono_ms now);

/* When filter_tick changes something; INT64_MAX: not before another reading. */
struct mono_ms filter_deadline(const struct filter *f);

#endif
