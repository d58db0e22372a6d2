/* A quote as JSON, for people and programs. */
#ifndef BOOMGATE_SUPPORT_QUOTE_JSON_H
#define BOOMGATE_SUPPORT_QUOTE_JSON_H

#include "protocol/tariff/tariff.h"

#include <jansson.h>

/* The lines as a list: from, to (local time with its offset), kind (tariff_item_word), text, quantity,
 * each, amount (minor units); unit_s and window where there is one. The names of the amounts end in
 * `suffix` ("" or "_minor"). */
json_t *quote_json_lines(const struct tariff *t, const struct zone_table *z,
                         const struct tariff_quote *q, const char *suffix);

/* RFC 3339 with the zone's offset, to the second; UTC where the offset is no whole minute. */
json_t *quote_json_time(const struct zone_table *z, struct wall_ms t);

#endif
