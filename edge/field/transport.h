/* One Modbus TCP connection on libmodbus: the only file pair that knows modbus.h. Connecting and
 * writing are libmodbus's; the reads of a scan are two system calls each (frame.h).
 *
 * T1 Any failure that is not a Modbus exception closes the connection: a late answer left in the
 *    socket would shift every later one by a transaction.
 * T2 No call lasts longer than the response timeout (connect: the connect timeout); the byte
 *    timeout is off, so a dripping peer cannot stretch it.
 * T3 libmodbus waits with select(2): the process must keep its descriptors below 1024 (main.c
 *    lowers RLIMIT_NOFILE).
 *
 * Codes of the transfer functions: ERR_DENIED: the device answered with a Modbus exception, the
 * connection is fine. ERR_TIMEOUT: no answer in time; a write may or may not have happened.
 * ERR_UNAVAIL: not connected, or the connection broke or answered nonsense. Not thread-safe. */
#ifndef BOOMGATE_EDGE_FIELD_TRANSPORT_H
#define BOOMGATE_EDGE_FIELD_TRANSPORT_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct transport;

/* `host` is a name or a numeric address, IPv4 or IPv6. Does not connect. */
enum err transport_create(const char *host, int port, int64_t response_timeout_ms,
                          struct transport **ret);
void transport_free(struct transport *t); /* NULL is fine */

/* Blocks up to a second. ERR_UNAVAIL on failure. */
enum err transport_connect(struct transport *t);
void transport_close(struct transport *t);
bool transport_connected(const struct transport *t);

/* `count` discrete inputs as a byte each (at most FRAME_INPUTS_MAX); input registers (at most
 * FRAME_REGISTERS_MAX). */
enum err transport_read_inputs(struct transport *t, uint8_t unit, uint16_t address, uint16_t count,
                               uint8_t *ret);
enum err transport_read_registers(struct transport *t, uint8_t unit, uint16_t address,
                                  uint16_t count, uint16_t *ret);
enum err transport_write_registers(struct transport *t, uint8_t unit, int address, int count,
                                   const uint16_t *values);
enum err transport_write_coil(struct transport *t, uint8_t unit, int address, bool on);

/* Duration of the last transaction, and the text of the last failure (a constant). */
int64_t transport_last_us(const struct transport *t);
const char *transport_reason(const struct transport *t);

#endif
