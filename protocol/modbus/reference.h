/* The `reference` register map (PROTOCOL.md, "Register map"): addresses and the translation between
 * registers and lane_io values. Pure. Zero-based PDU addresses, one unit per lane. */
#ifndef BOOMGATE_MODBUS_REFERENCE_H
#define BOOMGATE_MODBUS_REFERENCE_H

#include "protocol/base/err.h"
#include "protocol/modbus/lane_io.h"

#include <stddef.h>

enum {
    REF_INPUTS = 0, /* discrete inputs 0..25 */
    REF_INPUT_COUNT = 26,

    REF_COIL_GREEN = 5,
    REF_COIL_FULL_SIGN = 6,
    REF_COIL_ISSUE_TICKET = 7,
    REF_COIL_TRIGGER_CAMERA = 8,
    REF_COIL_ACK_RESTART = 10,

    REF_IDENTITY = 0, /* input registers 0..14: magic, version, serial */
    REF_IDENTITY_COUNT = 15,
    REF_STATUS = 16, /* input registers 16..25 */
    REF_STATUS_COUNT = 10,
    REF_PLATE = 48, /* input registers 48..71 */
    REF_PLATE_COUNT = 24,
    REF_ECHO = 120, /* input registers 120, 121 */
    REF_ECHO_COUNT = 2,

    REF_COMMAND = 0, /* holding registers 0 code, 1 sequence */
    REF_COMMAND_COUNT = 2,
    REF_HOST_HEARTBEAT = 2,
    REF_WATCHDOG_MS = 3,
    REF_FALLBACK = 5,
    REF_DISPLAY = 16, /* holding registers 16..31: UTF-8, NUL padded */
    REF_DISPLAY_COUNT = 16,
};

/* ERR_INVAL: wrong magic or a map version other than 1. */
enum err reference_check_identity(const uint16_t regs[REF_IDENTITY_COUNT]);

/* `bits` holds one byte per input, as libmodbus returns them. */
uint32_t reference_inputs(const uint8_t bits[REF_INPUT_COUNT]);

/* ERR_INVAL on an impossible value (gate status or position out of range). */
enum err reference_status(const uint16_t regs[REF_STATUS_COUNT], struct lane_status *ret);

/* ERR_UNAVAIL: being written (odd sequence), read again. ERR_INVAL: impossible length or
 * confidence. */
enum err reference_plate(const uint16_t regs[REF_PLATE_COUNT], struct plate_reading *ret);

void reference_command(enum lane_command c, uint16_t sequence, uint16_t ret[REF_COMMAND_COUNT]);

/* Packs at most 32 bytes, first byte high, NUL padded. ERR_FULL if longer. */
enum err reference_display(const char *text, uint16_t ret[REF_DISPLAY_COUNT]);

#endif
