/* sim/traffic/world.h W1..W3: whole days of traffic through gates that a correct controller keeps, in
 * pure simulation. */
#include "sim/traffic/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct car_extras bare;

static void set_name(struct name *n, const char *text)
{
    assert_int_equal(name_parse(text, strlen(text), n), ERR_OK);
}

static struct sim_config config_of(enum sim_traffic traffic)
{
    struct sim_config c = {.seed = 7,
                           .patience_s = 120,
                           .exit_patience_s = 300,
                           .assume_open_s = 45,
                           .controller_count = 1,
                           .place_count = 1};
    struct sim_controller *k = &c.controllers[0];
    set_name(&c.places[0].name, "a");
    c.places[0].traffic = traffic;
    c.places[0].arrivals_per_hour = 120;
    c.places[0].stay_minutes = 20;
    c.places[0].korean_percent = 50;
    k->lane_count = 2;
    for (int i = 0; i < 2; i++) {
        struct sim_lane *l = &k->lanes[i];
        set_name(&l->place, "a");
        set_name(&l->lane, i == 0 ? "in-1" : "out-1");
        l->direction = i == 0 ? SIM_ENTRY : SIM_EXIT;
        l->unit = i + 1;
        l->loops = 3;
        l->arm_travel_ms = 1500;
        l->plate_delay_ms = 300;
        l->safety_reverses = true;
    }
    return c;
}

/* One controller for all gates: opens for who is on loop A, closes behind him. */
struct keeper {
    bool closed_for_entry; /* lets nobody in */
    uint16_t sequence;
    bool b_seen[2];
};

static void keep(struct keeper *k, struct world *w)
{
    for (uint8_t unit = 1; unit <= 2; unit++) {
        struct device *d = world_device(w, world_lane_at(w, 0, unit));
        uint32_t in = device_inputs(d);
        bool b = in >> INPUT_LOOP_B & 1;
        bool *seen = &k->b_seen[unit - 1];
        if ((in >> INPUT_ARM_DOWN & 1) && (in >> INPUT_LOOP_A & 1) &&
            d->barrier.motion == BARRIER_STILL && !(k->closed_for_entry && unit == 1)) {
            device_command(d, BARRIER_OPEN, ++k->sequence);
            *seen = false;
        }
        *seen |= b;
        if ((in >> INPUT_ARM_UP & 1) && *seen && !b)
            device_command(d, BARRIER_CLOSE, ++k->sequence);
    }
}

static void run(struct world *w, struct keeper *k, int64_t ms)
{
    for (int64_t end = world_now_ms(w) + ms; world_now_ms(w) < end;) {
        world_advance(w, world_now_ms(w) + PHYSICS_STEP_MS);
        keep(k, w);
    }
}

static void assert_sound(const struct world *w)
{
    const struct violation *v;
    struct place_truth p = world_place(w, 0);
    assert_int_equal(p.inside, p.entered - p.left + p.placed); /* W2 */
    assert_int_equal(world_violations(w, &v), 0);
}

static void a_trace_is_followed_all_day(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_TRACE);
    struct trace day;
    struct trace_error e;
    assert_int_equal(trace_read("sim/scenarios/day.csv", &day, &e), ERR_OK);
    const struct trace *traces[] = {&day};
    struct world *w = world_new(&c, traces, day.rows[0].time, 144);
    struct keeper k = {0};
    int64_t highest = 0;
    for (size_t i = 1; i < day.count; i++) {
        int64_t row_ms = day.rows[i].time.v - day.rows[0].time.v;
        run(w, &k, row_ms - world_now_ms(w));
        struct place_truth p = world_place(w, 0);
        assert_sound(w);
        assert_in_range(p.inside + 3, day.rows[i].capacity - day.rows[i].free,
                        day.rows[i].capacity - day.rows[i].free + 6);
        highest = p.inside > highest ? p.inside : highest;
    }
    run(w, &k, 300000);
    struct place_truth p = world_place(w, 0);
    assert_int_equal(p.inside, 0);
    assert_int_equal(p.turned_away, 0);
    assert_int_equal(p.queued, 0);
    assert_true(highest >= 60);
    world_free(w);
    trace_free(&day);
}

static void poisson_comes_and_goes(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_POISSON);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {0};
    run(w, &k, 4 * 3600000);
    struct place_truth p = world_place(w, 0);
    assert_sound(w);
    assert_in_range(p.entered, 420, 540);
    assert_in_range(p.inside, 20, 70); /* 120 per hour, a third of an hour each */
    world_run_traffic(w, false);
    run(w, &k, 120000); /* who was in a lane got through */
    int64_t left = world_place(w, 0).left;
    run(w, &k, 3600000);
    assert_int_equal(world_place(w, 0).left, left); /* who is inside stays */
    world_drain(w);
    run(w, &k, 3600000);
    p = world_place(w, 0);
    assert_sound(w);
    assert_int_equal(p.inside, 0);
    assert_int_equal(p.queued, 0);
    world_run_traffic(w, true);
    run(w, &k, 600000);
    assert_true(world_place(w, 0).inside > 0);
    world_free(w);
}

