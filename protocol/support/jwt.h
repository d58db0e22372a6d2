/* JSON Web Tokens signed with RS256 (RFC 7515, 7517, 7519), on OpenSSL.
 *
 * W1 The algorithm is ours, never the token's: a token that says anything but RS256 is refused before a
 *    key is looked at, so that neither "none" nor an HMAC with the public key as its secret can pass.
 * W2 A header with "crit" is refused, a key below 2048 bits is none, and keys come from files or from a
 *    key set, never from the token.
 * W3 A private key is a file of its owner alone: one that others may read is not used.
 * W4 Nothing of a token counts before its signature is verified; times and names are the caller's. */
#ifndef BOOMGATE_SUPPORT_JWT_H
#define BOOMGATE_SUPPORT_JWT_H

#include "protocol/base/err.h"

#include <jansson.h>
#include <stddef.h>

enum { JWT_BYTES_MAX = 8192, JWT_KID_SIZE = 129, JWT_BITS = 2048 };

struct jwt_key; /* an RSA key, with or without its private half */

/* Makes a key pair in `file` (mode 0600). ERR_CONFLICT: it exists; ERR_IO. The reason is logged. */
enum err jwt_key_make(const char *file);

/* Reads a private key. ERR_NOTFOUND; ERR_DENIED: W3; ERR_INVAL: no RSA key of 2048 bits or more. The
 * reason is logged. Its id is the thumbprint of RFC 7638. */
enum err jwt_key_read(const char *file, struct jwt_key **ret);

/* From a member of a key set. ERR_INVAL: no RSA key for signatures, or W2. */
enum err jwt_key_of_jwk(const json_t *jwk, struct jwt_key **ret);

void jwt_key_free(struct jwt_key *k); /* NULL is fine */

const char *jwt_key_id(const struct jwt_key *k);

/* The public half as a member of a key set; the caller's. */
json_t *jwt_key_as_jwk(const struct jwt_key *k);

/* A signed token; the caller's (free). The key must have its private half. */
char *jwt_sign(const struct jwt_key *k, const json_t *claims);

/* A token taken apart, not yet verified. */
struct jwt {
    char kid[JWT_KID_SIZE]; /* "": the token names no key */
    json_t *claims;
    const char *text; /* the caller's; what was signed is its first `signed_len` bytes */
    size_t signed_len;
    unsigned char signature[1024];
    size_t signature_len;
};

/* ERR_INVAL: no token; ERR_DENIED: W1, W2. `text` must stay while the token is used. */
enum err jwt_open(const char *text, size_t len, struct jwt *ret);
void jwt_close(struct jwt *j);

/* ERR_DENIED: not signed with this key. */
enum err jwt_verify(const struct jwt *j, const struct jwt_key *k);

#endif
