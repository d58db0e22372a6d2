/* The lane machine: which state a lane is in, what each observation, decision, order and timer does
 * to it. A dense [state][event] table (lane_table.c) for the vehicle and the arm; what holds the lane
 * as a whole (fire, a lock, the service key) is a set of modes beside it whose priority is a table
 * of its own (lane_mode.c). Pure: time is an argument, outputs are values.
 *
 * L1 Never open and close in one step.
 * L2 A close only from the upper limit, with B, photocell and edge clear and fresh, nothing in
 *    lane_mode.c against it, and if loop B was seen on and then off since the arm was last found up,
 *    or we opened it from the lower limit, or a person commands it (`may_close`). Both limits at
 *    once, or neither, is nowhere: no close.
 * L3 Only `allow`, a person's order, fire, a hold, the policy for lost mains, and an obstruction met
 *    while closing raise the arm. A denied vehicle never does, and nobody is let through a locked
 *    lane.
 * L4 A decision or an order that does not fit the state is ERR_CONFLICT and changes nothing;
 *    observations are never refused.
 * L5 One timer, whose meaning is the state's. Conditions that only last too long have clocks of
 *    their own (lane_watch.h).
 * L6 Under a local stop or the service key, and with the arm broken off, nothing moves.
 * L7 Fire opens and stays, until a person resets it and the input is quiet.
 * L8 Each raising of an arm that is not up has one LANE_FACT_OPENED with its cause, except repeats
 *    of the same one. An arm that turned round by itself while closing counts as raised. */
#ifndef BOOMGATE_EDGE_CORE_LANE_H
#define BOOMGATE_EDGE_CORE_LANE_H

#include "edge/core/filter.h"
#include "edge/core/lane_watch.h"
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
    LANE_RAISING,   /* on its way up, nobody authorised: obstructed while closing, held, fire */
    LANE_UNSECURED, /* arm not down, nobody authorised */
    LANE_CROSSING,  /* somebody unauthorised on B */
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
    LANE_EV_ARM_SANK,   /* left the upper limit */
    LANE_EV_OBSTRUCTED, /* photocell, edge or the device's own latch, newly not clear */
    LANE_EV_CREDENTIAL, /* decision side from here ... */
    LANE_EV_ALLOWED,
    LANE_EV_REFUSED,     /* ... to here */
    LANE_EV_OPEN_FAILED, /* refused, expired or not written */
    LANE_EV_CLOSE_FAILED,
    LANE_EV_REFLEX, /* the link thread re-opened by itself */
    LANE_EV_TIMER,
    LANE_EV_HELD_OPEN, /* a mode that opens began: fire, a hold, lost mains */
    LANE_EV_HELD_SHUT, /* a mode that opens nothing began: lock, local control, a broken arm */
    LANE_EV_LET_GO,    /* a mode ended */
    LANE_EV_REARM,     /* a vehicle was read at a loop A that is ignored */
    LANE_EV_ORDER_OPEN,
    LANE_EV_ORDER_CLOSE,
    LANE_EV_ORDER_RESET,
    LANE_EVENTS
};

/* What the arm does when the mains are lost. */
enum lane_mains { LANE_MAINS_IN_PLACE, LANE_MAINS_OPEN, LANE_MAINS_CLOSED };

/* Domain milliseconds; lane_config_default has the defaults of lane.md. */
struct lane_config {
    enum direction direction; /* reversible: three loops */
    int loops;                /* 2 or 3 */
    enum lane_mains mains;
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
    int64_t a_to_b_ms;       /* who left A for longer is not the one on B */
    int64_t a_stuck_ms;      /* A on, and nobody identified, for this long: ignored for arming */
    int64_t b_stuck_ms;      /* B on under an arm that is not down for this long */
    int64_t limits_ms;       /* both limits, or neither without motion, for this long */
    int64_t fire_ms;         /* the fire input has to last */
    int64_t service_ms;      /* so have mains, battery, cabinet and buttons */
    int close_retries;
    int obstructions_max; /* in a row; then hold open */
    bool device_closes;   /* the profile lacks what closing needs: the barrier does it, we never */
};

struct lane_config lane_config_default(enum direction direction, int loops);

/* The debounced inputs, as of the last step. `a` is the loop before the arm, `c` the one behind it,
 * as seen by the Movement: exchanged while a reversible lane is used from its far side. */
struct lane_view {
    bool fresh;
    bool a, b, c;
    bool up, down; /* both limits at once count as neither; so do all of a broken arm */
    bool safe;     /* to close: B, photocell and edge */
    bool obstructed;
};

/* Facts to record, in order; what they do to the spaces is the agent's business. */
enum lane_fact_kind {
    LANE_FACT_PRESENTED,
    LANE_FACT_AUTHORISED, /* manual: by a person */
    LANE_FACT_REFUSED,    /* reason: NONE if it was the agent's own refusal */
    LANE_FACT_STARTED,
    LANE_FACT_COMPLETED,
    LANE_FACT_VOIDED, /* reason */
    LANE_FACT_UNAUTHORISED,
    LANE_FACT_ENDED,  /* outcome */
    LANE_FACT_ALARM,  /* alarm, active */
    LANE_FACT_GAP,    /* observations may be missing */
    LANE_FACT_OPENED, /* cause: NONE for the vehicle just authorised */
    LANE_FACT_MODE,   /* mode, active */
};

struct lane_fact {
    enum lane_fact_kind kind;
    enum direction direction; /* of the Movement */
    enum reason reason;
    enum outcome outcome;
    enum alarm alarm;
    enum cause cause;
    enum lane_mode mode;
    bool active;
    bool manual;
};

