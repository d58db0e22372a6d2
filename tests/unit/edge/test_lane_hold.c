/* What holds a whole lane (lane.md): lost power, local control, a hold, fire; and what is only told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/edge/lane_bench.h"

/* --- power, cabinet, buttons --- */

static void lost_mains_in_place(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_off(&b, IN_MAINS_OK);
    bench_wait(&b, 499);
    bench_said(&b, LANE_IDLE, "");
    bench_wait(&b, 1);
    bench_said(&b, LANE_IDLE, "+mains_lost");
    bench_let_in(&b); /* goes on, on battery */
    bench_on(&b, IN_MAINS_OK);
    bench_said(&b, LANE_OPEN, "-mains_lost");
}

static void lost_mains_open(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    b.lane.config.mains = LANE_MAINS_OPEN;
    bench_off(&b, IN_MAINS_OK);
    bench_wait(&b, 500);
    bench_said(&b, LANE_RAISING, "+mains_lost opened:mains OPEN");
    bench_arm_up(&b);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
    bench_on(&b, IN_MAINS_OK);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "-mains_lost CLOSE");
}

static void lost_mains_closed(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    b.lane.config.mains = LANE_MAINS_CLOSED;
    bench_off(&b, IN_MAINS_OK);
    bench_wait(&b, 500);
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_DENIED, "+mains_lost presented CAMERA refused");
    bench_on(&b, IN_MAINS_OK);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_said(&b, LANE_OPENING, "-mains_lost authorised OPEN");
}

static void services_are_told(void **state)
{
    (void)state;
    static const struct {
        enum lane_input input;
        bool bad;
        const char *begins, *ends;
    } all[] = {
        {IN_BATTERY_OK, false, "+battery_low", "-battery_low"},
        {IN_CABINET_CLOSED, false, "+cabinet_open", "-cabinet_open"},
        {IN_TICKET_LOW, true, "+ticket_low", "-ticket_low"},
        {IN_HELP_BUTTON, true, "+help", "-help"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct bench b;
        bench_init(&b, DIRECTION_ENTRY, 2);
        for (int bad = 1; bad >= 0; bad--) {
            if (all[i].bad == (bad == 1))
                bench_on(&b, all[i].input);
            else
                bench_off(&b, all[i].input);
            bench_wait(&b, 500);
            bench_said(&b, LANE_IDLE, bad ? all[i].begins : all[i].ends);
        }
    }
}

/* --- local control --- */

static void nothing_moves_under_local_control(void **state)
{
    (void)state;
    for (int stop = 0; stop < 2; stop++) {
        struct bench b;
        bench_present(&b, DIRECTION_ENTRY, 2);
        bench_event(&b, LANE_EV_ALLOWED);
        bench_said(&b, LANE_OPENING, "presented CAMERA authorised OPEN");
        if (stop)
            bench_off(&b, IN_LOCAL_STOP_OK);
        else
            bench_on(&b, IN_LOCAL_MODE);
        bench_said(&b, LANE_PRESENTED,
                   stop ? "+local_stop void:local ended:denied presented CAMERA"
                        : "+local void:local ended:denied presented CAMERA");
        bench_event(&b, LANE_EV_ALLOWED);
        bench_refused(&b, COMMAND_OPEN, REASON_LOCAL);
        bench_on(&b, IN_FIRE);
        bench_wait(&b, 200000);
        bench_said(&b, LANE_DENIED, "refused +fire");
        if (stop)
            bench_on(&b, IN_LOCAL_STOP_OK);
        else
            bench_off(&b, IN_LOCAL_MODE);
        bench_said(&b, LANE_DENIED,
                   stop ? "-local_stop opened:fire OPEN" : "-local opened:fire OPEN");
    }
}

/* The key turned, the arm is opened and a car waved through: by hand, and no alarm. */
static void opened_by_hand(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_on(&b, IN_LOCAL_MODE);
    bench_arm_up(&b);
    bench_said(&b, LANE_UNSECURED, "+local opened:manual");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_drive_through(&b);
    bench_wait(&b, 60000);
    bench_said(&b, LANE_UNSECURED, "presented CAMERA unauthorised ended:manual");
    bench_off(&b, IN_LOCAL_MODE);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "-local CLOSE"); /* B was seen on and off */
}

static void a_local_stop_ends_a_close(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_off(&b, IN_ARM_UP);
    bench_off(&b, IN_LOCAL_STOP_OK);
    bench_said(&b, LANE_UNSECURED, "started completed ended:drove_through CLOSE +local_stop");
    bench_on(&b, IN_LOCAL_STOP_OK);
    bench_on(&b, IN_ARM_UP);
    bench_wait(&b, 600000); /* whoever stopped it may have moved it: not ours to close */
    bench_said(&b, LANE_UNSECURED, "-local_stop");
}

