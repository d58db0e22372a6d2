/* Which reads a profile needs: its points, gathered into as few ranges as the device's limits allow.
 * Pure.
 *
 * N1 A range lies in one table of one device and is never longer than the profile's limit, nor than
 *    125 registers or 2000 bits. A point lies in one range as a whole.
 * N2 The inputs come first, then readings (both in every scan), then status (at 2 Hz), then identity
 *    (when a device is taken up). What an earlier class reads anyway is not read again later. */
#ifndef BOOMGATE_MODBUS_PLAN_H
#define BOOMGATE_MODBUS_PLAN_H

#include "protocol/modbus/profile.h"

enum { PLAN_RANGES_MAX = 20 };

enum plan_class { PLAN_INPUTS, PLAN_READINGS, PLAN_STATUS, PLAN_IDENTITY, PLAN_CLASSES };

struct plan_range {
    enum profile_space space;
    uint8_t device;
    uint16_t address, count;
};

/* Where a point is found: in which range, and how far from its start. */
struct plan_slot {
    uint8_t range;
    uint16_t offset;
};

struct plan {
    struct plan_range ranges[PLAN_RANGES_MAX];
    size_t count;
    size_t ends[PLAN_CLASSES]; /* class c is [ends[c - 1], ends[c]) */

    struct plan_slot inputs[LANE_INPUTS];
    struct plan_slot gate, position, last_error, operations, boot_count, heartbeat, uptime;
    struct plan_slot forward, reverse;
    struct plan_slot plate, credential; /* of the first register of the block */
    struct plan_slot identity[PROFILE_IDENTITY_MAX];
};

/* ERR_FULL: it takes more than PLAN_RANGES_MAX reads. ERR_INVAL: a block of text, or a number of two
 * words, is longer than a read may be or ends beyond address 65535. */
enum err plan_make(const struct profile *p, struct plan *ret);

static inline size_t plan_begin(const struct plan *p, enum plan_class c)
{
    return c == PLAN_INPUTS ? 0 : p->ends[c - 1];
}

/* The span of addresses a block of text takes. */
void plan_text_span(const struct profile_text *t, uint16_t *ret_address, uint32_t *ret_count);

#endif
