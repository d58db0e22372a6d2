/* The lane's cases one by one (lane.md): inputs in, facts and commands out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

static void normal_passage(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 99);
    bench_said(&b, LANE_IDLE, "");
    bench_wait(&b, 1);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    bench_event(&b, LANE_EV_CREDENTIAL);
    bench_said(&b, LANE_DECIDING, "");
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPENING, "authorised OPEN");
    bench_arm_up(&b);
    assert_true(lane_green(&b.lane));
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_PASSING, "started");
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 199);
    bench_said(&b, LANE_PASSING, "");
    bench_wait(&b, 1);
    bench_said(&b, LANE_PASSED, "completed ended:drove_through");
    assert_false(lane_green(&b.lane));
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_IDLE, "");
}

static void the_next_in_the_queue_is_presented_when_the_arm_is_down(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 150);
    bench_on(&b, IN_LOOP_A); /* the next car, while the first is under the arm */
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 1200);
    bench_said(&b, LANE_CLOSING, "started completed ended:drove_through CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
}

static void denied_stays_down(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_REFUSED);
    bench_said(&b, LANE_DENIED, "presented CAMERA refused");
    bench_on(&b, IN_LOOP_B); /* it noses up to the arm and back */
    bench_wait(&b, 1000);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 60000);
    bench_said(&b, LANE_DENIED, "");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_IDLE, "ended:denied");
}

static void a_denied_vehicle_may_be_allowed_later(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_REFUSED);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPENING, "presented CAMERA refused authorised OPEN");
}

static void back_out_before_opening(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_CREDENTIAL);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_IDLE, "presented CAMERA ended:backed_out");
}

static void back_out_after_opening(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 19999);
    bench_said(&b, LANE_OPEN, "");
    bench_wait(&b, 1);
    bench_said(&b, LANE_CLOSING, "void:backed_out ended:backed_out CLOSE");
    bench_arm_down(&b);
    bench_said(&b, LANE_IDLE, "");
}

/* A barrier that closes by itself is never told to; when it is down the lane goes on. */
static void a_barrier_that_closes_by_itself(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    b.lane.config.device_closes = true;
    bench_let_in(&b);
    bench_said(&b, LANE_OPEN, "");
    bench_drive_through(&b);
    bench_wait(&b, 60000);
    assert_null(strstr(b.said, "CLOSE"));
    assert_non_null(strstr(b.said, "completed"));
    bench_arm_down(&b);
    assert_int_equal(b.lane.state, LANE_IDLE);
    b.said[0] = '\0';
    bench_let_in(&b); /* and the next one */
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 60000); /* who backs out */
    assert_null(strstr(b.said, "CLOSE"));
    bench_arm_down(&b);
    assert_int_equal(b.lane.state, LANE_IDLE);
}

static void back_out_from_under_the_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 60000); /* stays open for as long as B is on */
    bench_said(&b, LANE_PASSING, "started");
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_PASSED, "void:backed_out ended:backed_out");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void three_loops_b_then_c(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 300);
    bench_on(&b, IN_LOOP_C);
    bench_wait(&b, 300);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 300);
    bench_said(&b, LANE_PASSING, "started");
    bench_off(&b, IN_LOOP_C);
    bench_wait(&b, 200);
    bench_said(&b, LANE_PASSED, "completed ended:drove_through");
}

static void three_loops_short_vehicle_between_b_and_c(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSING, "started");
    bench_wait(&b, 1000);
    bench_on(&b, IN_LOOP_C);
    bench_wait(&b, 6000);
    bench_off(&b, IN_LOOP_C);
    bench_wait(&b, 200);
    bench_said(&b, LANE_PASSED, "completed ended:drove_through");
}

static void three_loops_c_never_comes(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 5000);
    bench_said(&b, LANE_PASSED, "started completed ended:uncertain");
    bench_init(&b, DIRECTION_EXIT, 3);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 5000);
    bench_said(&b, LANE_PASSED, "started void:uncertain ended:uncertain");
}

static void three_loops_backing_out(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 3);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_PASSED, "started void:backed_out ended:backed_out");
}

static void quick_vehicle_passes_a_rising_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_off(&b, IN_ARM_DOWN);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED,
               "presented CAMERA authorised OPEN started completed ended:drove_through");
    bench_wait(&b, 5000); /* never lowered before its upper limit */
    assert_string_equal(b.said, "");
    bench_on(&b, IN_ARM_UP);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

/* It noses onto B while the arm rises, and waits: still authorised. */
static void nose_under_a_rising_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_off(&b, IN_ARM_DOWN);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 500);
    bench_said(&b, LANE_OPENING, "presented CAMERA authorised OPEN");
    bench_on(&b, IN_ARM_UP);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
}

static void vehicle_already_on_b_when_the_arm_is_up(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_LOOP_A);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_arm_up(&b);
    bench_said(&b, LANE_PASSING, "presented CAMERA authorised OPEN started");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_PASSED, "completed ended:drove_through");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_passage),
        cmocka_unit_test(the_next_in_the_queue_is_presented_when_the_arm_is_down),
        cmocka_unit_test(denied_stays_down),
        cmocka_unit_test(a_denied_vehicle_may_be_allowed_later),
        cmocka_unit_test(back_out_before_opening),
        cmocka_unit_test(back_out_after_opening),
        cmocka_unit_test(a_barrier_that_closes_by_itself),
        cmocka_unit_test(back_out_from_under_the_arm),
        cmocka_unit_test(three_loops_b_then_c),
        cmocka_unit_test(three_loops_short_vehicle_between_b_and_c),
        cmocka_unit_test(three_loops_c_never_comes),
        cmocka_unit_test(three_loops_backing_out),
        cmocka_unit_test(quick_vehicle_passes_a_rising_arm),
        cmocka_unit_test(nose_under_a_rising_arm),
        cmocka_unit_test(vehicle_already_on_b_when_the_arm_is_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
