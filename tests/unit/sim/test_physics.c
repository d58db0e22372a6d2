/* sim/hardware/physics.h P1..P5 and device.h D1..D3, on one lane with a gate keeper that opens for
 * who is on loop A and closes behind him, the way a correct controller does. */
#include "sim/hardware/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct lane lane;
    struct device device;
    int64_t now_ms;
    struct reports seen;
    uint16_t sequence;
    char pattern[64]; /* what the loops showed, one letter group per change */
};

static struct world world_of(bool reverses)
{
    const struct device_options o = {.serial = "SIM-1",
                                     .has_loop_c = true,
                                     .safety_reverses = reverses,
                                     .arm_travel_ms = 1500,
                                     .plate_delay_ms = 300,
                                     .network_rate = 1};
    return (struct world){.device = device_of(&o), .lane = {.assume_open_ms = 45000}};
}

static void arrive(struct world *w, uint32_t id, enum intent intent, const char *plate)
{
    struct vehicle v = {.id = id,
                        .intent = intent,
                        .length_mm = 4500,
                        .top_speed_mm_s = 3000,
                        .patience_ms = 120000};
    memcpy(v.plate.text, plate, strlen(plate));
    assert_int_equal(lane_enter(&w->lane, &v), ERR_OK);
}

static void note_pattern(struct world *w)
{
    uint32_t bits = device_inputs(&w->device);
    char now[8] = ",";
    size_t n = 1;
    for (int i = 0; i < 3; i++)
        if (bits >> i & 1)
            now[n++] = (char)('A' + i);
    now[n] = '\0';
    size_t len = strlen(w->pattern);
    const char *last = strrchr(w->pattern, ',');
    if ((last == NULL && n == 1) || (last != NULL && strcmp(last, now) == 0))
        return;
    assert_true(len + n < sizeof w->pattern);
    memcpy(w->pattern + len, now, n + 1);
}

static void step(struct world *w)
{
    w->now_ms += PHYSICS_STEP_MS;
    struct arm_view arm = device_step(&w->device, &w->lane, w->now_ms, PHYSICS_STEP_MS);
    lane_step(&w->lane, &arm, PHYSICS_STEP_MS, &w->seen);
    note_pattern(w);
}

static void run(struct world *w, int64_t ms)
{
    for (int64_t end = w->now_ms + ms; w->now_ms < end;)
        step(w);
}

static void order(struct world *w, enum barrier_command c)
{
    device_command(&w->device, (uint16_t)c, ++w->sequence);
}

static size_t count(const struct world *w, enum report_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < w->seen.count; i++)
        n += w->seen.items[i].kind == kind;
    return n;
}

/* Opens for a vehicle on A, closes when B has fallen; until the lane is empty or `ms` are over. */
static void keep_gate(struct world *w, int64_t ms)
{
    bool b_seen = false;
    for (int64_t end = w->now_ms + ms; w->now_ms < end && w->lane.count > 0;) {
        uint32_t in = device_inputs(&w->device);
        bool b = in >> INPUT_LOOP_B & 1;
        if ((in >> INPUT_ARM_DOWN & 1) && (in >> INPUT_LOOP_A & 1)) {
            order(w, BARRIER_OPEN);
            b_seen = false;
        }
        b_seen |= b;
        if ((in >> INPUT_ARM_UP & 1) && b_seen && !b)
            order(w, BARRIER_CLOSE);
        step(w);
    }
}

static void a_crossing_shows_the_three_loops_in_order(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    keep_gate(&w, 60000);
    assert_string_equal(w.pattern, ",A,AB,B,BC,C,");
    assert_int_equal(count(&w, REPORT_CROSSED), 1);
    assert_int_equal(count(&w, REPORT_GONE), 1);
    assert_int_equal(count(&w, REPORT_STRUCK) + count(&w, REPORT_FORCED), 0);
    assert_int_equal(w.device.forward, 1);
    assert_int_equal(w.device.reverse, 0);
}