enum {
    LANE_ACT_OPEN = 1,
    LANE_ACT_CLOSE = 2, /* of these three the latest stands */
    LANE_ACT_STOP = 4,
    LANE_ACT_CAMERA = 8,
};

/* At most LANE_STEP_FACTS come from one step; an input makes at most LANE_STEPS of them. */
enum { LANE_STEP_FACTS = 14, LANE_STEPS = 24, LANE_FACTS_MAX = LANE_STEP_FACTS * LANE_STEPS };

struct lane_out {
    unsigned acts;
    size_t count;
    struct lane_fact facts[LANE_FACTS_MAX];
};

struct lane {
    struct lane_config config;
    enum lane_state state;
    enum lane_state was; /* while unavailable: the state before */
    bool was_down;       /* ... and whether the arm was down */
    struct filter filter;
    struct lane_view view;
    struct lane_watch watch;
    uint32_t bits;        /* as last read */
    struct mono_ms timer; /* INT64_MAX: none */

    bool movement;   /* a Movement is open */
    bool reversed;   /* it goes, or the next will go, from loop C to loop A */
    bool identified; /* a credential was read */
    bool authorised;
    bool b_seen;       /* passage.started was recorded */
    bool a_left;       /* A was clear since the authorisation */
    bool a_clear_seen; /* ... while B was on; or while crossing */
    bool c_seen;
    bool followed;  /* A fell twice while B was on: somebody is close behind */
    bool far;       /* crossing: came from the far side */
    bool a_reached; /* crossing: ... and got to A */
    bool doubt; /* authorised: inputs were not seen for a while; crossing: A was clear at B on */
    bool once;  /* of lane_restored; until the inputs are there */
    struct mono_ms authorised_at;
    struct mono_ms a_off_at; /* A fell last */
    bool stranger; /* told before lane_inputs: another plate was read while nobody looked */

    uint32_t modes;        /* bits of enum lane_mode */
    enum cause fire_cause; /* FIRE or EVACUATION */
    enum cause ordered_by; /* MANUAL or REMOTE: the last order */
    bool a_ignored;        /* until A is clear: stuck, or a vehicle that came the wrong way */

    bool may_close; /* L2 */
    bool jammed;    /* obstructed too often: until an authorised passage or the arm is down */
    bool vended;    /* the arm went up for an authorised vehicle */
    bool gap;       /* a LANE_FACT_GAP is due */
    bool sank;      /* closing: it left the upper limit */
    int opens;      /* repeats of the running open command */
    int close_failures;
    int obstructions;
    uint32_t alarms; /* bits of enum alarm: what was said to be active */
};

/* What a restart brings back. `state` and what follows `movement` are only read if `movement`. */
struct lane_restored {
    uint32_t modes, alarms;
    enum lane_state state;
    bool movement, reversed, identified, authorised, b_seen, a_clear_seen, c_seen;
    bool once; /* a person let it through: the arm is not raised again on an order of before */
    struct mono_ms authorised_at; /* may lie before the start */
};

/* A lane that knows nothing of its inputs yet. `restored` may be NULL. */
void lane_init(struct lane *l, const struct lane_config *config,
               const struct lane_restored *restored);

/* New inputs as on the wire at `at`, a moment not after `now`. Adds to *out. */
void lane_inputs(struct lane *l, uint32_t bits, struct mono_ms at, struct mono_ms now,
                 struct lane_out *out);

/* What the clock alone brings: debounced edges, the timer, what lasts too long. Adds to *out. */
void lane_tick(struct lane *l, struct mono_ms now, struct lane_out *out);

/* One event. ERR_CONFLICT: refused (L4), *l and *out are untouched. */
enum err lane_step(struct lane *l, enum lane_event e, struct mono_ms now, struct lane_out *out);

/* What a person orders, here (CAUSE_MANUAL) or from afar (CAUSE_REMOTE): COMMAND_OPEN (the vehicle
 * on A may pass), _CLOSE, _HOLD_OPEN, _RELEASE, _LOCK, _UNLOCK, _RESET_FAULT. ERR_OK: it is carried
 * out as far as the machine goes, or was the case already; adds to *out. ERR_DENIED: it is not, and
 * *ret_why says why: `local`, `fire`, `arm_broken`, `unavailable`, `unsafe` (B, photocell or safety
 * edge; an arm whose place is not known), `held_open`, `locked`, `no_vehicle`, `state`. ERR_INVAL:
 * no such order. */
enum err lane_order(struct lane *l, enum lane_command order, enum cause by, struct mono_ms now,
                    struct lane_out *out, enum reason *ret_why);

/* Another lane's fire (CAUSE_EVACUATION), or this one's: latches. */
void lane_fire(struct lane *l, enum cause cause, struct mono_ms now, struct lane_out *out);

/* When lane_tick has something to do; INT64_MAX: never. */
struct mono_ms lane_deadline(const struct lane *l);

/* A vehicle is on A and waits for a decision. */
bool lane_waiting(const struct lane *l);

/* Nobody is in the lane and nothing moves or is about to: nothing is lost by looking away. */
bool lane_quiet(const struct lane *l);

/* Something is on the loop before the arm, which a person may let through even if the loop is ignored. */
bool lane_somebody_near(const struct lane *l);

/* The direction of the Movement that is open, or of the last or next one. */
enum direction lane_direction(const struct lane *l);

/* Crossings may be missed: a loop is stuck. */
bool lane_degraded(const struct lane *l);

/* The green light: go. */
bool lane_green(const struct lane *l);

/* "idle", at most 15 bytes; "" out of range. */
const char *lane_state_word(enum lane_state s);
const char *lane_event_word(enum lane_event e);

/* "down" "up" "moving" "unknown". */
const char *lane_arm_word(const struct lane *l);

#endif
