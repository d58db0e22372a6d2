#include "edge/field/frame.h"

/* Transaction, protocol (0), length of what follows, unit; then the PDU: function, and in an answer
 * the number of data bytes or the exception. */
enum {
    AT_ID = 0,
    AT_PROTOCOL = 2,
    AT_LENGTH = 4,
    AT_UNIT = 6,
    AT_FUNCTION = 7,
    AT_ADDRESS = 8,
    AT_COUNT = 10,
    AT_BYTES = 8,
    AT_EXCEPTION = 8,
    AT_DATA = 9,
    EXCEPTION_BIT = 0x80,
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

void frame_request(const struct frame_read *r, uint8_t ret[FRAME_REQUEST_BYTES])
{
    put(ret + AT_ID, r->id);
    put(ret + AT_PROTOCOL, 0);
    put(ret + AT_LENGTH, FRAME_REQUEST_BYTES - AT_UNIT);
    ret[AT_UNIT] = r->unit;
    ret[AT_FUNCTION] = r->function;
    put(ret + AT_ADDRESS, r->address);
    put(ret + AT_COUNT, r->count);
}

bool frame_ended(const uint8_t *bytes, size_t len)
{
    if (len < AT_UNIT)
        return false;
    size_t whole = AT_UNIT + (size_t)get(bytes + AT_LENGTH);
    return len >= whole || whole > FRAME_BYTES_MAX;
}

static size_t data_bytes(const struct frame_read *r)
{
    return r->function == FRAME_READ_INPUTS ? (r->count + 7u) / 8u : r->count * 2u;
}

enum err frame_answer(const struct frame_read *r, const uint8_t *bytes, size_t len,
                      const uint8_t **ret_data, int *ret_exception)
{
    if (len < AT_DATA || len != AT_UNIT + (size_t)get(bytes + AT_LENGTH) ||
        get(bytes + AT_ID) != r->id || get(bytes + AT_PROTOCOL) != 0 || bytes[AT_UNIT] != r->unit)
        return ERR_INVAL;
    int exception = bytes[AT_EXCEPTION];
    if (bytes[AT_FUNCTION] == (r->function | EXCEPTION_BIT) && len == AT_DATA && exception >= 1 &&
        exception <= FRAME_EXCEPTION_MAX) {
        *ret_exception = exception;
        return ERR_DENIED;
    }
    if (bytes[AT_FUNCTION] != r->function || bytes[AT_BYTES] != data_bytes(r) ||
        len != AT_DATA + data_bytes(r))
        return ERR_INVAL;
    *ret_data = bytes + AT_DATA;
    return ERR_OK;
}

void frame_bits(const uint8_t *data, size_t count, uint8_t *ret)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = data[i / 8] >> i % 8 & 1;
}

void frame_words(const uint8_t *data, size_t count, uint16_t *ret)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = get(data + 2 * i);
}
