/* The frames of the two reads a scan consists of, on Modbus TCP (Messaging on TCP/IP Implementation
 * Guide V1.0b, section 3.1; Application Protocol V1.1b3, sections 6.2 and 6.4). Pure.
 *
 * They are our own because they are most of what an edge does all day: libmodbus waits three times
 * for one answer, for its head, its length and its data (transport.c). */
#ifndef BOOMGATE_EDGE_FIELD_FRAME_H
#define BOOMGATE_EDGE_FIELD_FRAME_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_READ_INPUTS = 2,    /* discrete inputs, at most FRAME_INPUTS_MAX */
    FRAME_READ_REGISTERS = 4, /* input registers, at most FRAME_REGISTERS_MAX */
    FRAME_INPUTS_MAX = 2000,
    FRAME_REGISTERS_MAX = 125,
    FRAME_REQUEST_BYTES = 12,
    FRAME_BYTES_MAX = 260,
    FRAME_EXCEPTION_MAX = 11, /* the last code that has a meaning */
};

struct frame_read {
    uint16_t id; /* of the transaction */
    uint8_t unit, function;
    uint16_t address, count;
};

void frame_request(const struct frame_read *r, uint8_t ret[FRAME_REQUEST_BYTES]);

/* Whether the `len` bytes received so far are all there will be: a whole frame, or something that will
 * never be one. */
bool frame_ended(const uint8_t *bytes, size_t len);

/* Judges what was received after `r` was sent. ERR_OK: the answer, its values are at *ret_data.
 * ERR_DENIED: the device answered with exception *ret_exception, 1..FRAME_EXCEPTION_MAX.
 * ERR_INVAL: anything else, such as the answer to another question. */
enum err frame_answer(const struct frame_read *r, const uint8_t *bytes, size_t len,
                      const uint8_t **ret_data, int *ret_exception);

/* The values at an answer's data. */
void frame_bits(const uint8_t *data, size_t count, uint8_t *ret); /* a byte each, 0 or 1 */
void frame_words(const uint8_t *data, size_t count, uint16_t *ret);

#endif
