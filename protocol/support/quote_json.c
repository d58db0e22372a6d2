#include "protocol/support/quote_json.h"

#include "protocol/base/buf.h"
#include "protocol/tariff/tariff_text.h"

#include <stdlib.h>

enum { LOCAL_SIZE = 40, SECONDS_LEN = 19, KEY_SIZE = 24 };

json_t *quote_json_time(const struct zone_table *z, struct wall_ms t)
{
    char text[TIMESTAMP_SIZE], memory[LOCAL_SIZE];
    struct buf b = buf_of(memory, sizeof memory);
    int32_t offset_s = zone_offset_s(z, t);
    if (offset_s % 60 != 0)
        offset_s = 0;
    if (timestamp_format(wall_after(t, offset_s * INT64_C(1000)), text) != ERR_OK)
        return json_null();
    buf_add(&b, text, SECONDS_LEN);
    buf_addf(&b, "%c%02d:%02d", offset_s < 0 ? '-' : '+', abs(offset_s) / 3600,
             abs(offset_s) / 60 % 60);
    return json_string(memory);
}

static void set_amount(json_t *o, const char *key, const char *suffix, int64_t minor)
{
    char memory[KEY_SIZE];
    struct buf b = buf_of(memory, sizeof memory);
    buf_addf(&b, "%s%s", key, suffix);
    json_object_set_new(o, memory, json_integer(minor));
}

static json_t *line_of(const struct tariff *t, const struct zone_table *z,
                       const struct tariff_item *item, const char *suffix)
{
    char text[TARIFF_TEXT_SIZE];
    const char *window = tariff_item_window(t, item);
    json_t *o = json_object();
    tariff_item_text(t, item, text);
    json_object_set_new(o, "from", quote_json_time(z, item->from));
    json_object_set_new(o, "to", quote_json_time(z, item->to));
    json_object_set_new(o, "kind", json_string(tariff_item_word(item->kind)));
    json_object_set_new(o, "text", json_string(text));
    json_object_set_new(o, "quantity", json_integer(item->quantity));
    set_amount(o, "each", suffix, item->each_minor);
    set_amount(o, "amount", suffix, item->amount_minor);
    if (item->unit_s > 0)
        json_object_set_new(o, "unit_s", json_integer(item->unit_s));
    if (window[0] != '\0')
        json_object_set_new(o, "window", json_string(window));
    return o;
}

json_t *quote_json_lines(const struct tariff *t, const struct zone_table *z,
                         const struct tariff_quote *q, const char *suffix)
{
    json_t *list = json_array();
    for (size_t i = 0; i < q->item_count; i++)
        json_array_append_new(list, line_of(t, z, &q->items[i], suffix));
    return list;
}
