/* What a person may order of a lane, and what it is told when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

static void somebody_waits(struct bench *b, enum direction direction)
{
    bench_present(b, direction, 2);
    bench_event(b, LANE_EV_REFUSED);
    bench_said(b, LANE_DENIED, "presented CAMERA refused");
}

static void open_lets_the_vehicle_on_a_through(void **state)
{
    (void)state;
    struct bench b;
    somebody_waits(&b, DIRECTION_EXIT);
    bench_order(&b, COMMAND_OPEN);
    bench_said(&b, LANE_OPENING, "manual opened:remote OPEN");
    bench_order(&b, COMMAND_OPEN); /* it is being done */
    bench_said(&b, LANE_OPENING, "");
    bench_arm_up(&b);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void open_needs_a_vehicle(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_refused(&b, COMMAND_OPEN, REASON_NO_VEHICLE);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_refused(&b, COMMAND_OPEN, REASON_STATE); /* who is on A now is the next one */
}

static void open_gets_a_lane_out_of_fault(void **state)
{
    (void)state;
    struct bench b;
    somebody_waits(&b, DIRECTION_ENTRY);
    bench_order(&b, COMMAND_OPEN);
    bench_wait(&b, 12000);
    bench_said(&b, LANE_FAULT,
               "manual opened:remote OPEN OPEN +open_timeout void:open_timeout ended:denied");
    bench_order(&b, COMMAND_OPEN);
    bench_said(&b, LANE_OPENING, "presented manual opened:remote OPEN CAMERA");
    bench_arm_up(&b);
    bench_said(&b, LANE_OPEN, "-open_timeout");
}

static void open_turns_a_closing_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "started completed ended:drove_through CLOSE");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_order(&b, COMMAND_OPEN); /* the arm has not moved yet: still no open way */
    bench_said(&b, LANE_OPENING, "presented manual OPEN CAMERA");
    bench_wait(&b, 6000);
    bench_said(&b, LANE_OPEN, "");
}

static void close_lowers_an_arm_that_stayed_up(void **state)
{
    (void)state;
    struct bench b;
    bench_restart(&b, DIRECTION_ENTRY, 2, NULL);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    bench_see(&b);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_LOOP_B);
    bench_refused(&b, COMMAND_CLOSE, REASON_UNSAFE);
    bench_restart(&b, DIRECTION_ENTRY, 2, NULL);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    bench_see(&b);
    bench_order(&b, COMMAND_CLOSE);
    bench_said(&b, LANE_CLOSING, "CLOSE");
    bench_off(&b, IN_EDGE_OK); /* a person's order does not hit anybody either */
    bench_said(&b, LANE_RAISING, "OPEN");
}

