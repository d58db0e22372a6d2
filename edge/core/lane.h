/* The lane machine: which state a lane is in, what each observation, decision and timer does to it.
 * A dense [state][event] table (lane_table.c); pure: time is an argument, outputs are values.
 *
 * L1 Never open and close in one step.
 * L2 A close only from the upper limit, with B, photocell and edge clear and fresh, no fire, and if
 *    loop B was seen on and then off since the arm was last found up, or we opened it from the
 *    lower limit (`may_close`). Both limits at once, or neither, is nowhere: no close.
 * L3 Only `allow` raises the arm for a vehicle; a denied vehicle never does. Besides it only an
 *    obstruction met while closing opens.
 * L4 A decision that does not fit the state is ERR_CONFLICT and changes nothing; observations are
 *    never refused.
 * L5 One timer, whose meaning is the state's. */
#ifndef BOOMGATE_EDGE_CORE_LANE_H
#define BOOMGATE_EDGE_CORE_LANE_H

#include "edge/core/filter.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/modbus/lane_io.h"
#include "protocol/wire/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane_state {
    LANE_UNAVAILABLE, /* inputs unknown or stale */
    LANE_IDLE,        /* arm down, nobody there */
    LANE_PRESENTED,   /* a vehicle on A, no credential yet */
    LANE_DECIDING,    /* credential read, no decision yet */
    LANE_DENIED,      /* refused, the vehicle still on A */
    LANE_OPENING,     /* authorised, arm on its way up */
    LANE_OPEN,        /* authorised, arm up, B not yet reached */
    LANE_PASSING,     /* authorised vehicle under the arm */
    LANE_PASSED,      /* arm up, nobody authorised, about to close */
    LANE_CLOSING,
    LANE_REOPENING, /* obstructed while closing */
    LANE_UNSECURED, /* arm not down, nobody authorised */
    LANE_CROSSING,  /* somebody unauthorised under an arm that is not down */
    LANE_FAULT,     /* the arm does not open; closed for a while */
    LANE_STATES
};

enum lane_event {
    LANE_EV_STALE,
    LANE_EV_FRESH, /* inputs are there (again); resolves what was left open */
    LANE_EV_A_ON,
    LANE_EV_A_OFF,
    LANE_EV_B_ON,
    LANE_EV_B_OFF,
    LANE_EV_C_ON,
    LANE_EV_C_OFF,
    LANE_EV_ARM_UP,
    LANE_EV_ARM_DOWN,
    LANE_EV_ARM_LEFT,   /* left the down limit */
    LANE_EV_OBSTRUCTED, /* photocell, edge or the device's own latch, newly not clear */
    LANE_EV_CREDENTIAL, /* decision side from here ... */
    LANE_EV_ALLOWED,
    LANE_EV_REFUSED,     /* ... to here */
    LANE_EV_OPEN_FAILED, /* refused, expired or not written */
    LANE_EV_CLOSE_FAILED,
    LANE_EV_REFLEX, /* the link thread re-opened by itself */
    LANE_EV_TIMER,
    LANE_EVENTS
};

/* Domain milliseconds; lane_config_default has the defaults of lane.md. */
struct lane_config {
    enum direction direction;
    int loops; /* 2 or 3 */
    int64_t a_debounce_ms;
    int64_t b_clear_ms; /* also C */
    int64_t open_ms;    /* arm up within, else one retry, then fault */
    int64_t hold_open_ms;
    int64_t close_delay_ms;
    int64_t close_ms;        /* arm down within */
    int64_t motion_again_ms; /* after a refused or expired motion command */
    int64_t c_wait_ms;       /* three loops: B clear, C not yet reached */
    int64_t fault_ms;        /* a lane in fault tries again after this */
    int64_t reissue_ms;      /* an open that may have been lost is repeated within this */
    int close_retries;
    int obstructions_max; /* in a row; then hold open */
    bool device_closes;   /* the profile lacks what closing needs: the barrier does it, we never */
};

struct lane_config lane_config_default(enum direction direction, int loops);

