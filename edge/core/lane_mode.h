/* What holds a lane as a whole, and what it forbids: the priorities of lane.md as a table. */
#ifndef BOOMGATE_EDGE_CORE_LANE_MODE_H
#define BOOMGATE_EDGE_CORE_LANE_MODE_H

#include "edge/core/lane.h"

/* What may be forbidden. */
enum lane_wish {
    WISH_MOVE = 1,  /* any motion at all, re-opening included */
    WISH_ADMIT = 2, /* a vehicle let through by a decision */
    WISH_ORDER = 4, /* ... by a person */
    WISH_RAISE = 8, /* the arm raised to stay */
    WISH_CLOSE = 16,
};

/* The reason of the strongest row that forbids `w`; REASON_NONE: it may be. */
enum reason lane_bar(const struct lane *l, enum lane_wish w);

bool lane_has(const struct lane *l, enum lane_mode m);

/* The strongest mode; LANE_MODE_NONE: none. */
enum lane_mode lane_mode_of(const struct lane *l);

/* The arm is to stand open, whoever comes: fire, a hold, the policy for lost mains. */
bool lane_wants_open(const struct lane *l);

/* Why it is to: the cause of the opening. */
enum cause mode_cause(const struct lane *l);

bool lane_arm_broken(const struct lane *l);

/* Begins or ends a mode and steps the event that follows from it; nothing if it is so already. */
void mode_set(struct lane *l, enum lane_mode m, bool on, struct mono_ms now, struct lane_out *out);

/* Local stop and service key as the inputs say. */
void mode_inputs(struct lane *l, struct mono_ms now, struct lane_out *out);

#endif
