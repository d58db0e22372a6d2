/* A POSIX TZ rule such as "CET-1CEST,M3.5.0,M10.5.0/3", the footer of a TZif file, with the
 * extension of RFC 8536 section 3.3.1 (hours -167..167). Pure. */
#ifndef BOOMGATE_SUPPORT_ZONE_RULE_H
#define BOOMGATE_SUPPORT_ZONE_RULE_H

#include "protocol/tariff/zone_table.h"

#include <stdbool.h>

enum {
    ZONE_RULE_FIRST_YEAR = 1970,
    ZONE_RULE_LAST_YEAR = 2100,
    ZONE_RULE_TRANSITIONS_MAX = 2 * (ZONE_RULE_LAST_YEAR - ZONE_RULE_FIRST_YEAR + 1),
};

struct zone_date {
    enum { ZONE_DATE_JULIAN, ZONE_DATE_DAY, ZONE_DATE_WEEK } kind; /* Jn, n, Mm.w.d */
    int day;                  /* Jn: 1..365, 29 February is not counted; n: 0..365 */
    int month, week, weekday; /* Mm.w.d: week 5 is the last, weekday 0 is Sunday */
    int32_t time_s;           /* local, of the day, may lie on another day */
};

struct zone_rule {
    int32_t offset_s; /* standard time, east of UTC */
    bool has_dst;
    int32_t dst_offset_s;
    struct zone_date start, end; /* of daylight saving time */
};

enum err zone_rule_parse(const char *text, struct zone_rule *ret);

/* The transitions after `after_s`, ascending, up to and with ZONE_RULE_LAST_YEAR, into
 * ret[ZONE_RULE_TRANSITIONS_MAX]; returns how many. None without daylight saving time: the
 * transitions before have reached its offset. */
size_t zone_rule_expand(const struct zone_rule *rule, int64_t after_s, struct zone_transition *ret);

#endif
