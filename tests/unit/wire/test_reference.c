/* The `reference` map against its worked registers (PROTOCOL.md, "Register map"). */
#include "protocol/modbus/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A plate block with `text` packed by hand: sequence, bytes, confidence, flags, time, country. */
static void plate_block(uint16_t regs[REF_PLATE_COUNT], uint16_t bytes, const uint16_t *text,
                        size_t count)
{
    memset(regs, 0, REF_PLATE_COUNT * sizeof regs[0]);
    regs[0] = 42;
    regs[1] = bytes;
    regs[2] = 9321;
    memcpy(regs + 8, text, count * sizeof text[0]);
}

static void a_plate_is_unpacked_high_byte_first(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t regs[8];
        size_t count;
    } worked[] = {
        {"22아2222", {0x3232, 0xEC95, 0x8432, 0x3232, 0x3200}, 5},
        {"123가4567", {0x3132, 0x33EA, 0xB080, 0x3435, 0x3637}, 5},
        {"서울12가3456", {0xEC84, 0x9CEC, 0x9AB8, 0x3132, 0xEAB0, 0x8033, 0x3435, 0x3600}, 8},
        {"BAB1234", {0x4241, 0x4231, 0x3233, 0x3400}, 4},
        {"TÜAB123", {0x54C3, 0x9C41, 0x4231, 0x3233}, 4},
    };
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        uint16_t regs[REF_PLATE_COUNT];
        struct plate_reading r;
        plate_block(regs, (uint16_t)strlen(worked[i].text), worked[i].regs, worked[i].count);
        assert_int_equal(reference_plate(regs, &r), ERR_OK);
        assert_string_equal(r.raw, worked[i].text);
        assert_int_equal(r.len, strlen(worked[i].text));
        assert_int_equal(r.sequence, 42);
        assert_int_equal(r.confidence, 9321);
        assert_false(r.no_plate);
    }
}

static void the_length_register_decides(void **state)
{
    (void)state;
    static const uint16_t text[] = {0x3232, 0xEC95, 0x8432, 0x3232, 0x3258};
    uint16_t regs[REF_PLATE_COUNT];
    struct plate_reading r;
    plate_block(regs, 9, text, 5);
    assert_int_equal(reference_plate(regs, &r), ERR_OK);
    assert_string_equal(r.raw, "22아2222"); /* the stale byte behind the text is not read */

    plate_block(regs, 32, text, 5);
    assert_int_equal(reference_plate(regs, &r), ERR_OK);
    assert_int_equal(r.len, 32);
    plate_block(regs, 0, text, 5);
    regs[3] = 4;
    assert_int_equal(reference_plate(regs, &r), ERR_OK);
    assert_int_equal(r.len, 0);
    assert_true(r.no_plate);
}

static void a_plate_being_written_or_impossible_is_refused(void **state)
{
    (void)state;
    static const uint16_t text[] = {0x3232};
    uint16_t regs[REF_PLATE_COUNT];
    struct plate_reading r = {.sequence = 7};
    plate_block(regs, 2, text, 1);
    regs[0] = 43;
    assert_int_equal(reference_plate(regs, &r), ERR_UNAVAIL);
    plate_block(regs, 33, text, 1);
    assert_int_equal(reference_plate(regs, &r), ERR_INVAL);
    plate_block(regs, 65535, text, 1);
    assert_int_equal(reference_plate(regs, &r), ERR_INVAL);
    plate_block(regs, 2, text, 1);
    regs[2] = 10001;
    assert_int_equal(reference_plate(regs, &r), ERR_INVAL);
    assert_int_equal(r.sequence, 7);
}

static void identity_is_magic_and_version(void **state)
{
    (void)state;
    uint16_t regs[REF_IDENTITY_COUNT] = {0x4247, 0x4C4E, 1};
    assert_int_equal(reference_check_identity(regs), ERR_OK);
    for (int i = 0; i < 3; i++) {
        uint16_t was = regs[i];
        regs[i]++;
        assert_int_equal(reference_check_identity(regs), ERR_INVAL);
        regs[i] = was;
    }
}

