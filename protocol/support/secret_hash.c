#include "protocol/support/secret_hash.h"

#include "protocol/support/base64url.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SALT_BYTES = 16, HASH_BYTES = 32, COST = 16384, BLOCK = 8, MEMORY_MAX = 64 * 1024 * 1024 };

static const char prefix[] = "scrypt$N=16384,r=8,p=1$";

static void random_bytes(unsigned char *ret, size_t len)
{
    if (getrandom(ret, len, 0) != (ssize_t)len)
        abort();
}

static void derive(const char *secret, size_t len, const unsigned char *salt,
                   unsigned char ret[HASH_BYTES])
{
    if (EVP_PBE_scrypt(secret, len, salt, SALT_BYTES, COST, BLOCK, 1, MEMORY_MAX, ret,
                       HASH_BYTES) != 1)
        abort(); /* no memory */
}

void secret_make(char ret[SECRET_TEXT_SIZE])
{
    unsigned char bytes[32];
    random_bytes(bytes, sizeof bytes);
    base64url_encode(bytes, sizeof bytes, ret);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

void secret_hash_make(const char *secret, char ret[SECRET_HASH_SIZE])
{
    unsigned char salt[SALT_BYTES], hash[HASH_BYTES];
    char salt_text[BASE64URL_SIZE(SALT_BYTES)], hash_text[BASE64URL_SIZE(HASH_BYTES)];
    random_bytes(salt, sizeof salt);
    derive(secret, strlen(secret), salt, hash);
    base64url_encode(salt, sizeof salt, salt_text);
    base64url_encode(hash, sizeof hash, hash_text);
    snprintf(ret, SECRET_HASH_SIZE, "%s%s$%s", prefix, salt_text, hash_text);
}

static bool take_apart(const char *hash, unsigned char ret_salt[SALT_BYTES],
                       unsigned char ret_hash[HASH_BYTES])
{
    size_t salt_len, hash_len;
    if (strncmp(hash, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *salt = hash + sizeof prefix - 1;
    const char *end = strchr(salt, '$');
    return end != NULL &&
           base64url_decode(salt, (size_t)(end - salt), ret_salt, SALT_BYTES, &salt_len) ==
               ERR_OK &&
           base64url_decode(end + 1, strlen(end + 1), ret_hash, HASH_BYTES, &hash_len) == ERR_OK &&
           salt_len == SALT_BYTES && hash_len == HASH_BYTES;
}

bool secret_hash_good(const char *hash)
{
    unsigned char salt[SALT_BYTES], bytes[HASH_BYTES];
    return take_apart(hash, salt, bytes);
}

enum err secret_hash_check(const char *hash, const char *secret, size_t len)
{
    unsigned char salt[SALT_BYTES], wanted[HASH_BYTES], found[HASH_BYTES];
    if (!take_apart(hash, salt, wanted))
        return ERR_DENIED;
    derive(secret, len, salt, found);
    return CRYPTO_memcmp(wanted, found, HASH_BYTES) == 0 ? ERR_OK : ERR_DENIED;
}
