/* The price of a stay: cut into cap periods, these into windows, each piece priced by its scale. */
#include "protocol/tariff/pricing.h"

enum { DAY_S = 86400 };

/* The last place in the list is kept for the rest, so that the items always add up (P5). */
void pricing_add(struct pricing *p, struct tariff_item item)
{
    struct tariff_quote *q = &p->quote;
    q->amount.minor += item.amount_minor;
    if (q->item_count < TARIFF_ITEMS_MAX - 1) {
        q->items[q->item_count++] = item;
        return;
    }
    struct tariff_item *rest = &q->items[TARIFF_ITEMS_MAX - 1];
    if (q->item_count < TARIFF_ITEMS_MAX) {
        q->item_count = TARIFF_ITEMS_MAX;
        *rest = (struct tariff_item){.kind = TARIFF_ITEM_REST, .window = -1, .from = item.from};
    }
    rest->to = item.to;
    rest->quantity++;
    rest->amount_minor += item.amount_minor;
}

/* Prices `piece` by a scale. `first`: the stay has not met this window before, so what is due once
 * is due now. */
static void price_piece(struct pricing *p, const struct rate_line *lines, size_t count, int window,
                        struct span piece, bool first)
{
    int64_t duration_s = piece.to_s - piece.from_s, start_s = 0;
    for (size_t i = 0; i < count && start_s < duration_s; i++) {
        const struct rate_line *line = &lines[i];
        int64_t end_s =
            line->until_s == 0 || line->until_s > duration_s ? duration_s : line->until_s;
        struct tariff_item item = {
            .kind = line->unit_s == 0 ? TARIFF_ITEM_ONCE : TARIFF_ITEM_UNITS,
            .window = window,
            .from = wall_of_s(piece.from_s + start_s),
            .to = wall_of_s(piece.from_s + end_s),
            .quantity = 1,
            .unit_s = line->unit_s,
            .each_minor = line->price_minor,
        };
        if (line->unit_s > 0)
            item.quantity = (end_s - start_s + line->unit_s - 1) / line->unit_s;
        else if (!first)
            item.quantity = 0;
        item.amount_minor = item.quantity * item.each_minor;
        pricing_add(p, item);
        start_s = end_s;
    }
}

