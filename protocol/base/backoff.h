/* Full-jitter exponential backoff: each delay is uniform in [min, bound], the bound doubles up to
 * max. It is reset by a session that lasted, not by one that merely began: an endpoint that accepts
 * and then closes must not be hammered. Pure; the caller brings time and randomness. */
#ifndef BOOMGATE_BASE_BACKOFF_H
#define BOOMGATE_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t min_ms;
    uint32_t max_ms;
    uint32_t bound_ms; /* of the next delay */
};

/* A minimum of 0 counts as 1, a maximum below the minimum as the minimum. */
struct backoff backoff_of(uint32_t min_ms, uint32_t max_ms);

/* The next delay in milliseconds; `random` is any uniform 64-bit value. */
uint32_t backoff_next_ms(struct backoff *b, uint64_t random);

/* Call when a session ended: resets the bound if the session lasted at least `enough_ms`. */
void backoff_session_ended(struct backoff *b, int64_t lasted_ms, int64_t enough_ms);

#endif
