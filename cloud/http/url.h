/* The request target as text we can trust: strict percent-decoding of a path or a query.
 *
 * U1 A decoded text is valid UTF-8 without control characters; anything else is ERR_INVAL, never a
 *    "best effort" reading (a proxy in front might have read it differently).
 * U2 A "%2F" never becomes a path separator: a path is cut into segments before it is decoded.
 *
 * Pure. RFC 3986 section 2.1; "+" means a space in a query only (HTML forms). */
#ifndef BOOMGATE_CLOUD_HTTP_URL_H
#define BOOMGATE_CLOUD_HTTP_URL_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Decodes text[0..len) into ret[size], NUL-terminated. ERR_INVAL: see U1; ERR_FULL: too long. */
enum err url_decode(const char *text, size_t len, bool plus_is_space, char *ret, size_t size);

/* True if text[0..len) is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without
 * control characters (C0, DEL, C1). */
bool url_text_valid(const char *text, size_t len);

/* The value of query parameter `key` in "a=1&b=2". ERR_NOTFOUND: absent; ERR_CONFLICT: given more
 * than once; ERR_INVAL, ERR_FULL as url_decode. `query` may be NULL. */
enum err url_query_get(const char *query, const char *key, char *ret, size_t size);

/* Checks the whole query: every name is one of known[0..count). ERR_NOTFOUND for an unknown name,
 * which is copied into ret_unknown[size] as far as it can be decoded (the one output of a failure):
 * a misspelt filter must not silently return everything. */
enum err url_query_check(const char *query, const char *const *known, size_t count,
                         char *ret_unknown, size_t size);

#endif
