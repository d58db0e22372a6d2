/* Ed25519 signatures (OpenSSL libcrypto) over bytes, with keys in PEM files.
 *
 * S1 A private key is a file of its owner alone: one that others may read is not used. */
#ifndef BOOMGATE_SUPPORT_SIGNATURE_H
#define BOOMGATE_SUPPORT_SIGNATURE_H

#include "protocol/base/err.h"

#include <stddef.h>

enum { SIGNATURE_SIZE = 129, SIGNATURE_KEY_SIZE = 65 };

/* Lower-case hex. */
struct signature {
    char text[SIGNATURE_SIZE];
};
struct signature_key {
    char text[SIGNATURE_KEY_SIZE]; /* the public one */
};

/* Makes a new pair: the private key in `file` (mode 0600), the public one in `file`.pub.
 * ERR_CONFLICT: one of them exists, nothing was changed; ERR_IO: cannot be written. The reason is
 * logged. */
enum err signature_make_key(const char *file, struct signature_key *ret);

/* Signs with the private key in `file`. ERR_NOTFOUND: no such file; ERR_DENIED: others may read it
 * (S1); ERR_INVAL: no Ed25519 key. The reason is logged. */
enum err signature_sign(const char *file, const void *bytes, size_t len, struct signature *ret,
                        struct signature_key *ret_key);

/* The private key's other half, as for signing; or a public key's own text. */
enum err signature_key_of(const char *file, struct signature_key *ret);

/* ERR_DENIED: not this key's signature of these bytes, or no signature at all. */
enum err signature_verify(const struct signature_key *key, const void *bytes, size_t len,
                          const struct signature *s);

#endif
