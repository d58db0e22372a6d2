#include "protocol/wire/record.h"

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/wire/json_out.h"

#include <string.h>

/* An enum's value; every enum of the wire is stored as an int. */
static int word_value(const void *field)
{
    int value;
    memcpy(&value, field, sizeof value);
    return value;
}

/* R2: nothing to say. */
static bool absent(const struct member *m, const void *field)
{
    switch (m->type) {
    case MEMBER_INT: return *(const int64_t *)field == 0;
    case MEMBER_U32: return *(const uint32_t *)field == 0;
    case MEMBER_BOOL: return !*(const bool *)field;
    case MEMBER_WORD: return word_value(field) == 0;
    case MEMBER_TIME: return ((const struct wall_ms *)field)->v == 0;
    case MEMBER_NAME:
    case MEMBER_HEX:
    case MEMBER_TEXT:
    case MEMBER_CURRENCY: break;
    }
    return *(const char *)field == '\0';
}

static bool hex_fits(const char *text, size_t size)
{
    for (size_t i = 0; i < size - 1; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    return text[size - 1] == '\0';
}

/* Text that needs checking, not escaping. */
static enum err out_checked(struct buf *b, const char *text, bool fits)
{
    if (!fits)
        return ERR_INVAL;
    buf_add(b, "\"", 1);
    buf_adds(b, text);
    buf_add(b, "\"", 1);
    return ERR_OK;
}

static enum err out_word(struct buf *b, const struct vocabulary *words, int value)
{
    const char *word = vocabulary_word(words, value);
    return out_checked(b, word, word[0] != '\0');
}

static enum err out_text(struct buf *b, const char *text, size_t size)
{
    if (text[0] == '\0' || strnlen(text, size) == size)
        return ERR_INVAL;
    return json_out_text(b, text);
}

static enum err out_time(struct buf *b, struct wall_ms time)
{
    char text[TIMESTAMP_SIZE];
    TRY(timestamp_format(time, text));
    return out_checked(b, text, true);
}

static enum err out_value(struct buf *b, const struct member *m, const void *field)
{
    union {
        struct name name;
        struct currency currency;
    } again;
    switch (m->type) {
    case MEMBER_NAME:
        return out_checked(b, field,
                           name_parse(field, strnlen(field, NAME_SIZE), &again.name) == ERR_OK);
    case MEMBER_HEX: return out_checked(b, field, hex_fits(field, m->size));
    case MEMBER_TEXT: return out_text(b, field, m->size);
    case MEMBER_INT:
        if (*(const int64_t *)field < m->min || *(const int64_t *)field > m->max)
            return ERR_INVAL;
        json_out_int(b, *(const int64_t *)field);
        return ERR_OK;
    case MEMBER_U32: json_out_int(b, *(const uint32_t *)field); return ERR_OK;
    case MEMBER_BOOL: buf_adds(b, *(const bool *)field ? "true" : "false"); return ERR_OK;
    case MEMBER_WORD: return out_word(b, m->words, word_value(field));
    case MEMBER_TIME: return out_time(b, *(const struct wall_ms *)field);
    case MEMBER_CURRENCY:
        return out_checked(b, field,
                           currency_parse(field, strnlen(field, 4), &again.currency) == ERR_OK);
    }
    return ERR_INVAL;
}

enum err record_write(struct buf *b, const struct record_shape *shape, const void *record)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *m = &shape->members[i];
        const void *field = (const char *)record + m->offset;
        bool required = shape->required & MEMBER_BIT(i);
        if (!required && (!(shape->optional & MEMBER_BIT(i)) || absent(m, field)))
            continue;
        json_out_key(b, m->name);
        TRY(out_value(b, m, field));
    }
    return ERR_OK;
}

enum err record_write_list(struct buf *b, const char *key, const struct record_shape *shape,
                           const void *records, size_t stride, size_t count)
{
    json_out_key(b, key);
    buf_add(b, "[", 1);
    for (size_t i = 0; i < count; i++) {
        buf_adds(b, i > 0 ? ",{" : "{");
        TRY(record_write(b, shape, (const char *)records + i * stride));
        buf_add(b, "}", 1);
    }
    buf_add(b, "]", 1);
    return ERR_OK;
}

enum err record_encode(const struct record_shape *shape, const void *record, size_t max, char *ret,
                       size_t size, size_t *ret_len)
{
    char memory[RECORD_BYTES_MAX + 1];
    if (max > RECORD_BYTES_MAX)
        return ERR_FULL;
    struct buf b = buf_of(memory, max + 1);
    buf_add(&b, "{", 1);
    TRY(record_write(&b, shape, record));
    buf_add(&b, "}", 1);
    return json_out_finish(&b, ret, size, ret_len);
}