static void a_closed_entry_turns_away_and_keeps_the_line(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_POISSON);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {.closed_for_entry = true};
    run(w, &k, 3600000);
    struct place_truth p = world_place(w, 0);
    assert_sound(w);
    assert_int_equal(p.entered, 0);
    assert_in_range(p.turned_away, 20, 30);
    assert_in_range(p.queued + p.turned_away, 95, 150); /* W3 */
    world_drain(w);
    run(w, &k, 3600000);
    p = world_place(w, 0);
    assert_int_equal(p.queued, 0);
    assert_true(p.dismissed > 50);
    world_free(w);
}

static void who_cannot_get_out_goes_back_and_tries_again(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_POISSON);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {0};
    c.places[0].stay_minutes = 1;
    world_device(w, 1)->barrier.locked = true; /* as if every card were declined */
    run(w, &k, 600000);
    struct place_truth p = world_place(w, 0);
    assert_int_equal(p.left, 0);
    assert_int_equal(p.turned_away, 0);
    assert_true(p.inside > 10);
    world_device(w, 1)->barrier.locked = false;
    world_drain(w);
    run(w, &k, 3600000);
    p = world_place(w, 0);
    assert_int_equal(p.inside, 0);
    assert_true(p.left > 10);
    assert_sound(w);
    world_free(w);
}

/* Who was sent by hand stays at the column: there is somebody who watches him. */
static void who_was_sent_to_an_exit_waits(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_NONE);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {0};
    uint32_t car;
    assert_int_equal(world_send(w, "a", "out-1", "HH-AB 1", INTENT_DRIVE, true, &bare, &car),
                     ERR_OK);
    assert_int_equal(world_place(w, 0).inside, 1);
    world_device(w, 1)->barrier.locked = true;
    run(w, &k, 7200000);
    struct car_truth t;
    assert_int_equal(world_car(w, car, &t), ERR_OK);
    assert_int_equal(t.state, CAR_AT_COLUMN);
    assert_true(t.inside);
    world_device(w, 1)->barrier.locked = false;
    run(w, &k, 60000);
    assert_int_equal(world_car(w, car, &t), ERR_OK);
    assert_int_equal(t.state, CAR_LEFT);
    assert_sound(w);
    world_free(w);
}

/* Off: nobody new, lines dissolve, who is inside stays. On: a trace catches up. */
static void demand_can_be_paused(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_TRACE);
    struct trace_row rows[] = {
        {{1000000000000}, 100, 100}, {{1000000600000}, 100, 70}, {{1000007200000}, 100, 70}};
    const struct trace trace = {rows, 3};
    const struct trace *traces[] = {&trace};
    struct world *w = world_new(&c, traces, rows[0].time, 1);
    struct keeper shut = {.closed_for_entry = true}, k = {0};
    run(w, &shut, 300000);
    uint32_t by_hand;
    world_send(w, "a", "in-1", "HH-AB 1", INTENT_DRIVE, false, &bare, &by_hand);
    assert_true(world_place(w, 0).queued > 10);
    world_run_traffic(w, false);
    struct place_truth p = world_place(w, 0);
    assert_in_range(p.queued, 2, LANE_VEHICLES_MAX + 1); /* who was in the lane, and who was sent */
    run(w, &k, 600000);
    p = world_place(w, 0);
    struct car_truth t;
    world_car(w, by_hand, &t);
    assert_int_equal(t.state, CAR_INSIDE);
    assert_true(p.inside < 12);
    int64_t inside = p.inside;
    run(w, &k, 600000);
    assert_int_equal(world_place(w, 0).inside, inside);
    world_run_traffic(w, true);
    run(w, &k, 7200000 - world_now_ms(w) + 60000);
    assert_int_equal(world_place(w, 0).inside, 30);
    assert_sound(w);
    world_free(w);
}