static void a_queue_goes_one_at_a_time_and_is_never_struck(void **state)
{
    (void)state;
    struct world w = world_of(true);
    for (uint32_t i = 1; i <= 4; i++)
        arrive(&w, i, INTENT_DRIVE, "B AB 1");
    keep_gate(&w, 300000);
    assert_int_equal(count(&w, REPORT_GONE), 4);
    assert_int_equal(count(&w, REPORT_STRUCK) + count(&w, REPORT_FORCED), 0);
    assert_int_equal(w.device.barrier.opens, 4); /* nobody followed through an arm not his (P2) */
    assert_true(w.now_ms < 60000);
}

/* Also while the first ones back out and the others give way. */
static void vehicles_keep_their_distance(void **state)
{
    (void)state;
    struct world w = world_of(true);
    while (w.lane.count < 5)
        arrive(&w, (uint32_t)w.lane.count + 1, INTENT_DRIVE, "");
    for (int i = 0; i < 40000; i++) {
        step(&w);
        for (size_t k = 1; k < w.lane.count; k++) {
            const struct vehicle *front = &w.lane.vehicles[k - 1];
            int64_t tail_um = front->head_um - (int64_t)front->length_mm * 1000;
            assert_true(tail_um - w.lane.vehicles[k].head_um >= 1400000);
        }
        if (i == 3000)
            assert_int_equal(w.lane.vehicles[0].head_um, STOP_LINE_MM * 1000);
    }
    assert_in_range(count(&w, REPORT_TURNED_AWAY), 2, 3);
}

static void room_is_limited(void **state)
{
    (void)state;
    struct world w = world_of(true);
    struct vehicle v = {.id = 9, .length_mm = 4500, .top_speed_mm_s = 3000};
    while (lane_enter(&w.lane, &v) == ERR_OK)
        ;
    assert_in_range(w.lane.count, 4, LANE_VEHICLES_MAX);
    struct lane before = w.lane;
    assert_int_equal(lane_enter(&w.lane, &v), ERR_FULL);
    assert_memory_equal(&before, &w.lane, sizeof before);
}

static void back_out_before_never_shows_a_plate(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_BACK_OUT_BEFORE, "B AB 1");
    run(&w, 60000);
    assert_string_equal(w.pattern, ",A,");
    assert_int_equal(count(&w, REPORT_BACKED_OUT), 1);
    assert_int_equal(w.device.camera.sequence, 0);
}

static void back_out_after_leaves_an_open_arm(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_BACK_OUT_AFTER, "B AB 1");
    keep_gate(&w, 60000);
    assert_string_equal(w.pattern, ",A,");
    assert_int_equal(count(&w, REPORT_BACKED_OUT), 1);
    assert_true(barrier_up(&w.device.barrier));
}

static void back_out_under_keeps_a_covered(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_BACK_OUT_UNDER, "B AB 1");
    keep_gate(&w, 60000);
    assert_string_equal(w.pattern, ",A,AB,A,");
    assert_int_equal(count(&w, REPORT_BACKED_OUT), 1);
    assert_int_equal(count(&w, REPORT_CROSSED), 0);
    assert_int_equal(w.device.forward + w.device.reverse, 0);
}

static void a_driver_has_patience_and_the_queue_makes_room(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    arrive(&w, 2, INTENT_DRIVE, "B AB 2");
    run(&w, 120000);
    assert_int_equal(count(&w, REPORT_TURNED_AWAY), 0);
    run(&w, 30000);
    assert_int_equal(count(&w, REPORT_TURNED_AWAY), 1);
    assert_int_equal(w.lane.count, 1);
    assert_int_equal(w.lane.vehicles[0].id, 2);
    assert_int_equal(w.lane.vehicles[0].phase, PHASE_WAITING);
}

static void who_waits_drives_only_at_last(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_WAIT, "B AB 1");
    run(&w, 20000);
    order(&w, BARRIER_OPEN);
    run(&w, 300000);
    assert_int_equal(w.lane.count, 1);
    lane_find(&w.lane, 1)->intent = INTENT_DRIVE;
    run(&w, 60000); /* an arm that stays open is taken as open for him */
    assert_int_equal(count(&w, REPORT_GONE), 1);
}

