/* See frame.h. */
#include "sim/hardware/frame.h"

#include <string.h>

enum { HEADER_BYTES = 7, LENGTH_MIN = 2, LENGTH_MAX = 254 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)(v & 0xFF);
}

static bool range_ok(const struct frame_request *r)
{
    return (uint32_t)r->address + r->count <= 0x10000;
}

static enum frame_exception parse_read(const uint8_t *pdu, size_t len, struct frame_request *r)
{
    bool bits = r->function == FRAME_READ_COILS || r->function == FRAME_READ_INPUTS;
    if (len != 5)
        return FRAME_ILLEGAL_VALUE;
    r->address = get16(pdu + 1);
    r->count = get16(pdu + 3);
    if (r->count < 1 || r->count > (bits ? FRAME_READ_BITS_MAX : FRAME_READ_REGISTERS_MAX))
        return FRAME_ILLEGAL_VALUE;
    return range_ok(r) ? FRAME_OK : FRAME_ILLEGAL_ADDRESS;
}

static enum frame_exception parse_write_one(const uint8_t *pdu, size_t len, struct frame_request *r)
{
    if (len != 5)
        return FRAME_ILLEGAL_VALUE;
    r->address = get16(pdu + 1);
    r->count = 1;
    uint16_t value = get16(pdu + 3);
    if (r->function == FRAME_WRITE_REGISTER) {
        r->registers[0] = value;
        return FRAME_OK;
    }
    if (value != 0 && value != 0xFF00)
        return FRAME_ILLEGAL_VALUE;
    r->bits[0] = value != 0;
    return FRAME_OK;
}

static enum frame_exception parse_write_many(const uint8_t *pdu, size_t len,
                                             struct frame_request *r)
{
    bool bits = r->function == FRAME_WRITE_COILS;
    if (len < 6)
        return FRAME_ILLEGAL_VALUE;
    r->address = get16(pdu + 1);
    r->count = get16(pdu + 3);
    size_t bytes = pdu[5];
    if (r->count < 1 || r->count > (bits ? FRAME_WRITE_BITS_MAX : FRAME_WRITE_REGISTERS_MAX))
        return FRAME_ILLEGAL_VALUE;
    if (bytes != (bits ? ((size_t)r->count + 7) / 8 : (size_t)r->count * 2) || len != 6 + bytes)
        return FRAME_ILLEGAL_VALUE;
    if (!range_ok(r))
        return FRAME_ILLEGAL_ADDRESS;
    for (size_t i = 0; i < r->count; i++) {
        if (bits)
            r->bits[i] = pdu[6 + i / 8] >> (i % 8) & 1;
        else
            r->registers[i] = get16(pdu + 6 + 2 * i);
    }
    return FRAME_OK;
}

static enum frame_exception parse_pdu(const uint8_t *pdu, size_t len, struct frame_request *r)
{
    switch (r->function) {
    case FRAME_READ_COILS:
    case FRAME_READ_INPUTS:
    case FRAME_READ_HOLDING:
    case FRAME_READ_INPUT_REGISTERS: return parse_read(pdu, len, r);
    case FRAME_WRITE_COIL:
    case FRAME_WRITE_REGISTER: return parse_write_one(pdu, len, r);
    case FRAME_WRITE_COILS:
    case FRAME_WRITE_REGISTERS: return parse_write_many(pdu, len, r);
    default: return FRAME_ILLEGAL_FUNCTION;
    }
}

enum frame_verdict frame_parse(const uint8_t *bytes, size_t len, struct frame_request *ret,
                               size_t *ret_used, enum frame_exception *ret_exception)
{
    if (len >= 4 && get16(bytes + 2) != 0)
        return FRAME_BROKEN;
    if (len < 6)
        return FRAME_INCOMPLETE;
    size_t length = get16(bytes + 4);
    if (length < LENGTH_MIN || length > LENGTH_MAX)
        return FRAME_BROKEN;
    if (len < 6 + length)
        return FRAME_INCOMPLETE;
    const uint8_t *pdu = bytes + HEADER_BYTES;
    ret->transaction = get16(bytes);
    ret->unit = bytes[6];
    ret->function = pdu[0];
    ret->address = 0;
    ret->count = 0;
    *ret_used = 6 + length;
    enum frame_exception e = parse_pdu(pdu, length - 1, ret);
    if (e == FRAME_OK)
        return FRAME_READY;
    *ret_exception = e;
    return FRAME_REFUSED;
}

/* Writes the header around a PDU of `len` bytes and returns the whole length. */
static size_t seal(const struct frame_request *r, size_t len, uint8_t *ret)
{
    put16(ret, r->transaction);
    put16(ret + 2, 0);
    put16(ret + 4, (uint16_t)(len + 1));
    ret[6] = r->unit;
    return HEADER_BYTES + len;
}

size_t frame_answer(const struct frame_request *r, const union frame_values *values, uint8_t *ret)
{
    uint8_t *pdu = ret + HEADER_BYTES;
    pdu[0] = r->function;
    switch (r->function) {
    case FRAME_READ_COILS:
    case FRAME_READ_INPUTS:
        pdu[1] = (uint8_t)((r->count + 7) / 8);
        memset(pdu + 2, 0, pdu[1]);
        for (size_t i = 0; i < r->count; i++)
            pdu[2 + i / 8] |= (uint8_t)((values->bits[i] & 1) << (i % 8));
        return seal(r, 2U + pdu[1], ret);
    case FRAME_READ_HOLDING:
    case FRAME_READ_INPUT_REGISTERS:
        pdu[1] = (uint8_t)(r->count * 2);
        for (size_t i = 0; i < r->count; i++)
            put16(pdu + 2 + 2 * i, values->registers[i]);
        return seal(r, 2U + pdu[1], ret);
    case FRAME_WRITE_COIL:
        put16(pdu + 1, r->address);
        put16(pdu + 3, r->bits[0] ? 0xFF00 : 0);
        return seal(r, 5, ret);
    case FRAME_WRITE_REGISTER:
        put16(pdu + 1, r->address);
        put16(pdu + 3, r->registers[0]);
        return seal(r, 5, ret);
    default: /* write many */
        put16(pdu + 1, r->address);
        put16(pdu + 3, r->count);
        return seal(r, 5, ret);
    }
}

size_t frame_refuse(const struct frame_request *r, enum frame_exception e, uint8_t *ret)
{
    uint8_t *pdu = ret + HEADER_BYTES;
    pdu[0] = r->function | 0x80;
    pdu[1] = (uint8_t)e;
    return seal(r, 2, ret);
}
