#include "protocol/support/json.h"

#include <stdio.h>
#include <string.h>

/* The parser quotes the input, cut anywhere; the reason is plain ASCII, so that it can go on a page
 * or into a reply. */
static enum err refuse(enum err e, char *ret_reason, const char *text)
{
    if (!ret_reason)
        return e;
    snprintf(ret_reason, JSON_REASON_SIZE, "%s", text);
    for (char *p = ret_reason; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return e;
}

enum err json_read(const void *text, size_t len, size_t max, json_t **ret, char *ret_reason)
{
    char reason[JSON_REASON_SIZE];
    if (len > max) {
        snprintf(reason, sizeof reason, "%zu bytes, at most %zu are read", len, max);
        return refuse(ERR_FULL, ret_reason, reason);
    }
    json_error_t e;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
    if (!value) {
        snprintf(reason, sizeof reason, "line %d column %d: %.120s", e.line, e.column, e.text);
        return refuse(ERR_INVAL, ret_reason, reason);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return refuse(ERR_INVAL, ret_reason, "found a list, expected an object");
    }
    *ret = value;
    return ERR_OK;
}

enum err json_get_text(const json_t *object, const char *key, char *ret, size_t size)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return ERR_NOTFOUND;
    if (!json_is_string(value))
        return ERR_INVAL;
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (len >= size || memchr(text, '\0', len))
        return ERR_INVAL;
    memcpy(ret, text, len + 1);
    return ERR_OK;
}

enum err json_get_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return ERR_NOTFOUND;
    if (!json_is_integer(value))
        return ERR_INVAL;
    int64_t v = json_integer_value(value);
    if (v < min || v > max)
        return ERR_INVAL;
    *ret = v;
    return ERR_OK;
}

enum err json_get_bool(const json_t *object, const char *key, bool *ret)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return ERR_NOTFOUND;
    if (!json_is_boolean(value))
        return ERR_INVAL;
    *ret = json_is_true(value);
    return ERR_OK;
}

/* jansson writes what fits and reports what was needed; sizing first keeps `ret` untouched when it
 * does not fit. */
enum err json_write(const json_t *value, char *ret, size_t size, size_t *ret_len)
{
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    if (len == 0)
        return ERR_INVAL;
    if (len >= size)
        return ERR_FULL;
    json_dumpb(value, ret, len, JSON_COMPACT | JSON_ENCODE_ANY);
    ret[len] = '\0';
    *ret_len = len;
    return ERR_OK;
}
