#include "protocol/support/digest.h"

#include "protocol/support/log.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL 3 looks an algorithm up by name on each use unless it was fetched; a digest is taken of
 * every event, so it is fetched once. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static void digest_full(const void *bytes, size_t len, unsigned char *full)
{
    pthread_once(&once, fetch);
    if (!sha256 || EVP_Digest(bytes, len, full, NULL, sha256, NULL) != 1) {
        log_error("digest.unavailable", LN("bytes", len));
        abort();
    }
}

void digest_of(const void *bytes, size_t len, struct digest *ret)
{
    unsigned char full[EVP_MAX_MD_SIZE];
    digest_full(bytes, len, full);
    hex_format(full, (DIGEST_SIZE - 1) / 2, ret->text);
}

void sha256_of(const void *bytes, size_t len, char *ret)
{
    unsigned char full[EVP_MAX_MD_SIZE];
    digest_full(bytes, len, full);
    hex_format(full, (SHA256_TEXT_SIZE - 1) / 2, ret);
}

void sha256_chain(const char *before, const char *entries, char *ret)
{
    char both[2 * SHA256_TEXT_SIZE];
    size_t before_len = strnlen(before, SHA256_TEXT_SIZE - 1);
    size_t entries_len = strnlen(entries, SHA256_TEXT_SIZE - 1);
    memcpy(both, before, before_len);
    memcpy(both + before_len, entries, entries_len);
    sha256_of(both, before_len + entries_len, ret);
}
