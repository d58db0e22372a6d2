/* A keyed name for what must be forgotten and yet be found again by who knows it: HMAC-SHA-256 (OpenSSL),
 * cut to 128 bits. Without the key nobody can try out all number plates there are. */
#ifndef BOOMGATE_SUPPORT_PSEUDONYM_H
#define BOOMGATE_SUPPORT_PSEUDONYM_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { PSEUDONYM_KEY_BYTES = 32, PSEUDONYM_SIZE = 34 };

struct pseudonym_key {
    bool set;
    uint8_t bytes[PSEUDONYM_KEY_BYTES];
};

/* Reads 64 hex digits from the file, which is made (mode 0600, a random key) if it is absent. ERR_INVAL:
 * it holds something else; ERR_IO: it cannot be read or made. */
enum err pseudonym_key_load(const char *file, struct pseudonym_key *ret);

/* "~" and 32 lower-case hex digits: no plate begins so. The key must be set. */
void pseudonym_of(const struct pseudonym_key *key, const char *text, char ret[PSEUDONYM_SIZE]);

bool pseudonym_is(const char *text);

#endif
