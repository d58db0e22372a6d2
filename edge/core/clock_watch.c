#include "edge/core/clock_watch.h"

#include <stdint.h>

static const int64_t first_possible_ms = 1767225600000; /* 2026-01-01 */
static const int64_t last_possible_ms = 4102444800000;  /* 2100-01-01 */
static const int64_t gap_max_ms = 400LL * 24 * 60 * 60 * 1000;

static bool possible(struct wall_ms t)
{
    return t.v >= first_possible_ms && t.v < last_possible_ms;
}

static enum clock_state state_of(const struct clock_watch *w, bool disciplined, struct wall_ms wall)
{
    if (!possible(wall) || w->doubted)
        return CLOCK_UNSET;
    return disciplined ? CLOCK_SYNCED : CLOCK_HOLDOVER;
}

void clock_watch_init(struct clock_watch *w, struct wall_ms recorded, bool disciplined,
                      struct now now)
{
    int64_t since_ms = wall_diff_ms(now.wall, recorded);
    bool follows = recorded.v == 0 || (since_ms > -CLOCK_STEP_MS && since_ms < gap_max_ms);
    *w = (struct clock_watch){.doubted = !disciplined && !follows, .last = now};
    w->state = state_of(w, disciplined, now.wall);
}

struct clock_verdict clock_watch_look(struct clock_watch *w, bool disciplined, struct now now)
{
    int64_t step_ms = wall_diff_ms(now.wall, w->last.wall) - mono_diff_ms(now.mono, w->last.mono);
    bool stepped = step_ms > CLOCK_STEP_MS || step_ms < -CLOCK_STEP_MS;
    w->last = now;
    if (disciplined)
        w->doubted = false;
    else if (stepped)
        w->doubted = true;
    w->state = state_of(w, disciplined, now.wall);
    return (struct clock_verdict){.state = w->state, .step_ms = stepped ? step_ms : 0};
}
