/* cloud/signer.h: a key of the daemon's own, made once; what it signs can be verified. */
#include "cloud/signer.h"

#include "protocol/support/log.h"
#include "protocol/support/signed_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void what_is_signed_can_be_verified(void **state)
{
    static const char plain[] = "{\"act\":1,\"place\":\"a\",\"reason\":\"\xEB\x88\x88\"}";
    char dir[] = "/tmp/boomgate-signer-XXXXXX", file[64], public_file[72], text[1024], small[64];
    struct signer s, again;
    struct signature_key key;
    json_t *object;
    size_t len = 7;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/db.key", dir);
    snprintf(public_file, sizeof public_file, "%s.pub", file);
    assert_int_equal(signer_open(file, &s), ERR_OK);
    assert_int_equal(signature_key_of(public_file, &key), ERR_OK);
    assert_int_equal(signer_open(file, &again), ERR_OK); /* the same key */

    struct signer_port p = signer_port(&again);
    memset(small, 'x', sizeof small);
    assert_int_equal(p.sign(p.self, plain, strlen(plain), small, sizeof small, &len), ERR_FULL);
    assert_int_equal(len, 7);
    assert_int_equal(small[0], 'x');
    assert_int_equal(p.sign(p.self, plain, strlen(plain), text, sizeof text, &len), ERR_OK);
    assert_int_equal(len, strlen(text));
    assert_int_equal(signed_json_check(text, len, &key, &object), ERR_OK);
    assert_int_equal(json_integer_value(json_object_get(object, "act")), 1);
    json_decref(object);
    strstr(text, "\"act\": 1")[7] = '2';
    assert_int_equal(signed_json_check(text, len, &key, NULL), ERR_DENIED);

    chmod(file, 0644); /* a key that others can read is none */
    assert_int_equal(p.sign(p.self, plain, strlen(plain), text, sizeof text, &len), ERR_DENIED);
    unlink(file);
    assert_int_equal(p.sign(p.self, plain, strlen(plain), text, sizeof text, &len), ERR_NOTFOUND);
    unlink(public_file);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_signed_can_be_verified)};
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
