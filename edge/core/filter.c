#include "edge/core/filter.h"

#include "protocol/modbus/lane_io.h"

static const struct mono_ms never = {INT64_MAX};

static void read_one(struct debounce *d, bool raw, struct mono_ms at)
{
    if (raw != d->raw) {
        d->raw = raw;
        d->since = at;
    }
}

static struct mono_ms due(const struct debounce *d, int64_t on_ms, int64_t off_ms)
{
    if (d->raw == d->stable)
        return never;
    return mono_after(d->since, d->raw ? on_ms : off_ms);
}

static void tick_one(struct debounce *d, int64_t on_ms, int64_t off_ms, struct mono_ms now)
{
    if (due(d, on_ms, off_ms).v <= now.v)
        d->stable = d->raw;
}

static bool occupied(uint32_t bits, enum lane_input loop, enum lane_input fault)
{
    return input_on(bits, loop) || input_on(bits, fault);
}

void filter_init(struct filter *f, int64_t a_ms, int64_t b_ms, int64_t c_ms, uint32_t bits,
                 struct mono_ms at)
{
    bool a = occupied(bits, IN_LOOP_A, IN_FAULT_A);
    bool b = occupied(bits, IN_LOOP_B, IN_FAULT_B);
    bool c = occupied(bits, IN_LOOP_C, IN_FAULT_C);
    *f = (struct filter){.a_ms = a_ms, .b_ms = b_ms, .c_ms = c_ms};
    f->a = (struct debounce){a, a, at};
    f->b = (struct debounce){b, b, at};
    f->c = (struct debounce){c, c, at};
}

void filter_read(struct filter *f, uint32_t bits, struct mono_ms at)
{
    read_one(&f->a, occupied(bits, IN_LOOP_A, IN_FAULT_A), at);
    read_one(&f->b, occupied(bits, IN_LOOP_B, IN_FAULT_B), at);
    read_one(&f->c, occupied(bits, IN_LOOP_C, IN_FAULT_C), at);
    /* What protects acts at once; what is seen at one moment is not made to wait for another. */
    filter_tick(f, at);
}

void filter_tick(struct filter *f, struct mono_ms now)
{
    tick_one(&f->a, f->a_ms, f->a_ms, now);
    tick_one(&f->b, 0, f->b_ms, now);
    tick_one(&f->c, f->c_ms, f->b_ms, now);
}

struct mono_ms filter_deadline(const struct filter *f)
{
    struct mono_ms a = due(&f->a, f->a_ms, f->a_ms);
    struct mono_ms b = due(&f->b, 0, f->b_ms);
    struct mono_ms c = due(&f->c, f->c_ms, f->b_ms);
    struct mono_ms first = a.v < b.v ? a : b;
    return first.v < c.v ? first : c;
}
