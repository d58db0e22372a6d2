/* Strict JSON input on top of jansson: capped length, no duplicate keys, no trailing bytes, valid
 * UTF-8, a top-level object. Output is compact. */
#ifndef BOOMGATE_SUPPORT_JSON_H
#define BOOMGATE_SUPPORT_JSON_H

#include "protocol/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_REASON_SIZE = 160 };

/* Parses text[0..len) into a new object (caller: json_decref).
 * ERR_FULL: longer than `max`. ERR_INVAL: not one strict JSON object. In both cases `ret_reason`
 * (JSON_REASON_SIZE bytes, may be NULL) says what and where; it is the one output that is written
 * on failure. */
enum err json_read(const void *text, size_t len, size_t max, json_t **ret, char *ret_reason);

/* Member access with type and bounds; ERR_NOTFOUND if the member is absent, ERR_INVAL if it has
 * another type or is out of bounds. `json_get_text` refuses embedded NULs and copies into
 * ret[size]. */
enum err json_get_text(const json_t *object, const char *key, char *ret, size_t size);
enum err json_get_int(const json_t *object, const char *key, int64_t min, int64_t max,
                      int64_t *ret);
enum err json_get_bool(const json_t *object, const char *key, bool *ret);

/* Compact text and a NUL into ret[size], its length (without the NUL) into *ret_len. ERR_FULL if it
 * does not fit, ERR_INVAL if the value cannot be written. */
enum err json_write(const json_t *value, char *ret, size_t size, size_t *ret_len);

#endif
