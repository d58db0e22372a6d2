/* Strict JSON in, compact JSON out; digests and random ids. */
#include "tests/unit/support/check.h"

#include "protocol/support/digest.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <stdlib.h>
#include <string.h>

static enum err read_text(const char *text, json_t **ret, char *ret_reason)
{
    return json_read(text, strlen(text), 200, ret, ret_reason);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "end of file"},
        {"{\"a\":1", "end of file"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"{\"a\":1} x", "end of file expected"},
        {"{\"a\":1}{}", "end of file expected"},
        {"[1]", "expected an object"},
        {"7", "'[' or '{' expected"},
        {"{\"a\":\"\xea\"}", "decode byte"},
        {"{\"a\":\"\xc0\x80\"}", "decode byte"},
        {"{\"a\":\"\\ud800\"}", "Unicode"},
        {"{\"a\":\"\\u0000\"}", "\\u0000"},
        {"{\"a\":12345678901234567890}", "too big"},
        {"{\"아\": 아}", "invalid token"},
        {"{'a':1}", "string or '}' expected"},
        {"{\"a\":NaN}", "invalid token"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char reason[JSON_REASON_SIZE] = "";
        json_t *value = NULL;
        assert_int_equal(read_text(cases[i].text, &value, reason), ERR_INVAL);
        assert_null(value);
        if (!strstr(reason, cases[i].reason))
            fail_msg("%s: %s", cases[i].text, reason);
        for (const char *p = reason; *p; p++)
            assert_true(*p >= ' ' && *p <= '~');
        assert_int_equal(read_text(cases[i].text, &value, NULL), ERR_INVAL);
    }
}

static void test_too_long_or_deep(void **state)
{
    (void)state;
    char reason[JSON_REASON_SIZE] = "";
    json_t *value = NULL;
    assert_int_equal(json_read("{\"a\":10}", 8, 7, &value, reason), ERR_FULL);
    assert_string_equal(reason, "8 bytes, at most 7 are read");
    assert_int_equal(json_read("{\"a\":10}", 8, 8, &value, reason), ERR_OK);
    json_decref(value);
    value = NULL;
    enum { DEPTH = 100000 };
    char *deep = mem_alloc(DEPTH + 6);
    memcpy(deep, "{\"a\":", 5);
    memset(deep + 5, '[', DEPTH);
    assert_int_equal(json_read(deep, DEPTH + 5, DEPTH * 2, &value, NULL), ERR_INVAL);
    assert_null(value);
    free(deep);
}

/* The length is the length: bytes behind it, NUL or not, are not looked at. */
static void test_length_is_obeyed(void **state)
{
    (void)state;
    json_t *value;
    assert_int_equal(json_read("{}garbage", 2, 9, &value, NULL), ERR_OK);
    json_decref(value);
    value = NULL;
    assert_int_equal(json_read("{}\0", 3, 9, &value, NULL), ERR_INVAL);
    assert_null(value);
}

