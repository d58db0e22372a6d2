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
