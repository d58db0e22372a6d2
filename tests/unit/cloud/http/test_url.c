/* Strict decoding of request targets (cloud/http/url.h, U1 and U2). */
#include "cloud/http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum err decode(const char *text, char *ret, size_t size)
{
    return url_decode(text, strlen(text), false, ret, size);
}

static void good_text_is_decoded(void **state)
{
    char out[32];
    (void)state;
    assert_int_equal(decode("22%EC%95%842222", out, sizeof out), ERR_OK);
    assert_string_equal(out, "22\xEC\x95\x84"
                             "2222");
    assert_int_equal(decode("", out, sizeof out), ERR_OK);
    assert_string_equal(out, "");
    assert_int_equal(decode("a+b%2fc%2F", out, sizeof out), ERR_OK);
    assert_string_equal(out, "a+b/c/");
    assert_int_equal(url_decode("a+b", 3, true, out, sizeof out), ERR_OK);
    assert_string_equal(out, "a b");
}

static void bad_text_is_refused_and_nothing_is_written(void **state)
{
    static const char *const bad[] = {
        "%",
        "%2",
        "%zz",
        "%0",
        "a%2",
        "%00",
        "%0A",
        "%7f",
        "%c2%85",
        "%ff",
        "%c0%af",
        "%ed%a0%80",
        "%e0%80%80",
        "%f4%90%80%80",
        "%ec%95",
        "%80",
        "\x01",
        "\xc3",
        "%f8%88%80%80%80",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char out[32] = "before";
        assert_int_equal(decode(bad[i], out, sizeof out), ERR_INVAL);
        assert_string_equal(out, "before");
    }
}

static void length_is_limited(void **state)
{
    char out[4] = "x";
    (void)state;
    assert_int_equal(decode("abcd", out, sizeof out), ERR_FULL);
    assert_string_equal(out, "x");
    assert_int_equal(decode("%61%62%63", out, sizeof out), ERR_OK);
    assert_string_equal(out, "abc");
}

static void a_parameter_is_found_once(void **state)
{
    char out[32] = "before";
    (void)state;
    assert_int_equal(url_query_get("a=1&plate=22%EC%95%84&b", "plate", out, sizeof out), ERR_OK);
    assert_string_equal(out, "22\xEC\x95\x84");
    assert_int_equal(url_query_get("a=1&&b", "b", out, sizeof out), ERR_OK);
    assert_string_equal(out, "");
    assert_int_equal(url_query_get(NULL, "a", out, sizeof out), ERR_NOTFOUND);
    assert_int_equal(url_query_get("ab=1", "a", out, sizeof out), ERR_NOTFOUND);
    assert_int_equal(url_query_get("a=1&a=2", "a", out, sizeof out), ERR_CONFLICT);
    assert_int_equal(url_query_get("a=%zz", "a", out, sizeof out), ERR_INVAL);
}

static void unknown_parameters_are_named(void **state)
{
    static const char *const known[] = {"plate", "limit"};
    char name[16] = "";
    (void)state;
    assert_int_equal(url_query_check("plate=1&limit=2", known, 2, name, sizeof name), ERR_OK);
    assert_int_equal(url_query_check(NULL, NULL, 0, name, sizeof name), ERR_OK);
    assert_int_equal(url_query_check("plaet=1", known, 2, name, sizeof name), ERR_NOTFOUND);
    assert_string_equal(name, "plaet");
    assert_int_equal(url_query_check("%zz=1", known, 2, name, sizeof name), ERR_NOTFOUND);
    assert_string_equal(name, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_is_decoded),
        cmocka_unit_test(bad_text_is_refused_and_nothing_is_written),
        cmocka_unit_test(length_is_limited),
        cmocka_unit_test(a_parameter_is_found_once),
        cmocka_unit_test(unknown_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
