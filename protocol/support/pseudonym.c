#include "protocol/support/pseudonym.h"

#include "protocol/base/id.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { KEY_TEXT = 2 * PSEUDONYM_KEY_BYTES, SHORT_BYTES = 16 };

/* A new file whole or not at all: whoever sees it sees the key. */
static enum err make(const char *file)
{
    uint8_t bytes[PSEUDONYM_KEY_BYTES];
    char text[KEY_TEXT + 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    hex_format(bytes, sizeof bytes, text);
    text[KEY_TEXT] = '\n';
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    bool ok = write(fd, text, KEY_TEXT + 1) == KEY_TEXT + 1 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
    if (!ok)
        unlink(file);
    return ok ? ERR_OK : ERR_IO;
}

static enum err read_key(int fd, struct pseudonym_key *ret)
{
    char text[KEY_TEXT + 8];
    struct pseudonym_key key = {.set = true};
    ssize_t n = read(fd, text, sizeof text);
    if (n < 0)
        return ERR_IO;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (hex_parse(text, (size_t)n, key.bytes, sizeof key.bytes) != ERR_OK)
        return ERR_INVAL;
    OPENSSL_cleanse(text, sizeof text);
    *ret = key;
    return ERR_OK;
}

enum err pseudonym_key_load(const char *file, struct pseudonym_key *ret)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        TRY(make(file));
        fd = open(file, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0)
        return ERR_IO;
    enum err e = read_key(fd, ret);
    close(fd);
    return e;
}

void pseudonym_of(const struct pseudonym_key *key, const char *text, char ret[PSEUDONYM_SIZE])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!key->set || HMAC(EVP_sha256(), key->bytes, sizeof key->bytes, (const unsigned char *)text,
                          strlen(text), mac, &len) == NULL)
        abort();
    ret[0] = '~';
    hex_format(mac, SHORT_BYTES, ret + 1);
}

bool pseudonym_is(const char *text)
{
    return text[0] == '~';
}