/* --- a hold --- */

static void held_open_is_still_read_and_counted(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_order(&b, COMMAND_HOLD_OPEN);
    bench_arm_up(&b);
    bench_said(&b, LANE_UNSECURED, "+hold_open opened:remote OPEN");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_CREDENTIAL);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_drive_through(&b);
    bench_said(&b, LANE_UNSECURED,
               "presented CAMERA authorised OPEN started completed ended:drove_through");
    bench_on(&b, IN_LOOP_A);
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_REFUSED); /* full, but nobody stops it, and nobody minds */
    bench_drive_through(&b);
    bench_said(&b, LANE_UNSECURED, "presented CAMERA refused unauthorised ended:manual");
}

/* --- fire --- */

static void fire_opens_and_stays(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_on(&b, IN_FIRE);
    bench_wait(&b, 99);
    bench_said(&b, LANE_IDLE, "");
    bench_wait(&b, 1);
    bench_said(&b, LANE_RAISING, "+fire opened:fire OPEN");
    bench_arm_up(&b);
    bench_on(&b, IN_LOOP_A); /* exits are free, and not counted */
    bench_wait(&b, 100);
    bench_event(&b, LANE_EV_CREDENTIAL);
    assert_true(lane_green(&b.lane));
    bench_drive_through(&b);
    bench_said(&b, LANE_UNSECURED, "presented CAMERA ended:evacuated");
    bench_on(&b, IN_LOOP_B); /* nobody was seen on A */
    bench_wait(&b, 5000);
    bench_off(&b, IN_LOOP_B);
    bench_wait(&b, 200);
    bench_said(&b, LANE_UNSECURED, "presented ended:evacuated");
    bench_off(&b, IN_FIRE);
    bench_wait(&b, 3600000); /* the latch: until a person resets it */
    bench_said(&b, LANE_UNSECURED, "");
    bench_order(&b, COMMAND_RESET_FAULT);
    bench_wait(&b, 1000);
    bench_said(&b, LANE_CLOSING, "-fire CLOSE");
}

/* The barrier has the input, too, and is quicker. */
static void fire_that_moved_the_arm_already(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_on(&b, IN_FIRE);
    bench_wait(&b, 20);
    bench_off(&b, IN_ARM_DOWN);
    bench_said(&b, LANE_RAISING, "+fire opened:fire OPEN");
    bench_on(&b, IN_ARM_UP);
    bench_off(&b, IN_FIRE);
    bench_wait(&b, 3600000);
    bench_said(&b, LANE_UNSECURED, "");
}

static void fire_takes_over_what_is_under_way(void **state)
{
    (void)state;
    struct bench b;
    bench_present(&b, DIRECTION_ENTRY, 2);
    bench_event(&b, LANE_EV_ALLOWED);
    bench_on(&b, IN_FIRE);
    bench_wait(&b, 100);
    bench_said(&b, LANE_RAISING,
               "presented CAMERA authorised OPEN +fire void:fire ended:evacuated opened:fire OPEN");

    bench_init(&b, DIRECTION_ENTRY, 2);
    bench_let_in(&b);
    bench_drive_through(&b);
    bench_wait(&b, 1000);
    bench_on(&b, IN_FIRE); /* the close may be on its way */
    bench_wait(&b, 100);
    bench_said(&b, LANE_RAISING, "started completed ended:drove_through CLOSE +fire OPEN");
}

/* The device cannot be heard, but perhaps it can hear. */
static void fire_at_a_silent_device(void **state)
{
    (void)state;
    struct bench b;
    struct lane_out out = {0};
    bench_init(&b, DIRECTION_EXIT, 2);
    bench_event(&b, LANE_EV_STALE);
    bench_said(&b, LANE_UNAVAILABLE, "+device_silent");
    lane_fire(&b.lane, CAUSE_EVACUATION, (struct mono_ms){b.t}, &out);
    assert_int_equal(out.acts, LANE_ACT_OPEN);
    bench_see(&b);
    bench_said(&b, LANE_RAISING, "-device_silent gap opened:evacuation OPEN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_mains_in_place),
        cmocka_unit_test(lost_mains_open),
        cmocka_unit_test(lost_mains_closed),
        cmocka_unit_test(services_are_told),
        cmocka_unit_test(nothing_moves_under_local_control),
        cmocka_unit_test(opened_by_hand),
        cmocka_unit_test(a_local_stop_ends_a_close),
        cmocka_unit_test(held_open_is_still_read_and_counted),
        cmocka_unit_test(fire_opens_and_stays),
        cmocka_unit_test(fire_that_moved_the_arm_already),
        cmocka_unit_test(fire_takes_over_what_is_under_way),
        cmocka_unit_test(fire_at_a_silent_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
