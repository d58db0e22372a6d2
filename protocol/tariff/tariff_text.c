#include "protocol/tariff/tariff_text.h"

#include "protocol/base/buf.h"

#include <inttypes.h>

enum { MINUTE_S = 60 };

const char *tariff_item_word(enum tariff_item_kind k)
{
    static const char *const words[TARIFF_ITEM_KINDS] = {
        "free",    "units",       "once",  "cap",     "rest",    "covered",
        "settled", "lost_ticket", "class", "percent", "minutes", "amount"};
    return (unsigned)k < TARIFF_ITEM_KINDS ? words[k] : "";
}

const char *tariff_item_window(const struct tariff *t, const struct tariff_item *item)
{
    bool known = item->window >= 0 && (size_t)item->window < t->window_count;
    return known ? t->windows[item->window].name.text : "";
}

static void add_unit(struct buf *b, int64_t unit_s)
{
    if (unit_s % MINUTE_S == 0)
        buf_addf(b, "%" PRId64 " min", unit_s / MINUTE_S);
    else
        buf_addf(b, "%" PRId64 " s", unit_s);
}

void tariff_item_text(const struct tariff *t, const struct tariff_item *item, char *ret)
{
    char each[MONEY_TEXT_SIZE];
    const char *window = tariff_item_window(t, item);
    struct buf b = buf_of(ret, TARIFF_TEXT_SIZE);
    money_format((struct money){item->each_minor, t->currency}, each);
    if (window[0] != '\0')
        buf_addf(&b, "%s: ", window);
    switch (item->kind) {
    case TARIFF_ITEM_FREE: buf_adds(&b, "free of charge"); break;
    case TARIFF_ITEM_UNITS:
        buf_addf(&b, "%" PRId64 " x ", item->quantity);
        add_unit(&b, item->unit_s);
        buf_addf(&b, " at %s", each);
        break;
    case TARIFF_ITEM_ONCE:
        buf_addf(&b, item->quantity > 0 ? "flat %s" : "flat %s, charged before", each);
        break;
    case TARIFF_ITEM_CAP: buf_addf(&b, "%" PRId64 " x at most %s", item->quantity, each); break;
    case TARIFF_ITEM_REST: buf_addf(&b, "%" PRId64 " further lines", item->quantity); break;
    case TARIFF_ITEM_COVERED: buf_adds(&b, "covered by a permit or booking"); break;
    case TARIFF_ITEM_SETTLED: buf_adds(&b, "paid before"); break;
    case TARIFF_ITEM_LOST: buf_addf(&b, "lost ticket, flat %s", each); break;
    case TARIFF_ITEM_CLASS:
        buf_addf(&b, "%" PRId64 " %% off for this class of vehicle", item->quantity);
        break;
    case TARIFF_ITEM_PERCENT: buf_addf(&b, "validation: %" PRId64 " %% off", item->quantity); break;
    case TARIFF_ITEM_MINUTES: buf_addf(&b, "validation: %" PRId64 " min", item->quantity); break;
    case TARIFF_ITEM_AMOUNT: buf_addf(&b, "validation: %s off", each); break;
    case TARIFF_ITEM_KINDS: break;
    }
}
