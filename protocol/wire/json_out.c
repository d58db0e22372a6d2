#include "protocol/wire/json_out.h"

#include <string.h>

/* Bytes of the UTF-8 sequence at `s` (RFC 3629), 0 if there is none. A NUL ends a cut sequence, so
 * that nothing behind the text is read. */
static size_t utf8_sequence(const uint8_t *s)
{
    uint8_t low = 0x80, high = 0xBF;
    size_t len;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        len = 2;
    else if (s[0] >= 0xE0 && s[0] <= 0xEF)
        len = 3;
    else if (s[0] >= 0xF0 && s[0] <= 0xF4)
        len = 4;
    else
        return 0;
    if (s[0] == 0xE0)
        low = 0xA0; /* shorter forms exist */
    else if (s[0] == 0xED)
        high = 0x9F; /* surrogates */
    else if (s[0] == 0xF0)
        low = 0x90;
    else if (s[0] == 0xF4)
        high = 0x8F; /* beyond U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return len;
}

static void escape(struct buf *b, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (c == '"' || c == '\\') {
        text[1] = (char)c;
        buf_add(b, text, 2);
    } else {
        buf_add(b, text, sizeof text);
    }
}

enum err json_out_text(struct buf *b, const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    buf_add(b, "\"", 1);
    while (*s) {
        const uint8_t *plain = s;
        while (*s >= 0x20 && *s != '"' && *s != '\\') {
            size_t len = utf8_sequence(s);
            if (len == 0)
                return ERR_INVAL;
            s += len;
        }
        buf_add(b, (const char *)plain, (size_t)(s - plain));
        if (*s)
            escape(b, *s++);
    }
    buf_add(b, "\"", 1);
    return ERR_OK;
}

void json_out_int(struct buf *b, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    buf_add(b, digits + at, sizeof digits - at);
}

void json_out_key(struct buf *b, const char *key)
{
    if (b->len > 0 && b->text[b->len - 1] != '{')
        buf_add(b, ",", 1);
    buf_add(b, "\"", 1);
    buf_adds(b, key);
    buf_add(b, "\":", 2);
}

enum err json_out_finish(const struct buf *b, char *ret, size_t size, size_t *ret_len)
{
    if (b->overflow || b->len >= size)
        return ERR_FULL;
    memcpy(ret, b->text, b->len + 1);
    *ret_len = b->len;
    return ERR_OK;
}
