/* The keys of a profile file: the master copy of its schema. */
#include "edge/field/profile_raw.h"

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define AT(type, member)                                                                           \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define TABLE(rows, type, text)                                                                    \
    {                                                                                              \
        text, rows, ROW_COUNT(rows), sizeof(struct type), false, 0                                 \
    }
#define LINED(rows, type, text)                                                                    \
    {                                                                                              \
        text, rows, ROW_COUNT(rows), sizeof(struct type), true, offsetof(struct type, line)        \
    }

static const char *const spaces[] = {"none", "coil", "discrete", "input", "holding", NULL};
static const char *const orders[] = {"high_first", "low_first", NULL};
static const char *const guards[] = {"odd", "none", NULL};
static const char *const acts[] = {"none", "pulse", "level", "register", "code", NULL};
static const char *const gates[] = {"unknown", "open",    "closed", "stopped",
                                    "opening", "closing", NULL};

enum gate_status raw_gate_of(int word)
{
    static const enum gate_status of[] = {GATE_UNKNOWN, GATE_OPEN,    GATE_CLOSED,
                                          GATE_STOPPED, GATE_OPENING, GATE_CLOSING};
    return of[word];
}

/* clang-format off */
#define SPACE(of, member) \
    {.key = "table", .type = ROW_ENUM, AT(of, member), .choices = spaces, .help = \
     "coil, discrete (input), input (register) or holding (register)"}
#define ABSENT_SPACE(of, member) \
    {.key = "table", .type = ROW_ENUM, AT(of, member), .choices = spaces, .dflt = "none", .help = \
     "coil, discrete (input), input (register) or holding (register)"}
