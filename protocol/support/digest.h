/* SHA-256 (OpenSSL libcrypto), shortened to the 128 bits that chain events. */
#ifndef BOOMGATE_SUPPORT_DIGEST_H
#define BOOMGATE_SUPPORT_DIGEST_H

#include "protocol/base/id.h"

void digest_of(const void *bytes, size_t len, struct digest *ret);

#endif
