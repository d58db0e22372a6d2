/* sim/hardware/register_map.h: R1..R3, address by address from the specification. */
#include "sim/hardware/register_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct device make(void)
{
    const struct device_options o = {.serial = "SIM-A-IN1",
                                     .has_loop_c = true,
                                     .safety_reverses = true,
                                     .arm_travel_ms = 1000,
                                     .network_rate = 1,
                                     .started = {1786320000123}};
    return device_of(&o);
}

static enum frame_exception read_at(struct device *d, uint8_t function, uint16_t address,
                                    uint16_t count, union frame_values *v)
{
    struct frame_request r = {.function = function, .address = address, .count = count};
    return register_map_serve(d, &r, v);
}

static uint16_t input(struct device *d, uint16_t address)
{
    union frame_values v;
    assert_int_equal(read_at(d, FRAME_READ_INPUT_REGISTERS, address, 1, &v), FRAME_OK);
    return v.registers[0];
}

static enum frame_exception write2(struct device *d, uint16_t address, uint16_t a, uint16_t b)
{
    struct frame_request r = {.function = FRAME_WRITE_REGISTERS, .address = address, .count = 2};
    r.registers[0] = a;
    r.registers[1] = b;
    return register_map_serve(d, &r, NULL);
}

static enum frame_exception write1(struct device *d, uint16_t address, uint16_t value)
{
    struct frame_request r = {.function = FRAME_WRITE_REGISTER, .address = address, .count = 1};
    r.registers[0] = value;
    return register_map_serve(d, &r, NULL);
}

static enum frame_exception coil(struct device *d, uint16_t address, bool on)
{
    struct frame_request r = {.function = FRAME_WRITE_COIL, .address = address, .count = 1};
    r.bits[0] = on;
    return register_map_serve(d, &r, NULL);
}

static void run(struct device *d, struct lane *lane, int ms)
{
    struct reports none = {0};
    for (int t = 0; t < ms; t += 10) {
        struct arm_view arm = device_step(d, lane, d->now_ms + 10, 10);
        lane_step(lane, &arm, 10, &none);
    }
}

static void identity_and_status_at_rest(void **state)
{
    (void)state;
    struct device d = make();
    struct lane lane = {0};
    run(&d, &lane, 3500);
    assert_int_equal(input(&d, 0), 0x4247);
    assert_int_equal(input(&d, 1), 0x4C4E);
    assert_int_equal(input(&d, 2), 1);
    assert_int_equal(input(&d, 7), 'S' << 8 | 'I');
    assert_int_equal(input(&d, 11), '1' << 8);
    assert_int_equal(input(&d, 16), 17);
    assert_int_equal(input(&d, 17), 0);
    assert_int_equal(input(&d, 18), 0x1EF0 & ~(1 << 8)); /* 4..7, 9..12 */
    assert_int_equal(input(&d, 22), 1);
    assert_int_equal(input(&d, 23), 3);
    assert_int_equal(input(&d, 25), 3);
    union frame_values v;
    assert_int_equal(read_at(&d, FRAME_READ_INPUTS, 0, 26, &v), FRAME_OK);
    const uint8_t want[26] = {[4] = 1,  [5] = 1,  [6] = 1,  [7] = 1,  [9] = 1, [10] = 1,
                              [11] = 1, [12] = 1, [22] = 1, [23] = 1, [25] = 1};
    assert_memory_equal(v.bits, want, sizeof want);
    assert_int_equal(coil(&d, 10, true), FRAME_OK);
    read_at(&d, FRAME_READ_INPUTS, 25, 1, &v);
    assert_int_equal(v.bits[0], 0);
}

static void a_command_runs_once_and_echoes(void **state)
{
    (void)state;
    struct device d = make();
    struct lane lane = {0};
    assert_int_equal(write2(&d, 0, 1, 7), FRAME_OK);
    assert_int_equal(input(&d, 120), 7);
    assert_int_equal(input(&d, 121), 1);
    assert_int_equal(input(&d, 16), 32);
    run(&d, &lane, 500);
    assert_int_equal(input(&d, 17), 50);
    run(&d, &lane, 600);
    assert_int_equal(input(&d, 16), 16);
    assert_int_equal(input(&d, 21), 1);
    assert_int_equal(write2(&d, 0, 2, 7), FRAME_OK); /* the same sequence does nothing */
    assert_int_equal(input(&d, 16), 16);
    assert_int_equal(write2(&d, 0, 2, 8), FRAME_OK);
    assert_int_equal(input(&d, 16), 33);
    run(&d, &lane, 500);
    assert_int_equal(write2(&d, 0, 3, 9), FRAME_OK);
    run(&d, &lane, 10);
    assert_int_equal(input(&d, 16), 19);
    assert_int_equal(write2(&d, 0, 99, 10), FRAME_OK);
    assert_int_equal(input(&d, 120), 10);
    assert_int_equal(input(&d, 121), 3);
    d.loops.b = true;
    assert_int_equal(write2(&d, 0, 2, 11), FRAME_OK);
    assert_int_equal(input(&d, 121), 2);
    assert_int_equal(write1(&d, 0, 1), FRAME_OK); /* a code without a sequence waits */
    assert_int_equal(input(&d, 16), 19);
    assert_int_equal(write1(&d, 1, 12), FRAME_OK);
    assert_int_equal(input(&d, 16), 32);
}

