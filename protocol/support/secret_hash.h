/* Secrets of clients, kept as scrypt hashes (RFC 7914, OpenSSL):
 * "scrypt$N=16384,r=8,p=1$<salt>$<hash>", salt and hash in base64url. Takes about 50 ms and 16 MiB. */
#ifndef BOOMGATE_SUPPORT_SECRET_HASH_H
#define BOOMGATE_SUPPORT_SECRET_HASH_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_HASH_SIZE = 128, SECRET_TEXT_SIZE = 44 };

/* A new secret of 256 bits as text. */
void secret_make(char ret[SECRET_TEXT_SIZE]);

void secret_hash_make(const char *secret, char ret[SECRET_HASH_SIZE]);

/* Is it a hash that secret_hash_make could have made? */
bool secret_hash_good(const char *hash);

/* ERR_DENIED: another secret, or no good hash. */
enum err secret_hash_check(const char *hash, const char *secret, size_t len);

#endif
