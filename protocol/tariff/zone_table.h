/* The transitions of one IANA time zone (RFC 8536), as a value: protocol/support/zone.h reads them
 * from TZif files. Pure code converts with it; nothing here or above uses the C library's zone. */
#ifndef BOOMGATE_TARIFF_ZONE_TABLE_H
#define BOOMGATE_TARIFF_ZONE_TABLE_H

#include "protocol/base/clock.h"

#include <stddef.h>
#include <stdint.h>

enum { ZONE_TRANSITIONS_MAX = 512 };

struct zone_table {
    char name[48];
    int32_t first_offset_s; /* before the first transition, east of UTC */
    size_t count;
    struct zone_transition {
        int64_t at_s;                    /* from this UTC second on ... */
        int32_t offset_s;                /* ... local = UTC + offset */
    } transitions[ZONE_TRANSITIONS_MAX]; /* ascending; expanded from the footer rule up to 2100 */
};

/* Offset east of UTC in force at `t`. */
int32_t zone_offset_s(const struct zone_table *z, struct wall_ms t);

/* The UTC second of a local civil second count (days_from_civil * 86400 + time of day). In a gap:
 * the gap's end; in a fold: the first occurrence. */
int64_t zone_utc_s(const struct zone_table *z, int64_t local_s);

#endif
