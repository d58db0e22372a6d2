#include "protocol/support/digest.h"

#include "protocol/support/log.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

/* OpenSSL 3 looks an algorithm up by name on each use unless it was fetched; a digest is taken of
 * every event, so it is fetched once. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

void digest_of(const void *bytes, size_t len, struct digest *ret)
{
    unsigned char full[EVP_MAX_MD_SIZE];
    pthread_once(&once, fetch);
    if (!sha256 || EVP_Digest(bytes, len, full, NULL, sha256, NULL) != 1) {
        log_error("digest.unavailable", LN("bytes", len));
        abort();
    }
    hex_format(full, (DIGEST_SIZE - 1) / 2, ret->text);
}
