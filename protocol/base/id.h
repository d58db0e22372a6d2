/* Names and identifiers.
 *
 * A name (place, edge, lane, instance) is [a-z0-9-]{1,31}: safe in a topic, a file name and a URL.
 * A movement id is 64 random bits as 16 hex digits, minted by the edge, so that no event ever
 * depends on an id given by the cloud. A request id is 128 random bits as 32 hex digits. */
#ifndef BOOMGATE_BASE_ID_H
#define BOOMGATE_BASE_ID_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_SIZE = 32, MOVEMENT_ID_SIZE = 17, REQUEST_ID_SIZE = 33, DIGEST_SIZE = 33 };

struct name {
    char text[NAME_SIZE];
};

/* 16 lower-case hex digits; text[0] == '\0' means "none". */
struct movement_id {
    char text[MOVEMENT_ID_SIZE];
};

/* 32 lower-case hex digits; text[0] == '\0' means "none". */
struct request_id {
    char text[REQUEST_ID_SIZE];
};

/* The first 128 bits of a SHA-256, 32 lower-case hex digits. */
struct digest {
    char text[DIGEST_SIZE];
};

/* ERR_INVAL unless text[0..len) is a name. */
enum err name_parse(const char *text, size_t len, struct name *ret);
bool name_equal(const struct name *a, const struct name *b);

/* Lower-case hex of `n` bytes and a NUL into ret[2n + 1]. */
void hex_format(const uint8_t *bytes, size_t n, char *ret);

/* Reads exactly 2n hex digits (either case) from text[0..len) into ret[n]. */
enum err hex_parse(const char *text, size_t len, uint8_t *ret, size_t n);

/* Reads 16 resp. 32 lower-case hex digits. */
enum err movement_id_parse(const char *text, size_t len, struct movement_id *ret);
enum err request_id_parse(const char *text, size_t len, struct request_id *ret);
enum err digest_parse(const char *text, size_t len, struct digest *ret);

struct movement_id movement_id_from(uint64_t random);
struct request_id request_id_from(const uint8_t random[16]);

#endif
