/* The inside of pricing: what tariff.c (time to money) and tariff_stay.c (rights, discounts) share. */
#ifndef BOOMGATE_TARIFF_PRICING_H
#define BOOMGATE_TARIFF_PRICING_H

#include "protocol/tariff/tariff.h"

/* A half-open span of UTC seconds. */
struct span {
    int64_t from_s, to_s;
};

struct pricing {
    const struct tariff *tariff;
    const struct zone_table *zone;
    struct span charged;       /* the piece of the stay that is priced now */
    int64_t window_minor;      /* charged in this occurrence of a window */
    struct tariff_quote quote; /* so far */
};

static inline int64_t floor_s(struct wall_ms t)
{
    return t.v / 1000 - (t.v % 1000 < 0);
}

static inline struct wall_ms wall_of_s(int64_t s)
{
    return (struct wall_ms){s * 1000};
}

void pricing_add(struct pricing *p, struct tariff_item item);

/* Prices one stay without the free rule; `entry_s` is where its rolling cap periods begin. */
enum err pricing_span(struct pricing *p, int64_t entry_s, struct span charged);

/* How much of the start of a stay costs nothing (P6). */
int64_t pricing_free_s(const struct tariff *t, int64_t duration_s);

#endif
