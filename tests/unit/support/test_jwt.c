/* Base64 for URLs, secrets of clients, and signed tokens (protocol/support/jwt.h, W1 to W4). That other
 * implementations read our tokens and we theirs: tests/e2e/test_oauth.py. */
#include "protocol/support/base64url.h"
#include "protocol/support/jwt.h"
#include "protocol/support/secret_hash.h"
#include "tests/unit/support/check.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test_jwt.XXXXXX";
static char file[64], other_file[64];
static struct jwt_key *key, *other;

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/a.pem", dir);
    snprintf(other_file, sizeof other_file, "%s/b.pem", dir);
    assert_int_equal(jwt_key_make(file), ERR_OK);
    assert_int_equal(jwt_key_make(other_file), ERR_OK);
    assert_int_equal(jwt_key_read(file, &key), ERR_OK);
    assert_int_equal(jwt_key_read(other_file, &other), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jwt_key_free(key);
    jwt_key_free(other);
    unlink(file);
    unlink(other_file);
    rmdir(dir);
    return 0;
}

static void bytes_as_text(void **state)
{
    static const struct {
        const char *bytes;
        const char *text;
    } rows[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xFB\xFF", "-_8"}};
    static const char *const bad[] = {"A", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm v", "Zg\n"};
    char text[16];
    unsigned char bytes[16];
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        base64url_encode(rows[i].bytes, strlen(rows[i].bytes), text);
        assert_string_equal(text, rows[i].text);
        assert_true(strlen(text) < BASE64URL_SIZE(strlen(rows[i].bytes)));
        assert_int_equal(base64url_decode(text, strlen(text), bytes, sizeof bytes, &len), ERR_OK);
        assert_int_equal(len, strlen(rows[i].bytes));
        assert_memory_equal(bytes, rows[i].bytes, len);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(base64url_decode(bad[i], strlen(bad[i]), bytes, sizeof bytes, &len),
                         ERR_INVAL);
    assert_int_equal(base64url_decode("Zm9v", 4, bytes, 2, &len), ERR_FULL);
}

static void a_secret_fits_its_hash_alone(void **state)
{
    char secret[SECRET_TEXT_SIZE], hash[SECRET_HASH_SIZE], again[SECRET_HASH_SIZE];
    (void)state;
    secret_make(secret);
    assert_int_equal(strlen(secret), 43);
    secret_hash_make(secret, hash);
    secret_hash_make(secret, again);
    assert_string_not_equal(hash, again); /* another salt */
    assert_true(secret_hash_good(hash));
    assert_int_equal(secret_hash_check(hash, secret, strlen(secret)), ERR_OK);
    assert_int_equal(secret_hash_check(hash, secret, strlen(secret) - 1), ERR_DENIED);
    assert_int_equal(secret_hash_check("scrypt$N=1,r=8,p=1$AA$AA", secret, 3), ERR_DENIED);
    hash[strlen(hash) - 1] = '\0';
    assert_false(secret_hash_good(hash));
}

static char *token_of(const struct jwt_key *k)
{
    json_t *claims = json_pack("{s:s, s:i}", "iss", "us", "exp", 12);
    char *text = jwt_sign(k, claims);
    json_decref(claims);
    return text;
}

static void what_is_signed_is_verified(void **state)
{
    struct jwt t;
    (void)state;
    char *text = token_of(key);
    assert_int_equal(jwt_open(text, strlen(text), &t), ERR_OK);
    assert_string_equal(t.kid, jwt_key_id(key));
    assert_int_equal(json_integer_value(json_object_get(t.claims, "exp")), 12);
    assert_int_equal(jwt_verify(&t, key), ERR_OK);
    assert_int_equal(jwt_verify(&t, other), ERR_DENIED);
    /* the public half, through a key set */
    struct jwt_key *public;
    json_t *jwk = jwt_key_as_jwk(key);
    assert_null(json_object_get(jwk, "d"));
    assert_int_equal(jwt_key_of_jwk(jwk, &public), ERR_OK);
    assert_string_equal(jwt_key_id(public), jwt_key_id(key));
    assert_int_equal(jwt_verify(&t, public), ERR_OK);
    json_decref(jwk);
    jwt_key_free(public);
    jwt_close(&t);
    free(text);
}

/* One changed character anywhere: not a token, or not signed. */
static void any_change_is_seen(void **state)
{
    (void)state;
    char *text = token_of(key);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        struct jwt t;
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        if (jwt_open(text, len, &t) == ERR_OK) {
            assert_int_equal(jwt_verify(&t, key), ERR_DENIED);
            jwt_close(&t);
        }
        text[i] = was;
    }
    for (size_t n = 0; n < len; n++) {
        struct jwt t;
        if (jwt_open(text, n, &t) == ERR_OK) {
            assert_int_equal(jwt_verify(&t, key), ERR_DENIED);
            jwt_close(&t);
        }
    }
    free(text);
}

/* "header.claims.signature" of texts; the signature may be NULL. */
static void assemble(const char *header, const char *claims, const void *signature, size_t len,
                     char ret[4096])
{
    char a[1024], b[1024], c[1024] = "";
    base64url_encode(header, strlen(header), a);
    base64url_encode(claims, strlen(claims), b);
    if (signature != NULL)
        base64url_encode(signature, len, c);
    snprintf(ret, 4096, "%s.%s.%s", a, b, c);
}

/* W1: neither "none" nor an HMAC whose secret is the public key. */
static void the_algorithm_is_ours(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"NONE\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"RS512\"}",
        "{\"alg\":\"PS256\"}",
        "{\"alg\":null}",
        "{\"alg\":[\"RS256\"]}",
        "{}",
        "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}",
    };
    struct jwt t;
    char text[4096];
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        assemble(headers[i], "{\"iss\":\"us\"}", NULL, 0, text);
        assert_int_equal(jwt_open(text, strlen(text), &t), ERR_DENIED);
    }
    json_t *jwk = jwt_key_as_jwk(key);
    const char *n = json_string_value(json_object_get(jwk, "n"));
    unsigned char mac[32];
    unsigned mac_len = sizeof mac;
    assemble("{\"alg\":\"HS256\"}", "{\"iss\":\"us\"}", NULL, 0, text);
    assert_non_null(HMAC(EVP_sha256(), n, (int)strlen(n), (unsigned char *)text, strlen(text) - 1,
                         mac, &mac_len));
    assemble("{\"alg\":\"HS256\"}", "{\"iss\":\"us\"}", mac, sizeof mac, text);
    assert_int_equal(jwt_open(text, strlen(text), &t), ERR_DENIED);
    json_decref(jwk);
}

