/* Messages as tables: a member's name, type, place in the struct and bounds are written down once,
 * and encoding, decoding and validation all read that row.
 *
 * R1 A required member is always written and must be there to be read.
 * R2 An optional member is written unless it is "", 0, false or the absent word; if it is not there,
 *    it reads as that.
 * R3 A value that decodes encodes, and the other way round: both check the same bounds.
 * R4 Members that a table does not know are ignored. */
#ifndef BOOMGATE_WIRE_RECORD_H
#define BOOMGATE_WIRE_RECORD_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/wire/vocabulary.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* The largest integer every JSON implementation keeps exactly (RFC 8259, section 6). */
#define RECORD_INT_MAX INT64_C(9007199254740991)

enum { RECORD_REASON_SIZE = 160, RECORD_BYTES_MAX = 4096 };

enum member_type {
    MEMBER_NAME,     /* struct name */
    MEMBER_HEX,      /* char[size]: exactly size - 1 lower-case hex digits */
    MEMBER_TEXT,     /* char[size]: 1 to size - 1 bytes of UTF-8 */
    MEMBER_INT,      /* int64_t, min..max */
    MEMBER_U32,      /* uint32_t */
    MEMBER_BOOL,     /* bool */
    MEMBER_WORD,     /* an enum with a vocabulary */
    MEMBER_TIME,     /* struct wall_ms, RFC 3339; 0 is absent where it is optional */
    MEMBER_CURRENCY, /* struct currency */
};

struct member {
    const char *name;
    enum member_type type;
    size_t offset;
    size_t size;                    /* of the field in bytes */
    int64_t min, max;               /* MEMBER_INT */
    const struct vocabulary *words; /* MEMBER_WORD */
};

/* What every row says; `field` is a member of `struct type`, or of a struct inside it. Bounds or
 * words follow: {ROW("n", MEMBER_INT, grant, n), .min = 1, .max = 9}. */
#define ROW(key, kind, struct_name, field)                                                         \
    .name = key, .type = kind, .offset = offsetof(struct struct_name, field),                      \
    .size = sizeof(((struct struct_name *)0)->field)

#define MEMBER_BIT(i) (UINT32_C(1) << (i))

/* Which rows of a table a message carries, as bits of the rows' numbers. */
struct record_shape {
    const struct member *members;
    size_t count; /* <= 32 */
    uint32_t required;
    uint32_t optional;
};

/* Adds the members of `record`, without braces. ERR_INVAL: a required member is absent, or a value
 * is out of bounds; the buffer is then of no use. */
enum err record_write(struct buf *b, const struct record_shape *shape, const void *record);

/* Adds `"key":[{...},...]` for `count` records of `stride` bytes. */
enum err record_write_list(struct buf *b, const char *key, const struct record_shape *shape,
                           const void *records, size_t stride, size_t count);

/* Parses text[0..len) as one JSON object of at most `max` bytes. ERR_INVAL with the reason. */
enum err record_open(const void *text, size_t len, size_t max, json_t **ret, char *reason);

/* Reads members into `record`, which the caller zeroed and throws away on failure. ERR_INVAL: the
 * reason names the member (after `path`, e.g. "data."), what was found and what was expected. */
enum err record_read(const json_t *object, const char *path, const struct record_shape *shape,
                     void *record, char *reason);

/* Reads an array of at most `max` objects. */
enum err record_read_list(const json_t *object, const char *key, const struct record_shape *shape,
                          void *records, size_t stride, size_t max, size_t *ret_count,
                          char *reason);

/* A whole message that is one record, encoded into ret[size] (at most `max` bytes, <=
 * RECORD_BYTES_MAX) or decoded from bytes[0..len). `ret_reason` (RECORD_REASON_SIZE bytes) may be
 * NULL. */
enum err record_encode(const struct record_shape *shape, const void *record, size_t max, char *ret,
                       size_t size, size_t *ret_len);
enum err record_decode(const struct record_shape *shape, const void *bytes, size_t len, size_t max,
                       void *record, char *ret_reason);

/* A decimal number from 1 to RECORD_INT_MAX, without sign or leading zero. */
enum err record_decimal(const char *text, size_t len, int64_t *ret);

/* A reason in the house form: "path+key: found ..., expected ...". `found` NULL: "missing". Always
 * returns ERR_INVAL. */
enum err record_refuse(char *reason, const char *path, const char *key, const json_t *found,
                       const char *expected);

/* A rule between members that is broken, as the reason (which may be NULL). Always ERR_INVAL. */
enum err record_explain(char *reason, const char *text);

/* The member "kind": ERR_INVAL if it is no text, ERR_NOTFOUND if it is none of ours, each with the
 * reason. */
enum err record_known_kind(const json_t *object, const struct vocabulary *kinds, char *reason);

#endif
