/* Device profiles: the shipped ones against worked registers, the plan, what is refused. Numbers cite
 * protocol/modbus/{profile,plan}.h and edge/field/profile_file.h. */
#include "edge/field/profile_file.h"
#include "protocol/modbus/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A device's memory, laid out as a plan reads it. */
struct memory {
    uint8_t bits[64];      /* discrete inputs, a byte each */
    uint16_t input[128];   /* input registers */
    uint16_t holding[128]; /* holding registers */
    uint8_t data[PLAN_RANGES_MAX][250];
    struct profile profile;
    struct plan plan;
    struct image image;
};

static void load(struct memory *m, const char *name)
{
    struct table_error e;
    memset(m, 0, sizeof *m);
    if (profile_load(name, &m->profile, &e) != ERR_OK)
        fail_msg("%s:%d: %s: %s", name, e.line, e.path, e.text);
    assert_int_equal(plan_make(&m->profile, &m->plan), ERR_OK);
}

/* Reads every range of the plan. */
static void read_all(struct memory *m)
{
    for (size_t i = 0; i < m->plan.count; i++) {
        const struct plan_range *r = &m->plan.ranges[i];
        m->image.data[i] = m->data[i];
        memset(m->data[i], 0, sizeof m->data[i]);
        for (size_t k = 0; k < r->count; k++) {
            if (space_is_bits(r->space)) {
                m->data[i][k / 8] |= (uint8_t)(m->bits[r->address + k] << k % 8);
                continue;
            }
            const uint16_t *from = r->space == SPACE_INPUT ? m->input : m->holding;
            m->data[i][2 * k] = (uint8_t)(from[r->address + k] >> 8);
            m->data[i][2 * k + 1] = (uint8_t)from[r->address + k];
        }
    }
}

static enum err plate_of(struct memory *m, struct plate_reading *ret)
{
    uint16_t sequence;
    read_all(m);
    return decode_plate(&m->profile, &m->plan, &m->image, &sequence, ret);
}

/* --- reference --- */

static void a_scan_of_the_reference_map_is_two_reads(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "reference");
    assert_int_equal(m.plan.ends[PLAN_INPUTS], 1);
    assert_int_equal(m.plan.ends[PLAN_READINGS], 2);
    assert_int_equal(m.plan.ranges[0].count, LANE_INPUTS);
    assert_int_equal(m.plan.ranges[1].address, 48);
    assert_int_equal(m.plan.ranges[1].count, 24);
    /* Status and counters in one, over the gap between them. */
    assert_int_equal(m.plan.ranges[2].address, 16);
    assert_int_equal(m.plan.ranges[2].count, 20);
    assert_null(profile_gap(&m.profile, 3));
    assert_true(profile_closes(&m.profile));
}

static void inputs_keep_their_bit_numbers(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "reference");
    for (int i = 0; i < LANE_INPUTS; i++) {
        memset(m.bits, 0, sizeof m.bits);
        m.bits[i] = 1;
        read_all(&m);
        assert_int_equal(decode_inputs(&m.profile, &m.plan, &m.image), UINT32_C(1) << i);
    }
    assert_int_equal(IN_FIRE, 8);
    assert_int_equal(IN_HELP_BUTTON, 21);
    assert_int_equal(IN_RESTARTED, 25);
}

static void plate_block(struct memory *m, uint16_t bytes, const uint16_t *text, size_t count)
{
    memset(m->input + 48, 0, 24 * sizeof m->input[0]);
    m->input[48] = 42;
    m->input[49] = bytes;
    m->input[50] = 9321;
    memcpy(m->input + 56, text, count * sizeof text[0]);
}

static void a_plate_is_unpacked_high_byte_first(void **state)
{
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
    static struct memory m;
    (void)state;
    load(&m, "reference");
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        struct plate_reading r;
        plate_block(&m, (uint16_t)strlen(worked[i].text), worked[i].regs, worked[i].count);
        assert_int_equal(plate_of(&m, &r), ERR_OK);
        assert_string_equal(r.raw, worked[i].text);
        assert_int_equal(r.len, strlen(worked[i].text));
        assert_int_equal(r.sequence, 42);
        assert_int_equal(r.confidence, 9321);
        assert_false(r.no_plate);
        assert_int_equal(text_look(r.raw, r.len), TEXT_UTF8);
    }
}

