/* One Modbus line: a TCP connection or a serial port. The only file pair that knows modbus.h: libmodbus
 * opens and sets up; the exchanges are our own (frame.h), two system calls each.
 *
 * T1 TCP: any failure that is not a Modbus exception closes the connection: a late answer left in the
 *    socket would shift every later one by a transaction. Serial: the port stays open unless it broke,
 *    and what still comes is thrown away until the line is silent.
 * T2 No call lasts longer than the response timeout (connect: the connect timeout; serial: and the
 *    silences), however its bytes drip.
 * T3 libmodbus connects with select(2): the process must keep its descriptors below 1024 (main.c
 *    lowers RLIMIT_NOFILE).
 * T4 Serial: nothing is sent before the line was silent for 3.5 characters (1.75 ms above 19200 baud).
 *    A line that hears itself is noticed at its first read, said in the log and lived with: the echo
 *    is compared and dropped. A write of one value looks like its own echo; it is believed once the
 *    line is known not to echo, or has answered behind it.
 *
 * Codes of the transfer functions: ERR_DENIED: the device answered with a Modbus exception.
 * ERR_TIMEOUT: no answer in time; a write may or may not have happened. ERR_UNAVAIL: not connected, or
 * it broke or answered nonsense. Whether there still is a connection says transport_connected. Not
 * thread-safe. */
#ifndef BOOMGATE_EDGE_FIELD_TRANSPORT_H
#define BOOMGATE_EDGE_FIELD_TRANSPORT_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct transport;

enum transport_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD };

struct transport_config {
    const char *host; /* a name or a numeric address, IPv4 or IPv6; NULL: serial */
    int port;
    const char *device; /* e.g. /dev/ttyS0 */
    int baud;
    enum transport_parity parity;
    int stop;
    int64_t silence_us;
    int64_t response_timeout_ms;
};

/* Does not connect. ERR_INVAL: what cannot be an address or a device. */
enum err transport_create(const struct transport_config *c, struct transport **ret);
void transport_free(struct transport *t); /* NULL is fine */

/* Blocks up to a second. ERR_UNAVAIL on failure. */
enum err transport_connect(struct transport *t);
void transport_close(struct transport *t);
bool transport_connected(const struct transport *t);

/* Reads `count` coils or inputs (function 1, 2), registers (3, 4). The answer's data, as it came, is at
 * *ret_data until the next call. */
enum err transport_read(struct transport *t, uint8_t unit, uint8_t function, uint16_t address,
                        uint16_t count, const uint8_t **ret_data);

/* Functions 16, 6 and 5. */
enum err transport_write_registers(struct transport *t, uint8_t unit, uint16_t address,
                                   uint16_t count, const uint16_t *values);
enum err transport_write_register(struct transport *t, uint8_t unit, uint16_t address,
                                  uint16_t value);
enum err transport_write_coil(struct transport *t, uint8_t unit, uint16_t address, bool on);

/* Duration of the last transaction, and the text of the last failure (a constant). */
int64_t transport_last_us(const struct transport *t);
const char *transport_reason(const struct transport *t);

/* T4: the line hears itself. */
bool transport_echoes(const struct transport *t);

#endif
