/* More abnormal cases of lane.md: the wrong way, stuck and faulty loops, the broken arm; reversible lanes.
 * The table of rows and their tests is in test_lane_walk.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

/* --- the wrong way --- */

static void wrong_way_through_an_open_arm(void **state)
{
    (void)state;
    for (int loops = 2; loops <= 3; loops++) {
        struct bench b;
        bench_init(&b, DIRECTION_ENTRY, loops);
        bench_order(&b, COMMAND_HOLD_OPEN);
        bench_arm_up(&b);
        bench_said(&b, LANE_UNSECURED, "+hold_open opened:remote OPEN");
        if (loops == 3)
            bench_on(&b, IN_LOOP_C);
        bench_on(&b, IN_LOOP_B);
        bench_wait(&b, 300);
        bench_on(&b, IN_LOOP_A);
        bench_off(&b, IN_LOOP_C);
        bench_wait(&b, 300);
        bench_off(&b, IN_LOOP_B);
        bench_wait(&b, 200); /* counted as the exit it is; the loop it leaves by presents nobody */
        bench_said(&b, LANE_UNSECURED, "unauthorised:exit ended:wrong_way");
        bench_event(&b, LANE_EV_REARM); /* its plate from behind */
        bench_said(&b, LANE_UNSECURED, "");
        bench_off(&b, IN_LOOP_A);
        bench_wait(&b, 5000);
        bench_on(&b, IN_LOOP_A);
        bench_wait(&b, 100);
        bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    }
}

static void wrong_way_before_a_closed_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 3);
    bench_on(&b, IN_LOOP_C);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_IDLE, "");
    bench_on(&b, IN_LOOP_B);
    bench_said(&b, LANE_CROSSING, "+wrong_way"); /* and nothing opens */
    bench_wait(&b, 60000);
    bench_off(&b, IN_LOOP_B); /* it gives up */
    bench_wait(&b, 200);
    bench_said(&b, LANE_IDLE, "-wrong_way");
}

/* Who is on A and on B within the debouncing of A comes the right way. */
static void a_quick_vehicle_is_not_wrong(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 50);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 50);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
}

/* --- two loops: who was that? --- */

/* A was clear only before B came on: it may be another vehicle that noses in and leaves again. */
static void backed_out_and_another_came(void **state)
{
    (void)state;
    static const char *const said[] = {"started completed ended:uncertain",
                                       "started void:uncertain ended:uncertain"};
    for (int i = 0; i < 2; i++) {
        struct bench b;
        bench_init(&b, i == 0 ? DIRECTION_ENTRY : DIRECTION_EXIT, 2);
        bench_let_in(&b);
        bench_off(&b, IN_LOOP_A);
        bench_wait(&b, 500);
        bench_on(&b, IN_LOOP_A);
        bench_wait(&b, 500);
        bench_on(&b, IN_LOOP_B);
        bench_wait(&b, 500);
        bench_off(&b, IN_LOOP_B);
        bench_wait(&b, 200);
        bench_said(&b, LANE_PASSED, said[i]);
    }
}

/* B is occupied beyond one vehicle: A falls a second time while it is on. */
static void tailgater_without_a_gap(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench b;
        bench_init(&b, i == 0 ? DIRECTION_ENTRY : DIRECTION_EXIT, 2);
        bench_let_in(&b);
        bench_on(&b, IN_LOOP_B);
        for (int car = 0; car < 2; car++) {
            bench_wait(&b, 300);
            bench_off(&b, IN_LOOP_A);
            bench_wait(&b, 300);
            if (car == 0)
                bench_on(&b, IN_LOOP_A);
        }
        bench_off(&b, IN_LOOP_B);
        bench_wait(&b, 200); /* in doubt an exit does not count out */
        bench_said(&b, LANE_PASSED,
                   i == 0 ? "started completed ended:drove_through +unauthorised unauthorised "
                            "ended:tailgated"
                          : "started completed ended:drove_through +unauthorised");
    }
}

/* --- loops --- */