static void vehicles_by_hand(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_NONE);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {0};
    struct car_truth t;
    uint32_t in = 99, out = 99;
    assert_int_equal(world_lane_at(w, 0, 2), world_lane_named(w, "a", "out-1"));
    assert_int_equal(world_lane_at(w, 0, 3), 2);
    assert_int_equal(world_lane_at(w, 1, 1), 2);
    assert_int_equal(world_lane_named(w, "b", "in-1"), 2);
    assert_int_equal(world_send(w, "a", "in-9", "X", INTENT_DRIVE, false, &bare, &in),
                     ERR_NOTFOUND);
    assert_int_equal(world_send(w, "a", "out-1", "22아2222", INTENT_DRIVE, false, &bare, &in),
                     ERR_DENIED);
    assert_int_equal(world_send(w, "a", "in-1", "012345678901234567890123456789012", INTENT_DRIVE,
                                false, &bare, &in),
                     ERR_INVAL);
    assert_int_equal(in, 99);
    assert_int_equal(world_send(w, "a", "in-1", "22아2222", INTENT_WAIT, false, &bare, &in),
                     ERR_OK);
    run(w, &k, 30000);
    world_car(w, in, &t);
    assert_int_equal(t.state, CAR_AT_COLUMN);
    assert_int_equal(world_instruct(w, in, INTENT_DRIVE), ERR_OK);
    run(w, &k, 80000); /* the arm had opened for him */
    world_car(w, in, &t);
    assert_int_equal(t.state, CAR_INSIDE);
    assert_int_equal(world_instruct(w, in, INTENT_DRIVE), ERR_NOTFOUND);
    assert_int_equal(
        world_send(w, "a", "out-1", "22아2222", INTENT_BACK_OUT_AFTER, false, &bare, &out), ERR_OK);
    assert_int_equal(out, in);
    assert_int_equal(world_send(w, "a", "out-1", "22아2222", INTENT_DRIVE, false, &bare, &out),
                     ERR_CONFLICT);
    run(w, &k, 30000);
    world_car(w, in, &t);
    assert_int_equal(t.state, CAR_BACKED_OUT);
    assert_true(t.inside);
    device_command(world_device(w, 1), BARRIER_CLOSE, 999);
    run(w, &k, 5000);
    assert_int_equal(world_send(w, "a", "out-1", "22아2222", INTENT_DRIVE, false, &bare, &out),
                     ERR_OK);
    run(w, &k, 60000);
    world_car(w, in, &t);
    assert_int_equal(t.state, CAR_LEFT);
    assert_int_equal(world_car(w, 12345, &t), ERR_NOTFOUND);
    assert_sound(w);
    struct place_truth p = world_place(w, 0);
    assert_int_equal(p.backed_out, 1);
    assert_int_equal(p.entering, 0);
    assert_int_equal(p.leaving, 0);
    world_free(w);
}

static void a_forced_passage_is_a_violation(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_NONE);
    const struct trace *traces[] = {NULL};
    struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
    struct keeper k = {.closed_for_entry = true};
    uint32_t car;
    world_send(w, "a", "in-1", "HH-AB 1", INTENT_FORCE, false, &bare, &car);
    run(w, &k, 60000);
    const struct violation *v;
    assert_int_equal(world_violations(w, &v), 1);
    assert_false(v[0].struck);
    assert_string_equal(v[0].plate.text, "HH-AB 1");
    assert_string_equal(v[0].lane, "in-1");
    assert_int_equal(world_place(w, 0).entered, 1); /* he is inside all the same */
    world_free(w);
}

/* The same seed and the same commands at the same times: the same run, however the time was cut. */
static void a_run_depends_on_its_seed_alone(void **state)
{
    (void)state;
    struct sim_config c = config_of(SIM_TRAFFIC_POISSON);
    const struct trace *traces[] = {NULL};
    struct place_truth p[3];
    for (int i = 0; i < 3; i++) {
        c.seed = i < 2 ? 7 : 8;
        struct world *w = world_new(&c, traces, (struct wall_ms){1786320000000}, 1);
        device_command(world_device(w, 0), BARRIER_HOLD_OPEN, 1);
        device_command(world_device(w, 1), BARRIER_HOLD_OPEN, 1);
        for (int64_t t = 0; t < 3600000; t += i == 0 ? 10 : 7777)
            world_advance(w, t);
        world_advance(w, 3600000);
        p[i] = world_place(w, 0);
        world_free(w);
    }
    assert_true(p[0].entered > 50);
    assert_int_equal(p[0].entered, p[1].entered);
    assert_int_equal(p[0].left, p[1].left);
    assert_int_equal(p[0].inside, p[1].inside);
    assert_true(p[0].entered != p[2].entered || p[0].left != p[2].left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_followed_all_day),
        cmocka_unit_test(poisson_comes_and_goes),
        cmocka_unit_test(a_closed_entry_turns_away_and_keeps_the_line),
        cmocka_unit_test(who_cannot_get_out_goes_back_and_tries_again),
        cmocka_unit_test(who_was_sent_to_an_exit_waits),
        cmocka_unit_test(demand_can_be_paused),
        cmocka_unit_test(vehicles_by_hand),
        cmocka_unit_test(a_forced_passage_is_a_violation),
        cmocka_unit_test(a_run_depends_on_its_seed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
