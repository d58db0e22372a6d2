/* A profile as it is written, before it makes sense: what the rows of profile_rows.c fill in. */
#ifndef BOOMGATE_EDGE_FIELD_PROFILE_RAW_H
#define BOOMGATE_EDGE_FIELD_PROFILE_RAW_H

#include "protocol/modbus/profile.h"
#include "protocol/support/table.h"

/* Words of the choices, in this order: */
enum raw_order { ORDER_HIGH_FIRST, ORDER_LOW_FIRST };
enum raw_guard { GUARD_ODD, GUARD_NONE };

struct raw_state {
    int64_t raw;
    int gate; /* index into raw_gates */
};

struct raw_value {
    int space; /* enum profile_space */
    int64_t address, words;
    int order;
    int64_t multiply, divide, unknown;
    struct raw_state states[PROFILE_STATES_MAX];
    size_t state_count;
    int line;
};

struct raw_text {
    int space;
    int64_t sequence, bytes, type, confidence, confidence_full, flags, none_mask, text, registers;
    int guard, order, line;
};

struct raw_input {
    int point;
    int space;
    int64_t address, bit, mask, equals;
    bool invert;
    int line;
};

struct raw_act {
    int what; /* enum lane_command or enum profile_output */
    int act;  /* enum profile_act */
    int64_t address, value, prefix, ms;
    bool read_back;
    int line;
};

struct raw_profile {
    struct name name;
    char source[PROFILE_SOURCE_SIZE];
    struct raw_limits {
        int64_t registers, bits, gap_registers, gap_bits;
    } limits;
    struct raw_identity {
        int space;
        int64_t address, equals;
    } identity[PROFILE_IDENTITY_MAX];
    size_t identity_count;
    struct raw_input inputs[LANE_INPUTS];
    size_t input_count;
    struct raw_status {
        struct raw_value gate, position, last_error, operations, boot_count, heartbeat, uptime;
    } status;
    struct raw_counters {
        struct raw_value forward, reverse;
    } counters;
    struct raw_text plate, credential;
    struct raw_pair {
        int64_t code, echo, accepted, refused;
        int echo_space, line;
    } pair;
    struct raw_act commands[PROFILE_COMMANDS];
    size_t command_count;
    struct raw_act outputs[PROFILE_OUTPUTS];
    size_t output_count;
    struct raw_display {
        int64_t address, registers;
        int line;
    } display, ticket;
    struct raw_watchdog {
        int64_t heartbeat, timeout, fallback, timeout_unit_ms;
    } watchdog;
};

extern const struct table profile_table;

/* The status a word of `states` stands for. */
enum gate_status raw_gate_of(int word);

#endif