/* The debounced inputs, as of the last step. */
struct lane_view {
    bool fresh;
    bool a, b, c;
    bool up, down; /* both limits at once count as neither */
    bool safe;     /* to close: L2 without may_close */
    bool obstructed;
};

/* Facts to record, in order; what they do to the spaces is the agent's business. */
enum lane_fact_kind {
    LANE_FACT_PRESENTED,
    LANE_FACT_AUTHORISED,
    LANE_FACT_REFUSED,
    LANE_FACT_STARTED,
    LANE_FACT_COMPLETED,
    LANE_FACT_VOIDED, /* reason */
    LANE_FACT_UNAUTHORISED,
    LANE_FACT_ENDED, /* outcome */
    LANE_FACT_ALARM, /* alarm, active */
    LANE_FACT_GAP,   /* observations may be missing */
};

struct lane_fact {
    enum lane_fact_kind kind;
    enum reason reason;
    enum outcome outcome;
    enum alarm alarm;
    bool active;
};

enum {
    LANE_ACT_OPEN = 1,
    LANE_ACT_CLOSE = 2, /* never together with OPEN: the later one stands */
    LANE_ACT_CAMERA = 4,
};

/* At most LANE_STEP_FACTS come from one step; an input makes at most LANE_STEPS of them. */
enum { LANE_STEP_FACTS = 10, LANE_STEPS = 12, LANE_FACTS_MAX = LANE_STEP_FACTS * LANE_STEPS };

struct lane_out {
    unsigned acts;
    size_t count;
    struct lane_fact facts[LANE_FACTS_MAX];
};

struct lane {
    struct lane_config config;
    enum lane_state state;
    enum lane_state was; /* while unavailable: the state before */
    struct filter filter;
    struct lane_view view;
    uint32_t bits;        /* as last read */
    struct mono_ms timer; /* INT64_MAX: none */

    bool movement; /* a Movement is open */
    bool authorised;
    bool b_seen;       /* passage.started was recorded */
    bool a_clear_seen; /* since the authorisation, or while crossing */
    bool c_seen;
    bool doubt; /* authorised: inputs were not seen for a while; crossing: A was clear at B on */
    struct mono_ms authorised_at;
    bool stranger; /* told before lane_inputs: another plate was read while nobody looked */

    bool may_close; /* L2 */
    bool held;      /* obstructed too often: until an authorised passage or the arm is down */
    bool vended;    /* the arm went up for an authorised vehicle */
    bool gap;       /* a LANE_FACT_GAP is due */
    int opens;      /* repeats of the running open command */
    int close_failures;
    int obstructions;
    uint32_t alarms; /* bits of enum alarm */
};

/* What a restart brings back. `state` is only read if `movement`. */
struct lane_restored {
    enum lane_state state;
    bool movement, authorised, b_seen, a_clear_seen, c_seen;
    struct mono_ms authorised_at; /* may lie before the start */
};

/* A lane that knows nothing of its inputs yet. `restored` may be NULL. */
void lane_init(struct lane *l, const struct lane_config *config,
               const struct lane_restored *restored);

/* New inputs as on the wire at `at`, a moment not after `now`. Adds to *out. */
void lane_inputs(struct lane *l, uint32_t bits, struct mono_ms at, struct mono_ms now,
                 struct lane_out *out);

/* What the clock alone brings: debounced edges and the timer. Adds to *out. */
void lane_tick(struct lane *l, struct mono_ms now, struct lane_out *out);

/* One event. ERR_CONFLICT: refused (L4), *l and *out are untouched. */
enum err lane_step(struct lane *l, enum lane_event e, struct mono_ms now, struct lane_out *out);

/* When lane_tick has something to do; INT64_MAX: never. */
struct mono_ms lane_deadline(const struct lane *l);

/* A vehicle is on A and waits for a decision. */
bool lane_waiting(const struct lane *l);

/* The green light: go. */
bool lane_green(const struct lane *l);

/* "idle", at most 15 bytes; "" out of range. */
const char *lane_state_word(enum lane_state s);
const char *lane_event_word(enum lane_event e);

/* "down" "up" "moving" "unknown". */
const char *lane_arm_word(const struct lane *l);

#endif
