/* The frames of a client: requests to bytes, bytes to answers, on Modbus TCP (Messaging on TCP/IP
 * Implementation Guide V1.0b, section 3.1) and on a serial line (Modbus over Serial Line V1.02, section
 * 2.5). Pure.
 *
 * They are our own because they are most of what an edge does all day: libmodbus waits three times
 * for one answer, for its head, its length and its data; and on a serial line it neither keeps
 * the silence between frames nor notices its own echo (transport.c). */
#ifndef BOOMGATE_EDGE_FIELD_FRAME_H
#define BOOMGATE_EDGE_FIELD_FRAME_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_READ_COILS = 1,
    FRAME_READ_INPUTS = 2,
    FRAME_READ_HOLDING = 3,
    FRAME_READ_REGISTERS = 4,
    FRAME_WRITE_COIL = 5,
    FRAME_WRITE_REGISTER = 6,
    FRAME_WRITE_REGISTERS = 16,
    FRAME_INPUTS_MAX = 2000,
    FRAME_REGISTERS_MAX = 125,
    FRAME_WRITTEN_MAX = 123,
    FRAME_BYTES_MAX = 260,
    FRAME_EXCEPTION_MAX = 11, /* the last code that has a meaning */
};

enum frame_line { FRAME_TCP, FRAME_RTU };

struct frame_request {
    uint16_t id; /* of the transaction; unused on a serial line */
    uint8_t unit, function;
    uint16_t address, count;
    const uint16_t *values; /* of a write; of a coil: not 0 is on */
};

/* Returns the length. */
size_t frame_request(enum frame_line line, const struct frame_request *r,
                     uint8_t ret[FRAME_BYTES_MAX]);

/* Whether the `len` bytes received so far are all there will be: a whole frame, or something that
 * will never be one. */
bool frame_ended(enum frame_line line, const struct frame_request *r, const uint8_t *bytes,
                 size_t len);

/* Judges what was received after `r` was sent. ERR_OK: the answer, its values are at *ret_data.
 * ERR_DENIED: the device answered with exception *ret_exception, 1..FRAME_EXCEPTION_MAX.
 * ERR_INVAL: anything else, such as the answer to another question. */
enum err frame_answer(enum frame_line line, const struct frame_request *r, const uint8_t *bytes,
                      size_t len, const uint8_t **ret_data, int *ret_exception);

/* Bytes of a read's data. */
size_t frame_data_bytes(uint8_t function, uint16_t count);

uint16_t frame_crc(const uint8_t *bytes, size_t len);

#endif
