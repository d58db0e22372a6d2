/* A long random walk over inputs, decisions, orders, silences and restarts, from one seed: what the device
 * is told is checked against the inputs as they are, not against what the machine thinks of them.
 *
 * Each row of the abnormal table of lane.md and the tests about it (test_lane_abnormal.c, test_lane_case.c,
 * test_lane_hold.c, test_lane_restart.c, test_lane_order.c; the agent's in test_agent_lane.c):
 *
 *   back-out before opening      back_out_before_opening (test_lane.c)
 *   back-out after opening       back_out_after_opening (test_lane.c)
 *   back-out from under the arm  back_out_from_under_the_arm, backed_out_and_another_came
 *   no credential                no_credential_and_then_one (test_agent.c)
 *   exit without a session       the cloud decides; exit_without_the_cloud_opens (test_agent_cloud.c)
 *   edge cannot commit           test_agent_crippled.c
 *   tailgate                     tailgater_is_never_hit, tailgater_before_the_arm_moves,
 *                                tailgater_without_a_gap, second_vehicle_on_b_before_c_is_clear
 *   wrong way                    wrong_way_through_an_open_arm, wrong_way_before_a_closed_arm
 *   A stuck on                   a_stuck_on_is_ignored, who_was_identified_is_not_stuck
 *   B stuck on                   b_stuck_on_under_a_raised_arm
 *   loop fault                   a_loop_fault_is_occupied
 *   arm broken off               broken_arm_is_open_and_unprotected, broken_while_it_moves
 *   open timeout                 open_timeout_retries_once_then_fault, arm_that_stops_half_way_is_left_alone
 *   close obstructed             obstructed_close_reopens_at_once, three_obstructions_hold_open
 *   close timeout                close_timeout_is_not_secured
 *   both limits, or neither      limits_that_cannot_be, arm_that_stops_half_way_is_left_alone
 *   device silent or stale       silent_device_and_its_return, silence_in_mid_passage
 *   agent restart, arm not down  test_lane_restart.c
 *   device restart               a_device_that_restarted (test_agent.c)
 *   mains lost                   lost_mains_in_place, lost_mains_open, lost_mains_closed
 *   opening nobody asked for     forced_arm_and_who_drives_through, forced_while_a_vehicle_waits,
 *                                forced_over_who_comes_the_wrong_way
 *   fire                         fire_opens_and_stays, fire_that_moved_the_arm_already,
 *                                fire_takes_over_what_is_under_way,
 *                                fire_at_a_silent_device, fire_opens_every_lane (test_agent_lane.c)
 *   hold open                    held_open_is_still_read_and_counted, hold_open_and_release
 *   local stop, service key      nothing_moves_under_local_control, opened_by_hand */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "edge/core/lane.h"

enum { STEPS = 200000 };

struct walk {
    struct lane lane;
    struct lane_config config;
    uint32_t bits;
    int64_t t;
    bool fresh;
    bool b_was_on;
    bool licensed; /* to close: see L2 */
    bool down_was_seen;
    bool fire; /* latched, as the facts said */
    bool lock;
    bool movement, authorised;
    unsigned closes, opens, crossings;
    uint64_t random;
};

static unsigned draw(struct walk *w, unsigned n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (unsigned)(w->random >> 33) % n;
}

static bool on(const struct walk *w, enum lane_input i)
{
    return input_on(w->bits, i);
}

static void check_fact(struct walk *w, const struct lane_fact *f)
{
    switch (f->kind) {
    case LANE_FACT_PRESENTED:
        assert_false(w->movement);
        w->movement = true;
        break;
    case LANE_FACT_AUTHORISED:
        assert_true(w->movement && !w->authorised && !w->lock && !w->fire);
        w->authorised = true;
        break;
    case LANE_FACT_COMPLETED:
    case LANE_FACT_VOIDED:
        assert_true(w->authorised);
        w->authorised = false;
        w->crossings++;
        break;
    case LANE_FACT_UNAUTHORISED:
        assert_false(w->fire); /* crossings under fire move no spaces */
        w->movement = true;
        w->crossings++;
        break;
    case LANE_FACT_ENDED:
        assert_true(w->movement && !w->authorised);
        w->movement = false;
        break;
    case LANE_FACT_MODE:
        if (f->mode == LANE_MODE_FIRE)
            w->fire = f->active;
        if (f->mode == LANE_MODE_LOCK)
            w->lock = f->active;
        break;
    default: break;
    }
}

