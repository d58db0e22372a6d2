/* Circuit breaker of one provider, sized for lane traffic: few calls, each with a driver waiting.
 * Pure: the caller brings time and randomness, and serialises the calls.
 *
 * B1 Closed: opens when, over the sliding window, at least `min_calls` calls ended and at least
 *    `bad_percent` of them failed or were slow; or when `timeouts_in_row` calls in a row timed out.
 * B2 Open: every call is refused for open_ms plus up to a quarter of it at random.
 * B3 Half-open: exactly one trial call is let through. Good: closed, with an empty window and the
 *    first open time. Bad: open again for twice as long, at most open_max_ms.
 * B4 A result counts only in the state in which its call began: a late result of a call from before
 *    the breaker opened neither closes nor opens it.
 * B5 A decline is a good call: the provider answered. */
#ifndef BOOMGATE_CLOUD_PAYMENT_BREAKER_H
#define BOOMGATE_CLOUD_PAYMENT_BREAKER_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct breaker_options {
    int64_t window_ms;       /* at least BREAKER_BUCKETS */
    int64_t min_calls;       /* >= 1 */
    int64_t bad_percent;     /* 1..100 */
    int64_t slow_ms;         /* a call that took longer is slow */
    int64_t timeouts_in_row; /* >= 1 */
    int64_t open_ms;         /* of the first opening */
    int64_t open_max_ms;     /* the random part may not exceed it either */
};

/* 60 s, 5 calls, 50 %, slow above 1.5 s, 3 timeouts, open 30 s up to 5 min. */
struct breaker_options breaker_defaults(void);

enum breaker_state {
    BREAKER_CLOSED,
    BREAKER_OPEN,
    BREAKER_HALF_OPEN,
    BREAKER_TRIAL,
    BREAKER_STATES
};

enum breaker_result {
    BREAKER_GOOD,   /* answered, whatever it said about the money */
    BREAKER_FAILED, /* refused, reset, or an answer that is no answer */
    BREAKER_TIMED_OUT,
    BREAKER_ABANDONED, /* the call was never made: says nothing about the provider */
};

enum { BREAKER_BUCKETS = 12 };

struct breaker {
    struct breaker_options options;
    enum breaker_state state;
    uint32_t era; /* counts changes of state; a call's ticket */
    struct breaker_bucket {
        int64_t number; /* time / bucket length */
        int64_t calls;
        int64_t bad;
    } buckets[BREAKER_BUCKETS];
    int64_t timeouts; /* in a row */
    int64_t bound_ms; /* of the next opening, before the random part */
    struct mono_ms open_until;
};

struct breaker breaker_of(const struct breaker_options *o);

/* Asks to make one call. ERR_UNAVAIL: open, or the one trial is under way. Every ticket must be
 * handed back to breaker_end exactly once. */
enum err breaker_begin(struct breaker *b, struct mono_ms now, uint32_t *ret_ticket);

/* Reports how that call ended; `random` is any uniform 64-bit value. */
void breaker_end(struct breaker *b, uint32_t ticket, enum breaker_result result, int64_t latency_ms,
                 struct mono_ms now, uint64_t random);

/* The state as a caller would find it at `now`: an opening that has run out shows as half-open. */
enum breaker_state breaker_state(const struct breaker *b, struct mono_ms now);

/* "closed" "open" "half_open" "trial" */
const char *breaker_state_word(enum breaker_state s);

#endif
