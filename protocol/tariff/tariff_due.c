/* What is still to be paid, and when the price rises next. */
#include "protocol/tariff/tariff.h"

enum { HORIZON_S = 366 * 86400 };

static int64_t floor_s(struct wall_ms t)
{
    return t.v / 1000 - (t.v % 1000 < 0);
}

static enum err price_at(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                         int64_t at_s, int64_t *ret_minor)
{
    struct tariff_quote quote;
    int64_t entry_s = floor_s(entry);
    TRY(tariff_price(t, z, (struct wall_ms){entry_s * 1000}, (struct wall_ms){at_s * 1000},
                     &quote));
    *ret_minor = quote.amount.minor;
    return ERR_OK;
}

/* What had been paid up to and with `until`, in any order of the list. */
static enum err paid_until(const struct tariff_payment *payments, size_t count,
                           struct wall_ms until, int64_t *ret_minor)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (payments[i].at.v <= until.v &&
            __builtin_add_overflow(sum, payments[i].amount_minor, &sum))
            return ERR_INVAL;
    *ret_minor = sum;
    return ERR_OK;
}

/* The latest second up to which a payment that settled everything at its time lets the car leave;
 * INT64_MIN if there is none. A payment before entry (a deposit) starts no grace. */
static enum err leave_by(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                         const struct tariff_payment *payments, size_t count, int64_t *ret_s)
{
    int64_t latest_s = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        int64_t price, paid, at_s = floor_s(payments[i].at);
        if (payments[i].at.v < entry.v)
            continue;
        TRY(price_at(t, z, entry, at_s, &price));
        TRY(paid_until(payments, count, payments[i].at, &paid));
        if (paid >= price && at_s + t->exit_grace_s > latest_s)
            latest_s = at_s + t->exit_grace_s;
    }
    *ret_s = latest_s;
    return ERR_OK;
}

enum err tariff_due(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                    struct wall_ms now, const struct tariff_payment *payments, size_t count,
                    struct tariff_due *ret)
{
    if (now.v < entry.v || count > TARIFF_PAYMENTS_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < count; i++)
        if (payments[i].amount_minor <= 0)
            return ERR_INVAL;
    struct tariff_due d = {.due = {.currency = t->currency}};
    int64_t latest_s;
    TRY(price_at(t, z, entry, floor_s(now), &d.price_minor));
    TRY(paid_until(payments, count, (struct wall_ms){INT64_MAX}, &d.paid_minor));
    TRY(leave_by(t, z, entry, payments, count, &latest_s));
    d.in_grace = floor_s(now) <= latest_s;
    if (d.in_grace)
        d.leave_by.v = latest_s * 1000;
    else if (d.price_minor > d.paid_minor)
        d.due.minor = d.price_minor - d.paid_minor;
    *ret = d;
    return ERR_OK;
}

/* The price never falls (P3), so the next rise is found by doubling the distance until the price is
 * another one, then halving: some fifty prices, and no second copy of the rules. */
enum err tariff_next_step(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                          struct wall_ms now, struct tariff_step *ret)
{
    if (now.v < entry.v)
        return ERR_INVAL;
    int64_t now_s = floor_s(now), current, price;
    TRY(price_at(t, z, entry, now_s, &current));
    int64_t low_s = now_s, high_s = now_s, step_s = 1;
    int64_t last_s = floor_s(entry) + TARIFF_DURATION_MAX_S;
    if (last_s > now_s + HORIZON_S)
        last_s = now_s + HORIZON_S;
    do {
        if (high_s == last_s)
            return ERR_NOTFOUND;
        low_s = high_s;
        high_s = high_s + step_s < last_s ? high_s + step_s : last_s;
        step_s *= 2;
        TRY(price_at(t, z, entry, high_s, &price));
    } while (price <= current);
    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2, middle;
        TRY(price_at(t, z, entry, middle_s, &middle));
        if (middle > current) {
            high_s = middle_s;
            price = middle;
        } else {
            low_s = middle_s;
        }
    }
    *ret = (struct tariff_step){{high_s * 1000}, {price, t->currency}};
    return ERR_OK;
}
