#include "protocol/support/base64url.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(const void *bytes, size_t len, char *ret)
{
    const unsigned char *in = bytes;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8) | in[i];
        for (count += 8; count >= 6; count -= 6)
            *ret++ = digits[(bits >> (count - 6)) & 63];
    }
    if (count > 0)
        *ret++ = digits[(bits << (6 - count)) & 63];
    *ret = '\0';
}

static int value_of(char c)
{
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

enum err base64url_decode(const char *text, size_t len, unsigned char *ret, size_t size,
                          size_t *ret_len)
{
    uint32_t bits = 0;
    int count = 0;
    size_t n = 0;
    if (len % 4 == 1)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++)
        if (value_of(text[i]) < 0)
            return ERR_INVAL;
    size_t spare = len * 6 % 8; /* bits of the last character beyond the last byte */
    if (len > 0 && (value_of(text[len - 1]) & ((1 << spare) - 1)) != 0)
        return ERR_INVAL;
    if (len * 6 / 8 > size)
        return ERR_FULL;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 6) | (uint32_t)value_of(text[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            ret[n++] = (unsigned char)(bits >> count);
        }
    }
    *ret_len = n;
    return ERR_OK;
}
