/* What is going to happen, in order of virtual time; what is due at the same millisecond happens in
 * the order in which it was planned. A binary heap. */
#ifndef BOOMGATE_TESTS_SIMULATION_CALENDAR_H
#define BOOMGATE_TESTS_SIMULATION_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

/* `who` is what it happens to, `what` a number of its own (a token that may have expired). */
typedef void (*happening)(struct sim *s, void *who, int64_t what);

struct entry {
    int64_t at_ms;
    uint64_t order;
    happening happen;
    void *who;
    int64_t what;
};

struct calendar {
    struct entry *entries;
    size_t count, size;
    uint64_t planned;
};

void calendar_plan(struct calendar *c, int64_t at_ms, happening h, void *who, int64_t what);

/* Takes the first entry; false if nothing is planned. */
bool calendar_take(struct calendar *c, struct entry *ret);

void calendar_free(struct calendar *c);

#endif
