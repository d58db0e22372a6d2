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

/* A vehicle that waits, that is authorised, that nobody authorised (lane_vehicle.c). */
lane_handler vehicle_idle_a_on;
lane_handler vehicle_idle_c_on;
lane_handler vehicle_idle_b_on;
lane_handler vehicle_arm_left;
lane_handler vehicle_waiting_left;
lane_handler vehicle_under_arm;
lane_handler vehicle_arm_secured;
lane_handler vehicle_credential;
lane_handler vehicle_read_again;
lane_handler vehicle_rearm;
lane_handler vehicle_refused;
lane_handler vehicle_allowed;
lane_handler vehicle_a_cleared;
lane_handler vehicle_c_reached;
lane_handler vehicle_opening_b_on;
lane_handler vehicle_opening_b_off;
lane_handler vehicle_opening_timer;
lane_handler vehicle_hurry;
lane_handler vehicle_open_b_on;
lane_handler vehicle_not_entered;
lane_handler vehicle_hold_due;
lane_handler vehicle_passing_b_on;
lane_handler vehicle_c_missed;
lane_handler vehicle_crossing_a_on;
lane_handler vehicle_crossing_a_off;
lane_handler vehicle_crossing_b_off;
lane_handler vehicle_crossing_timer;
lane_handler vehicle_forced;
lane_handler vehicle_crossing_arm_left;
lane_handler vehicle_far_side;

/* An arm on its way, or not down with nobody authorised (lane_arm.c). */
lane_handler arm_closing_timer;
lane_handler arm_sinks;
lane_handler arm_close_failed;
lane_handler arm_raised;
lane_handler arm_raising_timer;
lane_handler arm_unsecured_on;
lane_handler arm_fault_over;

/* What holds the whole lane, and orders (lane_hold.c). */
lane_handler hold_raise_here;
lane_handler hold_waiting_timer;
lane_handler hold_rest_sank;
lane_handler hold_blind_raise;
lane_handler hold_authorised_held_open;
lane_handler hold_closing_held_open;
lane_handler hold_rest_shut;
lane_handler hold_moving_shut;
lane_handler hold_opening_shut;
lane_handler hold_open_shut;
lane_handler hold_order_open;
lane_handler hold_order_close;
lane_handler hold_order_reset;

#endif