static void the_length_register_decides(void **state)
{
    static const uint16_t text[] = {0x3232, 0xEC95, 0x8432, 0x3232, 0x3258};
    static struct memory m;
    struct plate_reading r;
    (void)state;
    load(&m, "reference");
    plate_block(&m, 9, text, 5);
    assert_int_equal(plate_of(&m, &r), ERR_OK);
    assert_string_equal(r.raw, "22아2222"); /* the stale byte behind the text is not read */
    plate_block(&m, 32, text, 5);
    assert_int_equal(plate_of(&m, &r), ERR_OK);
    assert_int_equal(r.len, 32);
    plate_block(&m, 0, text, 5);
    m.input[51] = 4;
    assert_int_equal(plate_of(&m, &r), ERR_OK);
    assert_int_equal(r.len, 0);
    assert_true(r.no_plate);
}

static void a_plate_being_written_or_impossible_is_refused(void **state)
{
    static const uint16_t text[] = {0x3232};
    static struct memory m;
    struct plate_reading r = {.sequence = 7};
    (void)state;
    load(&m, "reference");
    plate_block(&m, 2, text, 1);
    m.input[48] = 43;
    assert_int_equal(plate_of(&m, &r), ERR_UNAVAIL);
    plate_block(&m, 33, text, 1);
    assert_int_equal(plate_of(&m, &r), ERR_INVAL);
    plate_block(&m, 65535, text, 1);
    assert_int_equal(plate_of(&m, &r), ERR_INVAL);
    plate_block(&m, 2, text, 1);
    m.input[50] = 10001;
    assert_int_equal(plate_of(&m, &r), ERR_INVAL);
    assert_int_equal(r.sequence, 7);
}

static void identity_is_magic_and_version(void **state)
{
    static struct memory m;
    static const uint16_t good[] = {0x4247, 0x4C4E, 1};
    (void)state;
    load(&m, "reference");
    memcpy(m.input, good, sizeof good);
    read_all(&m);
    assert_int_equal(decode_identity(&m.profile, &m.plan, &m.image), 3);
    for (size_t i = 0; i < 3; i++) {
        memcpy(m.input, good, sizeof good);
        m.input[i]++;
        read_all(&m);
        assert_int_equal(decode_identity(&m.profile, &m.plan, &m.image), i);
    }
}

static void status_is_read_high_word_first(void **state)
{
    static const uint16_t regs[] = {17, 100, 0, 3, 0x0001, 0x86A0, 5, 600, 0x0002, 0x0001};
    static struct memory m;
    struct lane_status s;
    uint32_t forward, reverse;
    (void)state;
    load(&m, "reference");
    memcpy(m.input + 16, regs, sizeof regs);
    m.input[32] = 1;
    m.input[35] = 9;
    read_all(&m);
    assert_int_equal(decode_status(&m.profile, &m.plan, &m.image, &s), ERR_OK);
    assert_int_equal(s.gate, GATE_CLOSED);
    assert_int_equal(s.position, 100);
    assert_int_equal(s.last_error, 3);
    assert_int_equal(s.operations, 100000);
    assert_int_equal(s.boot_count, 5);
    assert_int_equal(s.heartbeat, 600);
    assert_int_equal(s.uptime_s, 0x20001);
    assert_int_equal(decode_counters(&m.profile, &m.plan, &m.image, &forward, &reverse), ERR_OK);
    assert_int_equal(forward, 0x10000);
    assert_int_equal(reverse, 9);
}

static void impossible_status_is_refused(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "reference");
    for (uint32_t v = 0; v < 300; v++) {
        struct lane_status s;
        bool known = v == 0 || v == 16 || v == 17 || v == 19 || v == 32 || v == 33;
        m.input[16] = (uint16_t)v;
        m.input[17] = 0;
        read_all(&m);
        assert_int_equal(decode_status(&m.profile, &m.plan, &m.image, &s),
                         known ? ERR_OK : ERR_INVAL);
        m.input[16] = 17;
        m.input[17] = (uint16_t)v;
        read_all(&m);
        assert_int_equal(decode_status(&m.profile, &m.plan, &m.image, &s),
                         v <= 100 || v == 255 ? ERR_OK : ERR_INVAL);
    }
}

