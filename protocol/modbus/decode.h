/* From what the ranges of a plan held to the values of a lane (lane_io.h). Pure.
 *
 * The image has, for each range, the data of the answer as it came: bits packed eight to a byte,
 * the first in the lowest; registers of two bytes, the first one high. */
#ifndef BOOMGATE_MODBUS_DECODE_H
#define BOOMGATE_MODBUS_DECODE_H

#include "protocol/modbus/counter.h"
#include "protocol/modbus/plan.h"

struct image {
    const uint8_t *data[PLAN_RANGES_MAX];
};

/* Bits of enum lane_input; PLAN_INPUTS was read. */
uint32_t decode_inputs(const struct profile *p, const struct plan *plan, const struct image *image);

/* The decoders below of what the profile does not have: ERR_NOTFOUND. */

/* PLAN_STATUS was read. ERR_INVAL on an impossible value (gate or position). What the profile lacks
 * is 0, the position 255. */
enum err decode_status(const struct profile *p, const struct plan *plan, const struct image *image,
                       struct lane_status *ret);

/* What a value's registers held, for whoever has to say what was impossible. */
uint32_t decode_raw(const struct profile_value *v, const struct image *image,
                    struct plan_slot slot);
uint16_t decode_text_word(const struct profile_text *t, const struct image *image,
                          struct plan_slot slot, int32_t address);

/* As they stand in the device, to be differenced (counter.h). */
enum err decode_counters(const struct profile *p, const struct plan *plan,
                         const struct image *image, uint32_t *ret_forward, uint32_t *ret_reverse);

/* ERR_UNAVAIL: being written, read again. ERR_INVAL: impossible length or confidence. *ret_sequence
 * is set in every case but ERR_NOTFOUND. */
enum err decode_plate(const struct profile *p, const struct plan *plan, const struct image *image,
                      uint16_t *ret_sequence, struct plate_reading *ret);
enum err decode_credential(const struct profile *p, const struct plan *plan,
                           const struct image *image, struct credential_reading *ret);

/* PLAN_IDENTITY was read. The number of the first register that is not what the profile says, or
 * identity_count: the device is the expected one. */
size_t decode_identity(const struct profile *p, const struct plan *plan, const struct image *image);

/* What a text that is not valid UTF-8 looks like, for whoever has to set the device right. */
enum text_look { TEXT_UTF8, TEXT_SWAPPED, TEXT_EUC_KR, TEXT_NOISE };

enum text_look text_look(const char *bytes, size_t len);

/* "utf-8" "byte-swapped" "EUC-KR" "noise" */
const char *text_look_word(enum text_look l);

#endif
