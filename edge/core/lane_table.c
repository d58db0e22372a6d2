/* What each event does in each state: the table itself. The handlers are in lane_vehicle.c,
 * lane_arm.c, lane_hold.c and lane_resume.c, the rules they share in lane_rule.c. */
#include "edge/core/lane_table.h"

#include "edge/core/lane_rule.h"

void lane_ignore(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

void lane_refuse(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

/* clang-format off */
#define __ lane_ignore
#define NO lane_refuse
#define ROW(state, fresh, a_on, a_off, b_on, b_off, c_on, c_off, up, down, left, sank, obstructed,\
            cred, allow, refuse, open_failed, close_failed, reflex, timer,                        \
            held_open, held_shut, let_go, again, o_open, o_close, o_reset)                        \
    [state] = {[LANE_EV_STALE] = lane_stale, [LANE_EV_FRESH] = fresh, [LANE_EV_A_ON] = a_on,      \
               [LANE_EV_A_OFF] = a_off, [LANE_EV_B_ON] = b_on, [LANE_EV_B_OFF] = b_off,           \
               [LANE_EV_C_ON] = c_on, [LANE_EV_C_OFF] = c_off, [LANE_EV_ARM_UP] = up,             \
               [LANE_EV_ARM_DOWN] = down, [LANE_EV_ARM_LEFT] = left, [LANE_EV_ARM_SANK] = sank,   \
               [LANE_EV_OBSTRUCTED] = obstructed, [LANE_EV_CREDENTIAL] = cred,                    \
               [LANE_EV_ALLOWED] = allow, [LANE_EV_REFUSED] = refuse,                             \
               [LANE_EV_OPEN_FAILED] = open_failed, [LANE_EV_CLOSE_FAILED] = close_failed,        \
               [LANE_EV_REFLEX] = reflex, [LANE_EV_TIMER] = timer,                                \
               [LANE_EV_HELD_OPEN] = held_open, [LANE_EV_HELD_SHUT] = held_shut,                  \
               [LANE_EV_LET_GO] = let_go, [LANE_EV_REARM] = again,                                \
               [LANE_EV_ORDER_OPEN] = o_open, [LANE_EV_ORDER_CLOSE] = o_close,                    \
               [LANE_EV_ORDER_RESET] = o_reset}

/* Four lines each: loops; arm; decisions, results and the timer; modes and orders. */
lane_handler *const lane_table[LANE_STATES][LANE_EVENTS] = {
ROW(LANE_UNAVAILABLE,
    lane_fresh, __, __, __, __, __, __,
    __, __, __, __, __,
    NO, NO, NO, __, __, __, __,
    hold_blind_raise, __, __, __, NO, NO, __),
ROW(LANE_IDLE,
    __, vehicle_idle_a_on, __, vehicle_idle_b_on, __, vehicle_idle_c_on, __,
    __, __, vehicle_arm_left, __, __,
    NO, NO, NO, __, __, __, __,
    rule_rest, hold_rest_shut, rule_rest, vehicle_rearm, hold_order_open, __, __),
ROW(LANE_PRESENTED,
    __, __, vehicle_waiting_left, vehicle_under_arm, __, vehicle_far_side, __,
    __, vehicle_arm_secured, vehicle_arm_left, hold_raise_here, __,
    vehicle_credential, vehicle_allowed, vehicle_refused, __, __, __, hold_waiting_timer,
    hold_raise_here, __, hold_raise_here, __, hold_order_open, hold_order_close, __),
ROW(LANE_DECIDING,
    __, __, vehicle_waiting_left, vehicle_under_arm, __, vehicle_far_side, __,
    __, vehicle_arm_secured, vehicle_arm_left, hold_raise_here, __,
    vehicle_read_again, vehicle_allowed, vehicle_refused, __, __, __, hold_waiting_timer,
    hold_raise_here, __, hold_raise_here, __, hold_order_open, hold_order_close, __),
ROW(LANE_DENIED,
    __, __, vehicle_waiting_left, vehicle_under_arm, __, vehicle_far_side, __,
    __, vehicle_arm_secured, vehicle_arm_left, hold_raise_here, __,
    vehicle_read_again, vehicle_allowed, vehicle_refused, __, __, __, hold_waiting_timer,
    hold_raise_here, __, hold_raise_here, __, hold_order_open, hold_order_close, __),
ROW(LANE_OPENING,
    __, __, vehicle_a_cleared, vehicle_opening_b_on, vehicle_opening_b_off, vehicle_c_reached, __,
    rule_opened, __, __, __, __,
    NO, NO, NO, vehicle_hurry, __, __, vehicle_opening_timer,
    hold_authorised_held_open, hold_opening_shut, __, __, __, NO, __),
ROW(LANE_OPEN,
    __, __, vehicle_a_cleared, vehicle_open_b_on, __, __, __,
    __, vehicle_not_entered, __, __, __,
    NO, NO, NO, __, __, __, vehicle_hold_due,
    hold_authorised_held_open, hold_open_shut, __, __, __, hold_order_close, __),
ROW(LANE_PASSING,
    __, __, vehicle_a_cleared, vehicle_passing_b_on, rule_evaluate, vehicle_c_reached,
    rule_evaluate,
    __, __, __, __, __,
    NO, NO, NO, __, __, __, vehicle_c_missed,
    __, __, __, __, NO, NO, __),
ROW(LANE_PASSED,
    __, __, __, vehicle_under_arm, __, __, __,
    __, rule_rest, __, hold_rest_sank, __,
    NO, NO, NO, __, __, __, rule_close_due,
    rule_rest, hold_rest_shut, rule_rest, __, hold_order_open, hold_order_close, __),
ROW(LANE_CLOSING,
    __, __, __, rule_obstruct, __, __, __,
    rule_obstruct, rule_rest, __, arm_sinks, rule_obstruct,
    NO, NO, NO, __, arm_close_failed, rule_obstruct, arm_closing_timer,
    hold_closing_held_open, hold_moving_shut, __, __, hold_order_open, __, __),
ROW(LANE_RAISING,
    __, __, __, vehicle_under_arm, __, __, __,
    arm_raised, rule_rest, __, __, __,
    NO, NO, NO, vehicle_hurry, __, __, arm_raising_timer,
    __, hold_moving_shut, __, __, hold_order_open, NO, __),
ROW(LANE_UNSECURED,
    __, arm_unsecured_on, __, vehicle_under_arm, __, arm_unsecured_on, __,
    __, rule_rest, __, hold_rest_sank, __,
    NO, NO, NO, __, __, __, rule_close_due,
    rule_rest, hold_rest_shut, rule_rest, vehicle_rearm, hold_order_open, hold_order_close,
    hold_order_reset),
ROW(LANE_CROSSING,
    __, vehicle_crossing_a_on, vehicle_crossing_a_off, __, vehicle_crossing_b_off,
    vehicle_c_reached, __,
    __, __, vehicle_crossing_arm_left, hold_raise_here, __,
    NO, NO, NO, vehicle_hurry, __, __, vehicle_crossing_timer,
    hold_raise_here, __, hold_raise_here, __, NO, NO, __),
ROW(LANE_FAULT,
    __, __, __, vehicle_under_arm, __, vehicle_far_side, __,
    arm_fault_over, __, arm_fault_over, __, __,
    NO, NO, NO, __, __, __, arm_fault_over,
    rule_rest, hold_moving_shut, __, __, hold_order_open, __, hold_order_reset),
};
/* clang-format on */
