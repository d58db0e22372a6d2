#include "protocol/support/jwt.h"

#include "protocol/support/base64url.h"
#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBER_BYTES = 1024 };

struct jwt_key {
    EVP_PKEY *pkey;
    char kid[JWT_KID_SIZE];
    char n[BASE64URL_SIZE(NUMBER_BYTES)], e[BASE64URL_SIZE(8)]; /* as in a key set */
};

/* ---- keys ---- */

static enum err complain(const char *file, const char *reason, enum err e)
{
    log_error("jwt.key", LT("file", file), LT("reason", reason));
    return e;
}

static enum err number_text(const EVP_PKEY *pkey, const char *name, size_t max, char *ret)
{
    unsigned char bytes[NUMBER_BYTES];
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(pkey, name, &n) != 1)
        return ERR_INVAL;
    int len = BN_num_bytes(n);
    bool fits = len > 0 && (size_t)len <= max && BN_bn2bin(n, bytes) == len;
    BN_free(n);
    if (!fits)
        return ERR_INVAL;
    base64url_encode(bytes, (size_t)len, ret);
    return ERR_OK;
}

/* Takes over `pkey`. */
static enum err key_of(EVP_PKEY *pkey, struct jwt_key **ret)
{
    struct jwt_key *k = mem_alloc(sizeof *k);
    k->pkey = pkey;
    enum err e = pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA &&
                         EVP_PKEY_get_bits(pkey) >= JWT_BITS
                     ? ERR_OK
                     : ERR_INVAL;
    if (e == ERR_OK)
        e = number_text(pkey, OSSL_PKEY_PARAM_RSA_N, NUMBER_BYTES, k->n);
    if (e == ERR_OK)
        e = number_text(pkey, OSSL_PKEY_PARAM_RSA_E, 8, k->e);
    if (e != ERR_OK) {
        jwt_key_free(k);
        return e;
    }
    *ret = k;
    return ERR_OK;
}

/* RFC 7638: the digest of the members in this order and no other. */
static void set_thumbprint(struct jwt_key *k)
{
    static const char format[] = "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}";
    char text[sizeof format + sizeof k->n + sizeof k->e];
    unsigned char digest[32];
    unsigned digest_len = sizeof digest;
    snprintf(text, sizeof text, format, k->e, k->n);
    if (EVP_Digest(text, strlen(text), digest, &digest_len, EVP_sha256(), NULL) != 1)
        abort();
    base64url_encode(digest, sizeof digest, k->kid);
}

enum err jwt_key_make(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        enum err e = complain(file, strerror(errno), errno == EEXIST ? ERR_CONFLICT : ERR_IO);
        if (fd >= 0)
            close(fd);
        return e;
    }
    EVP_PKEY *pkey = EVP_RSA_gen(JWT_BITS);
    bool ok = pkey != NULL && PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
              fflush(f) == 0 && fsync(fd) == 0;
    EVP_PKEY_free(pkey);
    if (fclose(f) == 0 && ok)
        return ERR_OK;
    unlink(file);
    return complain(file, "cannot be written", ERR_IO);
}

enum err jwt_key_read(const char *file, struct jwt_key **ret)
{
    struct stat s;
    FILE *f = fopen(file, "re");
    if (f == NULL)
        return complain(file, strerror(errno), errno == ENOENT ? ERR_NOTFOUND : ERR_IO);
    if (fstat(fileno(f), &s) != 0 || (s.st_mode & 077) != 0) {
        fclose(f);
        return complain(file, "others may read it, expected mode 0600", ERR_DENIED);
    }
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, NULL, (void *)(uintptr_t) "");
    fclose(f);
    struct jwt_key *k;
    if (key_of(pkey, &k) != ERR_OK)
        return complain(file, "holds no RSA key of 2048 bits or more", ERR_INVAL);
    set_thumbprint(k);
    *ret = k;
    return ERR_OK;
}

static BIGNUM *number_of(const json_t *jwk, const char *key)
{
    unsigned char bytes[NUMBER_BYTES];
    const json_t *text = json_object_get(jwk, key);
    size_t len;
    if (!json_is_string(text) || base64url_decode(json_string_value(text), json_string_length(text),
                                                  bytes, sizeof bytes, &len) != ERR_OK)
        return NULL;
    return BN_bin2bn(bytes, (int)len, NULL);
}

static EVP_PKEY *build(BIGNUM *n, BIGNUM *e)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *p = NULL;
    if (b != NULL && c != NULL && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (p = OSSL_PARAM_BLD_to_param(b)) != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
        EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, p) != 1)
        pkey = NULL;
    OSSL_PARAM_free(p);
    OSSL_PARAM_BLD_free(b);
    EVP_PKEY_CTX_free(c);
    return pkey;
}

static bool member_is(const json_t *o, const char *key, const char *wanted, bool required)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text == NULL ? !required && json_object_get(o, key) == NULL : strcmp(text, wanted) == 0;
}

