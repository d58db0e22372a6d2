/* What is still to be paid (tariff_stay.h, Y4), and when the price rises next. */
#include "protocol/tariff/pricing.h"
#include "protocol/tariff/tariff_stay.h"

enum { HORIZON_S = 366 * 86400 };

static enum err price_at(const struct tariff *t, const struct zone_table *z,
                         const struct tariff_stay *stay, int64_t at_s, int64_t *ret_minor)
{
    struct tariff_quote quote;
    struct tariff_stay whole = *stay;
    whole.entry = wall_of_s(floor_s(stay->entry));
    TRY(tariff_stay_price(t, z, &whole, wall_of_s(at_s), &quote));
    *ret_minor = quote.amount.minor;
    return ERR_OK;
}

/* A stay as it is told from payment to payment. */
struct account {
    struct tariff_stay stay; /* with what the payments so far have settled */
    int64_t paid_minor;
    int64_t leave_by_s; /* INT64_MIN: nothing was ever settled */
};

/* The payments in the order of their time; equal times together. */
static bool next_time(const struct tariff_payment *payments, size_t count, int64_t after_ms,
                      int64_t *ret_ms)
{
    bool found = false;
    for (size_t i = 0; i < count; i++)
        if (payments[i].at.v > after_ms && (!found || payments[i].at.v < *ret_ms)) {
            *ret_ms = payments[i].at.v;
            found = true;
        }
    return found;
}

static enum err add_paid(const struct tariff_payment *payments, size_t count, int64_t at_ms,
                         int64_t *sum)
{
    for (size_t i = 0; i < count; i++)
        if (payments[i].at.v == at_ms &&
            __builtin_add_overflow(*sum, payments[i].amount_minor, sum))
            return ERR_INVAL;
    return ERR_OK;
}

static enum err tell(const struct tariff *t, const struct zone_table *z,
                     const struct tariff_stay *stay, const struct tariff_payment *payments,
                     size_t count, struct account *ret)
{
    struct account a = {.stay = *stay, .leave_by_s = INT64_MIN};
    int64_t price, at_ms = INT64_MIN;
    while (next_time(payments, count, at_ms, &at_ms)) {
        int64_t at_s = at_ms / 1000 - (at_ms % 1000 < 0);
        TRY(add_paid(payments, count, at_ms, &a.paid_minor));
        if (at_ms < stay->entry.v) /* a deposit */
            continue;
        TRY(price_at(t, z, &a.stay, at_s, &price));
        if (a.paid_minor < price)
            continue;
        a.leave_by_s = at_s + t->exit_grace_s;
        a.stay.settled_at = wall_of_s(at_s);
        a.stay.settled_minor = price;
    }
    *ret = a;
    return ERR_OK;
}

enum err tariff_stay_due(const struct tariff *t, const struct zone_table *z,
                         const struct tariff_stay *stay, struct wall_ms now,
                         const struct tariff_payment *payments, size_t count,
                         struct tariff_due *ret)
{
    if (now.v < stay->entry.v || count > TARIFF_PAYMENTS_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < count; i++)
        if (payments[i].amount_minor <= 0)
            return ERR_INVAL;
    struct tariff_due d = {.due = {.currency = t->currency}};
    struct account a;
    TRY(tell(t, z, stay, payments, count, &a));
    TRY(price_at(t, z, &a.stay, floor_s(now), &d.price_minor));
    d.paid_minor = a.paid_minor;
    d.in_grace = floor_s(now) <= a.leave_by_s;
    if (d.in_grace)
        d.leave_by = wall_of_s(a.leave_by_s);
    else if (d.price_minor > d.paid_minor)
        d.due.minor = d.price_minor - d.paid_minor;
    *ret = d;
    return ERR_OK;
}

/* The price never falls (P3), so the next rise is found by doubling the distance until the price is
 * another one, then halving: some fifty prices, and no second copy of the rules. */
enum err tariff_stay_step(const struct tariff *t, const struct zone_table *z,
                          const struct tariff_stay *stay, struct wall_ms now,
                          struct tariff_step *ret)
{
    if (now.v < stay->entry.v)
        return ERR_INVAL;
    int64_t now_s = floor_s(now), current, price;
    TRY(price_at(t, z, stay, now_s, &current));
    int64_t low_s = now_s, high_s = now_s, step_s = 1;
    int64_t last_s = floor_s(stay->entry) + TARIFF_DURATION_MAX_S;
    if (last_s > now_s + HORIZON_S)
        last_s = now_s + HORIZON_S;
    do {
        if (high_s == last_s)
            return ERR_NOTFOUND;
        low_s = high_s;
        high_s = high_s + step_s < last_s ? high_s + step_s : last_s;
        step_s *= 2;
        TRY(price_at(t, z, stay, high_s, &price));
    } while (price <= current);
    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2, middle;
        TRY(price_at(t, z, stay, middle_s, &middle));
        if (middle > current) {
            high_s = middle_s;
            price = middle;
        } else {
            low_s = middle_s;
        }
    }
    *ret = (struct tariff_step){wall_of_s(high_s), {price, t->currency}};
    return ERR_OK;
}
