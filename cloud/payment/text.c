#include "cloud/payment/text.h"

#include <ctype.h>
#include <string.h>

void text_encode(struct buf *b, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (isalnum(*p) || strchr("-._~", *p))
            buf_add(b, (const char *)p, 1);
        else
            buf_add(b, (const char[]){'%', hex[*p >> 4], hex[*p & 15]}, 3);
    }
}

void text_base64(struct buf *b, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)text;
    for (size_t left = strlen(text); left > 0;) {
        size_t n = left < 3 ? left : 3;
        unsigned v = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
        char four[4];
        for (size_t i = 0; i < 4; i++)
            four[i] = i > n ? '=' : digits[v >> (18 - 6 * i) & 63];
        buf_add(b, four, 4);
        p += n;
        left -= n;
    }
}

bool text_plain(const char *text)
{
    if (!*text)
        return false;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p >= 127 || *p == '\'' || *p == '"' || *p == '\\')
            return false;
    return true;
}

enum err text_header(struct provider_request *r, const char *name, const char *value)
{
    if (r->header_count == PROVIDER_HEADERS_MAX)
        return ERR_INVAL;
    struct buf b = buf_of(r->headers[r->header_count], sizeof r->headers[0]);
    buf_addf(&b, "%s: %s", name, value);
    if (b.overflow)
        return ERR_INVAL;
    r->header_count++;
    return ERR_OK;
}

void text_take(char *ret, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text && n + 1 < size; text++)
        ret[n++] = isprint((unsigned char)*text) ? *text : '?';
    ret[n] = '\0';
}

void text_reason(struct provider_answer *a, const char *text)
{
    text_take(a->reason, sizeof a->reason, text);
}

const char *text_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

void text_status(struct provider_answer *a, long status)
{
    struct buf reason = buf_of(a->reason, sizeof a->reason);
    buf_addf(&reason, "http %ld", status);
}
