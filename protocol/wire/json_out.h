/* JSON text written straight into a bounded buffer: what an encoder needs, without a tree. Pure. */
#ifndef BOOMGATE_WIRE_JSON_OUT_H
#define BOOMGATE_WIRE_JSON_OUT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* A string with its quotes; `"`, `\` and control characters are escaped. ERR_INVAL: `text` is not
 * valid UTF-8 (an overlong form, a surrogate, a cut sequence); the buffer is then of no use. */
enum err json_out_text(struct buf *b, const char *text);

void json_out_int(struct buf *b, int64_t value);

/* `"key":`, after a comma if the object already has a member. `key` needs no escaping. */
void json_out_key(struct buf *b, const char *key);

/* Copies the finished text and a NUL into ret[size]. ERR_FULL: it overflowed its buffer or does not
 * fit; nothing is written. */
enum err json_out_finish(const struct buf *b, char *ret, size_t size, size_t *ret_len);

#endif