static void a_stuck_on_is_ignored(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 299999);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    assert_false(lane_degraded(&b.lane));
    bench_wait(&b, 101);
    bench_said(&b, LANE_IDLE, "+loop_a_stuck ended:backed_out");
    assert_true(lane_degraded(&b.lane));
    bench_wait(&b, 600000);
    bench_event(&b, LANE_EV_REARM); /* a plate is read: there is somebody after all */
    bench_event(&b, LANE_EV_CREDENTIAL);
    bench_wait(&b, 600000);
    bench_said(&b, LANE_DECIDING, "presented CAMERA -loop_a_stuck");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_PRESENTED, "ended:backed_out presented CAMERA");
}

/* A car that waits before a full place was read, and may wait for hours. */
static void who_was_identified_is_not_stuck(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_CREDENTIAL);
    bench_event(&b, LANE_EV_REFUSED);
    bench_wait(&b, 7200000);
    bench_said(&b, LANE_DENIED, "presented CAMERA refused");
}

/* Behind a lock nobody can leave, read or not: his time begins when it goes. */
static void who_waits_behind_a_lock_is_not_stuck(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_EXIT, 2);
    bench_order(&b, COMMAND_LOCK);
    bench_wait(&b, 7200000);
    bench_order(&b, COMMAND_UNLOCK);
    bench_wait(&b, 60000);
    assert_true(lane_waiting(&b.lane));
    assert_false(lane_degraded(&b.lane));
    bench_wait(&b, 300000);
    assert_true(lane_degraded(&b.lane));
}

static void b_stuck_on_under_a_raised_arm(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_let_in(&b);
    bench_on(&b, IN_LOOP_B);
    bench_wait(&b, 119999);
    bench_said(&b, LANE_PASSING, "started");
    bench_wait(&b, 1);
    bench_said(&b, LANE_PASSING, "+loop_b_stuck");
    assert_true(lane_degraded(&b.lane));
    bench_wait(&b, 3600000); /* stays open */
    bench_said(&b, LANE_PASSING, "");
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200); /* and is counted with doubt */
    bench_said(&b, LANE_PASSED, "void:uncertain ended:uncertain -loop_b_stuck");
}

static void a_loop_fault_is_occupied(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_FAULT_B);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_IDLE, "+loop_fault");
    bench_off(&b, IN_FAULT_B);
    bench_wait(&b, 300);
    bench_said(&b, LANE_IDLE, "-loop_fault");
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_on(&b, IN_FAULT_B);
    bench_wait(&b, 60000);
    assert_null(strstr(b.said, "CLOSE"));
}

/* --- the arm --- */

static void broken_arm_is_open_and_unprotected(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_off(&b, IN_ARM_ATTACHED);
    bench_said(&b, LANE_UNSECURED, "+arm_broken STOP");
    bench_on(&b, IN_LOOP_A); /* decisions go on, without a motion */
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED,
               "presented CAMERA authorised started completed ended:drove_through");
    bench_on(&b, IN_LOOP_A); /* and who has none is a violation each */
    bench_wait(&b, 2000);
    bench_event(&b, LANE_EV_REFUSED);
    bench_drive_through(&b);
    bench_said(&b, LANE_UNSECURED,
               "presented CAMERA refused +unauthorised unauthorised ended:tailgated");
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_ARM_ATTACHED);
    bench_said(&b, LANE_IDLE, "-arm_broken -unauthorised");
}

static void broken_while_it_moves(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_off(&b, IN_ARM_UP);
    bench_off(&b, IN_ARM_ATTACHED);
    bench_wait(&b, 60000);
    bench_said(&b, LANE_UNSECURED, "started completed ended:drove_through CLOSE +arm_broken STOP");
}

static void limits_that_cannot_be(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_on(&b, IN_ARM_UP); /* both */
    bench_said(&b, LANE_UNSECURED, "opened:forced +forced");
    bench_wait(&b, 10000);
    bench_said(&b, LANE_UNSECURED, "+limits");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED); /* no automatic motion */
    bench_said(&b, LANE_DENIED, "presented CAMERA refused");
    bench_order(&b, COMMAND_OPEN); /* but a person may */
    bench_said(&b, LANE_OPENING, "manual opened:remote OPEN");
    bench_off(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_OPEN, "-limits");
}

