/* sim/hardware/fault.h X1, X2, history.h H1 and device.h D4: each condition as the registers show it and
 * as the barrier behaves under it. */
#include "sim/hardware/garble.h"
#include "sim/hardware/register_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { STATUS = 16, LAST_ERROR = 19, HEARTBEAT = 23, FORWARD = 32, PLATE_BYTES = 49, PLATE = 56 };

struct bench {
    struct lane lane;
    struct device device;
    int64_t now_ms;
    uint16_t sequence;
    struct reports seen;
};

static struct bench bench_of(void)
{
    const struct device_options o = {.serial = "SIM-1",
                                     .has_loop_c = true,
                                     .safety_reverses = true,
                                     .arm_travel_ms = 1500,
                                     .plate_delay_ms = 300,
                                     .network_rate = 1};
    struct bench b = {.device = device_of(&o), .lane = {.assume_open_ms = 45000}};
    b.device.restarted = false;
    return b;
}

static void run(struct bench *b, int64_t ms)
{
    for (int64_t end = b->now_ms + ms; b->now_ms < end;) {
        b->now_ms += PHYSICS_STEP_MS;
        struct arm_view arm = device_step(&b->device, &b->lane, b->now_ms, PHYSICS_STEP_MS);
        lane_step(&b->lane, &arm, PHYSICS_STEP_MS, &b->seen);
    }
}

static void fault(struct bench *b, enum fault f)
{
    const struct fault_plan now = {.when = MOMENT_NOW};
    device_set_fault(&b->device, f, &now);
}

static bool input(const struct bench *b, enum device_input i)
{
    return device_inputs(&b->device) >> i & 1;
}

static uint16_t answer(struct bench *b, enum barrier_command c)
{
    device_command(&b->device, (uint16_t)c, ++b->sequence);
    return b->device.done_result;
}

static uint16_t registered(struct bench *b, uint16_t address)
{
    union frame_values v;
    struct frame_request r = {
        .function = FRAME_READ_INPUT_REGISTERS, .address = address, .count = 1};
    assert_int_equal(register_map_serve(&b->device, &r, &v), FRAME_OK);
    return v.registers[0];
}

/* What the arm did so far, one letter per change: o O c C r s. */
static void changed(const struct bench *b, const char *expected)
{
    static const char letters[] = "oOcCrs";
    char text[HISTORY_MAX + 1] = "";
    for (size_t i = 0; i < b->device.history.count; i++)
        text[i] = letters[b->device.history.events[i].change];
    assert_string_equal(text, expected);
}

static enum barrier_cause cause(const struct bench *b, size_t i)
{
    assert_true(i < b->device.history.count);
    return b->device.history.events[i].cause;
}

