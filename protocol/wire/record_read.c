#include "protocol/wire/record.h"

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/support/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static_assert((int)RECORD_REASON_SIZE == (int)JSON_REASON_SIZE,
              "one size of reason for all of the wire");

enum { FOUND_SIZE = 48, EXPECTED_SIZE = 112 };

/* The value as a short, printable text: it comes from outside and ends up in logs and pages. */
static void describe(const json_t *v, char ret[FOUND_SIZE])
{
    enum { SHOWN_MAX = 32 };
    struct buf b = buf_of(ret, FOUND_SIZE);
    const char *text = json_string_value(v);
    switch (json_typeof(v)) {
    case JSON_STRING:
        buf_adds(&b, "\"");
        for (size_t i = 0; i < SHOWN_MAX && i < json_string_length(v); i++)
            buf_add(&b, text[i] >= 0x20 && text[i] < 0x7F && text[i] != '"' ? &text[i] : "?", 1);
        buf_adds(&b, json_string_length(v) > SHOWN_MAX ? "...\"" : "\"");
        break;
    case JSON_INTEGER: buf_addf(&b, "%" JSON_INTEGER_FORMAT, json_integer_value(v)); break;
    case JSON_REAL: buf_addf(&b, "real number %.6g", json_real_value(v)); break;
    case JSON_OBJECT: buf_adds(&b, "an object"); break;
    case JSON_ARRAY: buf_addf(&b, "an array of %zu", json_array_size(v)); break;
    case JSON_TRUE: buf_adds(&b, "true"); break;
    case JSON_FALSE: buf_adds(&b, "false"); break;
    case JSON_NULL: buf_adds(&b, "null"); break;
    }
}

enum err record_explain(char *reason, const char *text)
{
    size_t len = strnlen(text, RECORD_REASON_SIZE - 1);
    if (reason != NULL) {
        memcpy(reason, text, len);
        reason[len] = '\0';
    }
    return ERR_INVAL;
}

enum err record_refuse(char *reason, const char *path, const char *key, const json_t *found,
                       const char *expected)
{
    enum { LONGEST = 2 * RECORD_REASON_SIZE };
    char text[LONGEST], value[FOUND_SIZE];
    struct buf b = buf_of(text, sizeof text);
    buf_adds(&b, path);
    buf_adds(&b, key);
    if (found != NULL) {
        describe(found, value);
        buf_adds(&b, ": found ");
        buf_adds(&b, value);
    } else {
        buf_adds(&b, ": missing");
    }
    buf_adds(&b, ", expected ");
    buf_adds(&b, expected);
    return record_explain(reason, text);
}

/* "one of entry, exit"; a long list is cut at a word. */
static void expect_words(struct buf *b, const struct vocabulary *words)
{
    enum { LISTED_MAX = 5 };
    buf_adds(b, "one of ");
    for (int i = 1; i < words->count && i <= LISTED_MAX; i++)
        buf_addf(b, "%s%s", i > 1 ? ", " : "", words->words[i]);
    if (words->count - 1 > LISTED_MAX)
        buf_adds(b, ", ...");
}

enum err record_known_kind(const json_t *object, const struct vocabulary *kinds, char *reason)
{
    char expected[EXPECTED_SIZE];
    struct buf b = buf_of(expected, sizeof expected);
    int value;
    const json_t *v = json_object_get(object, "kind");
    if (json_is_string(v) &&
        vocabulary_find(kinds, json_string_value(v), json_string_length(v), &value) == ERR_OK)
        return ERR_OK;
    expect_words(&b, kinds);
    record_refuse(reason, "", "kind", v, expected);
    return json_is_string(v) ? ERR_NOTFOUND : ERR_INVAL;
}

static void expectation(const struct member *m, char ret[EXPECTED_SIZE])
{
    struct buf b = buf_of(ret, EXPECTED_SIZE);
    switch (m->type) {
    case MEMBER_NAME: buf_adds(&b, "a name [a-z0-9-]{1,31}"); break;
    case MEMBER_HEX: buf_addf(&b, "%zu lower-case hex digits", m->size - 1); break;
    case MEMBER_TEXT: buf_addf(&b, "text of 1 to %zu bytes", m->size - 1); break;
    case MEMBER_INT: buf_addf(&b, "an integer from %" PRId64 " to %" PRId64, m->min, m->max); break;
    case MEMBER_U32: buf_addf(&b, "an integer from 0 to %" PRIu32, UINT32_MAX); break;
    case MEMBER_BOOL: buf_adds(&b, "true or false"); break;
    case MEMBER_WORD: expect_words(&b, m->words); break;
    case MEMBER_TIME: buf_adds(&b, "an RFC 3339 time"); break;
    case MEMBER_CURRENCY: buf_adds(&b, "a currency of three letters A-Z"); break;
    }
}