static void close_takes_back_what_was_allowed(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_order(&b, COMMAND_CLOSE); /* it is closed */
    bench_said(&b, LANE_IDLE, "");
    bench_let_in(&b);
    bench_order(&b, COMMAND_CLOSE);
    bench_said(&b, LANE_CLOSING, "void:closed ended:denied CLOSE");
    bench_off(&b, IN_ARM_UP);
    bench_refused(&b, COMMAND_CLOSE, REASON_STATE); /* on its way */
    bench_on(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
}

static void hold_open_and_release(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_order(&b, COMMAND_HOLD_OPEN);
    bench_said(&b, LANE_RAISING, "+hold_open opened:remote OPEN");
    bench_order(&b, COMMAND_HOLD_OPEN);
    bench_said(&b, LANE_RAISING, "");
    bench_arm_up(&b);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_refused(&b, COMMAND_CLOSE, REASON_HELD_OPEN);
    bench_order(&b, COMMAND_RELEASE);
    bench_said(&b, LANE_UNSECURED, "-hold_open");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void a_hold_is_an_arm_that_has_to_get_there(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_order(&b, COMMAND_HOLD_OPEN);
    bench_wait(&b, 12000);
    bench_said(&b, LANE_FAULT, "+hold_open opened:remote OPEN OPEN +open_timeout");
    bench_wait(&b, 60000);
    bench_said(&b, LANE_RAISING, "opened:remote OPEN");
    bench_order(&b, COMMAND_RELEASE);
    bench_wait(&b, 12000);
    bench_said(&b, LANE_IDLE, "-hold_open OPEN");
}

static void lock_closes_and_lets_nobody_in(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_order(&b, COMMAND_LOCK);
    bench_said(&b, LANE_UNSECURED, "+lock void:locked ended:denied");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    bench_event(&b, LANE_EV_ALLOWED); /* whoever says so */
    bench_said(&b, LANE_DENIED, "refused");
    bench_refused(&b, COMMAND_OPEN, REASON_LOCKED);
    bench_order(&b, COMMAND_UNLOCK);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPENING, "-lock authorised OPEN");
}

/* hold_open is the stronger one, and fire stronger than all of them. */
static void priorities(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_order(&b, COMMAND_LOCK);
    bench_order(&b, COMMAND_HOLD_OPEN);
    bench_said(&b, LANE_RAISING, "+lock +hold_open opened:remote OPEN");
    bench_arm_up(&b);
    bench_on(&b, IN_FIRE);
    bench_wait(&b, 100);
    bench_said(&b, LANE_UNSECURED, "+fire");
    bench_refused(&b, COMMAND_CLOSE, REASON_FIRE);
    bench_refused(&b, COMMAND_LOCK, REASON_FIRE);
    bench_refused(&b, COMMAND_HOLD_OPEN, REASON_FIRE);
    bench_refused(&b, COMMAND_RESET_FAULT, REASON_FIRE);
    bench_on(&b, IN_LOCAL_MODE);
    bench_refused(&b, COMMAND_CLOSE, REASON_LOCAL);
    bench_refused(&b, COMMAND_HOLD_OPEN, REASON_LOCAL);
    bench_off(&b, IN_LOCAL_MODE);
    bench_off(&b, IN_FIRE);
    bench_order(&b, COMMAND_RESET_FAULT);
    bench_order(&b, COMMAND_RELEASE);
    bench_said(&b, LANE_UNSECURED, "+local -local -fire -hold_open");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void nothing_is_ordered_of_a_silent_device(void **state)
{
    (void)state;
    static const enum lane_command moving[] = {COMMAND_OPEN, COMMAND_CLOSE, COMMAND_HOLD_OPEN};
    struct bench b;
    somebody_waits(&b, DIRECTION_ENTRY);
    bench_event(&b, LANE_EV_STALE);
    for (size_t i = 0; i < 3; i++)
        bench_refused(&b, moving[i], REASON_UNAVAILABLE);
    struct lane_out out = {0};
    enum reason why;
    assert_int_equal(
        lane_order(&b.lane, COMMAND_STOP, CAUSE_REMOTE, (struct mono_ms){b.t}, &out, &why),
        ERR_INVAL);
}

static void reset_ends_a_fault_and_a_jam(void **state)
{
    (void)state;
    struct bench b;
    somebody_waits(&b, DIRECTION_ENTRY);
    bench_order(&b, COMMAND_OPEN);
    bench_wait(&b, 12000);
    bench_said(&b, LANE_FAULT,
               "manual opened:remote OPEN OPEN +open_timeout void:open_timeout ended:denied");
    bench_order(&b, COMMAND_RESET_FAULT);
    bench_said(&b, LANE_PRESENTED, "-open_timeout presented CAMERA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_lets_the_vehicle_on_a_through),
        cmocka_unit_test(open_needs_a_vehicle),
        cmocka_unit_test(open_gets_a_lane_out_of_fault),
        cmocka_unit_test(open_turns_a_closing_arm),
        cmocka_unit_test(close_lowers_an_arm_that_stayed_up),
        cmocka_unit_test(close_takes_back_what_was_allowed),
        cmocka_unit_test(hold_open_and_release),
        cmocka_unit_test(a_hold_is_an_arm_that_has_to_get_there),
        cmocka_unit_test(lock_closes_and_lets_nobody_in),
        cmocka_unit_test(priorities),
        cmocka_unit_test(nothing_is_ordered_of_a_silent_device),
        cmocka_unit_test(reset_ends_a_fault_and_a_jam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