/* Every condition that is nothing but an input: the one it sets, and its healthy reading. */
static void conditions_show_as_inputs(void **state)
{
    (void)state;
    static const struct {
        enum fault fault;
        enum device_input input;
        bool reads;
    } rows[] = {
        {FAULT_LOOP_A_ON, INPUT_LOOP_A, true},
        {FAULT_LOOP_B_ON, INPUT_LOOP_B, true},
        {FAULT_LOOP_C_ON, INPUT_LOOP_C, true},
        {FAULT_LOOP_A, INPUT_FAULT_A, true},
        {FAULT_LOOP_B, INPUT_FAULT_B, true},
        {FAULT_LOOP_C, INPUT_FAULT_C, true},
        {FAULT_LOOP_A, INPUT_LOOP_A, true},
        {FAULT_LOOP_B, INPUT_LOOP_B, true},
        {FAULT_LOOP_C, INPUT_LOOP_C, true},
        {FAULT_PHOTOCELL, INPUT_PHOTOCELL_CLEAR, false},
        {FAULT_EDGE, INPUT_EDGE_OK, false},
        {FAULT_BOOM, INPUT_ARM_ATTACHED, false},
        {FAULT_LIMITS_BOTH, INPUT_ARM_UP, true},
        {FAULT_LIMITS_NONE, INPUT_ARM_DOWN, false},
        {FAULT_FIRE, INPUT_FIRE, true},
        {FAULT_STOP, INPUT_LOCAL_STOP_OK, false},
        {FAULT_LOCAL, INPUT_LOCAL_MODE, true},
        {FAULT_MAINS, INPUT_MAINS_OK, false},
        {FAULT_BATTERY, INPUT_BATTERY_OK, false},
        {FAULT_CABINET, INPUT_CABINET_CLOSED, false},
        {FAULT_HELP, INPUT_HELP_BUTTON, true},
        {FAULT_TICKET, INPUT_TICKET_BUTTON, true},
        {FAULT_TICKET_LOW, INPUT_TICKET_LOW, true},
        {FAULT_READER, INPUT_READER_OK, false},
        {FAULT_CAMERA, INPUT_CAMERA_OK, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b = bench_of();
        assert_int_equal(input(&b, rows[i].input), !rows[i].reads);
        fault(&b, rows[i].fault);
        assert_int_equal(input(&b, rows[i].input), rows[i].reads);
        assert_false(device_idle(&b.device, 0));
        device_clear_fault(&b.device, rows[i].fault);
        assert_int_equal(input(&b, rows[i].input), !rows[i].reads);
    }
}

static void conditions_add_up_and_outlive_a_restart(void **state)
{
    (void)state;
    struct bench b = bench_of();
    fault(&b, FAULT_EDGE);
    fault(&b, FAULT_LOOP_A);
    fault(&b, FAULT_CABINET);
    assert_int_equal(device_mishap(&b.device, MISHAP_RESTART), ERR_OK);
    assert_true(!input(&b, INPUT_EDGE_OK) && input(&b, INPUT_FAULT_A) &&
                !input(&b, INPUT_CABINET_CLOSED) && input(&b, INPUT_RESTARTED));
    device_clear_fault(&b.device, FAULT_LOOP_A);
    assert_true(!input(&b, INPUT_EDGE_OK) && !input(&b, INPUT_FAULT_A));
}

/* D4: the interlock believes the detector; a blind one stops nothing. */
static void the_interlock_believes_the_detectors(void **state)
{
    (void)state;
    static const enum fault blocking[] = {FAULT_LOOP_B_ON, FAULT_LOOP_B, FAULT_PHOTOCELL,
                                          FAULT_EDGE};
    for (size_t i = 0; i < 4; i++) {
        struct bench b = bench_of();
        answer(&b, BARRIER_OPEN);
        run(&b, 2000);
        fault(&b, blocking[i]);
        assert_int_equal(answer(&b, BARRIER_CLOSE), BARRIER_REFUSED);
        device_clear_fault(&b.device, blocking[i]);
        assert_int_equal(answer(&b, BARRIER_CLOSE), BARRIER_ACCEPTED);
    }
    struct bench b = bench_of();
    struct vehicle v = {
        .id = 1, .intent = INTENT_STAND_UNDER, .length_mm = 4500, .top_speed_mm_s = 3000};
    assert_int_equal(lane_enter(&b.lane, &v), ERR_OK);
    run(&b, 15000);
    answer(&b, BARRIER_OPEN);
    run(&b, 10000);
    assert_true(input(&b, INPUT_LOOP_B));
    fault(&b, FAULT_LOOP_B_BLIND);
    assert_false(input(&b, INPUT_LOOP_B));
    assert_int_equal(answer(&b, BARRIER_CLOSE), BARRIER_REFUSED); /* the beam still sees it */
    device_clear_fault(&b.device, FAULT_LOOP_B_BLIND);
    b.lane.vehicles[0].intent = INTENT_DRIVE;
    run(&b, 10000);
    assert_int_equal(b.lane.count, 0);
}

static void a_jam_has_a_direction(void **state)
{
    (void)state;
    struct bench b = bench_of();
    fault(&b, FAULT_JAMMED_UP);
    answer(&b, BARRIER_OPEN);
    run(&b, 4000);
    assert_true(barrier_down(&b.device.barrier));
    assert_int_equal(registered(&b, LAST_ERROR), BARRIER_ERROR_OPEN_TIMEOUT);
    device_clear_fault(&b.device, FAULT_JAMMED_UP);
    fault(&b, FAULT_JAMMED_DOWN);
    answer(&b, BARRIER_OPEN);
    run(&b, 2000);
    answer(&b, BARRIER_CLOSE);
    run(&b, 4000);
    assert_true(barrier_up(&b.device.barrier));
    assert_int_equal(registered(&b, LAST_ERROR), BARRIER_ERROR_CLOSE_TIMEOUT);
    changed(&b, "osoOcs");
    assert_int_equal(cause(&b, 0), BARRIER_BY_ORDER);
    assert_int_equal(cause(&b, 1), BARRIER_BY_TIMEOUT);
}

static void limits_can_lie(void **state)
{
    (void)state;
    struct bench b = bench_of();
    assert_int_equal(registered(&b, STATUS), 17);
    fault(&b, FAULT_LIMITS_BOTH);
    assert_true(input(&b, INPUT_ARM_UP) && input(&b, INPUT_ARM_DOWN));
    assert_int_equal(registered(&b, STATUS), 0);
    assert_int_equal(registered(&b, LAST_ERROR), 5);
    device_clear_fault(&b.device, FAULT_LIMITS_BOTH);
    fault(&b, FAULT_LIMITS_NONE);
    assert_false(input(&b, INPUT_ARM_UP) || input(&b, INPUT_ARM_DOWN));
    assert_int_equal(registered(&b, STATUS), 19);
    answer(&b, BARRIER_OPEN);
    run(&b, 4000); /* the drive does not learn that it has arrived */
    assert_false(input(&b, INPUT_ARM_UP));
    assert_int_equal(registered(&b, LAST_ERROR), BARRIER_ERROR_OPEN_TIMEOUT);
    assert_int_equal(barrier_percent(&b.device.barrier), 100);
}

static void the_key_moves_the_arm_by_hand(void **state)
{
    (void)state;
    struct bench b = bench_of();
    assert_int_equal(device_mishap(&b.device, MISHAP_KEY_OPEN), ERR_CONFLICT);
    fault(&b, FAULT_LOCAL);
    assert_int_equal(answer(&b, BARRIER_OPEN), BARRIER_REFUSED);
    fault(&b, FAULT_FIRE); /* the key beats fire */
    run(&b, 2000);
    assert_true(barrier_down(&b.device.barrier));
    device_clear_fault(&b.device, FAULT_FIRE);
    assert_int_equal(device_mishap(&b.device, MISHAP_KEY_OPEN), ERR_OK);
    run(&b, 2000);
    fault(&b, FAULT_EDGE);
    assert_int_equal(device_mishap(&b.device, MISHAP_KEY_CLOSE), ERR_CONFLICT);
    device_clear_fault(&b.device, FAULT_EDGE);
    assert_int_equal(device_mishap(&b.device, MISHAP_KEY_CLOSE), ERR_OK);
    run(&b, 500);
    fault(&b, FAULT_STOP);
    assert_int_equal(device_mishap(&b.device, MISHAP_KEY_OPEN), ERR_CONFLICT);
    run(&b, 100);
    changed(&b, "oOcs");
    assert_int_equal(cause(&b, 0), BARRIER_BY_KEY);
    assert_int_equal(cause(&b, 3), BARRIER_BY_STOP);
}

static void an_arm_pushed_up_was_ordered_by_nobody(void **state)
{
    (void)state;
    struct bench b = bench_of();
    answer(&b, BARRIER_LOCK);
    assert_int_equal(device_mishap(&b.device, MISHAP_PUSHED_UP), ERR_OK);
    run(&b, 2000);
    assert_true(input(&b, INPUT_ARM_UP));
    changed(&b, "oO");
    assert_int_equal(cause(&b, 0), BARRIER_BY_HAND);
    assert_int_equal(cause(&b, 1), BARRIER_BY_HAND);
}

static void fire_opens_and_its_end_closes_nothing(void **state)
{
    (void)state;
    struct bench b = bench_of();
    answer(&b, BARRIER_LOCK);
    fault(&b, FAULT_FIRE);
    run(&b, 2000);
    device_clear_fault(&b.device, FAULT_FIRE);
    run(&b, 60000);
    changed(&b, "oO");
    assert_int_equal(cause(&b, 0), BARRIER_BY_FIRE);
}

static void power(void **state)
{
    (void)state;
    struct bench b = bench_of();
    fault(&b, FAULT_MAINS);
    answer(&b, BARRIER_OPEN); /* the battery does it */
    run(&b, 2000);
    assert_true(barrier_up(&b.device.barrier));
    assert_int_equal(registered(&b, LAST_ERROR), 9);
    fault(&b, FAULT_BATTERY);
    answer(&b, BARRIER_CLOSE);
    run(&b, 4000);
    assert_true(barrier_up(&b.device.barrier));
}

static void a_broken_boom_bars_nobody(void **state)
{
    (void)state;
    struct bench b = bench_of();
    struct vehicle v = {.id = 1, .intent = INTENT_FORCE, .length_mm = 4500, .top_speed_mm_s = 3000};
    fault(&b, FAULT_BOOM);
    assert_int_equal(lane_enter(&b.lane, &v), ERR_OK);
    run(&b, 60000);
    assert_int_equal(b.lane.count, 0);
    for (size_t i = 0; i < b.seen.count; i++)
        assert_true(b.seen.items[i].kind != REPORT_STRUCK && b.seen.items[i].kind != REPORT_FORCED);
    assert_int_equal(registered(&b, LAST_ERROR), 4);
}

/* X2 */
static void a_condition_waits_for_its_moment(void **state)
{
    (void)state;
    struct bench b = bench_of();
    const struct fault_plan pinched = {.when = MOMENT_CLOSING, .for_ms = 300, .times = 2};
    device_set_fault(&b.device, FAULT_EDGE, &pinched);
    assert_false(device_idle(&b.device, 0));
    answer(&b, BARRIER_OPEN);
    run(&b, 2000);
    for (int i = 0; i < 3; i++) {
        assert_true(input(&b, INPUT_EDGE_OK));
        assert_int_equal(answer(&b, BARRIER_CLOSE), BARRIER_ACCEPTED);
        run(&b, 3000); /* the barrier's own chain opens again, twice */
    }
    changed(&b, "oOcrOcrOcC");
    assert_int_equal(cause(&b, 3), BARRIER_BY_SAFETY);
    assert_in_range(b.device.history.events[3].percent, 60, 67);
    assert_true(faults_none(&b.device.faults));

    const struct fault_plan brief = {.when = MOMENT_NOW, .for_ms = 1000};
    device_set_fault(&b.device, FAULT_HELP, &brief);
    run(&b, 900);
    assert_true(input(&b, INPUT_HELP_BUTTON));
    run(&b, 200);
    assert_false(input(&b, INPUT_HELP_BUTTON));
}

static void a_heartbeat_can_stand_still_and_wraps(void **state)
{
    (void)state;
    struct bench b = bench_of();
    run(&b, 5000);
    assert_int_equal(registered(&b, HEARTBEAT), 5);
    fault(&b, FAULT_HEARTBEAT);
    run(&b, 5000);
    assert_int_equal(registered(&b, HEARTBEAT), 5);
    device_clear_fault(&b.device, FAULT_HEARTBEAT);
    run(&b, 2000);
    assert_int_equal(registered(&b, HEARTBEAT), 7);
    assert_int_equal(device_mishap(&b.device, MISHAP_WRAP), ERR_OK);
    assert_int_equal(registered(&b, HEARTBEAT), 65534);
    assert_int_equal(registered(&b, FORWARD), 0xFFFF);
    run(&b, 2000);
    assert_int_equal(registered(&b, HEARTBEAT), 0);
    run(&b, 1000);
    assert_int_equal(registered(&b, HEARTBEAT), 1);
    assert_int_equal(device_mishap(&b.device, MISHAP_RESTART), ERR_OK);
    assert_int_equal(registered(&b, FORWARD), 0);
}

/* 22아2222 as a camera in the wrong mode says it. */
static void plates_in_the_wrong_bytes(void **state)
{
    (void)state;
    struct vehicle v = {.id = 1,
                        .intent = INTENT_WAIT,
                        .length_mm = 4500,
                        .top_speed_mm_s = 3000,
                        .plate = {"22\xEC\x95\x84"
                                  "2222"}};
    static const struct {
        enum fault fault;
        uint16_t bytes;
        uint16_t words[5];
    } rows[] = {
        {FAULTS, 9, {0x3232, 0xEC95, 0x8432, 0x3232, 0x3200}},
        {FAULT_PLATE_SWAPPED, 9, {0x3232, 0x95EC, 0x3284, 0x3232, 0x0032}},
        {FAULT_PLATE_EUC_KR, 8, {0x3232, 0xBEC6, 0x3232, 0x3232, 0}},
    };
    for (size_t i = 0; i < 3; i++) {
        struct bench b = bench_of();
        if (rows[i].fault != FAULTS)
            fault(&b, rows[i].fault);
        assert_int_equal(lane_enter(&b.lane, &v), ERR_OK);
        run(&b, 15000);
        assert_int_equal(registered(&b, PLATE_BYTES), rows[i].bytes);
        for (uint16_t k = 0; k < 5; k++)
            assert_int_equal(registered(&b, (uint16_t)(PLATE + k)), rows[i].words[k]);
    }
    struct bench b = bench_of();
    fault(&b, FAULT_CAMERA);
    assert_int_equal(lane_enter(&b.lane, &v), ERR_OK);
    run(&b, 15000);
    assert_int_equal(b.device.camera.sequence, 0);
    device_clear_fault(&b.device, FAULT_CAMERA);
    run(&b, 1000);
    assert_int_equal(b.device.camera.sequence, 2);
}

static void euc_kr_leaves_what_it_does_not_know(void **state)
{
    (void)state;
    char out[16] = "";
    assert_int_equal(garble_euc_kr("B-AB 12", out), 7);
    assert_string_equal(out, "B-AB 12");
    assert_int_equal(garble_euc_kr("", out), 0);
}

/* H1 */
static void the_history_keeps_the_last_and_counts_all(void **state)
{
    (void)state;
    struct bench b = bench_of();
    for (int i = 0; i < HISTORY_MAX; i++) {
        answer(&b, i % 2 == 0 ? BARRIER_OPEN : BARRIER_CLOSE);
        run(&b, 2000);
    }
    const struct history *h = &b.device.history;
    assert_int_equal(h->count, 2 * HISTORY_MAX);
    assert_int_equal(h->events[(h->count - 1) % HISTORY_MAX].change, ARM_CLOSED);
    assert_int_equal(device_mishap(&b.device, MISHAP_RESTART), ERR_OK);
    assert_int_equal(b.device.history.count, 2 * HISTORY_MAX);
}

static void words(void **state)
{
    (void)state;
    for (int i = 0; i < FAULTS; i++) {
        enum fault f = FAULTS;
        assert_int_equal(fault_parse(fault_word((enum fault)i), &f), ERR_OK);
        assert_int_equal(f, i);
    }
    enum fault f;
    enum mishap m;
    enum moment t;
    assert_int_equal(fault_parse("none", &f), ERR_NOTFOUND);
    assert_int_equal(mishap_parse("silent", &m), ERR_NOTFOUND);
    assert_int_equal(mishap_parse("wrap", &m), ERR_OK);
    assert_int_equal(m, MISHAP_WRAP);
    assert_int_equal(moment_parse("closing", &t), ERR_OK);
    assert_int_equal(t, MOMENT_CLOSING);
    assert_int_equal(moment_parse("", &t), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_show_as_inputs),
        cmocka_unit_test(conditions_add_up_and_outlive_a_restart),
        cmocka_unit_test(the_interlock_believes_the_detectors),
        cmocka_unit_test(a_jam_has_a_direction),
        cmocka_unit_test(limits_can_lie),
        cmocka_unit_test(the_key_moves_the_arm_by_hand),
        cmocka_unit_test(an_arm_pushed_up_was_ordered_by_nobody),
        cmocka_unit_test(fire_opens_and_its_end_closes_nothing),
        cmocka_unit_test(power),
        cmocka_unit_test(a_broken_boom_bars_nobody),
        cmocka_unit_test(a_condition_waits_for_its_moment),
        cmocka_unit_test(a_heartbeat_can_stand_still_and_wraps),
        cmocka_unit_test(plates_in_the_wrong_bytes),
        cmocka_unit_test(euc_kr_leaves_what_it_does_not_know),
        cmocka_unit_test(the_history_keeps_the_last_and_counts_all),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
