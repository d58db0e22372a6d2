/* A device profile: where a gate keeps what, and how it is told to move. Data, no behaviour; made
 * by edge/field/profile_file.c from YAML (edge/deploy/profiles/README.md), read through plan.h and
 * decode.h. Pure.
 *
 * M1 What a profile does not have reads as what harms nobody: a missing photocell, edge, stop, mains,
 *    battery, cabinet or reader input as fine, everything else as off. What that permits is decided
 *    once, by profile_closes and profile_gaps.
 * M2 Addresses are those of the PDU, zero-based. */
#ifndef BOOMGATE_MODBUS_PROFILE_H
#define BOOMGATE_MODBUS_PROFILE_H

#include "protocol/base/err.h"
#include "protocol/base/id.h"
#include "protocol/modbus/lane_io.h"

#include <stddef.h>

enum {
    PROFILE_DEVICES = 2, /* the barrier's own, and an input module beside it (profile_join) */
    PROFILE_SOURCE_SIZE = 128,
    PROFILE_STATES_MAX = 16,
    PROFILE_IDENTITY_MAX = 8,
    PROFILE_REGISTERS_MAX = 125, /* in one read (Application Protocol V1.1b3, 6.3) */
    PROFILE_BITS_MAX = 2000,
    PROFILE_COMMANDS = COMMAND_RESET_FAULT + 1,
    POSITION_MAX = 100,
    POSITION_UNKNOWN = 255,
    CONFIDENCE_MAX = 10000,
};

/* The four tables of Modbus. */
enum profile_space { SPACE_NONE, SPACE_COIL, SPACE_DISCRETE, SPACE_INPUT, SPACE_HOLDING };

static inline bool space_is_bits(enum profile_space s)
{
    return s == SPACE_COIL || s == SPACE_DISCRETE;
}

/* SPACE_NONE: the profile does not have it. */
struct profile_at {
    enum profile_space space;
    uint8_t device;
    uint16_t address;
};

/* An input: a bit, or what a register says of it. */
struct profile_input {
    struct profile_at at;
    uint16_t mask;
    int32_t equals; /* on if (register & mask) is this; -1: if it is not 0 */
    bool invert;
};

/* A number in one register or two: raw * multiply / divide. */
struct profile_value {
    struct profile_at at;
    bool wide;      /* two registers */
    bool low_first; /* the low word at the lower address */
    int64_t multiply, divide;
};

/* Text with a sequence beside it, all in one table. */
struct profile_text {
    struct profile_at sequence; /* changes with every reading */
    bool guard;                 /* an odd sequence means: being written */
    int32_t bytes;              /* address of the length; -1: the text ends at its first NUL */
    int32_t type;               /* address of the kind of credential; -1: none */
    int32_t confidence;         /* address; -1: always sure */
    int64_t confidence_full;    /* the raw value that means certainty */
    int32_t flags;              /* address; -1: none */
    uint16_t none_mask;         /* of the flags: nothing was found */
    uint16_t text;              /* address */
    uint16_t registers;         /* of text, at most 16 */
    bool swapped;               /* second byte of each register first */
};

enum profile_act {
    ACT_NONE,
    ACT_PULSE,    /* a coil on, and off again after pulse_ms; 0: it clears itself */
    ACT_LEVEL,    /* a coil to `value` */
    ACT_REGISTER, /* `value` into a holding register */
    ACT_CODE,     /* `value` and a sequence into the profile's pair */
};

struct profile_command {
    enum profile_act act;
    uint8_t device;
    uint16_t address;
    uint16_t value;
    int64_t pulse_ms;
    bool read_back; /* what was written can be read again */
};

/* Code and sequence in two adjacent holding registers; the device echoes the sequence and says what
 * became of it. */
struct profile_pair {
    uint16_t address;           /* of the code; the sequence follows */
    struct profile_at echo;     /* SPACE_NONE: the profile has no pair. The result follows */
    uint16_t accepted, refused; /* results; any other is RESULT_UNKNOWN */
};

enum profile_output {
    OUTPUT_GREEN,
    OUTPUT_FULL_SIGN,
    OUTPUT_TICKET,
    OUTPUT_CAMERA,
    OUTPUT_ACKNOWLEDGE,
    PROFILE_OUTPUTS
};

struct profile_display {
    struct profile_at at;
    uint16_t registers; /* at most 32 */
};

/* Holding registers of the watchdog that guards the device against a host that is gone; -1: it has
 * none of this. */
struct profile_watchdog {
    int32_t heartbeat, timeout, fallback;
    int64_t timeout_unit_ms; /* of the timeout register */
};

struct profile {
    struct name name;
    char source[PROFILE_SOURCE_SIZE]; /* the document it was written from */

    uint16_t max_registers, max_bits; /* of one read */
    uint16_t gap_registers, gap_bits; /* read along rather than asked twice */

    struct profile_identity {
        struct profile_at at;
        uint16_t equals;
    } identity[PROFILE_IDENTITY_MAX];
    size_t identity_count;

    struct profile_input inputs[LANE_INPUTS];

    struct profile_value gate;
    struct profile_state {
        uint16_t raw;
        enum gate_status gate;
    } states[PROFILE_STATES_MAX]; /* what is not among them is impossible */
    size_t state_count;
    struct profile_value position;
    int32_t position_unknown; /* raw; -1: always known */
    struct profile_value last_error, operations, boot_count, heartbeat, uptime;
    struct profile_value forward, reverse;

    struct profile_text plate, credential;

    struct profile_pair pair;
    struct profile_command commands[PROFILE_COMMANDS];
    struct profile_command outputs[PROFILE_OUTPUTS];
    struct profile_display display;
    struct profile_display ticket; /* the text of the next ticket */
    struct profile_watchdog watchdog;
};

static inline bool profile_has(const struct profile *p, enum lane_input i)
{
    return p->inputs[i].at.space != SPACE_NONE;
}

/* Whether the edge may close with it: both limits, loop B, a photocell or an edge, and a command to
 * close. Otherwise the barrier closes by itself and the edge never does. */
bool profile_closes(const struct profile *p);

/* Takes what `main` lacks from a second device on the same link: inputs, readings, counters and
 * outputs, never motion. */
void profile_join(struct profile *main, const struct profile *second);

/* Whether the edge can give tickets with it: a printer that takes the text, and a button. */
bool profile_tickets(const struct profile *p);

/* The first thing a lane cannot do without and `p` does not have, as a key of the profile:
 * "inputs: loop_b"; NULL: nothing is missing. */
const char *profile_gap(const struct profile *p, int loops);

/* "loop_a", "open", ... as a profile writes them. Arrays of LANE_INPUTS, PROFILE_COMMANDS (the one of
 * COMMAND_NONE is "") and PROFILE_OUTPUTS, each ended by NULL. */
extern const char *const profile_input_words[];
extern const char *const profile_command_words[];
extern const char *const profile_output_words[];

/* Packs text into `count` registers, first byte high, NUL padded. ERR_FULL if it is longer. */
enum err profile_pack_text(const char *text, uint16_t *ret, size_t count);

#endif