/* --- reversible --- */

static void reversible_goes_both_ways(void **state)
{
    (void)state;
    static const enum lane_input in[] = {IN_LOOP_A, IN_LOOP_B, IN_LOOP_C};
    struct bench b;
    bench_init(&b, DIRECTION_REVERSIBLE, 3);
    for (int way = 0; way < 4; way++) {
        bool out = way % 2 == 1;
        enum lane_input near = in[out ? 2 : 0], far = in[out ? 0 : 2];
        bench_on(&b, near);
        bench_wait(&b, 100);
        bench_said(&b, LANE_PRESENTED, "presented CAMERA");
        assert_int_equal(lane_direction(&b.lane), out ? DIRECTION_EXIT : DIRECTION_ENTRY);
        bench_event(&b, LANE_EV_ALLOWED);
        bench_arm_up(&b);
        bench_on(&b, IN_LOOP_B);
        bench_wait(&b, 300);
        bench_off(&b, near);
        bench_wait(&b, 300);
        bench_on(&b, far);
        bench_wait(&b, 300);
        bench_off(&b, IN_LOOP_B);
        bench_wait(&b, 300);
        bench_off(&b, far);
        bench_wait(&b, 200);
        bench_said(&b, LANE_PASSED, "authorised OPEN started completed ended:drove_through");
        bench_wait(&b, 1000);
        bench_arm_down(&b);
        bench_said(&b, LANE_IDLE, "CLOSE");
    }
}

/* Both sides occupied: who came first goes first, the other waits. */
static void reversible_serves_who_came_first(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_REVERSIBLE, 3);
    bench_on(&b, IN_LOOP_C);
    bench_wait(&b, 100);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
    assert_int_equal(lane_direction(&b.lane), DIRECTION_EXIT);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 10000);
    bench_said(&b, LANE_PRESENTED, "");
    bench_off(&b, IN_LOOP_C); /* it leaves */
    bench_wait(&b, 200);
    bench_said(&b, LANE_PRESENTED, "ended:backed_out presented CAMERA");
    assert_int_equal(lane_direction(&b.lane), DIRECTION_ENTRY);
}

/* A device that closes by itself, and does not say when the arm is down. */
static void without_a_lower_limit(void **state)
{
    (void)state;
    struct bench b;
    bench_restart(&b, DIRECTION_ENTRY, 2, NULL);
    b.lane.config.device_closes = true;
    b.bits &= ~(1U << IN_ARM_DOWN);
    bench_see(&b);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_on(&b, IN_ARM_UP);
    bench_drive_through(&b);
    bench_wait(&b, 60000);
    bench_said(&b, LANE_UNSECURED,
               "presented CAMERA authorised OPEN started completed ended:drove_through");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_way_through_an_open_arm),
        cmocka_unit_test(wrong_way_before_a_closed_arm),
        cmocka_unit_test(a_quick_vehicle_is_not_wrong),
        cmocka_unit_test(backed_out_and_another_came),
        cmocka_unit_test(tailgater_without_a_gap),
        cmocka_unit_test(a_stuck_on_is_ignored),
        cmocka_unit_test(who_was_identified_is_not_stuck),
        cmocka_unit_test(who_waits_behind_a_lock_is_not_stuck),
        cmocka_unit_test(b_stuck_on_under_a_raised_arm),
        cmocka_unit_test(a_loop_fault_is_occupied),
        cmocka_unit_test(broken_arm_is_open_and_unprotected),
        cmocka_unit_test(broken_while_it_moves),
        cmocka_unit_test(limits_that_cannot_be),
        cmocka_unit_test(without_a_lower_limit),
        cmocka_unit_test(reversible_goes_both_ways),
        cmocka_unit_test(reversible_serves_who_came_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
