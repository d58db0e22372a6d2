#include "edge/core/lease.h"

static bool trusted(enum clock_state clock)
{
    return clock == CLOCK_SYNCED || clock == CLOCK_HOLDOVER;
}

struct lease lease_given(struct now sent, enum clock_state clock, int64_t lease_ms)
{
    struct lease l = {.here = true, .until = mono_after(sent.mono, lease_ms)};
    if (trusted(clock)) {
        l.from = sent.wall;
        l.until_wall = wall_after(sent.wall, lease_ms);
    }
    return l;
}

bool lease_runs(const struct lease *l, struct now now, enum clock_state clock)
{
    if (l->here)
        return now.mono.v < l->until.v;
    return trusted(clock) && now.wall.v >= l->from.v && now.wall.v < l->until_wall.v;
}
