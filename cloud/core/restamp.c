#include "cloud/core/restamp.h"

static struct wall_ms earlier(struct wall_ms a, struct wall_ms b)
{
    return a.v < b.v ? a : b;
}

static struct wall_ms reckon(const struct edge_clock *c, const struct event *e,
                             struct wall_ms received)
{
    if (e->clock != CLOCK_UNSET)
        return e->time.v > received.v + CLOCK_AHEAD_MS ? received : e->time;
    if (c->known && e->boot == c->boot)
        return earlier(wall_after(c->wall, mono_diff_ms(e->mono, c->mono)), received);
    if (e->data.direction == DIRECTION_EXIT && c->latest.v != 0)
        return c->latest;
    return received;
}

struct wall_ms restamp(struct edge_clock *c, const struct event *e, struct wall_ms received)
{
    struct wall_ms t = reckon(c, e, received);
    if (e->clock != CLOCK_UNSET) {
        c->known = true;
        c->boot = e->boot;
        c->mono = e->mono;
        c->wall = t;
    }
    c->latest = t;
    return t;
}
