#include "cloud/http/url.h"

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Bytes of the sequence that starts with `lead`; 0 if no sequence starts so. *ret_min is the smallest
 * code point that needs that many bytes. */
static size_t sequence_length(unsigned char lead, unsigned *ret_first, unsigned *ret_min)
{
    if (lead < 0x80) {
        *ret_first = lead;
        *ret_min = 0;
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        *ret_first = lead & 0x1FU;
        *ret_min = 0x80;
        return 2;
    }
    if ((lead & 0xF0U) == 0xE0) {
        *ret_first = lead & 0x0FU;
        *ret_min = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *ret_first = lead & 0x07U;
        *ret_min = 0x10000;
        return 4;
    }
    return 0;
}

bool url_text_valid(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned point = 0;
        unsigned min = 0;
        size_t n = sequence_length((unsigned char)text[i], &point, &min);
        if (n == 0 || n > len - i)
            return false;
        for (size_t k = 1; k < n; k++) {
            unsigned char c = (unsigned char)text[i + k];
            if ((c & 0xC0U) != 0x80)
                return false;
            point = (point << 6) | (c & 0x3FU);
        }
        if (point < min || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        if (point < 0x20 || (point >= 0x7F && point <= 0x9F))
            return false;
        i += n;
    }
    return true;
}

enum err url_decode(const char *text, size_t len, bool plus_is_space, char *ret, size_t size)
{
    /* Two passes keep the promise that outputs are untouched on failure without a second buffer:
     * the first one counts and checks the escapes, the bytes are judged once they are assembled. */
    size_t n = 0;
    for (size_t i = 0; i < len; n++) {
        if (text[i] == '%') {
            if (len - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
                return ERR_INVAL;
            i += 3;
        } else {
            i += 1;
        }
    }
    enum { DECODED_MAX = 1024 };
    char out[DECODED_MAX];
    if (n >= size || n >= sizeof out)
        return ERR_FULL;
    n = 0;
    for (size_t i = 0; i < len; n++) {
        if (text[i] == '%') {
            out[n] = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 3;
        } else {
            out[n] = plus_is_space && text[i] == '+' ? ' ' : text[i];
            i += 1;
        }
    }
    if (!url_text_valid(out, n))
        return ERR_INVAL;
    memcpy(ret, out, n);
    ret[n] = '\0';
    return ERR_OK;
}

/* Cuts the next "name=value" off *at. Empty parts ("a=1&&b=2") are skipped. */
static bool next_pair(const char **at, const char **ret_name, size_t *ret_name_len,
                      const char **ret_value, size_t *ret_value_len)
{
    while (**at == '&')
        (*at)++;
    if (**at == '\0')
        return false;
    size_t len = strcspn(*at, "&");
    const char *equals = memchr(*at, '=', len);
    *ret_name = *at;
    *ret_name_len = equals != NULL ? (size_t)(equals - *at) : len;
    *ret_value = equals != NULL ? equals + 1 : *at + len;
    *ret_value_len = equals != NULL ? len - *ret_name_len - 1 : 0;
    *at += len;
    return true;
}

enum err url_query_get(const char *query, const char *key, char *ret, size_t size)
{
    const char *at = query != NULL ? query : "";
    const char *name;
    const char *value;
    const char *found = NULL;
    size_t name_len;
    size_t value_len;
    size_t found_len = 0;
    while (next_pair(&at, &name, &name_len, &value, &value_len)) {
        if (name_len != strlen(key) || memcmp(name, key, name_len) != 0)
            continue;
        if (found != NULL)
            return ERR_CONFLICT;
        found = value;
        found_len = value_len;
    }
    if (found == NULL)
        return ERR_NOTFOUND;
    return url_decode(found, found_len, true, ret, size);
}

enum err url_query_check(const char *query, const char *const *known, size_t count,
                         char *ret_unknown, size_t size)
{
    const char *at = query != NULL ? query : "";
    const char *name;
    const char *value;
    size_t name_len;
    size_t value_len;
    while (next_pair(&at, &name, &name_len, &value, &value_len)) {
        size_t i = 0;
        while (i < count && (strlen(known[i]) != name_len || memcmp(known[i], name, name_len) != 0))
            i++;
        if (i == count) {
            if (url_decode(name, name_len, true, ret_unknown, size) != ERR_OK)
                ret_unknown[0] = '\0';
            return ERR_NOTFOUND;
        }
    }
    return ERR_OK;
}
