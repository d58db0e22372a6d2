/* A Modbus RTU line on the simulator's loop: like server.h, on a serial device or one end of a pair of
 * pseudo terminals. It answers for every unit of its controller.
 *
 * L1 Bytes that are no frame are dropped when the line has been silent for a while.
 * L2 A unit nobody has is not answered, as on a real line. */
#ifndef BOOMGATE_SIM_HARDWARE_SERIAL_H
#define BOOMGATE_SIM_HARDWARE_SERIAL_H

#include "sim/hardware/server.h"

struct gate_line;

/* 8 data bits, even parity, 1 stop bit, as the serial guide asks for. ERR_UNAVAIL: the device cannot be
 * had; logged. */
enum err gate_line_open(uv_loop_t *loop, const char *device, int64_t baud, gate_handler handler,
                        void *arg, struct gate_line **ret);

/* Closes it; the memory goes when the loop has run once more. NULL is fine. */
void gate_line_close(struct gate_line *l);

#endif