static void an_arm_not_opened_for_him_is_not_his(void **state)
{
    (void)state;
    struct world w = world_of(true);
    order(&w, BARRIER_OPEN); /* nobody is there */
    run(&w, 3000);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 30000);
    assert_int_equal(count(&w, REPORT_PASSING), 0);
    order(&w, BARRIER_CLOSE);
    run(&w, 2000);
    order(&w, BARRIER_OPEN);
    run(&w, 20000);
    assert_int_equal(count(&w, REPORT_GONE), 1);
}

static void a_driver_stops_when_the_arm_leaves(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 15000);
    order(&w, BARRIER_OPEN);
    run(&w, 1600); /* up; he is still reacting */
    order(&w, BARRIER_CLOSE);
    run(&w, 5000);
    assert_int_equal(count(&w, REPORT_PASSING), 0);
    assert_int_equal(count(&w, REPORT_STRUCK) + count(&w, REPORT_FORCED), 0);
    assert_true(barrier_down(&w.device.barrier));
}

/* P3, already rolling: he brakes before loop B even if the barrier would not turn round. */
static void a_rolling_driver_stops_when_the_arm_leaves(void **state)
{
    (void)state;
    struct world w = world_of(false);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 15000);
    order(&w, BARRIER_OPEN);
    while (w.lane.vehicles[0].head_um < (STOP_LINE_MM + 50) * 1000 && w.now_ms < 60000)
        step(&w);
    order(&w, BARRIER_CLOSE);
    run(&w, 10000);
    assert_int_equal(count(&w, REPORT_PASSING), 0);
    assert_int_equal(count(&w, REPORT_STRUCK) + count(&w, REPORT_FORCED), 0);
    assert_int_equal(w.lane.vehicles[0].phase, PHASE_WAITING);
}

/* P5: a barrier without a chain of its own and a controller that closes too early. */
static void an_arm_on_a_vehicle_is_told(void **state)
{
    (void)state;
    struct world w = world_of(false);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 15000);
    order(&w, BARRIER_OPEN);
    while (count(&w, REPORT_PASSING) == 0 && w.now_ms < 60000) {
        if (w.lane.vehicles[0].head_um > (LOOP_B_FROM_MM - 100) * 1000)
            order(&w, BARRIER_CLOSE);
        step(&w);
    }
    run(&w, 1500);
    assert_int_equal(count(&w, REPORT_STRUCK), 1);
    assert_int_equal(count(&w, REPORT_FORCED), 0);
}

static void a_forced_passage_is_told(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_FORCE, "B AB 1");
    run(&w, 60000);
    assert_int_equal(count(&w, REPORT_FORCED), 1);
    assert_int_equal(count(&w, REPORT_STRUCK), 0);
    assert_int_equal(count(&w, REPORT_GONE), 1);
}

/* Between the two loop B clears for a moment, or for longer than it is debounced. */
static void tailgaters(void **state)
{
    (void)state;
    static const struct {
        enum intent intent;
        int least_ms, most_ms;
    } rows[] = {{INTENT_TAILGATE, 70, 190}, {INTENT_FOLLOW, 400, 900}};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_of(true);
        int clear_ms = 0;
        arrive(&w, 1, INTENT_DRIVE, "B AB 1");
        arrive(&w, 2, rows[i].intent, "B AB 2");
        run(&w, 15000);
        order(&w, BARRIER_OPEN);
        while (count(&w, REPORT_CROSSED) < 2 && w.now_ms < 60000) {
            step(&w);
            clear_ms +=
                count(&w, REPORT_CROSSED) == 1 && !lane_loops(&w.lane).b ? PHYSICS_STEP_MS : 0;
        }
        assert_int_equal(count(&w, REPORT_CROSSED), 2);
        assert_int_equal(w.device.barrier.opens, 1);
        assert_in_range(clear_ms, rows[i].least_ms, rows[i].most_ms);
    }
}

static void a_tailgater_stops_before_a_falling_arm(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 5000);
    arrive(&w, 2, INTENT_FOLLOW, "B AB 2");
    keep_gate(&w, 12000);
    assert_int_equal(count(&w, REPORT_STRUCK) + count(&w, REPORT_FORCED), 0);
}

