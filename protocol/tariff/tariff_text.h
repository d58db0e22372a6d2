/* A line of a quote in words, for receipts and logs: "2 x 30 min at 1.50 EUR". */
#ifndef BOOMGATE_TARIFF_TARIFF_TEXT_H
#define BOOMGATE_TARIFF_TARIFF_TEXT_H

#include "protocol/tariff/tariff.h"

enum { TARIFF_TEXT_SIZE = 160 };

/* "free" "units" "once" "cap" "rest" "covered" "settled" "lost_ticket" "class" "percent" "minutes" "amount" */
const char *tariff_item_word(enum tariff_item_kind k);

/* The name of the item's window; "": none. */
const char *tariff_item_window(const struct tariff *t, const struct tariff_item *item);

/* English, into ret[TARIFF_TEXT_SIZE]. */
void tariff_item_text(const struct tariff *t, const struct tariff_item *item, char *ret);

#endif