static void a_credential_is_read_like_a_plate(void **state)
{
    static struct memory m;
    struct credential_reading c;
    (void)state;
    load(&m, "reference");
    m.input[80] = 4;
    m.input[81] = READ_TICKET;
    m.input[82] = 3;
    m.input[83] = 0x5430;
    m.input[84] = 0x3158;
    read_all(&m);
    assert_int_equal(decode_credential(&m.profile, &m.plan, &m.image, &c), ERR_OK);
    assert_string_equal(c.raw, "T01");
    assert_int_equal(c.type, READ_TICKET);
    m.input[81] = READ_PIN + 1;
    read_all(&m);
    assert_int_equal(decode_credential(&m.profile, &m.plan, &m.image, &c), ERR_INVAL);
}

static void display_text_is_packed_whole_or_not_at_all(void **state)
{
    uint16_t regs[16], before[16];
    (void)state;
    assert_int_equal(profile_pack_text("22아2222", regs, 16), ERR_OK);
    assert_int_equal(regs[1], 0xEC95);
    assert_int_equal(regs[4], 0x3200);
    assert_int_equal(regs[15], 0);
    assert_int_equal(profile_pack_text("01234567890123456789012345678901", regs, 16), ERR_OK);
    assert_int_equal(regs[15], 0x3031);
    memcpy(before, regs, sizeof regs);
    assert_int_equal(profile_pack_text("012345678901234567890123456789012", regs, 16), ERR_FULL);
    assert_memory_equal(regs, before, sizeof regs);
}

/* --- the others --- */

static void the_gard_card_tells_the_limits_by_its_status(void **state)
{
    static const struct {
        uint16_t raw;
        enum gate_status gate;
        bool up, down;
    } worked[] = {
        {0, GATE_UNKNOWN, false, false},  {3, GATE_UNKNOWN, false, false},
        {16, GATE_OPEN, true, false},     {17, GATE_CLOSED, false, true},
        {18, GATE_STOPPED, false, false}, {19, GATE_STOPPED, false, false},
        {32, GATE_OPENING, false, false}, {33, GATE_CLOSING, false, false},
    };
    static struct memory m;
    struct lane_status s;
    (void)state;
    load(&m, "came-gard");
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        m.holding[100] = worked[i].raw;
        m.holding[101] = 255;
        m.holding[104] = 0x86A0; /* low word first */
        m.holding[105] = 1;
        read_all(&m);
        uint32_t in = decode_inputs(&m.profile, &m.plan, &m.image);
        assert_int_equal(input_on(in, IN_ARM_UP), worked[i].up);
        assert_int_equal(input_on(in, IN_ARM_DOWN), worked[i].down);
        assert_int_equal(decode_status(&m.profile, &m.plan, &m.image, &s), ERR_OK);
        assert_int_equal(s.gate, worked[i].gate);
        assert_int_equal(s.position, POSITION_UNKNOWN);
        assert_int_equal(s.operations, 100000);
    }
    m.holding[100] = 21;
    read_all(&m);
    assert_int_equal(decode_status(&m.profile, &m.plan, &m.image, &s), ERR_INVAL);
    assert_string_equal(profile_gap(&m.profile, 2), "inputs: loop_a");
    assert_false(profile_closes(&m.profile));
}

/* A barrier and an input module make a lane: profile_join. */
static void a_module_gives_what_the_barrier_lacks(void **state)
{
    static struct memory barrier, module;
    struct plan plan;
    (void)state;
    load(&barrier, "came-gard");
    load(&module, "remote-io");
    struct profile p = barrier.profile;
    profile_join(&p, &module.profile);
    assert_null(profile_gap(&p, 3));
    assert_true(profile_closes(&p));
    assert_int_equal(p.inputs[IN_ARM_UP].at.device, 0); /* its own where it has one */
    assert_int_equal(p.inputs[IN_LOOP_B].at.device, 1);
    assert_int_equal(p.commands[COMMAND_HOLD_OPEN].act, ACT_NONE); /* never motion */
    assert_int_equal(p.outputs[OUTPUT_GREEN].device, 1);
    assert_int_equal(plan_make(&p, &plan), ERR_OK);
    for (size_t i = 0; i < plan.count; i++)
        assert_int_equal(plan.ranges[i].device, plan.ranges[i].space == SPACE_DISCRETE);
}

