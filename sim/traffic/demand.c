/* See demand.h. */
#include "sim/traffic/demand.h"

struct demand demand_poisson(int64_t arrivals_per_hour, int64_t now_ms, struct prng *p)
{
    struct demand d = {.kind = arrivals_per_hour > 0 ? DEMAND_POISSON : DEMAND_NONE};
    if (d.kind == DEMAND_NONE)
        return d;
    d.gap_ms = 3600000.0 / (double)arrivals_per_hour;
    d.next_ms = now_ms + prng_exponential(p, d.gap_ms);
    return d;
}

struct demand demand_trace(const struct trace *t, int64_t shift_ms, int32_t capacity)
{
    return (struct demand){
        .kind = DEMAND_TRACE, .trace = t, .shift_ms = shift_ms, .capacity = capacity};
}

static int64_t row_ms(const struct demand *d, size_t row)
{
    return row < d->trace->count ? d->trace->rows[row].time.v + d->shift_ms : INT64_MAX;
}

/* A trace of another capacity is scaled to the place's. */
static int64_t row_inside(const struct demand *d, size_t row)
{
    const struct trace_row *r = &d->trace->rows[row];
    int64_t inside = r->capacity - r->free;
    if (d->capacity == 0 || d->capacity == r->capacity)
        return inside;
    return (inside * d->capacity * 2 + r->capacity) / (2 * (int64_t)r->capacity);
}

int64_t demand_due_ms(const struct demand *d)
{
    switch (d->kind) {
    case DEMAND_NONE: return INT64_MAX;
    case DEMAND_POISSON: return d->next_ms;
    case DEMAND_TRACE: break;
    }
    if (d->replan)
        return d->wish_ms;
    int64_t row = row_ms(d, d->row);
    return d->wishes > 0 && d->wish_ms < row ? d->wish_ms : row;
}

static void plan_wishes(struct demand *d, int64_t now_ms, const struct demand_facts *f,
                        struct prng *p)
{
    d->wishes = 0;
    if (d->row >= d->trace->count)
        return;
    d->target = row_inside(d, d->row);
    int64_t missing = d->target - (f->inside + f->entering - f->leaving);
    if (missing == 0)
        return;
    d->wish = missing > 0 ? WISH_ARRIVAL : WISH_DEPARTURE;
    d->wishes = missing > 0 ? missing : -missing;
    d->spread_ms = (row_ms(d, d->row) - now_ms) / d->wishes;
    d->wish_ms = now_ms + (int64_t)(prng_unit(p) * (double)d->spread_ms);
}

enum demand_wish demand_take(struct demand *d, int64_t now_ms, const struct demand_facts *f,
                             struct prng *p)
{
    if (d->kind == DEMAND_NONE)
        return WISH_NOTHING;
    if (d->kind == DEMAND_POISSON) {
        d->next_ms += prng_exponential(p, d->gap_ms);
        return WISH_ARRIVAL;
    }
    if (d->replan || row_ms(d, d->row) <= now_ms) {
        d->replan = false;
        while (row_ms(d, d->row) <= now_ms)
            d->row++;
        plan_wishes(d, now_ms, f, p);
        return WISH_NOTHING;
    }
    d->wishes--;
    d->wish_ms += d->spread_ms;
    return d->wish;
}

void demand_resume(struct demand *d, int64_t now_ms, struct prng *p)
{
    if (d->kind == DEMAND_POISSON) {
        d->next_ms = now_ms + prng_exponential(p, d->gap_ms);
    } else if (d->kind == DEMAND_TRACE && d->row > 0) {
        d->replan = true;
        d->wish_ms = now_ms;
    }
}
