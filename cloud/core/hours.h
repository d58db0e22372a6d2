/* When a place is open, by its own wall clock: weekly hours and exceptions, from one line of text.
 *
 *   mo-fr 07:00-22:00; sa,su 09:00-18:00; 2026-12-24 09:00-13:00; 2026-12-25 closed
 *
 * H1 No rule for the week: open around the clock, but for the exceptions.
 * H2 Hours that end at or before they begin end on the next day; those of an exception too.
 * H3 The rules of a date replace what would begin on that date; what began the day before goes on, unless
 *    the date is closed.
 * H4 The clock is the zone's: on the day it is put back, an hour that comes twice is open twice.
 * Pure. */
#ifndef BOOMGATE_CLOUD_CORE_HOURS_H
#define BOOMGATE_CLOUD_CORE_HOURS_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/tariff/zone_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOURS_RULES_MAX = 40 };

struct hours {
    size_t count; /* 0: always open */
    struct hours_rule {
        unsigned days; /* bit 0: Monday; 0: of one date */
        int64_t date;  /* days since 1970-01-01 */
        bool closed;
        int from_min, to_min; /* of the day; to_min above 1440: on the next one */
    } rules[HOURS_RULES_MAX];
};

/* ERR_INVAL: it is none; *ret_at is where in the text (written only on failure). ERR_FULL: too many rules. */
enum err hours_parse(const char *text, struct hours *ret, size_t *ret_at);

bool hours_open(const struct hours *h, const struct zone_table *z, struct wall_ms at);

/* How long it stays as it is at `at`, up to eight days. */
int64_t hours_hold_ms(const struct hours *h, const struct zone_table *z, struct wall_ms at);

#endif
