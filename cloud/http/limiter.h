/* How often somebody may ask: a token bucket for each client in a table of fixed size. Pure: time and keys are
 * arguments; callers lock.
 *
 * B1 A bucket holds at most `burst` requests and gains `rate` per second.
 * B2 The table is bounded: in a full set the fullest bucket gives way, whose owner asked least of late; an
 *    attacker with many addresses can make others' buckets full, never empty. */
#ifndef BOOMGATE_CLOUD_HTTP_LIMITER_H
#define BOOMGATE_CLOUD_HTTP_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIMITER_SETS = 256, LIMITER_WAYS = 8 };

struct limiter {
    int64_t rate; /* per second; 0: no limit */
    int64_t burst;
    struct bucket {
        uint64_t key; /* 0: free */
        int64_t at_us;
        int64_t credit_us; /* one request costs 1000000 / rate */
    } sets[LIMITER_SETS][LIMITER_WAYS];
};

/* A key of a text; never 0. */
uint64_t limiter_key(const char *text, size_t len);

/* True: let it pass. False: *ret_wait_s (1 or more) says when to come back. */
bool limiter_pass(struct limiter *l, uint64_t key, int64_t now_us, int *ret_wait_s);

#endif
