/* The abnormal cases of lane.md: inputs in, facts and commands out. test_lane_walk.c says which test is
 * about which row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

static void open_timeout_retries_once_then_fault(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPENING, "presented CAMERA authorised OPEN");
    bench_wait(&b, 6000);
    bench_said(&b, LANE_OPENING, "OPEN");
    bench_wait(&b, 6000);
    bench_said(&b, LANE_FAULT, "+open_timeout void:open_timeout ended:denied");
    bench_wait(&b, 59999);
    bench_said(&b, LANE_FAULT, "");
    bench_wait(&b, 1); /* tries again with whoever stands there */
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    bench_event(&b, LANE_EV_ALLOWED);
    bench_arm_up(&b);
    bench_said(&b, LANE_OPEN, "authorised OPEN -open_timeout");
}

static void refused_open_is_repeated_soon(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_event(&b, LANE_EV_OPEN_FAILED);
    bench_said(&b, LANE_OPENING, "presented CAMERA authorised OPEN");
    bench_wait(&b, 500);
    bench_said(&b, LANE_OPENING, "OPEN");
}

static void arm_that_stops_half_way_is_left_alone(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_off(&b, IN_ARM_DOWN);
    bench_wait(&b, 12000);
    bench_said(&b, LANE_UNSECURED,
               "presented CAMERA authorised OPEN OPEN +open_timeout void:open_timeout "
               "ended:denied");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "+limits");
}

/* An authorised vehicle is through and the arm on its way down. */
static void closing(struct bench *b, enum direction direction)
{
    bench_init(b, direction, 2);
    bench_let_in(b);
    bench_drive_through(b);
    bench_wait(b, 1000);
    bench_said(b, LANE_CLOSING, "started completed ended:drove_through CLOSE");
    bench_off(b, IN_ARM_UP);
}

static void close_timeout_is_not_secured(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_wait(&b, 8000);
    bench_said(&b, LANE_UNSECURED, "+close_timeout");
    bench_wait(&b, 600000); /* no second attempt by itself */
    bench_said(&b, LANE_UNSECURED, "+limits");
    bench_on(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_IDLE, "-limits -close_timeout");
}

static void obstructed_close_reopens_at_once(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_off(&b, IN_PHOTOCELL_CLEAR);
    bench_said(&b, LANE_RAISING, "opened:obstruction OPEN");
    bench_wait(&b, 1000);
    bench_on(&b, IN_ARM_UP);
    bench_wait(&b, 5000); /* waits until it is clear */
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_PHOTOCELL_CLEAR);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void three_obstructions_hold_open(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    for (int i = 0; i < 3; i++) {
        bench_off(&b, IN_EDGE_OK);
        bench_wait(&b, 500);
        bench_on(&b, IN_EDGE_OK);
        bench_on(&b, IN_ARM_UP);
        bench_said(&b, i < 2 ? LANE_UNSECURED : LANE_UNSECURED,
                   i < 2 ? "opened:obstruction OPEN" : "opened:obstruction +obstructed OPEN");
        bench_wait(&b, 1000);
        bench_said(&b, i < 2 ? LANE_CLOSING : LANE_UNSECURED, i < 2 ? "CLOSE" : "");
        if (i < 2)
            bench_off(&b, IN_ARM_UP);
    }
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "");
    /* The next authorised passage ends it. */
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING,
               "presented CAMERA authorised OPEN started completed ended:drove_through CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_IDLE, "-obstructed");
}

static void the_reflex_counts_as_an_obstruction(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_event(&b, LANE_EV_REFLEX);
    bench_said(&b, LANE_RAISING, "opened:obstruction OPEN");
}

/* L8: by its own safety chain, between two scans or seen with what it met. */
static void a_barrier_that_turns_round_by_itself_is_told(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_on(&b, IN_ARM_UP);
    bench_said(&b, LANE_RAISING, "opened:obstruction OPEN");
    closing(&b, DIRECTION_ENTRY);
    b.bits |= 1U << IN_ARM_UP;
    bench_off(&b, IN_PHOTOCELL_CLEAR);
    bench_said(&b, LANE_UNSECURED, "opened:obstruction OPEN");
}

