#include "cloud/otlp/otlp.h"

#include "protocol/support/json.h"
#include "protocol/wire/trace.h"

#include <stdio.h>
#include <string.h>

enum { ENTRY_BYTES_MAX = 16384, TRACE_AT = 3, NANO_SIZE = 32, KIND_SERVER = 2 };

static void add_attribute(json_t *list, const char *key, const json_t *value)
{
    char number[NANO_SIZE];
    if (json_is_string(value)) {
        json_array_append_new(list, json_pack("{s:s, s:{s:s}}", "key", key, "value", "stringValue",
                                              json_string_value(value)));
    } else if (json_is_integer(value)) { /* 64-bit numbers are text in OTLP's JSON */
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        json_array_append_new(list,
                              json_pack("{s:s, s:{s:s}}", "key", key, "value", "intValue", number));
    } else if (json_is_boolean(value)) {
        json_array_append_new(list, json_pack("{s:s, s:{s:b}}", "key", key, "value", "boolValue",
                                              json_is_true(value)));
    }
}

static void add_text(json_t *list, const char *key, const char *value)
{
    json_t *text = json_string(value);
    add_attribute(list, key, text);
    json_decref(text);
}

json_t *otlp_document(const char *instance)
{
    json_t *attributes = json_array();
    add_text(attributes, "service.name", "boomgate-cloud");
    add_text(attributes, "service.version", BOOMGATE_VERSION);
    add_text(attributes, "service.instance.id", instance);
    return json_pack("{s:[{s:{s:o}, s:[{s:{s:s}, s:[]}]}]}", "resourceSpans", "resource",
                     "attributes", attributes, "scopeSpans", "scope", "name", "boomgate", "spans");
}

static json_t *spans_of(const json_t *document)
{
    const json_t *resource = json_array_get(json_object_get(document, "resourceSpans"), 0);
    const json_t *scope = json_array_get(json_object_get(resource, "scopeSpans"), 0);
    return json_object_get(scope, "spans");
}

/* O3: the members of its data but plates, which are personal. */
static json_t *attributes_of(const struct feed_item *i, const json_t *data)
{
    json_t *list = json_array();
    const char *key;
    const json_t *value;
    add_text(list, "boomgate.place", i->place.text);
    json_object_foreach((json_t *)(uintptr_t)data, key, value)
    {
        char name[64];
        if (strcmp(key, "plate") == 0 || strcmp(key, "raw") == 0 || strcmp(key, "credential") == 0)
            continue;
        snprintf(name, sizeof name, "boomgate.%.48s", key);
        add_attribute(list, name, value);
    }
    return list;
}

static bool movement_of(const struct feed_item *i, const json_t *data, struct movement_id *ret)
{
    const char *text = i->event ? json_string_value(json_object_get(data, "movement")) : i->trace;
    size_t skip = i->event ? 0 : TRACE_AT;
    return text != NULL && strlen(text) >= skip + MOVEMENT_ID_SIZE - 1 &&
           movement_id_parse(text + skip, MOVEMENT_ID_SIZE - 1, ret) == ERR_OK;
}

static json_t *span_of(const struct feed_item *i, const struct trace *trace, const json_t *data)
{
    char nano[NANO_SIZE], number[NANO_SIZE];
    struct span_id root = trace_root(trace), own;
    snprintf(nano, sizeof nano, "%lld000000", (long long)i->time.v);
    snprintf(number, sizeof number, "%lld", (long long)i->at);
    bool first = strcmp(i->type, "vehicle.presented") == 0;
    own = first ? root : trace_span(trace, number);
    json_t *span =
        json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:o}", "traceId", trace->text, "spanId", own.text,
                  "name", i->type, "kind", KIND_SERVER, "startTimeUnixNano", nano,
                  "endTimeUnixNano", nano, "attributes", attributes_of(i, data));
    if (!first)
        json_object_set_new(span, "parentSpanId", json_string(root.text));
    return span;
}

bool otlp_add(json_t *document, const struct feed_item *i)
{
    struct movement_id movement;
    json_t *o;
    if (i->type[0] == '\0' || json_read(i->bytes, i->len, ENTRY_BYTES_MAX, &o, NULL) != ERR_OK)
        return false;
    const json_t *data = i->event ? json_object_get(o, "data") : o;
    bool part = movement_of(i, data, &movement);
    if (part) {
        struct trace trace = trace_of(&movement);
        json_array_append_new(spans_of(document), span_of(i, &trace, data));
    }
    json_decref(o);
    return part;
}