enum err jwt_key_of_jwk(const json_t *jwk, struct jwt_key **ret)
{
    struct jwt_key *k;
    char kid[JWT_KID_SIZE] = "";
    if (!json_is_object(jwk) || !member_is(jwk, "kty", "RSA", true) ||
        !member_is(jwk, "use", "sig", false) || !member_is(jwk, "alg", "RS256", false))
        return ERR_INVAL;
    enum err e = json_get_text(jwk, "kid", kid, sizeof kid);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return ERR_INVAL;
    BIGNUM *n = number_of(jwk, "n"), *exponent = number_of(jwk, "e");
    EVP_PKEY *pkey = n != NULL && exponent != NULL ? build(n, exponent) : NULL;
    BN_free(n);
    BN_free(exponent);
    TRY(key_of(pkey, &k));
    if (kid[0] != '\0')
        memcpy(k->kid, kid, sizeof kid);
    else
        set_thumbprint(k);
    *ret = k;
    return ERR_OK;
}

void jwt_key_free(struct jwt_key *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

const char *jwt_key_id(const struct jwt_key *k)
{
    return k->kid;
}

json_t *jwt_key_as_jwk(const struct jwt_key *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "RSA", "use", "sig", "alg", "RS256",
                     "kid", k->kid, "n", k->n, "e", k->e);
}

/* ---- signing ---- */

static char *encoded(const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL)
        abort();
    size_t len = strlen(text);
    char *out = mem_alloc(BASE64URL_SIZE(len));
    base64url_encode(text, len, out);
    free(text);
    return out;
}

char *jwt_sign(const struct jwt_key *k, const json_t *claims)
{
    unsigned char signature[NUMBER_BYTES];
    size_t len = sizeof signature;
    json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", k->kid);
    char *head = encoded(header), *body = encoded(claims);
    json_decref(header);
    size_t signed_len = strlen(head) + 1 + strlen(body);
    size_t size = signed_len + 1 + BASE64URL_SIZE(sizeof signature);
    char *text = mem_alloc(size);
    snprintf(text, size, "%s.%s", head, body);
    free(head);
    free(body);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c == NULL || EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k->pkey) != 1 ||
        EVP_DigestSign(c, signature, &len, (const unsigned char *)text, signed_len) != 1)
        abort(); /* a key without its private half, or no memory */
    EVP_MD_CTX_free(c);
    text[signed_len] = '.';
    base64url_encode(signature, len, text + signed_len + 1);
    return text;
}

/* ---- reading ---- */

static enum err part_as_json(const char *text, size_t len, json_t **ret)
{
    unsigned char bytes[JWT_BYTES_MAX];
    size_t n;
    if (base64url_decode(text, len, bytes, sizeof bytes, &n) != ERR_OK)
        return ERR_INVAL;
    return json_read(bytes, n, sizeof bytes, ret, NULL) == ERR_OK ? ERR_OK : ERR_INVAL;
}

static enum err check_header(const json_t *header, struct jwt *j)
{
    char alg[16];
    if (json_get_text(header, "alg", alg, sizeof alg) != ERR_OK || strcmp(alg, "RS256") != 0 ||
        json_object_get(header, "crit") != NULL)
        return ERR_DENIED;
    enum err e = json_get_text(header, "kid", j->kid, sizeof j->kid);
    return e == ERR_OK || e == ERR_NOTFOUND ? ERR_OK : ERR_INVAL;
}

enum err jwt_open(const char *text, size_t len, struct jwt *ret)
{
    struct jwt j = {.text = text};
    json_t *header = NULL;
    const char *dot = len <= JWT_BYTES_MAX ? memchr(text, '.', len) : NULL;
    const char *dot2 = dot != NULL ? memchr(dot + 1, '.', len - (size_t)(dot + 1 - text)) : NULL;
    if (dot2 == NULL)
        return ERR_INVAL;
    j.signed_len = (size_t)(dot2 - text);
    enum err e = part_as_json(text, (size_t)(dot - text), &header);
    if (e == ERR_OK)
        e = check_header(header, &j);
    json_decref(header);
    TRY(e);
    if (base64url_decode(dot2 + 1, len - j.signed_len - 1, j.signature, sizeof j.signature,
                         &j.signature_len) != ERR_OK)
        return ERR_INVAL;
    TRY(part_as_json(dot + 1, (size_t)(dot2 - dot - 1), &j.claims));
    *ret = j;
    return ERR_OK;
}

void jwt_close(struct jwt *j)
{
    json_decref(j->claims);
    j->claims = NULL;
}

enum err jwt_verify(const struct jwt *j, const struct jwt_key *k)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c != NULL && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
                EVP_DigestVerify(c, j->signature, j->signature_len, (const unsigned char *)j->text,
                                 j->signed_len) == 1;
    EVP_MD_CTX_free(c);
    return good ? ERR_OK : ERR_DENIED;
}
