/* One barrier: an arm, its drive and its own safety chain, as a device maker would build it.
 * Written from the lane's specification, not from the agent's code, so that the two can disagree.
 *
 * B1 A limit switch is the position, nothing else: up is the end of the way, down its beginning.
 * B2 The arm does not start down while the safety loop, the photocell or the edge is not clear.
 * B3 With `safety_reverses` an arm coming down turns round at the first of those three; without it
 *    (an old barrier) only a command does that.
 * B4 Order of wills: local stop, service key, fire, safety, hold open, lock, open, close. The key
 *    opens a locked arm and closes only what B2 lets it close. */
#ifndef BOOMGATE_SIM_HARDWARE_BARRIER_H
#define BOOMGATE_SIM_HARDWARE_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

enum { BARRIER_PERCENT_OPEN = 90 }; /* from here on a driver takes the way as free */

enum barrier_motion { BARRIER_STILL, BARRIER_OPENING, BARRIER_CLOSING };

/* The command codes of the register map. */
enum barrier_command {
    BARRIER_OPEN = 1,
    BARRIER_CLOSE = 2,
    BARRIER_STOP = 3,
    BARRIER_HOLD_OPEN = 4,
    BARRIER_RELEASE = 5,
    BARRIER_LOCK = 6,
    BARRIER_UNLOCK = 7,
    BARRIER_RESET_FAULT = 8,
};

enum barrier_answer { BARRIER_ACCEPTED = 1, BARRIER_REFUSED = 2, BARRIER_NOT_KNOWN = 3 };

/* Why the arm does what it does. */
enum barrier_cause {
    BARRIER_BY_ORDER, /* of the host */
    BARRIER_BY_KEY,
    BARRIER_BY_HAND, /* pushed, or a relay that sticks: nobody ordered it */
    BARRIER_BY_SAFETY,
    BARRIER_BY_FIRE,
    BARRIER_BY_HOLD,
    BARRIER_BY_HOST, /* the fallback of a watchdog whose host is gone */
    BARRIER_BY_STOP, /* local stop */
    BARRIER_BY_TIMEOUT,
    BARRIER_CAUSES
};

enum barrier_error {
    BARRIER_ERROR_NONE = 0,
    BARRIER_ERROR_OPEN_TIMEOUT = 1,
    BARRIER_ERROR_CLOSE_TIMEOUT = 2,
    BARRIER_ERROR_OBSTRUCTION = 3,
};

/* What the safety chain and the service panel say; true is the healthy or idle reading except for
 * `loop_b` (occupied), `local_mode` and `fire`. */
struct barrier_senses {
    bool loop_b;
    bool loop_b_fault;
    bool photocell_clear;
    bool edge_ok;
    bool local_stop_ok;
    bool local_mode;
    bool fire;
    bool jammed_up; /* the drive turns, the arm does not go up */
    bool jammed_down;
    bool no_limits; /* the drive never learns that it has arrived */
    bool no_power;  /* of the drive */
};

struct barrier {
    int32_t travel_ms; /* time from one limit to the other, > 0 */
    bool safety_reverses;

    int32_t at_ms; /* way opened so far, in travel time: 0..travel_ms */
    enum barrier_motion motion;
    int32_t motion_ms;        /* since the motion began */
    enum barrier_cause cause; /* of the last change of motion */
    bool hold_open;
    bool locked;
    bool obstruction; /* latched until reset_fault or the next arm down */
    enum barrier_error last_error;
    uint32_t opens;  /* arrivals at the upper limit */
    uint32_t closes; /* arrivals at the lower limit */
};

/* Closed and at rest. */
struct barrier barrier_of(int32_t travel_ms, bool safety_reverses);

/* Carries out or refuses a command code (B2, B4). */
enum barrier_answer barrier_order(struct barrier *b, uint16_t code,
                                  const struct barrier_senses *senses);

/* The service key opens or closes; refused unless the local mode is on. */
enum barrier_answer barrier_key(struct barrier *b, enum barrier_motion motion,
                                const struct barrier_senses *senses);

/* The arm goes up without anybody's order, against a lock too. */
void barrier_push_up(struct barrier *b);

/* Lets `dt_ms` pass. Returns true if the arm rose past BARRIER_PERCENT_OPEN in this step. */
bool barrier_step(struct barrier *b, const struct barrier_senses *senses, int32_t dt_ms);

/* May an arm come down on this? */
bool barrier_way_clear(const struct barrier_senses *senses);

int barrier_percent(const struct barrier *b); /* 0 down .. 100 up */
bool barrier_up(const struct barrier *b);
bool barrier_down(const struct barrier *b);

#endif