static void what_is_no_token(void **state)
{
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "a.b",
                                      "a.b.c",
                                      "e30.e30.",
                                      "e30..",
                                      "....",
                                      "eyJhbGciOiJSUzI1NiJ9.W10.AA",
                                      "eyJhbGciOiJSUzI1NiJ9.e30.A"};
    struct jwt t = {.signed_len = 77};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_not_equal(jwt_open(bad[i], strlen(bad[i]), &t), ERR_OK);
    assert_int_equal(t.signed_len, 77);
    char *huge = malloc(JWT_BYTES_MAX + 1);
    memset(huge, '.', JWT_BYTES_MAX + 1);
    assert_int_equal(jwt_open(huge, JWT_BYTES_MAX + 1, &t), ERR_INVAL);
    free(huge);
}

/* W3, and what is no key. */
static void keys_are_private_and_long(void **state)
{
    struct jwt_key *k = NULL;
    (void)state;
    assert_int_equal(jwt_key_make(file), ERR_CONFLICT);
    assert_int_equal(chmod(file, 0640), 0);
    assert_int_equal(jwt_key_read(file, &k), ERR_DENIED);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(jwt_key_read("/nonexistent/key", &k), ERR_NOTFOUND);
    static const char *const bad[] = {
        "{}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", /* 17 bits */
        "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":1,\"e\":2}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *jwk = json_loads(bad[i], 0, NULL);
        assert_int_equal(jwt_key_of_jwk(jwk, &k), ERR_INVAL);
        json_decref(jwk);
    }
    json_t *jwk = jwt_key_as_jwk(key);
    json_object_set_new(jwk, "use", json_string("enc"));
    assert_int_equal(jwt_key_of_jwk(jwk, &k), ERR_INVAL);
    json_object_set_new(jwk, "use", json_string("sig"));
    json_object_set_new(jwk, "alg", json_string("RS512"));
    assert_int_equal(jwt_key_of_jwk(jwk, &k), ERR_INVAL);
    json_decref(jwk);
    assert_null(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_as_text),
        cmocka_unit_test(a_secret_fits_its_hash_alone),
        cmocka_unit_test(what_is_signed_is_verified),
        cmocka_unit_test(any_change_is_seen),
        cmocka_unit_test(the_algorithm_is_ours),
        cmocka_unit_test(what_is_no_token),
        cmocka_unit_test(keys_are_private_and_long),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
