/* Counters of a device that wrap and vanish: what was counted since they were last looked at. Pure.
 *
 * C1 Differences only: the first value, and the first one after a restart of the device, is a new
 *    base and counts nothing; so what was counted meanwhile is unknown and `rebased` says so.
 * C2 A difference of more than half the range is a counter that went back without a word: a new base
 *    as well. */
#ifndef BOOMGATE_MODBUS_COUNTER_H
#define BOOMGATE_MODBUS_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

struct counter {
    bool based;
    uint32_t last;  /* as it stood in the device */
    uint32_t total; /* counted since the start, wraps at 2^32 */
};

/* Takes what the device shows; `wide`: 32 bits, else 16. Returns false if it was rebased (C1, C2). */
bool counter_take(struct counter *c, uint32_t raw, bool wide);

/* The device restarted: what it shows next is a new base. */
void counter_lost(struct counter *c);

/* The device's count against the falls of loop B that the scan saw: a scan that was late, or a link that
 * was away, misses vehicles the device counted. A vehicle that backs out falls off B without being
 * counted, so only what the device has more counts, and only once it still has it a look later: the
 * two are read one after the other. */
struct crossings {
    int64_t balance; /* counted and not seen */
    bool pending;
};

/* Since the last look: `counted` by the device, `seen` by the scan. Returns how many were missed. */
uint32_t crossings_missed(struct crossings *c, uint32_t counted, uint32_t seen);

#endif