static int64_t local_day(const struct zone_table *z, int64_t utc_s)
{
    int64_t local_s = utc_s + zone_offset_s(z, wall_of_s(utc_s));
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

/* Monday is 0; day 0, 1970-01-01, was a Thursday. */
static unsigned weekday(int64_t day)
{
    return (unsigned)(((day + 3) % 7 + 7) % 7);
}

/* Holidays ascend. */
static bool is_holiday(const struct tariff *t, int64_t day)
{
    size_t low = 0, high = t->holiday_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->holidays[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->holiday_count && t->holidays[low] == day;
}

static unsigned day_bit(const struct tariff *t, int64_t day)
{
    return is_holiday(t, day) ? TARIFF_HOLIDAY : 1U << weekday(day);
}

static bool holds(struct span s, int64_t at_s)
{
    return s.from_s <= at_s && at_s < s.to_s;
}

static struct span window_on(const struct zone_table *z, const struct tariff_window *w, int64_t day)
{
    int64_t from_s = day * DAY_S + w->from_min * 60;
    int64_t to_s = day * DAY_S + w->to_min * 60 + (w->to_min <= w->from_min ? DAY_S : 0);
    return (struct span){zone_utc_s(z, from_s), zone_utc_s(z, to_s)};
}

/* The window in force at `at_s`, as the span between its two cuts. Its span is what counts, not the
 * local time at `at_s`, which a fold repeats. It began on this local day or the one before; or, by
 * its first occurrence in a fold at midnight, on the next. */
static bool window_at(const struct pricing *p, int64_t at_s, int *ret_window, struct span *ret)
{
    int64_t today = local_day(p->zone, at_s);
    for (int64_t day = today - 1; day <= today + 1; day++) {
        unsigned bit = day_bit(p->tariff, day);
        for (size_t i = 0; i < p->tariff->window_count; i++) {
            const struct tariff_window *w = &p->tariff->windows[i];
            if (!(w->days & bit))
                continue;
            struct span s = window_on(p->zone, w, day);
            if (!holds(s, at_s))
                continue;
            *ret_window = (int)i;
            *ret = s;
            return true;
        }
    }
    return false;
}

/* Where the cap period that holds `at_s` ends. */
static int64_t cap_period_end(const struct pricing *p, int64_t entry_s, int64_t at_s)
{
    const struct tariff *t = p->tariff;
    switch (t->cap) {
    case TARIFF_CAP_ROLLING: return at_s + t->cap_period_s - (at_s - entry_s) % t->cap_period_s;
    case TARIFF_CAP_DAY:
        /* A fold at midnight makes the local date of `at_s` go back: see window_at. */
        for (int64_t day = local_day(p->zone, at_s);; day++) {
            int64_t end_s = zone_utc_s(p->zone, (day + 1) * DAY_S);
            if (end_s > at_s)
                return end_s;
        }
    case TARIFF_CAP_NONE: break;
    }
    return p->charged.to_s;
}

/* Adding changes the list only behind, or in, what was the last item: enough to undo it. */
struct mark {
    size_t count;
    struct tariff_item last;
    int64_t minor;
};

static struct mark mark_of(const struct pricing *p)
{
    const struct tariff_quote *q = &p->quote;
    struct mark m = {.count = q->item_count, .minor = q->amount.minor};
    if (m.count > 0)
        m.last = q->items[m.count - 1];
    return m;
}

static void undo(struct pricing *p, const struct mark *m)
{
    struct tariff_quote *q = &p->quote;
    q->item_count = m->count;
    if (m->count > 0)
        q->items[m->count - 1] = m->last;
    q->amount.minor = m->minor;
}

static void price_window(struct pricing *p, int window, const struct span *whole, struct span piece)
{
    const struct tariff_window *w = &p->tariff->windows[window];
    bool first = piece.from_s == whole->from_s || piece.from_s == p->charged.from_s;
    if (first)
        p->window_minor = 0;
    struct mark before = mark_of(p);
    price_piece(p, w->lines, w->line_count, window, piece, first);
    int64_t sum = p->quote.amount.minor - before.minor;
    if (w->cap_minor > 0 && p->window_minor + sum > w->cap_minor) {
        undo(p, &before);
        sum = w->cap_minor - p->window_minor;
        pricing_add(p, (struct tariff_item){.kind = TARIFF_ITEM_CAP,
                                            .window = window,
                                            .from = wall_of_s(piece.from_s),
                                            .to = wall_of_s(piece.to_s),
                                            .quantity = 1,
                                            .each_minor = w->cap_minor,
                                            .amount_minor = sum});
    }
    p->window_minor += sum;
}

static enum err price_period(struct pricing *p, struct span period)
{
    const struct tariff *t = p->tariff;
    if (t->window_count == 0) {
        price_piece(p, t->lines, t->line_count, -1, period, true);
        return ERR_OK;
    }
    for (int64_t at_s = period.from_s; at_s < period.to_s;) {
        int window;
        struct span whole;
        if (!window_at(p, at_s, &window, &whole))
            return ERR_INVAL; /* not a valid rate table */
        struct span piece = {at_s, whole.to_s < period.to_s ? whole.to_s : period.to_s};
        price_window(p, window, &whole, piece);
        at_s = piece.to_s;
    }
    return ERR_OK;
}

/* Puts one item in the place of the period's own; joins it to a capped period just before. */
static void apply_cap(struct pricing *p, struct span period, int64_t cap_minor)
{
    struct tariff_quote *q = &p->quote;
    struct tariff_item *last = q->item_count > 0 ? &q->items[q->item_count - 1] : NULL;
    if (last && last->kind == TARIFF_ITEM_CAP && last->window == -1 &&
        last->to.v == period.from_s * 1000) {
        last->to = wall_of_s(period.to_s);
        last->quantity++;
        last->amount_minor += cap_minor;
        q->amount.minor += cap_minor;
        return;
    }
    pricing_add(p, (struct tariff_item){.kind = TARIFF_ITEM_CAP,
                                        .window = -1,
                                        .from = wall_of_s(period.from_s),
                                        .to = wall_of_s(period.to_s),
                                        .quantity = 1,
                                        .each_minor = cap_minor,
                                        .amount_minor = cap_minor});
}

enum err pricing_span(struct pricing *p, int64_t entry_s, struct span charged)
{
    const struct tariff *t = p->tariff;
    p->charged = charged;
    for (int64_t at_s = charged.from_s; at_s < charged.to_s;) {
        struct span period = {at_s, cap_period_end(p, entry_s, at_s)};
        if (period.to_s > charged.to_s)
            period.to_s = charged.to_s;
        struct mark before = mark_of(p);
        TRY(price_period(p, period));
        if (t->cap != TARIFF_CAP_NONE && p->quote.amount.minor - before.minor > t->cap_minor) {
            undo(p, &before);
            apply_cap(p, period, t->cap_minor);
        }
        at_s = period.to_s;
    }
    return ERR_OK;
}

int64_t pricing_free_s(const struct tariff *t, int64_t duration_s)
{
    bool all = false;
    switch (t->free) {
    case TARIFF_FREE_UP_TO: all = duration_s <= t->free_s; break;
    case TARIFF_FREE_UNDER: all = duration_s < t->free_s; break;
    case TARIFF_FREE_ALLOWANCE: return duration_s < t->free_s ? duration_s : t->free_s;
    }
    return all ? duration_s : 0;
}

enum err tariff_price(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                      struct wall_ms exit, struct tariff_quote *ret)
{
    int64_t entry_s = floor_s(entry), exit_s = floor_s(exit);
    if (exit.v < entry.v || exit_s - entry_s > TARIFF_DURATION_MAX_S)
        return ERR_INVAL;
    int64_t free_s = pricing_free_s(t, exit_s - entry_s);
    struct pricing p = {.tariff = t, .zone = z};
    p.quote.amount.currency = t->currency;
    if (free_s > 0)
        pricing_add(&p, (struct tariff_item){.kind = TARIFF_ITEM_FREE,
                                             .window = -1,
                                             .from = wall_of_s(entry_s),
                                             .to = wall_of_s(entry_s + free_s),
                                             .quantity = 1});
    TRY(pricing_span(&p, entry_s, (struct span){entry_s + free_s, exit_s}));
    *ret = p.quote;
    return ERR_OK;
}
