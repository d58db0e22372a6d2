/* Modbus frames on a serial line; see frame.h. */
#include "sim/hardware/frame.h"

#include <string.h>

enum {
    CRC_BYTES = 2,
    FRAME_MIN = 4, /* unit, function, CRC */
    REQUEST_BYTES = 6,
    AT_BYTE_COUNT = 6,
    HEADER_BYTES = 6, /* of a TCP frame, before the unit */
    SERIAL_MAX = 256,
};

static uint16_t crc_of(const uint8_t *bytes, size_t len)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

/* The length of the request that begins here, CRC included; 0: not known (yet). */
static size_t length_of(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 0;
    switch (bytes[1]) {
    case FRAME_READ_COILS:
    case FRAME_READ_INPUTS:
    case FRAME_READ_HOLDING:
    case FRAME_READ_INPUT_REGISTERS:
    case FRAME_WRITE_COIL:
    case FRAME_WRITE_REGISTER: return REQUEST_BYTES + CRC_BYTES;
    case FRAME_WRITE_COILS:
    case FRAME_WRITE_REGISTERS:
        return len > AT_BYTE_COUNT ? AT_BYTE_COUNT + 1U + bytes[AT_BYTE_COUNT] + CRC_BYTES : 0;
    default: return 0;
    }
}

enum frame_verdict frame_parse_serial(const uint8_t *bytes, size_t len, bool silent,
                                      struct frame_request *ret, size_t *ret_used,
                                      enum frame_exception *ret_exception)
{
    uint8_t tcp[HEADER_BYTES + SERIAL_MAX] = {0};
    size_t whole = length_of(bytes, len), used;
    if (whole == 0 && silent)
        whole = len;
    if (len > SERIAL_MAX || whole > SERIAL_MAX)
        return FRAME_BROKEN;
    if (whole == 0 || len < whole)
        return silent ? FRAME_BROKEN : FRAME_INCOMPLETE;
    if (whole < FRAME_MIN)
        return FRAME_BROKEN;
    uint16_t crc = crc_of(bytes, whole - CRC_BYTES);
    if (bytes[whole - 2] != (crc & 0xFF) || bytes[whole - 1] != crc >> 8)
        return FRAME_BROKEN;
    tcp[5] = (uint8_t)(whole - CRC_BYTES);
    memcpy(tcp + HEADER_BYTES, bytes, whole - CRC_BYTES);
    enum frame_verdict v =
        frame_parse(tcp, HEADER_BYTES + whole - CRC_BYTES, ret, &used, ret_exception);
    if (v == FRAME_READY || v == FRAME_REFUSED)
        *ret_used = whole;
    return v == FRAME_INCOMPLETE ? FRAME_BROKEN : v;
}

size_t frame_to_serial(const uint8_t *answer, size_t len, uint8_t *ret)
{
    size_t body = len - HEADER_BYTES;
    memcpy(ret, answer + HEADER_BYTES, body);
    uint16_t crc = crc_of(ret, body);
    ret[body] = (uint8_t)crc;
    ret[body + 1] = (uint8_t)(crc >> 8);
    return body + CRC_BYTES;
}