static void inputs_keep_their_bit_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < REF_INPUT_COUNT; i++) {
        uint8_t bits[REF_INPUT_COUNT] = {0};
        bits[i] = 1;
        assert_int_equal(reference_inputs(bits), UINT32_C(1) << i);
    }
    assert_int_equal(REF_INPUT_COUNT, LANE_INPUTS);
    assert_int_equal(IN_FIRE, 8);
    assert_int_equal(IN_HELP_BUTTON, 21);
    assert_int_equal(IN_RESTARTED, 25);
}

static void status_is_read_high_word_first(void **state)
{
    (void)state;
    const uint16_t regs[REF_STATUS_COUNT] = {17, 100, 0, 3, 0x0001, 0x86A0, 5, 600, 0x0002, 0x0001};
    struct lane_status s;
    assert_int_equal(reference_status(regs, &s), ERR_OK);
    assert_int_equal(s.gate, GATE_CLOSED);
    assert_int_equal(s.position, 100);
    assert_int_equal(s.last_error, 3);
    assert_int_equal(s.operations, 100000);
    assert_int_equal(s.boot_count, 5);
    assert_int_equal(s.heartbeat, 600);
    assert_int_equal(s.uptime_s, 131073);
}

static void impossible_status_is_refused(void **state)
{
    (void)state;
    static const uint16_t gates[] = {0, 16, 17, 19, 32, 33};
    uint16_t regs[REF_STATUS_COUNT] = {0};
    struct lane_status s = {.boot_count = 9};
    for (uint16_t v = 0; v < 300; v++) {
        bool known = false;
        for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++)
            known |= gates[i] == v;
        struct lane_status one;
        regs[0] = v;
        assert_int_equal(reference_status(regs, &one), known ? ERR_OK : ERR_INVAL);
    }
    regs[0] = 16;
    for (uint16_t v = 0; v < 300; v++) {
        struct lane_status one;
        regs[1] = v;
        assert_int_equal(reference_status(regs, &one), v <= 100 || v == 255 ? ERR_OK : ERR_INVAL);
    }
    assert_int_equal(reference_status(regs, &s), ERR_INVAL);
    assert_int_equal(s.boot_count, 9);
}

static void commands_are_code_and_sequence(void **state)
{
    (void)state;
    uint16_t regs[REF_COMMAND_COUNT];
    reference_command(COMMAND_RESET_FAULT, 65535, regs);
    assert_int_equal(regs[0], 8);
    assert_int_equal(regs[1], 65535);
}

static void display_text_is_packed_and_never_cut(void **state)
{
    (void)state;
    static const uint16_t worked[] = {0x3232, 0xEC95, 0x8432, 0x3232, 0x3200, 0};
    uint16_t regs[REF_DISPLAY_COUNT], before[REF_DISPLAY_COUNT];
    assert_int_equal(reference_display("22아2222", regs), ERR_OK);
    assert_memory_equal(regs, worked, sizeof worked);
    assert_int_equal(regs[15], 0);
    assert_int_equal(reference_display("01234567890123456789012345678901", regs), ERR_OK);
    assert_int_equal(regs[15], '0' << 8 | '1');
    memcpy(before, regs, sizeof regs);
    assert_int_equal(reference_display("012345678901234567890123456789012", regs), ERR_FULL);
    assert_memory_equal(regs, before, sizeof regs);
    assert_int_equal(reference_display("", regs), ERR_OK);
    assert_int_equal(regs[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plate_is_unpacked_high_byte_first),
        cmocka_unit_test(the_length_register_decides),
        cmocka_unit_test(a_plate_being_written_or_impossible_is_refused),
        cmocka_unit_test(identity_is_magic_and_version),
        cmocka_unit_test(inputs_keep_their_bit_numbers),
        cmocka_unit_test(status_is_read_high_word_first),
        cmocka_unit_test(impossible_status_is_refused),
        cmocka_unit_test(commands_are_code_and_sequence),
        cmocka_unit_test(display_text_is_packed_and_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