static void who_stands_under_the_arm_goes_when_told(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_STAND_UNDER, "B AB 1");
    run(&w, 15000);
    order(&w, BARRIER_OPEN);
    run(&w, 300000);
    assert_int_equal(w.lane.count, 1);
    assert_true(lane_loops(&w.lane).b && lane_loops(&w.lane).beam);
    assert_int_equal(count(&w, REPORT_CROSSED), 0);
    lane_find(&w.lane, 1)->intent = INTENT_DRIVE;
    run(&w, 10000);
    assert_int_equal(count(&w, REPORT_GONE), 1);
    assert_int_equal(w.device.forward, 1);
}

static void the_wrong_way(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_WRONG_WAY, "B AB 1");
    run(&w, 20000); /* the arm is down: he waits on B and C */
    assert_string_equal(w.pattern, ",C,BC");
    assert_int_equal(w.device.camera.sequence, 0); /* nobody sees his plate */
    arrive(&w, 2, INTENT_DRIVE, "B AB 2");
    run(&w, 20000);
    order(&w, BARRIER_OPEN);
    run(&w, 10000); /* face to face nobody moves */
    assert_int_equal(count(&w, REPORT_PASSING), 0);
    assert_int_equal(w.lane.count, 2);

    struct world alone = world_of(true);
    arrive(&alone, 1, INTENT_WRONG_WAY, "B AB 1");
    run(&alone, 20000);
    order(&alone, BARRIER_OPEN);
    run(&alone, 10000);
    assert_string_equal(alone.pattern, ",C,BC,B,AB,A,");
    assert_int_equal(count(&alone, REPORT_CROSSED), 1);
    assert_int_equal(count(&alone, REPORT_GONE), 1);
    assert_int_equal(alone.lane.count, 0);
    assert_int_equal(alone.device.reverse, 1);
    arrive(&alone, 3, INTENT_FORCE, "");
    run(&alone, 9500);
    struct vehicle late = {.id = 4, .intent = INTENT_WRONG_WAY, .length_mm = 4500};
    assert_true(count(&alone, REPORT_PASSING) == 2);
    assert_int_equal(lane_enter(&alone.lane, &late), ERR_FULL); /* somebody is coming out */
}

static void the_far_side_of_a_reversible_lane(void **state)
{
    (void)state;
    struct world w = world_of(true);
    arrive(&w, 1, INTENT_FAR_SIDE, "B AB 1");
    run(&w, 20000); /* he waits on C, where he is read */
    assert_string_equal(w.pattern, ",C");
    assert_string_equal(w.device.camera.text, "B AB 1");
    order(&w, BARRIER_OPEN);
    run(&w, 10000);
    assert_string_equal(w.pattern, ",C,BC,B,AB,A,");
    assert_int_equal(count(&w, REPORT_CROSSED), 1);
    assert_int_equal(w.lane.count, 0);
}

static void the_plate_sequence_is_odd_while_written(void **state)
{
    (void)state;
    struct world w = world_of(true);
    uint16_t last = 0;
    int odd_steps = 0;
    arrive(&w, 1, INTENT_DRIVE,
           "22\xEC\x95\x84"
           "2222");
    for (int i = 0; i < 2000; i++) {
        step(&w);
        uint16_t s = w.device.camera.sequence;
        assert_true(s == last || s == last + 1);
        odd_steps += s & 1;
        last = s;
    }
    assert_int_equal(last, 2); /* read once */
    assert_in_range(odd_steps, 2, 4);
    device_trigger_camera(&w.device); /* and again when asked */
    run(&w, 1000);
    assert_int_equal(w.device.camera.sequence, 4);
    assert_string_equal(w.device.camera.text, "22\xEC\x95\x84"
                                              "2222");
}