/* M1: what is not there reads as what harms nobody. */
static void what_a_profile_lacks_is_fine(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "came-gard");
    read_all(&m);
    uint32_t in = decode_inputs(&m.profile, &m.plan, &m.image);
    assert_true(inputs_safe_to_close(in)); /* which is why profile_closes decides, not this */
    assert_false(input_on(in, IN_FIRE));
    assert_false(input_on(in, IN_LOCAL_MODE));
    assert_true(input_on(in, IN_LOCAL_STOP_OK));
    assert_true(input_on(in, IN_MAINS_OK));
}

/* profile_closes: any one of what it asks for, taken away. */
static void closing_needs_limits_loop_and_a_beam_or_an_edge(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "remote-io");
    assert_true(profile_closes(&m.profile));
    static const enum lane_input each[] = {IN_ARM_UP, IN_ARM_DOWN, IN_LOOP_B};
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        struct profile p = m.profile;
        p.inputs[each[i]].at.space = SPACE_NONE;
        assert_false(profile_closes(&p));
    }
    struct profile p = m.profile;
    p.inputs[IN_PHOTOCELL_CLEAR].at.space = SPACE_NONE;
    assert_true(profile_closes(&p));
    p.inputs[IN_EDGE_OK].at.space = SPACE_NONE;
    assert_false(profile_closes(&p));
    p = m.profile;
    p.commands[COMMAND_CLOSE].act = ACT_NONE;
    assert_false(profile_closes(&p));
}

/* --- texts --- */

static void wrong_texts_are_told_apart(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum text_look look;
    } worked[] = {
        {"22\xEC\x95\x84"
         "2222",
         9, TEXT_UTF8},
        {"22\x95\xEC"
         "2\x84"
         "22\0",
         9, TEXT_SWAPPED}, /* the last byte came from behind the text */
        {"21\xEA"
         "3\x80\xB0"
         "54"
         "76",
         10, TEXT_SWAPPED},
        {"22\xBE\xC6"
         "2222",
         8, TEXT_EUC_KR},
        {"BA1C\0", 5, TEXT_SWAPPED},
        {"BA2143", 6, TEXT_UTF8}, /* nothing tells it from a plate */
        {"\xFF\xFE\x00\x80", 4, TEXT_NOISE},
        {"\xC0\x80", 2, TEXT_NOISE},
        {"", 0, TEXT_UTF8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++)
        assert_int_equal(text_look(worked[i].bytes, worked[i].len), worked[i].look);
}

/* --- plans --- */

static const char head[] = "name: x\nsource: test\n";

static enum err parse(const char *text, struct profile *ret, struct table_error *e)
{
    char all[8192];
    snprintf(all, sizeof all, "%s%s", head, text);
    return profile_parse(all, strlen(all), ret, e);
}

/* N1 */
static void ranges_keep_the_limits(void **state)
{
    static const struct {
        const char *limits;
        size_t ranges;
    } worked[] = {
        {"", 1},
        {"limits: {gap_registers: 3}\n", 3},
        {"limits: {gap_registers: 4}\n", 1},
        {"limits: {registers: 5}\n", 3},
        {"limits: {registers: 6, gap_registers: 4}\n", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        char text[512];
        struct profile p;
        struct plan plan;
        struct table_error e;
        snprintf(text, sizeof text,
                 "%sinputs:\n"
                 "  - {point: loop_a, table: input, address: 10, bit: 0}\n"
                 "  - {point: loop_b, table: input, address: 15, bit: 0}\n"
                 "  - {point: loop_c, table: input, address: 20, bit: 0}\n"
                 "  - {point: arm_up, table: input, address: 10, bit: 1}\n",
                 worked[i].limits);
        assert_int_equal(parse(text, &p, &e), ERR_OK);
        assert_int_equal(plan_make(&p, &plan), ERR_OK);
        assert_int_equal(plan.count, worked[i].ranges);
        for (size_t k = 0; k < plan.count; k++)
            assert_true(plan.ranges[k].count <= p.max_registers);
    }
}

/* N2: the status of this card lies in what is read for its limits anyway. */
static void nothing_is_read_twice(void **state)
{
    static struct memory m;
    (void)state;
    load(&m, "came-gard");
    for (size_t i = 0; i < m.plan.count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct plan_range *a = &m.plan.ranges[i], *b = &m.plan.ranges[k];
            assert_true(a->space != b->space || a->address >= b->address + b->count ||
                        b->address >= a->address + a->count);
        }
    assert_int_equal(m.plan.gate.range, m.plan.inputs[IN_ARM_UP].range);
}

static void a_mask_a_bit_or_a_value_makes_an_input(void **state)
{
    static struct memory m;
    struct table_error e;
    (void)state;
    memset(&m, 0, sizeof m);
    assert_int_equal(
        parse("inputs:\n"
              "  - {point: loop_a, table: holding, address: 3, bit: 15}\n"
              "  - {point: loop_b, table: holding, address: 3, mask: 768, equals: 256}\n"
              "  - {point: arm_up, table: holding, address: 3, mask: 12, invert: true}\n"
              "  - {point: arm_down, table: discrete, address: 1, invert: true}\n",
              &m.profile, &e),
        ERR_OK);
    assert_int_equal(plan_make(&m.profile, &m.plan), ERR_OK);
    static const struct {
        uint16_t raw;
        bool a, b, up;
    } worked[] = {{0x8000, true, false, true},
                  {0x0100, false, true, true},
                  {0x0300, false, false, true},
                  {0x0004, false, false, false},
                  {0x810C, true, true, false}};
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        m.holding[3] = worked[i].raw;
        m.bits[1] = i % 2;
        read_all(&m);
        uint32_t in = decode_inputs(&m.profile, &m.plan, &m.image);
        assert_int_equal(input_on(in, IN_LOOP_A), worked[i].a);
        assert_int_equal(input_on(in, IN_LOOP_B), worked[i].b);
        assert_int_equal(input_on(in, IN_ARM_UP), worked[i].up);
        assert_int_equal(input_on(in, IN_ARM_DOWN), i % 2 == 0);
    }
}

