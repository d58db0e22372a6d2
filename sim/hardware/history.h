/* What the arm did, when and why: what a test compares with what it should have done.
 *
 * H1 Only changes are kept, the last HISTORY_MAX of them; all are counted. */
#ifndef BOOMGATE_SIM_HARDWARE_HISTORY_H
#define BOOMGATE_SIM_HARDWARE_HISTORY_H

#include "sim/hardware/barrier.h"

#include <stddef.h>

enum { HISTORY_MAX = 64 };

enum arm_change {
    ARM_OPENING,
    ARM_OPEN, /* upper limit reached */
    ARM_CLOSING,
    ARM_CLOSED,   /* lower limit reached */
    ARM_REVERSED, /* on its way down, now on its way up */
    ARM_STOPPED,  /* between the limits, or without reaching one */
    ARM_CHANGES
};

struct arm_event {
    int64_t at_ms;
    enum arm_change change;
    enum barrier_cause cause;
    int percent;
};

struct history {
    struct arm_event events[HISTORY_MAX]; /* a ring: event n is at n % HISTORY_MAX */
    size_t count;                         /* of all times */
    enum barrier_motion motion;           /* as last seen */
    bool up, down;
};

/* Begins with a barrier as it is. */
struct history history_of(const struct barrier *b);

/* Call after whatever may have changed the barrier. */
void history_note(struct history *h, const struct barrier *b, int64_t now_ms);

const char *arm_change_word(enum arm_change c);
const char *barrier_cause_word(enum barrier_cause c);

#endif
