/* One lane's hardware as values: what a device profile reads into and commands from. Pure. */
#ifndef BOOMGATE_MODBUS_LANE_IO_H
#define BOOMGATE_MODBUS_LANE_IO_H

#include "protocol/base/clock.h"
#include "protocol/wire/plate_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Bit numbers in lane_inputs.bits; the same as the discrete inputs of the `reference` map. */
enum lane_input {
    IN_LOOP_A,
    IN_LOOP_B,
    IN_LOOP_C,
    IN_ARM_UP,
    IN_ARM_DOWN,
    IN_ARM_ATTACHED,
    IN_PHOTOCELL_CLEAR,
    IN_EDGE_OK,
    IN_FIRE,
    IN_LOCAL_STOP_OK,
    IN_MAINS_OK,
    IN_BATTERY_OK,
    IN_CABINET_CLOSED,
    IN_FAULT_A,
    IN_FAULT_B,
    IN_FAULT_C,
    IN_OBSTRUCTION,
    IN_LOCAL_MODE,
    IN_TICKET_BUTTON,
    IN_TICKET_TAKEN,
    IN_TICKET_LOW,
    IN_HELP_BUTTON,
    IN_READER_OK,
    IN_CAMERA_OK,
    IN_WATCHDOG_TRIPPED,
    IN_RESTARTED,
    LANE_INPUTS
};

static inline bool input_on(uint32_t bits, enum lane_input i)
{
    return (bits >> i) & 1;
}

/* A safety input that is not proven clear is occupied: B, photocell and edge all fine? */
static inline bool inputs_safe_to_close(uint32_t bits)
{
    return !input_on(bits, IN_LOOP_B) && !input_on(bits, IN_FAULT_B) &&
           input_on(bits, IN_PHOTOCELL_CLEAR) && input_on(bits, IN_EDGE_OK);
}

enum gate_status {
    GATE_UNKNOWN = 0,
    GATE_OPEN = 16,
    GATE_CLOSED = 17,
    GATE_STOPPED = 19,
    GATE_OPENING = 32,
    GATE_CLOSING = 33,
};

struct lane_status {
    enum gate_status gate;
    uint8_t position; /* 0..100, 255 unknown */
    uint16_t last_error;
    uint32_t operations;
    uint16_t boot_count;
    uint16_t heartbeat;
    uint32_t uptime_s;
};

/* A plate as the device shows it; `sequence` changes when a new one is there. */
struct plate_reading {
    uint16_t sequence;
    uint8_t len;              /* bytes of `raw` */
    char raw[PLATE_RAW_SIZE]; /* not checked for UTF-8: plate_normalise does */
    uint16_t confidence;      /* 0..10000 */
    bool no_plate;
};

/* What a reader beside the camera read: a ticket, a card. `sequence` as above. */
enum credential_type { READ_NONE, READ_TICKET, READ_QR, READ_RFID, READ_PIN };

struct credential_reading {
    uint16_t sequence;
    enum credential_type type;
    uint8_t len;
    char raw[PLATE_RAW_SIZE];
};

/* Vehicles the device itself counted since the edge started; `rebased` changes when the device lost
 * count (a restart, a counter that went back): what passed meanwhile nobody knows. */
struct lane_counts {
    uint32_t forward, reverse;
    uint16_t rebased;
};

enum lane_command {
    COMMAND_NONE = 0,
    COMMAND_OPEN = 1,
    COMMAND_CLOSE = 2,
    COMMAND_STOP = 3,
    COMMAND_HOLD_OPEN = 4,
    COMMAND_RELEASE = 5,
    COMMAND_LOCK = 6,
    COMMAND_UNLOCK = 7,
    COMMAND_RESET_FAULT = 8,
};

enum command_result {
    RESULT_NONE = 0,
    RESULT_ACCEPTED = 1,
    RESULT_REFUSED = 2,
    RESULT_UNKNOWN = 3
};

#endif