/* A Roger control unit: command words with a prefix (field-notes of the design). */
static void a_command_word_takes_its_prefix(void **state)
{
    struct profile p;
    struct table_error e;
    (void)state;
    assert_int_equal(
        parse("commands:\n"
              "  - {command: open, act: register, address: 6501, prefix: 104, value: 2}\n",
              &p, &e),
        ERR_OK);
    assert_int_equal(p.commands[COMMAND_OPEN].value, 0x6802);
    assert_true(p.commands[COMMAND_OPEN].read_back);
}

/* D1 */
static void a_bad_profile_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *path, *part;
    } bad[] = {
        {"colour: red\n", 3, "colour", "unknown key"},
        {"inputs:\n  - {point: loop_z, table: input, address: 1}\n", 4, "inputs[0].point",
         "loop_a"},
        {"inputs:\n  - {point: loop_a, address: 1}\n", 4, "inputs[0].table", "missing"},
        {"inputs:\n  - {point: loop_a, table: none, address: 1}\n", 4, "inputs: loop_a", "none"},
        {"inputs:\n  - {point: loop_a, table: input, address: 70000, bit: 1}\n", 4,
         "inputs[0].address", "65535"},
        {"inputs:\n  - {point: loop_a, table: input, address: 1}\n", 4, "inputs: loop_a",
         "missing bit"},
        {"inputs:\n  - {point: loop_a, table: input, address: 1, bit: 16}\n", 4, "inputs[0].bit",
         "15"},
        {"inputs:\n  - {point: loop_a, table: coil, address: 1, bit: 2}\n", 4, "inputs: loop_a",
         "expected a register"},
        {"inputs:\n  - {point: loop_a, table: coil, address: 1}\n"
         "  - {point: loop_a, table: coil, address: 2}\n",
         5, "inputs: loop_a", "twice"},
        {"inputs:\n  - {point: loop_a, table: input, address: 1, mask: 3, equals: 4}\n", 4,
         "inputs: loop_a", "never"},
        {"status:\n  gate: {address: 1}\n", 4, "status.gate", "missing table"},
        {"status:\n  gate: {table: coil, address: 1}\n", 4, "status.gate", "bits"},
        {"status:\n  gate: {table: input, address: 65535, words: 2}\n", 4, "status.gate", "65534"},
        {"status:\n  gate: {table: input, address: 1, states: [{raw: 1, gate: open}, {raw: 1, "
         "gate: "
         "closed}]}\n",
         4, "status.gate.states", "twice"},
        {"status:\n  position: {table: input, address: 1, divide: 0}\n", 4,
         "status.position.divide", "1"},
        {"counters:\n  forward: {table: input, address: 1}\n", 1, "counters", "both"},
        {"plate: {table: input, text: 3}\n", 3, "plate", "missing sequence"},
        {"plate: {table: input, sequence: 0, text: 200}\n", 3, "plate", "125"},
        {"plate: {table: coil, sequence: 0, text: 2}\n", 3, "plate", "input or holding"},
        {"commands:\n  - {command: open, act: pulse}\n", 4, "commands: open", "missing address"},
        {"commands:\n  - {command: open, act: code, value: 1}\n", 4, "commands: open",
         "without sequence"},
        {"commands:\n  - {command: open, act: level, address: 1, value: 2}\n", 4, "commands: open",
         "0 or 1"},
        {"commands:\n  - {command: open, act: level, address: 1, ms: 2}\n", 4, "commands: open",
         "pulse"},
        {"commands:\n  - {command: open, act: level, address: 1, prefix: 2}\n", 4, "commands: open",
         "register"},
        {"commands:\n  - {command: open, act: level, address: 1}\n"
         "  - {command: open, act: level, address: 1}\n",
         5, "commands: open", "twice"},
        {"commands:\n  - {command: \"\", act: level, address: 1}\n", 4, "commands", "empty"},
        {"outputs:\n  - {output: green, act: pulse, address: 1}\n", 4, "outputs", "level"},
        {"outputs:\n  - {output: camera, act: level, address: 1}\n", 4, "outputs", "pulse"},
        {"sequence: {code: 1}\n", 3, "sequence", "missing echo"},
        {"sequence: {code: 1, echo: 5, accepted: 2}\n", 3, "sequence", "one value"},
        {"identity:\n  - {table: coil, address: 1, equals: 1}\n", 1, "identity",
         "input or holding"},
        {"display: {address: 65530}\n", 3, "display", "beyond"},
        {"ticket: {address: 65530}\n", 3, "ticket", "beyond"},
        {"ticket: {address: 32, registers: 8}\n", 3, "ticket.registers", "at least 9"},
        {"limits: {registers: 1}\nstatus:\n  uptime: {table: input, address: 1, words: 2}\n", 1,
         "limits.registers", "two words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct profile p = {.max_bits = 77};
        struct table_error e = {.line = -1};
        assert_int_equal(parse(bad[i].text, &p, &e), ERR_INVAL);
        if (e.line != bad[i].line || strcmp(e.path, bad[i].path) != 0 ||
            !strstr(e.text, bad[i].part))
            fail_msg("%s gave %d: %s: %s", bad[i].text, e.line, e.path, e.text);
        assert_int_equal(p.max_bits, 77); /* untouched */
    }
}

