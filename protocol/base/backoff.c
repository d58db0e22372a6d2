#include "protocol/base/backoff.h"

/* The first bound is twice the minimum, so that even first delays differ; never above the maximum. */
static uint32_t first_bound_ms(const struct backoff *b)
{
    return b->min_ms > b->max_ms / 2 ? b->max_ms : b->min_ms * 2;
}

struct backoff backoff_of(uint32_t min_ms, uint32_t max_ms)
{
    struct backoff b = {.min_ms = min_ms, .max_ms = max_ms > min_ms ? max_ms : min_ms};
    if (b.min_ms == 0)
        b.min_ms = 1;
    if (b.max_ms == 0)
        b.max_ms = 1;
    b.bound_ms = first_bound_ms(&b);
    return b;
}

uint32_t backoff_next_ms(struct backoff *b, uint64_t random)
{
    uint32_t span = b->bound_ms - b->min_ms;
    uint32_t delay = b->min_ms + (uint32_t)(random % ((uint64_t)span + 1));
    b->bound_ms = b->bound_ms > b->max_ms / 2 ? b->max_ms : b->bound_ms * 2;
    return delay;
}

void backoff_session_ended(struct backoff *b, int64_t lasted_ms, int64_t enough_ms)
{
    if (lasted_ms >= enough_ms)
        b->bound_ms = first_bound_ms(b);
}
