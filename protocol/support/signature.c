#include "protocol/support/signature.h"

#include "protocol/base/buf.h"
#include "protocol/base/id.h"
#include "protocol/support/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, SIGNATURE_BYTES = 64 };

static enum err complain(const char *file, const char *reason, enum err e)
{
    log_error("signature.key", LT("file", file), LT("reason", reason));
    return e;
}

static enum err public_text(const EVP_PKEY *key, struct signature_key *ret)
{
    unsigned char raw[KEY_BYTES];
    size_t len = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1 || len != sizeof raw)
        return ERR_INVAL;
    hex_format(raw, len, ret->text);
    return ERR_OK;
}

/* --- making --- */

/* A new file that nobody had before; NULL: refused, with the reason. */
static FILE *create(const char *file, mode_t mode, enum err *ret)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        *ret = complain(file, strerror(errno), errno == EEXIST ? ERR_CONFLICT : ERR_IO);
        if (fd >= 0)
            close(fd);
    }
    return f;
}

static enum err finish(FILE *f, const char *file, bool written)
{
    bool synced = written && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (fclose(f) == 0 && synced)
        return ERR_OK;
    unlink(file);
    return complain(file, "cannot be written", ERR_IO);
}

static enum err write_pair(const EVP_PKEY *key, const char *file, const char *public_file)
{
    enum err e = ERR_OK;
    FILE *f = create(public_file, 0644, &e);
    if (f == NULL)
        return e;
    e = finish(f, public_file, PEM_write_PUBKEY(f, key) == 1);
    if (e != ERR_OK)
        return e;
    f = create(file, 0600, &e);
    if (f != NULL)
        e = finish(f, file, PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
    if (e != ERR_OK)
        unlink(public_file);
    return e;
}

enum err signature_make_key(const char *file, struct signature_key *ret)
{
    char memory[PATH_MAX];
    struct buf public_file = buf_of(memory, sizeof memory);
    struct signature_key text;
    buf_addf(&public_file, "%s.pub", file);
    if (public_file.overflow)
        return complain(file, "the name is too long", ERR_IO);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL)
        return complain(file, "no key can be made", ERR_IO);
    enum err e = public_text(key, &text);
    if (e == ERR_OK)
        e = write_pair(key, file, public_file.text);
    EVP_PKEY_free(key);
    if (e == ERR_OK)
        *ret = text;
    return e;
}

/* --- reading --- */

static enum err open_key(const char *file, FILE **ret)
{
    FILE *f = fopen(file, "re");
    if (f == NULL)
        return complain(file, strerror(errno), errno == ENOENT ? ERR_NOTFOUND : ERR_IO);
    *ret = f;
    return ERR_OK;
}

static enum err as_ed25519(EVP_PKEY *key, const char *file, EVP_PKEY **ret)
{
    if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        return complain(file, "holds no Ed25519 key", ERR_INVAL);
    }
    *ret = key;
    return ERR_OK;
}

static enum err read_private(const char *file, EVP_PKEY **ret)
{
    struct stat s;
    FILE *f = NULL;
    TRY(open_key(file, &f));
    if (fstat(fileno(f), &s) != 0 || (s.st_mode & (S_IRWXG | S_IRWXO)) != 0) { /* S1 */
        fclose(f);
        return complain(file, "others may read it, expected mode 0600", ERR_DENIED);
    }
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return as_ed25519(key, file, ret);
}

enum err signature_key_of(const char *file, struct signature_key *ret)
{
    EVP_PKEY *key;
    FILE *f = NULL;
    TRY(open_key(file, &f));
    key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
    fclose(f);
    if (key == NULL)
        TRY(read_private(file, &key));
    else
        TRY(as_ed25519(key, file, &key));
    enum err e = public_text(key, ret);
    EVP_PKEY_free(key);
    return e;
}

/* --- signing --- */

static enum err sign(EVP_PKEY *key, const void *bytes, size_t len, struct signature *ret)
{
    unsigned char raw[SIGNATURE_BYTES];
    size_t raw_len = sizeof raw;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(c, raw, &raw_len, bytes, len) == 1 && raw_len == sizeof raw;
    EVP_MD_CTX_free(c);
    if (!good)
        return ERR_IO;
    hex_format(raw, raw_len, ret->text);
    return ERR_OK;
}

enum err signature_sign(const char *file, const void *bytes, size_t len, struct signature *ret,
                        struct signature_key *ret_key)
{
    EVP_PKEY *key;
    struct signature s;
    struct signature_key text;
    TRY(read_private(file, &key));
    enum err e = public_text(key, &text);
    if (e == ERR_OK)
        e = sign(key, bytes, len, &s);
    EVP_PKEY_free(key);
    if (e != ERR_OK)
        return e;
    *ret = s;
    *ret_key = text;
    return ERR_OK;
}

enum err signature_verify(const struct signature_key *key, const void *bytes, size_t len,
                          const struct signature *s)
{
    unsigned char raw_key[KEY_BYTES], raw[SIGNATURE_BYTES];
    if (hex_parse(key->text, strnlen(key->text, sizeof key->text), raw_key, sizeof raw_key) !=
            ERR_OK ||
        hex_parse(s->text, strnlen(s->text, sizeof s->text), raw, sizeof raw) != ERR_OK)
        return ERR_DENIED;
    EVP_PKEY *public_key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw_key, sizeof raw_key);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = public_key != NULL && c != NULL &&
                EVP_DigestVerifyInit(c, NULL, NULL, NULL, public_key) == 1 &&
                EVP_DigestVerify(c, raw, sizeof raw, bytes, len) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(public_key);
    return good ? ERR_OK : ERR_DENIED;
}
