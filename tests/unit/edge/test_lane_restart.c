/* What a lane makes of the world after a restart: inputs in, facts and commands out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

static void never_closes_by_itself_after_a_restart(void **state)
{
    (void)state;
    struct bench b;
    bench_restart(&b, DIRECTION_ENTRY, 2, NULL);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    bench_see(&b);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_LOOP_B); /* a vehicle is seen on B and off it again */
    bench_wait(&b, 500);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 1200);
    bench_said(&b, LANE_CLOSING, "+wrong_way unauthorised ended:uncertain CLOSE");
}

static struct lane_restored authorised_at(int64_t age_ms)
{
    return (struct lane_restored){
        .state = LANE_OPENING,
        .movement = true,
        .authorised = true,
        .authorised_at = {1000000 - age_ms},
    };
}

static void restart_repeats_a_lost_open(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(29999);
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_said(&b, LANE_OPENING, "OPEN");
    bench_arm_up(&b);
    bench_drive_through(&b);
    bench_said(&b, LANE_PASSED, "started completed ended:drove_through");
}

static void restart_does_not_open_for_somebody_else(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(30000); /* too long ago: who is that on A? */
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED, "completed ended:uncertain presented CAMERA");

    r = authorised_at(1000);
    bench_restart(&b, DIRECTION_EXIT, 2, &r); /* nobody on A */
    bench_see(&b);
    bench_said(&b, LANE_IDLE, "void:uncertain ended:uncertain");
}

static void restart_under_a_passing_vehicle(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    bench_restart(&b, DIRECTION_EXIT, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP | 1U << IN_LOOP_B;
    bench_see(&b);
    bench_said(&b, LANE_PASSING, "started");
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 1200);
    bench_said(&b, LANE_CLOSING, "completed ended:drove_through CLOSE");
}

static void restart_after_the_fall_of_b(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    r.b_seen = r.a_clear_seen = true; /* all that was missing is the fall of B */
    bench_restart(&b, DIRECTION_EXIT, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    bench_see(&b);
    bench_said(&b, LANE_UNSECURED, "completed ended:drove_through");
    bench_wait(&b, 600000); /* never closed by us: nobody saw B fall */
    bench_said(&b, LANE_UNSECURED, "");
}

static void restart_with_the_arm_up_and_no_edge_seen(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP;
    bench_see(&b);
    bench_said(&b, LANE_UNSECURED, "completed ended:uncertain");
    bench_wait(&b, 600000);
    bench_said(&b, LANE_UNSECURED, "");
}

/* The authorised vehicle drove in unseen and the next one in the queue stands at the column: it does not
 * inherit the authorisation, or two would be in on one space. */
static void restart_does_not_pass_an_authorisation_on(void **state)
{
    (void)state;
    uint32_t up = 1U << IN_ARM_UP | 1U << IN_LOOP_A;
    struct bench b;
    struct lane_restored r = authorised_at(40000); /* time enough */
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | up;
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED, "completed ended:uncertain presented CAMERA");

    r = authorised_at(3000); /* seconds are enough for that */
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | up;
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED, "completed ended:uncertain presented CAMERA");
}

/* The arm is still down: the authorised vehicle is the one on A, unless another plate was read. */
static void restart_does_not_open_for_a_stranger(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_said(&b, LANE_OPENING, "OPEN");

    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    b.lane.stranger = true;
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED, "completed ended:uncertain presented CAMERA");
}

/* A stranger at an exit proves that A was clear, not that the vehicle on B went through. */
static void restart_counts_nobody_out_for_a_stranger(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    r.state = LANE_PASSING;
    r.b_seen = true;
    bench_restart(&b, DIRECTION_EXIT, 2, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP | 1U << IN_LOOP_A;
    b.lane.stranger = true;
    bench_see(&b);
    bench_said(&b, LANE_PRESENTED, "void:uncertain ended:uncertain presented CAMERA");
}

/* The vehicle reached C while nobody looked: when it leaves B and C it is through, without a wait in which
 * the next one could slip in. */
static void restart_on_b_and_c(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = authorised_at(3000);
    r.state = LANE_PASSING;
    r.b_seen = r.a_clear_seen = true;
    bench_restart(&b, DIRECTION_ENTRY, 3, &r);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP | 1U << IN_LOOP_B | 1U << IN_LOOP_C;
    bench_see(&b);
    bench_said(&b, LANE_PASSING, "");
    bench_off(&b, IN_LOOP_B);
    bench_off(&b, IN_LOOP_C);
    bench_wait(&b, 300);
    bench_said(&b, LANE_PASSED, "completed ended:drove_through");
}

static void an_arm_that_may_not_close_stays_up_for_who_is_there(void **state)
{
    (void)state;
    struct bench b;
    bench_restart(&b, DIRECTION_ENTRY, 2, NULL);
    b.bits = (b.bits & ~(1U << IN_ARM_DOWN)) | 1U << IN_ARM_UP | 1U << IN_LOOP_A;
    bench_see(&b);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPEN, "presented CAMERA authorised OPEN");
    bench_wait(&b, 100000); /* a hesitant driver */
    bench_said(&b, LANE_OPEN, "");
    bench_off(&b, IN_LOOP_A); /* backs out */
    bench_wait(&b, 20000);
    bench_said(&b, LANE_UNSECURED, "void:backed_out ended:backed_out");
}

