#include "protocol/tariff/tariff_stay.h"

#include "protocol/tariff/pricing.h"

#include <string.h>

enum { PERCENT_MAX = 100, MINUTE_S = 60 };

static const char *const words[TARIFF_VALIDATION_KINDS] = {"percent", "minutes", "amount"};

const char *tariff_validation_word(enum tariff_validation_kind k)
{
    return (unsigned)k < TARIFF_VALIDATION_KINDS ? words[k] : "";
}

enum err tariff_validation_parse(const char *text, enum tariff_validation_kind *ret)
{
    for (int i = 0; i < TARIFF_VALIDATION_KINDS; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = (enum tariff_validation_kind)i;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

enum err tariff_validation_check(const struct tariff_validation *v)
{
    static const int64_t most[TARIFF_VALIDATION_KINDS] = {
        PERCENT_MAX, TARIFF_DURATION_MAX_S / MINUTE_S, TARIFF_AMOUNT_MAX};
    if ((unsigned)v->kind >= TARIFF_VALIDATION_KINDS || v->value < 1 || v->value > most[v->kind])
        return ERR_INVAL;
    return ERR_OK;
}

/* ---- the pieces that no right covers (Y1) ---- */

/* What is covered of [from_s, to_s), in order and without overlap; returns how much there is. */
static size_t covered_spans(const struct tariff_stay *stay, int64_t from_s, int64_t to_s,
                            struct span ret[TARIFF_COVERS_MAX])
{
    size_t count = 0;
    for (int64_t at_s = from_s; at_s < to_s;) {
        struct span next = {to_s, to_s};
        for (size_t i = 0; i < stay->cover_count; i++) {
            struct span c = {floor_s(stay->covers[i].from), floor_s(stay->covers[i].to)};
            c.from_s = c.from_s > at_s ? c.from_s : at_s;
            c.to_s = c.to_s < to_s ? c.to_s : to_s;
            if (c.from_s >= c.to_s)
                continue;
            if (c.from_s < next.from_s || (c.from_s == next.from_s && c.to_s > next.to_s))
                next = c;
        }
        if (next.from_s == to_s)
            break;
        if (count > 0 && ret[count - 1].to_s == next.from_s)
            ret[count - 1].to_s = next.to_s;
        else
            ret[count++] = next;
        at_s = next.to_s;
    }
    return count;
}

static void add_time(struct pricing *p, enum tariff_item_kind kind, struct span s)
{
    pricing_add(p, (struct tariff_item){.kind = kind,
                                        .window = -1,
                                        .from = wall_of_s(s.from_s),
                                        .to = wall_of_s(s.to_s),
                                        .quantity = 1});
}

/* Prices what is not covered; *ret_from_s is the first instant charged for, or the end. */
static enum err price_uncovered(struct pricing *p, const struct tariff_stay *stay,
                                struct span whole, int64_t *ret_from_s)
{
    struct span covered[TARIFF_COVERS_MAX];
    size_t count = covered_spans(stay, whole.from_s, whole.to_s, covered);
    int64_t at_s = whole.from_s, first_s = whole.to_s;
    if (count == 0) {
        int64_t free_s = pricing_free_s(p->tariff, whole.to_s - whole.from_s);
        if (free_s > 0)
            add_time(p, TARIFF_ITEM_FREE, (struct span){at_s, at_s + free_s});
        *ret_from_s = at_s + free_s;
        return pricing_span(p, at_s, (struct span){at_s + free_s, whole.to_s});
    }
    for (size_t i = 0; i <= count; i++) {
        int64_t end_s = i < count ? covered[i].from_s : whole.to_s;
        if (at_s < end_s) {
            first_s = first_s < at_s ? first_s : at_s;
            TRY(pricing_span(p, at_s, (struct span){at_s, end_s}));
        }
        if (i < count) {
            add_time(p, TARIFF_ITEM_COVERED, covered[i]);
            at_s = covered[i].to_s;
        }
    }
    *ret_from_s = first_s;
    return ERR_OK;
}

/* ---- what is taken off (Y2) ---- */

/* The list keeps room for these behind the pieces of time. */
static void take_off(struct pricing *p, const struct span *whole, enum tariff_item_kind kind,
                     int64_t quantity, int64_t minor)
{
    struct tariff_quote *q = &p->quote;
    int64_t off = minor < q->amount.minor ? minor : q->amount.minor;
    q->items[q->item_count++] = (struct tariff_item){
        .kind = kind,
        .window = -1,
        .from = wall_of_s(whole->from_s),
        .to = wall_of_s(whole->to_s),
        .quantity = quantity,
        .each_minor = kind == TARIFF_ITEM_AMOUNT ? minor : 0,
        .amount_minor = -off,
    };
    q->amount.minor -= off;
}

/* Floors, without overflow. */
static int64_t percent_of(int64_t minor, int64_t percent)
{
    return minor / PERCENT_MAX * percent + minor % PERCENT_MAX * percent / PERCENT_MAX;
}

/* Off what was added since the amount was `before_minor`. */
static void take_class(struct pricing *p, const struct tariff_stay *stay, const struct span *whole,
                       int64_t before_minor)
{
    const struct tariff *t = p->tariff;
    for (size_t i = 0; i < t->class_count; i++)
        if (name_equal(&t->classes[i].name, &stay->vehicle))
            take_off(p, whole, TARIFF_ITEM_CLASS, t->classes[i].percent_off,
                     percent_of(p->quote.amount.minor - before_minor, t->classes[i].percent_off));
}

/* What `duration_s` from `from_s` on cost (Y3). */
static enum err value_of(const struct pricing *p, int64_t from_s, int64_t duration_s, int64_t *ret)
{
    struct pricing v = {.tariff = p->tariff, .zone = p->zone};
    if (duration_s > TARIFF_DURATION_MAX_S)
        duration_s = TARIFF_DURATION_MAX_S;
    TRY(pricing_span(&v, from_s, (struct span){from_s, from_s + duration_s}));
    *ret = v.quote.amount.minor;
    return ERR_OK;
}

static enum err take_validations(struct pricing *p, const struct tariff_stay *stay,
                                 const struct span *whole, int64_t charged_from_s)
{
    const struct tariff_validation *v = stay->validations;
    int64_t minutes_s = 0, before = 0, value;
    for (size_t i = 0; i < stay->validation_count; i++)
        if (v[i].kind == TARIFF_VALIDATION_PERCENT)
            take_off(p, whole, TARIFF_ITEM_PERCENT, v[i].value,
                     percent_of(p->quote.amount.minor, v[i].value));
    for (size_t i = 0; i < stay->validation_count; i++) {
        if (v[i].kind != TARIFF_VALIDATION_MINUTES)
            continue;
        minutes_s += v[i].value * MINUTE_S;
        TRY(value_of(p, charged_from_s, minutes_s, &value));
        take_off(p, whole, TARIFF_ITEM_MINUTES, v[i].value, value - before);
        before = value;
    }
    for (size_t i = 0; i < stay->validation_count; i++)
        if (v[i].kind == TARIFF_VALIDATION_AMOUNT)
            take_off(p, whole, TARIFF_ITEM_AMOUNT, 1, v[i].value);
    return ERR_OK;
}

static enum err check_stay(const struct tariff_stay *stay, struct wall_ms exit)
{
    if (exit.v < stay->entry.v || floor_s(exit) - floor_s(stay->entry) > TARIFF_DURATION_MAX_S ||
        stay->cover_count > TARIFF_COVERS_MAX || stay->validation_count > TARIFF_VALIDATIONS_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < stay->validation_count; i++)
        TRY(tariff_validation_check(&stay->validations[i]));
    return ERR_OK;
}

/* The part of the stay that a payment settled, in one item. */
static void add_settled(struct pricing *p, struct span s, int64_t minor)
{
    pricing_add(p, (struct tariff_item){.kind = TARIFF_ITEM_SETTLED,
                                        .window = -1,
                                        .from = wall_of_s(s.from_s),
                                        .to = wall_of_s(s.to_s),
                                        .quantity = 1,
                                        .each_minor = minor,
                                        .amount_minor = minor});
}

enum err tariff_stay_price(const struct tariff *t, const struct zone_table *z,
                           const struct tariff_stay *stay, struct wall_ms exit,
                           struct tariff_quote *ret)
{
    struct tariff rates = *t;
    struct tariff_stay rest = *stay;
    struct pricing p = {.tariff = &rates, .zone = z};
    int64_t charged_from_s;
    TRY(check_stay(stay, exit));
    struct span whole = {floor_s(stay->entry), floor_s(exit)};
    p.quote.amount.currency = t->currency;
    int64_t settled_s = floor_s(stay->settled_at);
    if (t->after_grace == TARIFF_RESTART && stay->settled_at.v != 0 && settled_s > whole.from_s &&
        settled_s <= whole.to_s) {
        add_settled(&p, (struct span){whole.from_s, settled_s}, stay->settled_minor);
        whole.from_s = settled_s;
        rates.free_s = 0;
        rest.validation_count = 0; /* they are in the settled price */
    }
    int64_t before_minor = p.quote.amount.minor;
    TRY(price_uncovered(&p, &rest, whole, &charged_from_s));
    take_class(&p, &rest, &whole, before_minor);
    TRY(take_validations(&p, &rest, &whole, charged_from_s));
    *ret = p.quote;
    return ERR_OK;
}

enum err tariff_lost_ticket(const struct tariff *t, struct wall_ms at, struct tariff_quote *ret)
{
    if (t->lost_ticket_minor == 0)
        return ERR_NOTFOUND;
    struct tariff_quote q = {.amount = {t->lost_ticket_minor, t->currency}, .item_count = 1};
    q.items[0] = (struct tariff_item){.kind = TARIFF_ITEM_LOST,
                                      .window = -1,
                                      .from = at,
                                      .to = at,
                                      .quantity = 1,
                                      .each_minor = t->lost_ticket_minor,
                                      .amount_minor = t->lost_ticket_minor};
    *ret = q;
    return ERR_OK;
}
