/* Keys, signatures, and JSON that carries its own: any changed byte is seen. */
#include "protocol/support/log.h"
#include "protocol/support/signed_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char dir[64], key[96], public_key[96], other[96], other_public[96];
};

static int setup(void **state)
{
    static struct place p;
    log_setup(LOG_ERROR, false);
    snprintf(p.dir, sizeof p.dir, "/tmp/boomgate-key-XXXXXX");
    assert_non_null(mkdtemp(p.dir));
    snprintf(p.key, sizeof p.key, "%s/key", p.dir);
    snprintf(p.public_key, sizeof p.public_key, "%s/key.pub", p.dir);
    snprintf(p.other, sizeof p.other, "%s/other", p.dir);
    snprintf(p.other_public, sizeof p.other_public, "%s/other.pub", p.dir);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->key);
    unlink(p->public_key);
    unlink(p->other);
    unlink(p->other_public);
    rmdir(p->dir);
    return 0;
}

static void a_pair_is_made_once(void **state)
{
    struct place *p = *state;
    struct signature_key made, again, from_public;
    struct stat s;
    assert_int_equal(signature_make_key(p->key, &made), ERR_OK);
    assert_int_equal(stat(p->key, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(signature_key_of(p->key, &again), ERR_OK);
    assert_int_equal(signature_key_of(p->public_key, &from_public), ERR_OK);
    assert_string_equal(made.text, again.text);
    assert_string_equal(made.text, from_public.text);
    assert_int_equal(signature_make_key(p->key, &again), ERR_CONFLICT);
    assert_int_equal(signature_key_of(p->key, &again), ERR_OK);
    assert_string_equal(made.text, again.text);
    unlink(p->public_key); /* a lone private key is not overwritten either */
    assert_int_equal(signature_make_key(p->key, &again), ERR_CONFLICT);
    assert_int_equal(access(p->public_key, F_OK), -1);
}

static void a_key_for_everybody_is_not_used(void **state)
{
    struct place *p = *state;
    struct signature_key key;
    struct signature s;
    assert_int_equal(signature_sign(p->key, "x", 1, &s, &key), ERR_NOTFOUND);
    assert_int_equal(signature_make_key(p->key, &key), ERR_OK);
    assert_int_equal(chmod(p->key, 0640), 0);
    assert_int_equal(signature_sign(p->key, "x", 1, &s, &key), ERR_DENIED);
    assert_int_equal(chmod(p->key, 0600), 0);
    assert_int_equal(signature_sign(p->key, "x", 1, &s, &key), ERR_OK);
    FILE *f = fopen(p->key, "w");
    assert_non_null(f);
    fputs("not a key\n", f);
    fclose(f);
    assert_int_equal(signature_sign(p->key, "x", 1, &s, &key), ERR_INVAL);
}

static void a_signature_fits_one_key_and_one_text(void **state)
{
    struct place *p = *state;
    struct signature_key key, other;
    struct signature s;
    assert_int_equal(signature_make_key(p->key, &key), ERR_OK);
    assert_int_equal(signature_make_key(p->other, &other), ERR_OK);
    assert_int_equal(signature_sign(p->key, "hello", 5, &s, &key), ERR_OK);
    assert_int_equal(signature_verify(&key, "hello", 5, &s), ERR_OK);
    assert_int_equal(signature_verify(&other, "hello", 5, &s), ERR_DENIED);
    assert_int_equal(signature_verify(&key, "hellO", 5, &s), ERR_DENIED);
    assert_int_equal(signature_verify(&key, "hello", 4, &s), ERR_DENIED);
    s.text[0] = s.text[0] == '0' ? '1' : '0';
    assert_int_equal(signature_verify(&key, "hello", 5, &s), ERR_DENIED);
    s.text[3] = '\0';
    assert_int_equal(signature_verify(&key, "hello", 5, &s), ERR_DENIED);
}

static void every_byte_of_a_report_counts(void **state)
{
    struct place *p = *state;
    struct signature_key key, other;
    char *text;
    json_t *object = json_pack("{s:s, s:[i,i]}", "format", "x", "list", 1, 2), *read;
    assert_int_equal(signature_make_key(p->key, &key), ERR_OK);
    assert_int_equal(signature_make_key(p->other, &other), ERR_OK);
    assert_int_equal(signed_json_make(object, p->key, &text), ERR_OK);
    size_t len = strlen(text);
    assert_int_equal(signed_json_check(text, len, &key, &read), ERR_OK);
    assert_string_equal(json_string_value(json_object_get(read, "format")), "x");
    assert_string_equal(json_string_value(json_object_get(read, "key")), key.text);
    json_decref(read);
    assert_int_equal(signed_json_check(text, len, &other, NULL), ERR_DENIED);
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ 1 << bit);
            assert_int_equal(signed_json_check(text, len, &key, NULL), ERR_DENIED);
            text[i] = (char)(text[i] ^ 1 << bit);
        }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(signed_json_check(text, cut, &key, NULL), ERR_DENIED);
    free(text);
    json_decref(object);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_pair_is_made_once),
        T(a_key_for_everybody_is_not_used),
        T(a_signature_fits_one_key_and_one_text),
        T(every_byte_of_a_report_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