/* L8: told to close and to open again before it has moved. */
static void an_arm_that_did_not_move_yet_is_not_opened(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_on(&b, IN_ARM_UP);
    bench_wait(&b, 7000);
    bench_said(&b, LANE_CLOSING, "opened:obstruction OPEN CLOSE");
    bench_off(&b, IN_PHOTOCELL_CLEAR);
    bench_said(&b, LANE_RAISING, "OPEN");
}

static void tailgater_is_never_hit(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_CLOSING, "");
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_CROSSING, "opened:obstruction +unauthorised OPEN");
    bench_on(&b, IN_ARM_UP);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_UNSECURED, "unauthorised ended:tailgated");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_IDLE, "-unauthorised");
}

static void tailgater_before_the_arm_moves(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 150);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 150);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_CROSSING, "+unauthorised");
    bench_wait(&b, 60000);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_UNSECURED, "unauthorised ended:tailgated");
}

/* Under an arm that stays down: a broken boom, a motorcycle, a driver who does not care. */
static void crossing_under_a_closed_arm(void **state)
{
    (void)state;
    for (int loops = 2; loops <= 3; loops++) {
        struct bench b;
        bench_present(&b, DIRECTION_ENTRY, loops);
        bench_said(&b, LANE_PRESENTED, "presented CAMERA");
        bench_on(&b, IN_LOOP_B);
        bench_wait(&b, 300);
        bench_off(&b, IN_LOOP_A);
        bench_wait(&b, 300);
        bench_said(&b, LANE_CROSSING, "+unauthorised");
        if (loops == 3) {
            bench_on(&b, IN_LOOP_C);
            bench_wait(&b, 300);
        }
        bench_off(&b, IN_LOOP_B);
        bench_wait(&b, 300);
        bench_said(&b, LANE_IDLE, "unauthorised ended:manual -unauthorised");
    }
}

/* Long enough to be on A, B and C at once. */
static void long_vehicle_under_a_closed_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 3);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    bench_on(&b, IN_LOOP_C);
    bench_wait(&b, 300);
    bench_said(&b, LANE_CROSSING, "+unauthorised");
    bench_off(&b, IN_LOOP_A);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_said(&b, LANE_IDLE, "unauthorised ended:manual -unauthorised");
}

/* A nose on B and back again is no crossing, and the decision goes on meanwhile. */
static void nose_under_a_closed_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 3);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 300);
    bench_said(&b, LANE_IDLE, "presented CAMERA ended:backed_out");
}

static void would_be_tailgater_backs_off(void **state)
{
    (void)state;
    struct bench b;
    closing(&b, DIRECTION_ENTRY);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_UNSECURED, "opened:obstruction +unauthorised OPEN");
}

static void second_vehicle_on_b_before_c_is_clear(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_on(&b, IN_LOOP_C);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 200);
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_CROSSING, "started completed ended:drove_through +unauthorised");
}

static void forced_arm_and_who_drives_through(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_arm_up(&b);
    bench_said(&b, LANE_UNSECURED, "opened:forced +forced");
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA"); /* plates are still read */
    bench_event(&b, LANE_EV_REFUSED);
    bench_drive_through(&b);
    bench_said(&b, LANE_UNSECURED, "refused +unauthorised unauthorised ended:manual");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_IDLE, "-forced -unauthorised");
}

static void forced_while_a_vehicle_waits(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_EXIT, 2);
    bench_off(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA opened:forced +forced");
    bench_on(&b, IN_ARM_UP);
    bench_event(&b, LANE_EV_ALLOWED); /* then it may as well go */
    bench_said(&b, LANE_OPEN, "authorised OPEN");
}

static void forced_over_who_comes_the_wrong_way(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_on(&b, IN_LOOP_C);
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_CROSSING, "+wrong_way");
    bench_off(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_CROSSING, "opened:forced +forced");
}

static void silent_device_and_its_return(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_STALE);
    bench_said(&b, LANE_UNAVAILABLE, "+device_silent");
    bench_wait(&b, 60000);
    bench_see(&b);
    bench_said(&b, LANE_IDLE, "-device_silent gap");
}

