/* SHA-256 (OpenSSL libcrypto): shortened to the 128 bits that chain events, or whole. */
#ifndef BOOMGATE_SUPPORT_DIGEST_H
#define BOOMGATE_SUPPORT_DIGEST_H

#include "protocol/base/id.h"

enum { SHA256_TEXT_SIZE = 65 };

/* The whole SHA-256 as 64 lower-case hex digits and a NUL. */
void sha256_of(const void *bytes, size_t len, char *ret);

/* Of a part of a rights list (protocol/wire/rights.h, G2): `before` is the predecessor's, "" for the
 * first; `entries` is that of the bytes of its entries. */
void sha256_chain(const char *before, const char *entries, char *ret);

void digest_of(const void *bytes, size_t len, struct digest *ret);

#endif