/* What the device is told, against the inputs as the device has them. */
static void check_acts(struct walk *w, unsigned acts)
{
    bool motion = acts & (LANE_ACT_OPEN | LANE_ACT_CLOSE);
    assert_false((acts & LANE_ACT_OPEN) && (acts & LANE_ACT_CLOSE));
    if (motion && w->fresh) {
        assert_true(on(w, IN_LOCAL_STOP_OK) && !on(w, IN_LOCAL_MODE));
        assert_true(on(w, IN_ARM_ATTACHED));
    }
    if (acts & LANE_ACT_CLOSE) {
        w->closes++;
        assert_true(w->fresh && w->licensed && !w->fire);
        assert_true(inputs_safe_to_close(w->bits) && !on(w, IN_FIRE));
        assert_true(on(w, IN_ARM_UP) && !on(w, IN_ARM_DOWN));
        w->licensed = true;
    }
    if (acts & LANE_ACT_OPEN) {
        w->opens++;
        if (w->fresh && on(w, IN_ARM_DOWN))
            w->licensed = true;
    }
}

static void check(struct walk *w, const struct lane_out *out)
{
    for (size_t i = 0; i < out->count; i++)
        check_fact(w, &out->facts[i]);
    check_acts(w, out->acts);
    assert_int_equal(w->movement, w->lane.movement);
    assert_int_equal(w->authorised, w->lane.authorised);
    if (w->fire && w->fresh && !on(w, IN_ARM_UP) && on(w, IN_LOCAL_STOP_OK) &&
        !on(w, IN_LOCAL_MODE) && on(w, IN_ARM_ATTACHED) && w->lane.view.fresh)
        assert_true(w->lane.timer.v != INT64_MAX || w->lane.state == LANE_CROSSING ||
                    w->lane.state == LANE_PASSING || w->lane.view.up);
}

static void see(struct walk *w)
{
    struct lane_out out = {0};
    bool b = on(w, IN_LOOP_B) || on(w, IN_FAULT_B);
    w->licensed = w->licensed || (w->fresh && w->b_was_on && !b);
    w->b_was_on = b;
    w->fresh = true;
    lane_inputs(&w->lane, w->bits, (struct mono_ms){w->t}, (struct mono_ms){w->t}, &out);
    check(w, &out);
}

static void pass(struct walk *w, int64_t ms)
{
    int64_t until = w->t + ms;
    for (int i = 0; i < 50 && w->t < until; i++) {
        struct lane_out out = {0};
        int64_t due = lane_deadline(&w->lane).v;
        w->t = due < until ? (due > w->t ? due : w->t) : until;
        lane_tick(&w->lane, (struct mono_ms){w->t}, &out);
        check(w, &out);
    }
}

