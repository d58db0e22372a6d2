/* See pace.h. */
#include "sim/pace.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How far A1 lets the world go; only attended lanes count (A2). */
static int64_t limit_ms(const struct pace *p, int64_t real_ms)
{
    int64_t limit = INT64_MAX;
    for (size_t i = 0; p->guard_ms > 0 && i < p->lanes; i++) {
        const struct pace_scan *s = &p->scans[i];
        if (s->real_ms > 0 && real_ms - s->real_ms <= ATTENDED_MS)
            limit = least(limit, s->world_ms + p->guard_ms);
    }
    return limit;
}

int64_t pace_advance(struct pace *p, int64_t clock_ms, int64_t real_ms)
{
    int64_t passed = clock_ms - p->clock_ms;
    if (passed < 0)
        return p->world_ms;
    int64_t wanted = p->world_ms + passed + least(p->behind_ms, passed / 4); /* A3 */
    int64_t allowed = least(wanted, limit_ms(p, real_ms));
    p->clock_ms = clock_ms;
    if (allowed > p->world_ms)
        p->world_ms = allowed;
    p->behind_ms = p->clock_ms - p->world_ms;
    return p->world_ms;
}

void pace_scanned(struct pace *p, size_t lane, int64_t real_ms)
{
    if (lane >= PACE_LANES_MAX)
        return;
    p->scans[lane] = (struct pace_scan){p->world_ms, real_ms};
    p->lanes = lane >= p->lanes ? lane + 1 : p->lanes;
}
