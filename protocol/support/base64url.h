/* Base64 for URLs without padding (RFC 4648, section 5; RFC 7515, section 2), strict: nothing but the 64
 * characters, and no bits that are not of the value. */
#ifndef BOOMGATE_SUPPORT_BASE64URL_H
#define BOOMGATE_SUPPORT_BASE64URL_H

#include "protocol/base/err.h"

#include <stddef.h>

/* What a text of `len` bytes takes, with its NUL. */
#define BASE64URL_SIZE(len) (((len)*4 + 2) / 3 + 1)

/* Writes BASE64URL_SIZE(len) bytes at most. */
void base64url_encode(const void *bytes, size_t len, char *ret);

/* ERR_INVAL: not such a text; ERR_FULL: more than `size` bytes. Writes no NUL. */
enum err base64url_decode(const char *text, size_t len, unsigned char *ret, size_t size,
                          size_t *ret_len);

#endif