static enum err read_hex(const char *text, size_t len, size_t size, char *ret)
{
    if (len != size - 1 || strspn(text, "0123456789abcdef") != len)
        return ERR_INVAL;
    memcpy(ret, text, size);
    return ERR_OK;
}

static enum err read_text(const char *text, size_t len, size_t size, char *ret)
{
    if (len == 0 || len >= size || memchr(text, '\0', len))
        return ERR_INVAL;
    memcpy(ret, text, len + 1);
    return ERR_OK;
}

static enum err read_word(const struct vocabulary *words, const char *text, size_t len, void *ret)
{
    int value;
    TRY(vocabulary_find(words, text, len, &value));
    memcpy(ret, &value, sizeof value);
    return ERR_OK;
}

static enum err read_string(const struct member *m, const json_t *v, void *ret)
{
    const char *text = json_string_value(v);
    size_t len = json_string_length(v);
    if (!json_is_string(v))
        return ERR_INVAL;
    switch (m->type) {
    case MEMBER_NAME: return name_parse(text, len, ret);
    case MEMBER_HEX: return read_hex(text, len, m->size, ret);
    case MEMBER_TEXT: return read_text(text, len, m->size, ret);
    case MEMBER_WORD: return read_word(m->words, text, len, ret);
    case MEMBER_TIME: return timestamp_parse(text, len, ret);
    case MEMBER_CURRENCY: return currency_parse(text, len, ret);
    case MEMBER_INT:
    case MEMBER_U32:
    case MEMBER_BOOL: break;
    }
    return ERR_INVAL;
}

static enum err read_value(const struct member *m, const json_t *v, void *ret)
{
    int64_t value = json_integer_value(v);
    switch (m->type) {
    case MEMBER_INT:
        if (!json_is_integer(v) || value < m->min || value > m->max)
            return ERR_INVAL;
        *(int64_t *)ret = value;
        return ERR_OK;
    case MEMBER_U32:
        if (!json_is_integer(v) || value < 0 || value > UINT32_MAX)
            return ERR_INVAL;
        *(uint32_t *)ret = (uint32_t)value;
        return ERR_OK;
    case MEMBER_BOOL:
        if (!json_is_boolean(v))
            return ERR_INVAL;
        *(bool *)ret = json_is_true(v);
        return ERR_OK;
    default: return read_string(m, v, ret);
    }
}

enum err record_decimal(const char *text, size_t len, int64_t *ret)
{
    enum { DIGITS_MAX = 16 };
    int64_t v = 0;
    if (len < 1 || len > DIGITS_MAX || text[0] == '0')
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ERR_INVAL;
        v = v * 10 + (text[i] - '0');
    }
    if (v > RECORD_INT_MAX)
        return ERR_INVAL;
    *ret = v;
    return ERR_OK;
}

enum err record_open(const void *text, size_t len, size_t max, json_t **ret, char *reason)
{
    return json_read(text, len, max, ret, reason) == ERR_OK ? ERR_OK : ERR_INVAL;
}

enum err record_read(const json_t *object, const char *path, const struct record_shape *shape,
                     void *record, char *reason)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *m = &shape->members[i];
        bool required = shape->required & MEMBER_BIT(i);
        if (!required && !(shape->optional & MEMBER_BIT(i)))
            continue;
        const json_t *v = json_object_get(object, m->name);
        if (v == NULL && !required)
            continue;
        if (v == NULL || read_value(m, v, (char *)record + m->offset) != ERR_OK) {
            char expected[EXPECTED_SIZE];
            expectation(m, expected);
            return record_refuse(reason, path, m->name, v, expected);
        }
    }
    return ERR_OK;
}

enum err record_read_list(const json_t *object, const char *key, const struct record_shape *shape,
                          void *records, size_t stride, size_t max, size_t *ret_count, char *reason)
{
    const json_t *list = json_object_get(object, key);
    if (!json_is_array(list) || json_array_size(list) > max) {
        char expected[EXPECTED_SIZE];
        snprintf(expected, sizeof expected, "an array of at most %zu", max);
        return record_refuse(reason, "", key, list, expected);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        char path[48];
        snprintf(path, sizeof path, "%s[%zu]", key, i);
        if (!json_is_object(item))
            return record_refuse(reason, path, "", item, "an object");
        snprintf(path, sizeof path, "%s[%zu].", key, i);
        TRY(record_read(item, path, shape, (char *)records + i * stride, reason));
    }
    *ret_count = json_array_size(list);
    return ERR_OK;
}

enum err record_decode(const struct record_shape *shape, const void *bytes, size_t len, size_t max,
                       void *record, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    json_t *object;
    TRY(record_open(bytes, len, max, &object, reason));
    enum err result = record_read(object, "", shape, record, reason);
    json_decref(object);
    return result;
}