#define ADDRESS(of, key_, dflt_, help_) \
    {.key = #key_, .type = ROW_INT, AT(of, key_), .min = -1, .max = 65535, .dflt = dflt_, .help = help_}

static const struct row state_rows[] = {
    {.key = "raw", .type = ROW_INT, AT(raw_state, raw), .max = 65535, .help = "value of the register"},
    {.key = "gate", .type = ROW_ENUM, AT(raw_state, gate), .choices = gates, .help = "what it means"},
};
static const struct table state_table = TABLE(state_rows, raw_state, "state");

static const struct row value_rows[] = {
    ABSENT_SPACE(raw_value, space),
    ADDRESS(raw_value, address, "-1", "zero-based; -1: the device has no such value"),
    {.key = "words", .type = ROW_INT, AT(raw_value, words), .min = 1, .max = 2, .dflt = "1",
     .help = "registers it takes"},
    {.key = "order", .type = ROW_ENUM, AT(raw_value, order), .choices = orders, .dflt = "high_first",
     .help = "of two words: which one has the lower address"},
    {.key = "multiply", .type = ROW_INT, AT(raw_value, multiply), .min = 1, .max = 1000000, .dflt = "1",
     .help = "value = raw * multiply / divide"},
    {.key = "divide", .type = ROW_INT, AT(raw_value, divide), .min = 1, .max = 1000000, .dflt = "1",
     .help = "see multiply"},
    {.key = "unknown", .type = ROW_INT, AT(raw_value, unknown), .min = -1, .max = 65535, .dflt = "-1",
     .help = "position: the raw value that means not known"},
    {.key = "states", .type = ROW_LIST, .offset = offsetof(struct raw_value, states),
     .size = sizeof(struct raw_state), .count_offset = offsetof(struct raw_value, state_count),
     .max = PROFILE_STATES_MAX, .table = &state_table, .dflt = "",
     .help = "gate: what each raw value means; empty: 0 unknown, 16 open, 17 closed, 19 stopped, 32 opening, 33 closing"},
};
static const struct table value_table = LINED(value_rows, raw_value, "value");
#define VALUE(of, member, help_) \
    {.key = #member, .type = ROW_TABLE, AT(of, member), .table = &value_table, .help = help_}

static const struct row status_rows[] = {
    VALUE(raw_status, gate, "state of the arm"),
    VALUE(raw_status, position, "of the arm, 0 down to 100 up after multiply and divide"),
    VALUE(raw_status, last_error, "code of the device"),
    VALUE(raw_status, operations, "times the arm opened"),
    VALUE(raw_status, boot_count, "starts of the device; a change has its outputs written again"),
    VALUE(raw_status, heartbeat, "a number that moves at least once a second; standing still is stale"),
    VALUE(raw_status, uptime, "seconds since the device started"),
};
static const struct table status_table = TABLE(status_rows, raw_status, "status");

static const struct row counter_rows[] = {
    VALUE(raw_counters, forward, "vehicles in the lane's direction; may wrap and vanish"),
    VALUE(raw_counters, reverse, "vehicles against it"),
};
static const struct table counter_table = TABLE(counter_rows, raw_counters, "counters");

static const struct row text_rows[] = {
    ABSENT_SPACE(raw_text, space),
    ADDRESS(raw_text, sequence, "-1", "changes with every reading; required if there is a block"),
    {.key = "guard", .type = ROW_ENUM, AT(raw_text, guard), .choices = guards, .dflt = "odd",
     .help = "odd: an odd sequence means that the block is being written"},
    ADDRESS(raw_text, bytes, "-1", "length of the text in bytes; -1: it ends at the first NUL"),
    ADDRESS(raw_text, type, "-1", "credential: 1 ticket, 2 QR, 3 RFID, 4 PIN"),
    ADDRESS(raw_text, confidence, "-1", "plate: how sure the reader is"),
    {.key = "confidence_full", .type = ROW_INT, AT(raw_text, confidence_full), .min = 1, .max = 65535,
     .dflt = "10000", .help = "the raw value that means certainty"},
    ADDRESS(raw_text, flags, "-1", "plate: a register of bits"),
    {.key = "none_mask", .type = ROW_INT, AT(raw_text, none_mask), .max = 65535, .dflt = "0",
     .help = "the bits of flags that mean: no plate found"},
    ADDRESS(raw_text, text, "-1", "first register of the text, UTF-8, two bytes each"),
    {.key = "registers", .type = ROW_INT, AT(raw_text, registers), .min = 1, .max = 16, .dflt = "16",
     .help = "of the text"},
    {.key = "order", .type = ROW_ENUM, AT(raw_text, order), .choices = orders, .dflt = "high_first",
     .help = "which byte of a register comes first"},
};
static const struct table text_table = LINED(text_rows, raw_text, "text");

static const struct row input_rows[] = {
    {.key = "point", .type = ROW_ENUM, AT(raw_input, point), .choices = profile_input_words,
     .help = "which input"},
    SPACE(raw_input, space),
    {.key = "address", .type = ROW_INT, AT(raw_input, address), .max = 65535, .help = "zero-based"},
    {.key = "bit", .type = ROW_INT, AT(raw_input, bit), .min = -1, .max = 15, .dflt = "-1",
     .help = "of a register, 0 the lowest"},
    {.key = "mask", .type = ROW_INT, AT(raw_input, mask), .min = -1, .max = 65535, .dflt = "-1",
     .help = "of a register: the bits that matter"},
    {.key = "equals", .type = ROW_INT, AT(raw_input, equals), .min = -1, .max = 65535, .dflt = "-1",
     .help = "on when the masked register has this value; -1: when it is not 0"},
    {.key = "invert", .type = ROW_BOOL, AT(raw_input, invert), .dflt = "false", .help = "on means off"},
};
static const struct table input_table = LINED(input_rows, raw_input, "input");

static const struct row pair_rows[] = {
    ADDRESS(raw_pair, code, "-1", "holding register of the command code; the sequence is the next one"),
    {.key = "echo_table", .type = ROW_ENUM, AT(raw_pair, echo_space), .choices = spaces, .dflt = "input",
     .help = "input or holding"},
    ADDRESS(raw_pair, echo, "-1", "register of the last sequence taken; its result is the next one"),
    {.key = "accepted", .type = ROW_INT, AT(raw_pair, accepted), .max = 65535, .dflt = "1",
     .help = "result: taken"},
    {.key = "refused", .type = ROW_INT, AT(raw_pair, refused), .max = 65535, .dflt = "2",
     .help = "result: refused by an interlock"},
};
static const struct table pair_table = LINED(pair_rows, raw_pair, "sequence");

#define ACT_ROWS \
    {.key = "act", .type = ROW_ENUM, AT(raw_act, act), .choices = acts, .help = \
     "pulse: a coil on for ms; level: a coil to value; register: value into a holding register; code: value with the next sequence"}, \
    ADDRESS(raw_act, address, "-1", "coil or holding register; not for code"), \
    {.key = "value", .type = ROW_INT, AT(raw_act, value), .max = 65535, .dflt = "1", .help = \
     "what is written"}, \
    {.key = "prefix", .type = ROW_INT, AT(raw_act, prefix), .max = 255, .dflt = "0", .help = \
     "register: the high byte, value being the low one"}, \
    {.key = "ms", .type = ROW_INT, AT(raw_act, ms), .max = 10000, .dflt = "0", .help = \
     "pulse: how long; 0: the device clears it by itself"}, \
    {.key = "read_back", .type = ROW_BOOL, AT(raw_act, read_back), .dflt = "true", .help = \
     "what was written can be read again to confirm it"}

static const struct row command_rows[] = {
    {.key = "command", .type = ROW_ENUM, AT(raw_act, what), .choices = profile_command_words,
     .help = "which command"},
    ACT_ROWS,
};
static const struct table command_table = LINED(command_rows, raw_act, "command");

static const struct row output_rows[] = {
    {.key = "output", .type = ROW_ENUM, AT(raw_act, what), .choices = profile_output_words,
     .help = "which output; green and full_sign are levels, the others pulses"},
    ACT_ROWS,
};
static const struct table output_table = LINED(output_rows, raw_act, "output");

static const struct row display_rows[] = {
    ADDRESS(raw_display, address, "-1", "first holding register of the text"),
    {.key = "registers", .type = ROW_INT, AT(raw_display, registers), .min = 1, .max = 32, .dflt = "16",
     .help = "of the text, two bytes each, padded with NUL"},
};
static const struct table display_table = LINED(display_rows, raw_display, "display");
static const struct table ticket_table = LINED(display_rows, raw_display, "ticket");

static const struct row watchdog_rows[] = {
    ADDRESS(raw_watchdog, heartbeat, "-1", "holding register; any change keeps the watchdog quiet"),
    ADDRESS(raw_watchdog, timeout, "-1", "holding register of the timeout"),
    {.key = "timeout_unit_ms", .type = ROW_INT, AT(raw_watchdog, timeout_unit_ms), .min = 1, .max = 1000,
     .dflt = "1", .help = "what 1 in it means"},
    ADDRESS(raw_watchdog, fallback, "-1", "holding register: 0 local autonomy, 1 freeze, 2 hold open"),
};
static const struct table watchdog_table = TABLE(watchdog_rows, raw_watchdog, "watchdog");

static const struct row identity_rows[] = {
    SPACE(raw_identity, space),
    {.key = "address", .type = ROW_INT, AT(raw_identity, address), .max = 65535, .help = "zero-based"},
    {.key = "equals", .type = ROW_INT, AT(raw_identity, equals), .max = 65535,
     .help = "what stands there in a device of this kind"},
};
static const struct table identity_table = TABLE(identity_rows, raw_identity, "identity");

static const struct row limit_rows[] = {
    {.key = "registers", .type = ROW_INT, AT(raw_limits, registers), .min = 1, .max = 125,
     .dflt = "125", .help = "the device answers in one read"},
    {.key = "bits", .type = ROW_INT, AT(raw_limits, bits), .min = 1, .max = 2000,
     .dflt = "2000", .help = "the device answers in one read"},
    {.key = "gap_registers", .type = ROW_INT, AT(raw_limits, gap_registers), .max = 124,
     .dflt = "8", .help = "read along rather than asked twice; 0 for a device that refuses gaps"},
    {.key = "gap_bits", .type = ROW_INT, AT(raw_limits, gap_bits), .max = 1999,
     .dflt = "32", .help = "the same for coils and discrete inputs"},
};
static const struct table limit_table = TABLE(limit_rows, raw_limits, "limits");

#define LIST(key_, member, count, max_, table_, dflt_, help_) \
    {.key = key_, .type = ROW_LIST, .offset = offsetof(struct raw_profile, member), \
     .size = sizeof(((struct raw_profile *)0)->member[0]), \
     .count_offset = offsetof(struct raw_profile, count), .max = max_, .table = table_, \
     .dflt = dflt_, .help = help_}

static const struct row profile_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(raw_profile, name), .help = "of the profile"},
    {.key = "source", .type = ROW_TEXT, AT(raw_profile, source), .min = 1,
     .help = "the document it was written from"},
    {.key = "limits", .type = ROW_TABLE, AT(raw_profile, limits), .table = &limit_table,
     .help = "what the device bears"},
    LIST("identity", identity, identity_count, PROFILE_IDENTITY_MAX, &identity_table, "",
         "registers that tell this kind of device from any other"),
    LIST("inputs", inputs, input_count, LANE_INPUTS, &input_table, "", "each at most once"),
    {.key = "status", .type = ROW_TABLE, AT(raw_profile, status), .table = &status_table,
     .help = "read twice a second"},
    {.key = "counters", .type = ROW_TABLE, AT(raw_profile, counters), .table = &counter_table,
     .help = "read twice a second"},
    {.key = "plate", .type = ROW_TABLE, AT(raw_profile, plate), .table = &text_table,
     .help = "read with the inputs"},
    {.key = "credential", .type = ROW_TABLE, AT(raw_profile, credential), .table = &text_table,
     .help = "read twice a second"},
    {.key = "sequence", .type = ROW_TABLE, AT(raw_profile, pair), .table = &pair_table,
     .help = "for commands with act: code"},
    LIST("commands", commands, command_count, PROFILE_COMMANDS, &command_table, "",
         "each at most once; open is needed"),
    LIST("outputs", outputs, output_count, PROFILE_OUTPUTS, &output_table, "", "each at most once"),
    {.key = "display", .type = ROW_TABLE, AT(raw_profile, display), .table = &display_table,
     .help = "a text the driver sees"},
    {.key = "ticket", .type = ROW_TABLE, AT(raw_profile, ticket), .table = &ticket_table,
     .help = "the text that the output `ticket` prints"},
    {.key = "watchdog", .type = ROW_TABLE, AT(raw_profile, watchdog), .table = &watchdog_table,
     .help = "with which the device notices that the edge is gone"},
};
/* clang-format on */
const struct table profile_table = TABLE(profile_rows, raw_profile, "profile");
