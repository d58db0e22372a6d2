/* The `reference` register map, version 1, seen from the device's side (PROTOCOL.md, "Register
 * map"). This table is deliberately the simulator's own; it shares no line with protocol/modbus.
 *
 * R1 Reading a gap inside a table gives 0; reading past its end is an illegal address.
 * R2 Writing a gap is an illegal address, an impossible value an illegal value; a write of several
 *    items is checked whole before any of it takes effect.
 * R3 Text is UTF-8, two bytes per register, first byte high, padded with zeros. */
#ifndef BOOMGATE_SIM_HARDWARE_REGISTER_MAP_H
#define BOOMGATE_SIM_HARDWARE_REGISTER_MAP_H

#include "sim/hardware/device.h"
#include "sim/hardware/frame.h"

/* Carries out a request on a device. Reads fill *ret; FRAME_OK or the exception to answer with. */
enum frame_exception register_map_serve(struct device *d, const struct frame_request *r,
                                        union frame_values *ret);

/* R3: packs text[0..bytes) into count registers. */
void register_map_pack(const char *text, size_t bytes, uint16_t *ret, size_t count);

#endif