static void restart_with_a_waiting_vehicle(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = {.state = LANE_DENIED, .movement = true};
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_said(&b, LANE_DENIED, "CAMERA");
    bench_restart(&b, DIRECTION_ENTRY, 2, &r); /* it left meanwhile */
    bench_see(&b);
    bench_said(&b, LANE_IDLE, "ended:denied");
}

/* Who was read before the restart may wait for hours, as before it. */
static void who_was_identified_is_not_stuck_after_a_restart(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = {.state = LANE_DENIED, .movement = true, .identified = true};
    bench_restart(&b, DIRECTION_EXIT, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_wait(&b, 7200000);
    bench_said(&b, LANE_DENIED, "CAMERA");
}

/* A lane in a mode stays in it, and says nothing twice. */
/* What a silence leaves up is not ours to close, even if we had opened it from below. */
static void never_closes_by_itself_after_a_silence(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_off(&b, IN_LOOP_A);
    bench_event(&b, LANE_EV_STALE);
    bench_see(&b);
    bench_said(&b, LANE_UNSECURED, "+device_silent -device_silent gap completed ended:uncertain");
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_order(&b, COMMAND_CLOSE); /* a person may */
    bench_said(&b, LANE_CLOSING, "CLOSE");
}

static void a_stuck_loop_is_still_ignored(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = {.alarms = 1U << ALARM_LOOP_A_STUCK};
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_wait(&b, 600000);
    bench_said(&b, LANE_IDLE, "");
    bench_off(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_IDLE, "-loop_a_stuck");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_said(&b, LANE_PRESENTED, "presented CAMERA");
}

static void modes_survive(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = {.modes = 1U << LANE_MODE_HOLD_OPEN};
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    bench_see(&b);
    bench_said(&b, LANE_RAISING, "opened:remote OPEN");

    r.modes = 1U << LANE_MODE_FIRE;
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    bench_see(&b);
    bench_said(&b, LANE_RAISING, "opened:fire OPEN");

    r.modes = 1U << LANE_MODE_LOCK;
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits |= 1U << IN_LOOP_A;
    bench_see(&b);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_DENIED, "presented CAMERA refused");

    r.modes = 1U << LANE_MODE_LOCAL; /* the key was turned back meanwhile */
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    bench_see(&b);
    bench_said(&b, LANE_IDLE, "-local");
}

/* What was said to be active is ended when it is over, and not said again while it lasts. */
static void alarms_are_ended(void **state)
{
    (void)state;
    struct bench b;
    struct lane_restored r = {.alarms = 1U << ALARM_FORCED | 1U << ALARM_CLOSE_TIMEOUT |
                                        1U << ALARM_MAINS_LOST | 1U << ALARM_DEVICE_SILENT |
                                        1U << ALARM_LOOP_A_STUCK | 1U << ALARM_ARM_BROKEN};
    bench_restart(&b, DIRECTION_ENTRY, 2, &r);
    b.bits &= ~(1U << IN_MAINS_OK);
    bench_see(&b);
    bench_said(&b, LANE_IDLE, "-arm_broken -loop_a_stuck -device_silent -forced -close_timeout");
    bench_wait(&b, 60000);
    bench_on(&b, IN_MAINS_OK);
    bench_said(&b, LANE_IDLE, "-mains_lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_closes_by_itself_after_a_restart),
        cmocka_unit_test(restart_repeats_a_lost_open),
        cmocka_unit_test(restart_does_not_open_for_somebody_else),
        cmocka_unit_test(restart_under_a_passing_vehicle),
        cmocka_unit_test(restart_after_the_fall_of_b),
        cmocka_unit_test(restart_with_the_arm_up_and_no_edge_seen),
        cmocka_unit_test(restart_does_not_pass_an_authorisation_on),
        cmocka_unit_test(restart_does_not_open_for_a_stranger),
        cmocka_unit_test(restart_counts_nobody_out_for_a_stranger),
        cmocka_unit_test(restart_on_b_and_c),
        cmocka_unit_test(an_arm_that_may_not_close_stays_up_for_who_is_there),
        cmocka_unit_test(restart_with_a_waiting_vehicle),
        cmocka_unit_test(who_was_identified_is_not_stuck_after_a_restart),
        cmocka_unit_test(never_closes_by_itself_after_a_silence),
        cmocka_unit_test(a_stuck_loop_is_still_ignored),
        cmocka_unit_test(modes_survive),
        cmocka_unit_test(alarms_are_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