static void korean_plate_in_registers(void **state)
{
    (void)state;
    const uint16_t want[6] = {0x3232, 0xEC95, 0x8432, 0x3232, 0x3200, 0};
    uint16_t packed[6];
    register_map_pack("22\xEC\x95\x84"
                      "2222",
                      9, packed, 6);
    assert_memory_equal(packed, want, sizeof want);

    struct device d = make();
    struct lane lane = {.assume_open_ms = 1000000};
    struct vehicle v = {.id = 1,
                        .length_mm = 4500,
                        .top_speed_mm_s = 3000,
                        .plate = {"22\xEC\x95\x84"
                                  "2222"},
                        .country = 410};
    lane_enter(&lane, &v);
    run(&d, &lane, 15000);
    assert_int_equal(input(&d, 48), 2);
    assert_int_equal(input(&d, 49), 9);
    assert_true(input(&d, 50) > 0 && input(&d, 50) <= 10000);
    assert_int_equal(input(&d, 51), 1);
    int64_t s = (int64_t)input(&d, 52) << 16 | input(&d, 53);
    assert_in_range(s, 1786320000, 1786320015);
    assert_int_equal(input(&d, 55), 410);
    for (uint16_t i = 0; i < 6; i++)
        assert_int_equal(input(&d, (uint16_t)(56 + i)), want[i]);
}

static void host_registers(void **state)
{
    (void)state;
    struct device d = make();
    union frame_values v;
    assert_int_equal(read_at(&d, FRAME_READ_HOLDING, 3, 1, &v), FRAME_OK);
    assert_int_equal(v.registers[0], 5000);
    assert_int_equal(write1(&d, 3, 99), FRAME_ILLEGAL_VALUE);
    assert_int_equal(write1(&d, 5, 3), FRAME_ILLEGAL_VALUE);
    assert_int_equal(write1(&d, 4, 0), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(write1(&d, 48, 0), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(write2(&d, 2, 77, 50), FRAME_ILLEGAL_VALUE); /* R2: nothing of it */
    assert_int_equal(d.host.heartbeat, 0);
    assert_int_equal(write2(&d, 16, 0x4869, 0x2100), FRAME_OK);
    char text[33];
    device_display(&d, text);
    assert_string_equal(text, "Hi!");
}

static void coils_and_gaps(void **state)
{
    (void)state;
    struct device d = make();
    union frame_values v;
    assert_int_equal(coil(&d, 5, true), FRAME_OK);
    assert_int_equal(coil(&d, 8, true), FRAME_OK);
    assert_int_equal(coil(&d, 9, true), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(coil(&d, 0, true), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(read_at(&d, FRAME_READ_COILS, 0, 11, &v), FRAME_OK);
    const uint8_t want[11] = {[5] = 1}; /* the trigger is a pulse */
    assert_memory_equal(v.bits, want, sizeof want);
    assert_int_equal(read_at(&d, FRAME_READ_COILS, 0, 12, &v), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(read_at(&d, FRAME_READ_INPUTS, 0, 27, &v), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(read_at(&d, FRAME_READ_INPUT_REGISTERS, 0, 122, &v), FRAME_OK);
    assert_int_equal(v.registers[100], 0);
    assert_int_equal(read_at(&d, FRAME_READ_INPUT_REGISTERS, 1, 122, &v), FRAME_ILLEGAL_ADDRESS);
    assert_int_equal(read_at(&d, FRAME_READ_HOLDING, 0, 49, &v), FRAME_ILLEGAL_ADDRESS);
}

static void a_ticket_needs_the_arm_down(void **state)
{
    (void)state;
    struct device d = make();
    struct lane lane = {0};
    assert_int_equal(write2(&d, 32, 'T' << 8 | '1', 'X' << 8), FRAME_OK);
    assert_int_equal(coil(&d, 7, true), FRAME_OK);
    assert_int_equal(d.printer.issued, 1);
    assert_string_equal(d.printer.text, "T1X");
    run(&d, &lane, 2000);
    assert_true(device_inputs(&d) >> INPUT_TICKET_TAKEN & 1);
    write2(&d, 0, 1, 1);
    run(&d, &lane, 1000);
    assert_int_equal(coil(&d, 7, true), FRAME_OK);
    assert_int_equal(d.printer.issued, 1);
}

static void what_is_shown_stands_in_its_block(void **state)
{
    (void)state;
    struct device d = make();
    struct lane lane = {0};
    struct fault_plan now = {0};
    assert_int_equal(input(&d, 80), 0);
    device_show(&d, MEDIUM_TAG, "04:A1");
    assert_int_equal(input(&d, 80), 1); /* being written */
    run(&d, &lane, 100);
    assert_int_equal(input(&d, 80), 2);
    assert_int_equal(input(&d, 81), 3);
    assert_int_equal(input(&d, 82), 5);
    assert_int_equal(input(&d, 83), '0' << 8 | '4');
    device_set_fault(&d, FAULT_READER, &now);
    device_show(&d, MEDIUM_CODE, "QR");
    run(&d, &lane, 100);
    assert_int_equal(input(&d, 80), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_and_status_at_rest),
        cmocka_unit_test(a_command_runs_once_and_echoes),
        cmocka_unit_test(korean_plate_in_registers),
        cmocka_unit_test(host_registers),
        cmocka_unit_test(coils_and_gaps),
        cmocka_unit_test(a_ticket_needs_the_arm_down),
        cmocka_unit_test(what_is_shown_stands_in_its_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
