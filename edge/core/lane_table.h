/* The table behind lane_step. Private to the lane machine; tests walk it. */
#ifndef BOOMGATE_EDGE_CORE_LANE_TABLE_H
#define BOOMGATE_EDGE_CORE_LANE_TABLE_H

#include "edge/core/lane.h"

typedef void lane_handler(struct lane *l, struct mono_ms now, struct lane_out *out);

/* Every cell is filled; lane_refuse marks the refused pairs and is never called. */
extern lane_handler *const lane_table[LANE_STATES][LANE_EVENTS];

lane_handler lane_refuse;
lane_handler lane_ignore;

/* Going away and coming back (lane_resume.c). */
lane_handler lane_stale;
lane_handler lane_fresh;

/* The arm left its place, and nobody told it to. */
lane_handler lane_forced;
lane_handler lane_reached_far_side;

#endif
