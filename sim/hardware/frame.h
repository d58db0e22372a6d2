/* Modbus frames, server side: bytes of a stream to requests, answers to bytes. Pure; knows the protocol
 * (MODBUS Application Protocol V1.1b3, Messaging on TCP/IP V1.0b, Serial Line V1.02), not the registers.
 *
 * F1 Nothing is read or written outside the lengths given, whatever the bytes say.
 * F2 A header that cannot be one (protocol not 0, length below 2 or above 254) breaks the stream:
 * the caller closes the connection, because the next frame's start is unknown. F3 A sound header
 * with an unsound body is answered with an exception; the stream goes on. */
#ifndef BOOMGATE_SIM_HARDWARE_FRAME_H
#define BOOMGATE_SIM_HARDWARE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_BYTES_MAX = 260, /* header 7 + PDU 253 */
    FRAME_READ_BITS_MAX = 2000,
    FRAME_READ_REGISTERS_MAX = 125,
    FRAME_WRITE_BITS_MAX = 1968,
    FRAME_WRITE_REGISTERS_MAX = 123,
};

enum frame_function {
    FRAME_READ_COILS = 1,
    FRAME_READ_INPUTS = 2,
    FRAME_READ_HOLDING = 3,
    FRAME_READ_INPUT_REGISTERS = 4,
    FRAME_WRITE_COIL = 5,
    FRAME_WRITE_REGISTER = 6,
    FRAME_WRITE_COILS = 15,
    FRAME_WRITE_REGISTERS = 16,
};

enum frame_exception {
    FRAME_OK = 0,
    FRAME_ILLEGAL_FUNCTION = 1,
    FRAME_ILLEGAL_ADDRESS = 2,
    FRAME_ILLEGAL_VALUE = 3,
    FRAME_NO_SUCH_UNIT = 11, /* gateway: target failed to respond */
};

/* One request. Writes of one item appear as count 1. Writes carry their values. */
struct frame_request {
    uint16_t transaction;
    uint8_t unit;
    uint8_t function;
    uint16_t address;
    uint16_t count;
    union {
        uint16_t registers[FRAME_WRITE_REGISTERS_MAX];
        uint8_t bits[FRAME_WRITE_BITS_MAX]; /* 0 or 1 */
    };
};

/* The values a read asked for, filled by whoever owns the registers. */
union frame_values {
    uint16_t registers[FRAME_READ_REGISTERS_MAX];
    uint8_t bits[FRAME_READ_BITS_MAX];
};

enum frame_verdict {
    FRAME_INCOMPLETE, /* more bytes are needed */
    FRAME_READY,      /* *ret is a request of *ret_used bytes */
    FRAME_REFUSED,    /* F3: answer *ret_exception to *ret (transaction, unit, function are set) */
    FRAME_BROKEN,     /* F2 */
};

/* Takes one frame from the front of bytes[0..len). On READY and REFUSED *ret_used > 0. */
enum frame_verdict frame_parse(const uint8_t *bytes, size_t len, struct frame_request *ret,
                               size_t *ret_used, enum frame_exception *ret_exception);

/* The answer to a request that was carried out; `values` may be NULL for writes. Returns its
 * length, at most FRAME_BYTES_MAX, in ret[FRAME_BYTES_MAX]. */
size_t frame_answer(const struct frame_request *r, const union frame_values *values, uint8_t *ret);

/* The answer that refuses; same lengths. */
size_t frame_refuse(const struct frame_request *r, enum frame_exception e, uint8_t *ret);

/* The same on a serial line. A frame there is told by its length and its CRC; F2 holds for a CRC that is
 * wrong, and the caller waits for silence. `silent`: nothing more comes, so that a function whose length
 * is not known has ended as well. */
enum frame_verdict frame_parse_serial(const uint8_t *bytes, size_t len, bool silent,
                                      struct frame_request *ret, size_t *ret_used,
                                      enum frame_exception *ret_exception);

/* Turns an answer of the functions above, of `len` bytes, into one for a serial line, in
 * ret[FRAME_BYTES_MAX]; returns its length. */
size_t frame_to_serial(const uint8_t *answer, size_t len, uint8_t *ret);

#endif