static void an_unknown_profile_names_those_there_are(void **state)
{
    struct profile p;
    struct table_error e;
    (void)state;
    assert_int_equal(profile_load("refrence", &p, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "reference, came-gard, remote-io"));
    assert_int_equal(profile_load("/nowhere/x.yaml", &p, &e), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_of_the_reference_map_is_two_reads),
        cmocka_unit_test(inputs_keep_their_bit_numbers),
        cmocka_unit_test(a_plate_is_unpacked_high_byte_first),
        cmocka_unit_test(the_length_register_decides),
        cmocka_unit_test(a_plate_being_written_or_impossible_is_refused),
        cmocka_unit_test(identity_is_magic_and_version),
        cmocka_unit_test(status_is_read_high_word_first),
        cmocka_unit_test(impossible_status_is_refused),
        cmocka_unit_test(a_credential_is_read_like_a_plate),
        cmocka_unit_test(display_text_is_packed_whole_or_not_at_all),
        cmocka_unit_test(the_gard_card_tells_the_limits_by_its_status),
        cmocka_unit_test(a_module_gives_what_the_barrier_lacks),
        cmocka_unit_test(what_a_profile_lacks_is_fine),
        cmocka_unit_test(closing_needs_limits_loop_and_a_beam_or_an_edge),
        cmocka_unit_test(wrong_texts_are_told_apart),
        cmocka_unit_test(ranges_keep_the_limits),
        cmocka_unit_test(nothing_is_read_twice),
        cmocka_unit_test(a_mask_a_bit_or_a_value_makes_an_input),
        cmocka_unit_test(a_command_word_takes_its_prefix),
        cmocka_unit_test(a_bad_profile_is_refused_with_its_place),
        cmocka_unit_test(an_unknown_profile_names_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