/* Mostly what vehicles and arms do, seldom what breaks. */
static void turn_input(struct walk *w)
{
    static const enum lane_input often[] = {IN_LOOP_A, IN_LOOP_A, IN_LOOP_B,
                                            IN_LOOP_C, IN_ARM_UP, IN_ARM_DOWN};
    static const enum lane_input seldom[] = {IN_PHOTOCELL_CLEAR, IN_EDGE_OK,    IN_FIRE,
                                             IN_LOCAL_STOP_OK,   IN_LOCAL_MODE, IN_MAINS_OK,
                                             IN_FAULT_A,         IN_FAULT_B,    IN_OBSTRUCTION,
                                             IN_ARM_ATTACHED,    IN_BATTERY_OK, IN_HELP_BUTTON};
    uint32_t good = 1U << IN_PHOTOCELL_CLEAR | 1U << IN_EDGE_OK | 1U << IN_LOCAL_STOP_OK |
                    1U << IN_MAINS_OK | 1U << IN_ARM_ATTACHED | 1U << IN_BATTERY_OK |
                    1U << IN_CABINET_CLOSED;
    uint32_t places =
        1U << IN_LOOP_A | 1U << IN_LOOP_B | 1U << IN_LOOP_C | 1U << IN_ARM_UP | 1U << IN_ARM_DOWN;
    if (draw(w, 8) == 0)
        w->bits ^= 1U << seldom[draw(w, sizeof seldom / sizeof seldom[0])];
    else if (draw(w, 6) == 0)
        w->bits = (w->bits & places) | good; /* all is well again */
    else if (draw(w, 4) == 0)
        w->bits = (w->bits & ~(1U << IN_ARM_UP | 1U << IN_ARM_DOWN)) |
                  1U << (draw(w, 2) ? IN_ARM_UP : IN_ARM_DOWN);
    else
        w->bits ^= 1U << often[draw(w, sizeof often / sizeof often[0])];
    see(w);
}

static void order(struct walk *w)
{
    struct lane_out out = {0};
    enum reason why = REASON_NONE;
    enum lane_command c = (enum lane_command)(COMMAND_OPEN + (int)draw(w, 8));
    enum err e = lane_order(&w->lane, c, CAUSE_REMOTE, (struct mono_ms){w->t}, &out, &why);
    assert_int_equal(e == ERR_INVAL, c == COMMAND_STOP);
    assert_int_equal(e == ERR_DENIED, why != REASON_NONE);
    if (e == ERR_OK && w->fresh) /* a person answers for it */
        w->licensed = true;
    check(w, &out);
}

static void restart(struct walk *w)
{
    struct lane_restored r = {.modes = w->lane.modes, .alarms = w->lane.alarms};
    lane_init(&w->lane, &w->config, &r);
    w->movement = w->authorised = w->fresh = w->licensed = false;
}

static void step(struct walk *w, enum lane_event e)
{
    struct lane_out out = {0};
    if (e == LANE_EV_STALE)
        w->fresh = w->licensed = false;
    (void)lane_step(&w->lane, e, (struct mono_ms){w->t}, &out);
    check(w, &out);
}

static void walk(enum direction direction, int loops, uint64_t seed)
{
    static const int64_t waits_ms[] = {20, 60, 150, 250, 1100, 7000, 130000, 400000};
    struct walk w = {.config = lane_config_default(direction, loops), .t = 1000, .random = seed};
    w.config.mains = (enum lane_mains)(seed % 3);
    lane_init(&w.lane, &w.config, NULL);
    w.bits = 1U << IN_ARM_DOWN | 1U << IN_ARM_ATTACHED;
    for (int i = 0; i < STEPS; i++) {
        unsigned what = draw(&w, 1000);
        if (what < 600)
            turn_input(&w);
        else if (what < 900)
            pass(&w, waits_ms[draw(&w, draw(&w, 20) == 0 ? 8 : 5)]);
        else if (what < 960)
            step(&w, (enum lane_event)(LANE_EV_CREDENTIAL + (int)draw(&w, 3)));
        else if (what < 975)
            order(&w);
        else if (what < 985)
            step(&w, LANE_EV_REARM);
        else if (what < 992)
            step(&w, draw(&w, 2) ? LANE_EV_OPEN_FAILED : LANE_EV_CLOSE_FAILED);
        else if (what < 998)
            step(&w, LANE_EV_STALE);
        else
            restart(&w);
    }
    print_message("%u opens, %u closes, %u crossings\n", w.opens, w.closes, w.crossings);
    /* It did go on. */
    assert_true(w.closes > 30 && w.opens > 300 && w.crossings > 300);
}

static void walks(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {3, 20261120};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        walk(DIRECTION_ENTRY, 2, seeds[i]);
        walk(DIRECTION_EXIT, 3, seeds[i]);
        walk(DIRECTION_REVERSIBLE, 3, seeds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
