#include "edge/field/frame.h"

#include <string.h>

/* TCP: transaction, protocol (0), length of what follows; both: unit and the PDU; serial: CRC. */
enum {
    AT_ID = 0,
    AT_PROTOCOL = 2,
    AT_LENGTH = 4,
    TCP_HEAD = 6,
    CRC_BYTES = 2,
    /* From the unit on: */
    AT_UNIT = 0,
    AT_FUNCTION = 1,
    AT_ADDRESS = 2,
    AT_COUNT = 4,
    AT_VALUES = 7,
    AT_BYTES = 2,
    AT_EXCEPTION = 2,
    AT_DATA = 3,
    READ_BYTES = 6,      /* unit to count */
    WRITTEN_BYTES = 6,   /* of the answer to a write */
    EXCEPTION_BYTES = 3, /* unit to code */
    EXCEPTION_BIT = 0x80,
    COIL_ON = 0xFF00,
};

static void put(uint8_t *to, uint16_t v)
{
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
}

static uint16_t get(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

uint16_t frame_crc(const uint8_t *bytes, size_t len)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xA001) : (uint16_t)(crc >> 1);
    }
    return crc;
}

static bool is_read(uint8_t function)
{
    return function <= FRAME_READ_REGISTERS;
}

size_t frame_data_bytes(uint8_t function, uint16_t count)
{
    return function <= FRAME_READ_INPUTS ? (count + 7u) / 8u : count * 2u;
}

/* Unit and PDU at `to`; their length. */
static size_t put_body(const struct frame_request *r, uint8_t *to)
{
    to[AT_UNIT] = r->unit;
    to[AT_FUNCTION] = r->function;
    put(to + AT_ADDRESS, r->address);
    if (is_read(r->function)) {
        put(to + AT_COUNT, r->count);
        return READ_BYTES;
    }
    if (r->function != FRAME_WRITE_REGISTERS) {
        uint16_t on = r->values[0] ? COIL_ON : 0;
        put(to + AT_COUNT, r->function == FRAME_WRITE_COIL ? on : r->values[0]);
        return READ_BYTES;
    }
    put(to + AT_COUNT, r->count);
    to[READ_BYTES] = (uint8_t)(r->count * 2);
    for (size_t i = 0; i < r->count; i++)
        put(to + AT_VALUES + 2 * i, r->values[i]);
    return AT_VALUES + r->count * 2u;
}

size_t frame_request(enum frame_line line, const struct frame_request *r,
                     uint8_t ret[FRAME_BYTES_MAX])
{
    if (line == FRAME_TCP) {
        size_t len = put_body(r, ret + TCP_HEAD);
        put(ret + AT_ID, r->id);
        put(ret + AT_PROTOCOL, 0);
        put(ret + AT_LENGTH, (uint16_t)len);
        return TCP_HEAD + len;
    }
    size_t len = put_body(r, ret);
    uint16_t crc = frame_crc(ret, len);
    ret[len] = (uint8_t)crc; /* low byte first, unlike everything else */
    ret[len + 1] = (uint8_t)(crc >> 8);
    return len + CRC_BYTES;
}

/* Unit and PDU of the answer that is wanted. */
static size_t body_bytes(const struct frame_request *r)
{
    return is_read(r->function) ? AT_DATA + frame_data_bytes(r->function, r->count) : WRITTEN_BYTES;
}

bool frame_ended(enum frame_line line, const struct frame_request *r, const uint8_t *bytes,
                 size_t len)
{
    if (line == FRAME_TCP) {
        if (len < TCP_HEAD)
            return false;
        size_t whole = TCP_HEAD + (size_t)get(bytes + AT_LENGTH);
        return len >= whole || whole > FRAME_BYTES_MAX;
    }
    if (len < EXCEPTION_BYTES + CRC_BYTES)
        return false;
    bool exception = bytes[AT_FUNCTION] & EXCEPTION_BIT;
    return len >= (exception ? EXCEPTION_BYTES : body_bytes(r)) + CRC_BYTES;
}

/* Strips what surrounds unit and PDU. False: not a frame of this line. */
static bool body_of(enum frame_line line, const struct frame_request *r, const uint8_t *bytes,
                    size_t len, const uint8_t **ret_body, size_t *ret_len)
{
    if (line == FRAME_TCP) {
        if (len < TCP_HEAD + EXCEPTION_BYTES || len != TCP_HEAD + (size_t)get(bytes + AT_LENGTH) ||
            get(bytes + AT_ID) != r->id || get(bytes + AT_PROTOCOL) != 0)
            return false;
        *ret_body = bytes + TCP_HEAD;
        *ret_len = len - TCP_HEAD;
        return true;
    }
    if (len < EXCEPTION_BYTES + CRC_BYTES)
        return false;
    uint16_t crc = frame_crc(bytes, len - CRC_BYTES);
    if (bytes[len - 2] != (uint8_t)crc || bytes[len - 1] != (uint8_t)(crc >> 8))
        return false;
    *ret_body = bytes;
    *ret_len = len - CRC_BYTES;
    return true;
}

enum err frame_answer(enum frame_line line, const struct frame_request *r, const uint8_t *bytes,
                      size_t len, const uint8_t **ret_data, int *ret_exception)
{
    const uint8_t *body;
    size_t body_len;
    if (!body_of(line, r, bytes, len, &body, &body_len) || body[AT_UNIT] != r->unit)
        return ERR_INVAL;
    int exception = body[AT_EXCEPTION];
    if (body[AT_FUNCTION] == (r->function | EXCEPTION_BIT) && body_len == EXCEPTION_BYTES &&
        exception >= 1 && exception <= FRAME_EXCEPTION_MAX) {
        *ret_exception = exception;
        return ERR_DENIED;
    }
    if (body[AT_FUNCTION] != r->function || body_len != body_bytes(r))
        return ERR_INVAL;
    if (is_read(r->function)) {
        if (body[AT_BYTES] != frame_data_bytes(r->function, r->count))
            return ERR_INVAL;
    } else {
        /* Both say what was written where: one value, or how many. */
        uint8_t wanted[AT_VALUES + 2 * FRAME_WRITTEN_MAX];
        put_body(r, wanted);
        if (memcmp(body, wanted, WRITTEN_BYTES) != 0)
            return ERR_INVAL;
    }
    *ret_data = body + AT_DATA;
    return ERR_OK;
}