static void the_watchdog_closes_only_after_a_passage(void **state)
{
    (void)state;
    struct world w = world_of(true);
    device_heartbeat(&w.device, 1);
    order(&w, BARRIER_OPEN);
    run(&w, 20000); /* tripped, nobody passed: stays open */
    assert_true(w.device.watchdog_tripped);
    assert_true(barrier_up(&w.device.barrier));
    device_heartbeat(&w.device, 2);
    assert_false(w.device.watchdog_tripped);

    order(&w, BARRIER_CLOSE);
    run(&w, 2000);
    arrive(&w, 1, INTENT_DRIVE, "B AB 1");
    run(&w, 12000);
    order(&w, BARRIER_OPEN);
    run(&w, 30000); /* he passed while the host was silent */
    assert_int_equal(count(&w, REPORT_GONE), 1);
    assert_true(barrier_down(&w.device.barrier));
    assert_int_equal(count(&w, REPORT_STRUCK), 0);

    device_heartbeat(&w.device, 3);
    arrive(&w, 2, INTENT_DRIVE, "B AB 2");
    for (uint16_t beat = 4; w.lane.count > 0 && beat < 100; beat++) {
        device_heartbeat(&w.device, beat);
        keep_gate(&w, 1000); /* the host closes behind him */
    }
    device_heartbeat(&w.device, 100);
    run(&w, 3000);
    assert_false(w.device.watchdog_tripped);
    assert_true(barrier_down(&w.device.barrier));
    order(&w, BARRIER_OPEN); /* that passage is over: it closes nothing that is opened now */
    run(&w, 30000);
    assert_true(w.device.watchdog_tripped);
    assert_true(barrier_up(&w.device.barrier));
}

static void a_restart_keeps_the_arm_and_forgets_the_rest(void **state)
{
    (void)state;
    struct world w = world_of(true);
    order(&w, BARRIER_OPEN);
    run(&w, 3000);
    w.device.restarted = false;
    assert_int_equal(device_mishap(&w.device, MISHAP_RESTART), ERR_OK);
    assert_true(barrier_up(&w.device.barrier));
    assert_true(w.device.restarted);
    assert_int_equal(w.device.boot_count, 2);
    assert_int_equal(w.device.done_sequence, 0);
    assert_int_equal(w.device.host.watchdog_ms, 5000);
}

static void the_same_run_twice_is_the_same(void **state)
{
    (void)state;
    struct world w[2];
    for (int k = 0; k < 2; k++) {
        w[k] = world_of(true);
        for (uint32_t i = 1; i <= 3; i++)
            arrive(&w[k], i, INTENT_DRIVE, "B AB 1");
        keep_gate(&w[k], 300000);
    }
    assert_int_equal(w[0].now_ms, w[1].now_ms);
    assert_string_equal(w[0].pattern, w[1].pattern);
    assert_memory_equal(&w[0].seen, &w[1].seen, sizeof w[0].seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crossing_shows_the_three_loops_in_order),
        cmocka_unit_test(a_queue_goes_one_at_a_time_and_is_never_struck),
        cmocka_unit_test(vehicles_keep_their_distance),
        cmocka_unit_test(room_is_limited),
        cmocka_unit_test(back_out_before_never_shows_a_plate),
        cmocka_unit_test(back_out_after_leaves_an_open_arm),
        cmocka_unit_test(back_out_under_keeps_a_covered),
        cmocka_unit_test(a_driver_has_patience_and_the_queue_makes_room),
        cmocka_unit_test(who_waits_drives_only_at_last),
        cmocka_unit_test(an_arm_not_opened_for_him_is_not_his),
        cmocka_unit_test(a_driver_stops_when_the_arm_leaves),
        cmocka_unit_test(a_rolling_driver_stops_when_the_arm_leaves),
        cmocka_unit_test(an_arm_on_a_vehicle_is_told),
        cmocka_unit_test(a_forced_passage_is_told),
        cmocka_unit_test(tailgaters),
        cmocka_unit_test(a_tailgater_stops_before_a_falling_arm),
        cmocka_unit_test(who_stands_under_the_arm_goes_when_told),
        cmocka_unit_test(the_wrong_way),
        cmocka_unit_test(the_far_side_of_a_reversible_lane),
        cmocka_unit_test(the_plate_sequence_is_odd_while_written),
        cmocka_unit_test(the_watchdog_closes_only_after_a_passage),
        cmocka_unit_test(a_restart_keeps_the_arm_and_forgets_the_rest),
        cmocka_unit_test(the_same_run_twice_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