static void silence_in_mid_passage(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_event(&b, LANE_EV_STALE);
    bench_said(&b, LANE_UNAVAILABLE, "started +device_silent");
    b.bits = (b.bits & ~(1U << IN_LOOP_A | 1U << IN_LOOP_B));
    bench_see(&b); /* an entry in doubt counts in; the arm is not closed by us */
    bench_said(&b, LANE_UNSECURED, "-device_silent gap completed ended:uncertain");
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "");
}

static void silence_before_the_vehicle_moved(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_let_in(&b);
    bench_event(&b, LANE_EV_STALE);
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED,
               "+device_silent -device_silent gap void:uncertain ended:uncertain presented CAMERA");
    bench_event(&b, LANE_EV_ALLOWED); /* asked anew: paid a moment ago */
    bench_said(&b, LANE_OPEN, "authorised OPEN");
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE"); /* B was seen on and off */
}

static void no_close_while_anything_is_unsafe(void **state)
{
    (void)state;
    static const enum lane_input off_is_unsafe[] = {IN_PHOTOCELL_CLEAR, IN_EDGE_OK};
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        bench_init(&b, DIRECTION_ENTRY, 2);
        bench_let_in(&b);
        bench_off(&b, off_is_unsafe[i]);
        bench_drive_through(&b);
        bench_wait(&b, 30000);
        bench_said(&b, LANE_UNSECURED, "started completed ended:drove_through");
    }
    static const enum lane_input on_is_unsafe[] = {IN_FAULT_B, IN_FIRE, IN_ARM_DOWN};
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        bench_init(&b, DIRECTION_ENTRY, 2);
        bench_let_in(&b);
        bench_drive_through(&b);
        bench_on(&b, on_is_unsafe[i]);
        bench_wait(&b, 30000);
        assert_null(strstr(b.said, "CLOSE"));
    }
}

static void refused_close_is_tried_again_within_bounds(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "started completed ended:drove_through CLOSE");
    for (int i = 0; i < 10; i++) {
        bench_event(&b, LANE_EV_CLOSE_FAILED);
        bench_wait(&b, 500);
        bench_said(&b, LANE_CLOSING, "CLOSE");
    }
    bench_event(&b, LANE_EV_CLOSE_FAILED);
    bench_said(&b, LANE_UNSECURED, "+close_timeout");
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "");
}

static void one_scan_that_shows_everything_at_once(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    /* A and B fall in one scan; their debouncing ends in one tick. */
    b.bits &= ~(1U << IN_LOOP_A | 1U << IN_LOOP_B);
    bench_see(&b);
    b.t += 1000;
    bench_wait(&b, 0);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_timeout_retries_once_then_fault),
        cmocka_unit_test(refused_open_is_repeated_soon),
        cmocka_unit_test(arm_that_stops_half_way_is_left_alone),
        cmocka_unit_test(close_timeout_is_not_secured),
        cmocka_unit_test(obstructed_close_reopens_at_once),
        cmocka_unit_test(three_obstructions_hold_open),
        cmocka_unit_test(the_reflex_counts_as_an_obstruction),
        cmocka_unit_test(a_barrier_that_turns_round_by_itself_is_told),
        cmocka_unit_test(an_arm_that_did_not_move_yet_is_not_opened),
        cmocka_unit_test(tailgater_is_never_hit),
        cmocka_unit_test(tailgater_before_the_arm_moves),
        cmocka_unit_test(crossing_under_a_closed_arm),
        cmocka_unit_test(long_vehicle_under_a_closed_arm),
        cmocka_unit_test(nose_under_a_closed_arm),
        cmocka_unit_test(would_be_tailgater_backs_off),
        cmocka_unit_test(second_vehicle_on_b_before_c_is_clear),
        cmocka_unit_test(forced_arm_and_who_drives_through),
        cmocka_unit_test(forced_while_a_vehicle_waits),
        cmocka_unit_test(forced_over_who_comes_the_wrong_way),
        cmocka_unit_test(silent_device_and_its_return),
        cmocka_unit_test(silence_in_mid_passage),
        cmocka_unit_test(silence_before_the_vehicle_moved),
        cmocka_unit_test(no_close_while_anything_is_unsafe),
        cmocka_unit_test(refused_close_is_tried_again_within_bounds),
        cmocka_unit_test(one_scan_that_shows_everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
