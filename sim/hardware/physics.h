/* Vehicles in one lane: where they stand, what the loops see of them, what their drivers do. Pure;
 * one step is at most PHYSICS_STEP_MS of domain time.
 *
 * The lane is a line in millimetres along the direction of travel; the arm is at 0, the vehicles
 * come from the negative side. Vehicles never overlap and never overtake.
 *
 * A driver the wrong way, or at the far side of a reversible lane, comes from the far end; he is alone
 * in the lane when he drives through.
 *
 * P1 A loop is occupied while any part of a vehicle is over it.
 * P2 A driver starts only when the arm rose while he was the first at the column ("opened for
 *    him"), when the barrier is held open, or when an arm has stood open before him for
 *    `assume_open_ms`; a tailgater whenever the one before him drives.
 * P3 A driver who sees the arm leave its upper end before he is over loop B stops.
 * P4 A vehicle has crossed when it has left loop B on the side it did not come from.
 * P5 A vehicle under an arm below STRIKE_PERCENT is reported: as struck when the arm came down on
 *    it, as forced when it drove in under the arm. */
#ifndef BOOMGATE_SIM_HARDWARE_PHYSICS_H
#define BOOMGATE_SIM_HARDWARE_PHYSICS_H

#include "protocol/base/err.h"
#include "protocol/wire/plate_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PHYSICS_STEP_MS = 10,
    LANE_VEHICLES_MAX = 8,
    STRIKE_PERCENT = 50,

    LOOP_A_FROM_MM = -4500,
    LOOP_A_TO_MM = -2500,
    STOP_LINE_MM = -1500, /* where a driver stops for the column */
    LOOP_B_FROM_MM = -1000,
    LOOP_B_TO_MM = 1000,
    BEAM_FROM_MM = -100, /* the photocell */
    BEAM_TO_MM = 100,
    LOOP_C_FROM_MM = 2500,
    LOOP_C_TO_MM = 4500,
    LANE_END_MM = 6500,     /* a tail beyond this has left the lane */
    LANE_BEGIN_MM = -20000, /* where vehicles turn up if the lane is empty */
    LANE_ROOM_MM = -45000,  /* no vehicle turns up behind this */
    VIEW_FROM_MM = -2500,   /* the camera sees a plate when the front is here or beyond */
};

/* What the driver means to do. */
enum intent {
    INTENT_DRIVE,
    INTENT_BACK_OUT_BEFORE, /* touches loop A, leaves before the camera has seen it */
    INTENT_BACK_OUT_AFTER,  /* leaves when the arm is up */
    INTENT_BACK_OUT_UNDER,  /* leaves after standing on loop B */
    INTENT_WAIT,            /* stands at the column whatever the arm does */
    INTENT_FORCE,           /* drives on under any arm */
    INTENT_STAND_UNDER,     /* stops under the arm, drives on when told to drive */
    INTENT_TAILGATE,  /* close after the one before, uninvited: a loop hardly clears between */
    INTENT_FOLLOW,    /* the same with a gap that clears loop B */
    INTENT_WRONG_WAY, /* from the far end, stops on loop B, drives out when the arm is up */
    INTENT_FAR_SIDE,  /* from the far end of a reversible lane, stops on loop C to be let through */
    INTENTS
};

enum phase {
    PHASE_APPROACHING,
    PHASE_WAITING,  /* at the column */
    PHASE_STARTING, /* the arm is up, the driver reacts */
    PHASE_CROSSING,
    PHASE_UNDER, /* stopped on loop B */
    PHASE_REVERSING,
    PHASES
};

struct vehicle {
    uint32_t id;
    enum intent intent;
    int32_t length_mm;
    int32_t top_speed_mm_s;
    struct plate_raw plate;  /* "" has none */
    uint16_t country;        /* ISO 3166-1 numeric */
    bool unreadable;         /* the camera sees a vehicle, and no plate */
    bool wants_ticket;       /* presses the button while he has none */
    struct plate_raw ticket; /* taken here, or brought along; "" none */
    bool brought;            /* ... the latter: he shows it */
    struct plate_raw tag;    /* read from afar as soon as he is on loop A; "" none */
    int32_t patience_ms;     /* before a closed arm at the column; 0: waits for ever */

    enum phase phase;
    int64_t head_um; /* micrometres: speed times milliseconds is exact */
    int32_t speed_mm_s;
    int32_t phase_ms;  /* since the phase began */
    int32_t closed_ms; /* waited before a closed arm */
    int32_t open_ms;   /* waited before an open arm */
    bool invited;      /* P2 */
    bool passing;      /* reported */
    bool crossed;      /* reported */
    bool hurt;         /* P5, reported */
    bool seen;         /* the camera has read it at this column */
    bool tagged;       /* so has the reader its tag */
    int32_t asked_ms;  /* until he presses the button or shows his ticket again */
};

enum report_kind {
    REPORT_AT_COLUMN,
    REPORT_PASSING,     /* the front is over loop B */
    REPORT_CROSSED,     /* P4 */
    REPORT_GONE,        /* left the lane forwards; the vehicle is removed */
    REPORT_BACKED_OUT,  /* left backwards as meant; removed */
    REPORT_TURNED_AWAY, /* left backwards, tired of waiting; removed */
    REPORT_STRUCK,      /* P5 */
    REPORT_FORCED,      /* P5 */
};

struct report {
    enum report_kind kind;
    uint32_t vehicle;
};

enum { REPORTS_MAX = 4 * LANE_VEHICLES_MAX };

/* What happened in one step. */
struct reports {
    struct report items[REPORTS_MAX];
    size_t count;
};

struct lane {
    int32_t patience_ms;                        /* before a closed arm at the column */
    int32_t assume_open_ms;                     /* P2 */
    struct vehicle vehicles[LANE_VEHICLES_MAX]; /* front first */
    size_t count;
};

/* The arm as a driver sees it. */
struct arm_view {
    int percent;
    bool rose;      /* in this step, past the point where drivers start */
    bool held_open; /* hold open or fire: everybody drives */
    bool falling;
};

struct loops {
    bool a, b, c;
    bool beam; /* broken */
};

/* Puts a vehicle (id, intent, length, speed, patience and what identifies it set) at the end of the lane,
 * or at its far end. ERR_FULL: no room. */
enum err lane_enter(struct lane *l, const struct vehicle *v);

/* Lets dt_ms <= PHYSICS_STEP_MS pass. Appends to *ret. */
void lane_step(struct lane *l, const struct arm_view *arm, int32_t dt_ms, struct reports *ret);

struct loops lane_loops(const struct lane *l);

/* The one at the column, or NULL. */
struct vehicle *lane_at_column(struct lane *l);

/* The vehicle whose plate the camera at the column sees, or NULL. */
struct vehicle *lane_in_view(struct lane *l);

struct vehicle *lane_find(struct lane *l, uint32_t id); /* NULL: not in the lane */

#endif
