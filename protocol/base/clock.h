/* Time as values. Two types that do not mix: a monotonic instant orders timers inside one process,
 * a wall instant (UTC) is what goes on the wire and into the ledger. Core code takes both as
 * arguments and never reads a clock; protocol/support/clock_source.h reads them. */
#ifndef BOOMGATE_BASE_CLOCK_H
#define BOOMGATE_BASE_CLOCK_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds of domain time since an arbitrary start (CLOCK_BOOTTIME, scaled in simulation). */
struct mono_ms {
    int64_t v;
};

/* Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
struct wall_ms {
    int64_t v;
};

/* Both, read at one moment. Everything done in one turn of a loop shares one struct now. */
struct now {
    struct mono_ms mono;
    struct wall_ms wall;
};

static inline struct mono_ms mono_after(struct mono_ms t, int64_t ms)
{
    return (struct mono_ms){t.v + ms};
}

static inline int64_t mono_diff_ms(struct mono_ms later, struct mono_ms earlier)
{
    return later.v - earlier.v;
}

static inline struct wall_ms wall_after(struct wall_ms t, int64_t ms)
{
    return (struct wall_ms){t.v + ms};
}

static inline int64_t wall_diff_ms(struct wall_ms later, struct wall_ms earlier)
{
    return later.v - earlier.v;
}

/* Bytes of "2026-11-20T06:31:12.345Z" and its NUL. */
enum { TIMESTAMP_SIZE = 25 };

/* Writes RFC 3339 UTC with milliseconds into ret[TIMESTAMP_SIZE].
 * ERR_INVAL if the year is outside 0000..9999. */
enum err timestamp_format(struct wall_ms t, char *ret);

/* Reads an RFC 3339 timestamp: "T" or "t", any offset, 0..9 fraction digits (floored to the
 * millisecond), no leap second (":60" is ERR_INVAL, it does not exist in our count). `len` bytes of
 * `text` must be the whole timestamp. */
enum err timestamp_parse(const char *text, size_t len, struct wall_ms *ret);

#endif