static void test_get(void **state)
{
    (void)state;
    json_t *o;
    assert_int_equal(read_text("{\"t\":\"22아\",\"n\":-5,\"b\":true,\"r\":1.0,\"z\":null,"
                               "\"m\":9223372036854775807}",
                               &o, NULL),
                     ERR_OK);
    char text[6] = "same";
    assert_int_equal(json_get_text(o, "t", text, 5), ERR_INVAL);
    assert_string_equal(text, "same");
    assert_int_equal(json_get_text(o, "t", text, 6), ERR_OK);
    assert_string_equal(text, "22아");
    assert_int_equal(json_get_text(o, "none", text, 6), ERR_NOTFOUND);
    assert_int_equal(json_get_text(o, "n", text, 6), ERR_INVAL);
    assert_int_equal(json_get_text(o, "z", text, 6), ERR_INVAL);
    int64_t n = 77;
    assert_int_equal(json_get_int(o, "n", -4, 5, &n), ERR_INVAL);
    assert_int_equal(json_get_int(o, "n", -9, -6, &n), ERR_INVAL);
    assert_int_equal(json_get_int(o, "r", 0, 5, &n), ERR_INVAL);
    assert_int_equal(json_get_int(o, "t", 0, 5, &n), ERR_INVAL);
    assert_int_equal(json_get_int(o, "none", 0, 5, &n), ERR_NOTFOUND);
    assert_int_equal(n, 77);
    assert_int_equal(json_get_int(o, "n", -5, -5, &n), ERR_OK);
    assert_int_equal(n, -5);
    assert_int_equal(json_get_int(o, "m", 0, INT64_MAX, &n), ERR_OK);
    assert_true(n == INT64_MAX);
    bool b = false;
    assert_int_equal(json_get_bool(o, "n", &b), ERR_INVAL);
    assert_int_equal(json_get_bool(o, "none", &b), ERR_NOTFOUND);
    assert_false(b);
    assert_int_equal(json_get_bool(o, "b", &b), ERR_OK);
    assert_true(b);
    json_decref(o);
}

static void test_text_with_nul_is_refused(void **state)
{
    (void)state;
    json_t *o = json_object();
    json_object_set_new(o, "t", json_stringn("a\0b", 3));
    char text[8] = "same";
    assert_int_equal(json_get_text(o, "t", text, sizeof text), ERR_INVAL);
    assert_string_equal(text, "same");
    json_decref(o);
}

static void test_write(void **state)
{
    (void)state;
    json_t *o = json_pack("{s:i, s:s}", "a", 1, "b", "아");
    char text[32] = "same";
    size_t len = 99;
    assert_int_equal(json_write(o, text, 17, &len), ERR_FULL);
    assert_string_equal(text, "same");
    assert_int_equal(len, 99);
    assert_int_equal(json_write(o, text, 18, &len), ERR_OK);
    assert_string_equal(text, "{\"a\":1,\"b\":\"아\"}");
    assert_int_equal(len, strlen(text));
    json_decref(o);
}

/* FIPS 180-2, appendix B.1: SHA-256("abc") starts ba7816bf. */
static void test_digest(void **state)
{
    (void)state;
    struct digest d;
    digest_of("abc", 3, &d);
    assert_string_equal(d.text, "ba7816bf8f01cfea414140de5dae2223");
    digest_of("", 0, &d);
    assert_string_equal(d.text, "e3b0c44298fc1c149afbf4c8996fb924");
}

static void test_random_ids(void **state)
{
    (void)state;
    struct request_id a = random_request_id(), b = random_request_id(), parsed;
    assert_string_not_equal(a.text, b.text);
    assert_int_equal(request_id_parse(a.text, strlen(a.text), &parsed), ERR_OK);
    struct movement_id m = random_movement_id(), parsed_m;
    assert_int_equal(movement_id_parse(m.text, strlen(m.text), &parsed_m), ERR_OK);
    assert_string_not_equal(m.text, random_movement_id().text);
    assert_true(random_u64() != random_u64());
}

static void test_memory(void **state)
{
    (void)state;
    char *p = mem_alloc(3);
    assert_memory_equal(p, "\0\0\0", 3);
    p = mem_resize(p, 10);
    free(p);
    p = mem_copy("ab", 2);
    assert_string_equal(p, "ab");
    free(p);
    p = mem_copy(NULL, 0);
    assert_string_equal(p, "");
    free(p);
    p = mem_text("아");
    assert_string_equal(p, "아");
    free(p);
    assert_non_null(p = mem_alloc(0));
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_too_long_or_deep),
        cmocka_unit_test(test_get),     cmocka_unit_test(test_length_is_obeyed),
        cmocka_unit_test(test_write),   cmocka_unit_test(test_text_with_nul_is_refused),
        cmocka_unit_test(test_digest),  cmocka_unit_test(test_random_ids),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
