/* Rights over the API: who may, what is at fault, and that the answer is of the commit. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PERMIT "{\"kind\":\"permit\",\"plate\":\"ab 1234\",\"until\":\"2027-01-01T00:00:00Z\"}"

static void is(struct answer a, int status)
{
    assert_int_equal(a.status, status);
    answer_free(&a);
}

static int64_t number(struct answer a, const char *key)
{
    int64_t n = json_integer_value(json_object_get(a.json, key));
    answer_free(&a);
    return n;
}

static void a_right_is_put_read_and_deleted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        number(ask(f, "PUT", "/v1/places/a/rights/p:1", OPERATOR, PERMIT, NULL), "version"), 1);
    struct answer a = get(f, "/v1/places/a/rights/p:1", AUDITOR);
    assert_int_equal(a.status, 200);
    assert_string_equal(json_string_value(json_object_get(a.json, "plate")), "AB1234");
    assert_string_equal(json_string_value(json_object_get(a.json, "space")), "normal");
    assert_int_equal(json_integer_value(json_object_get(a.json, "offline_s")), 86400);
    assert_null(json_object_get(a.json, "from"));
    answer_free(&a);
    assert_int_equal(number(get(f, "/v1/places/a/rights", AUDITOR), "count"), 1);
    is(ask(f, "DELETE", "/v1/places/a/rights/p:1", OPERATOR, NULL, NULL), 200);
    is(get(f, "/v1/places/a/rights/p:1", AUDITOR), 404);
    assert_int_equal(number(get(f, "/v1/places/a/rights", AUDITOR), "count"), 0);
}

static void many_come_in_one_version(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(number(ask(f, "POST", "/v1/places/a/rights", OPERATOR,
                                "{\"rights\":[{\"id\":\"a\",\"kind\":\"deny\",\"plate\":\"1\"},"
                                "{\"id\":\"b\",\"kind\":\"permit\",\"credential\":\"QR\"},"
                                "{\"id\":\"c\",\"removed\":true}]}",
                                NULL),
                            "version"),
                     1);
    struct answer a = get(f, "/v1/places/a/rights?after=a&limit=1", AUDITOR);
    json_t *list = json_object_get(a.json, "rights");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "id")), "b");
    answer_free(&a);
}

static void faults_are_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body, *pointer;
    } bad[] = {
        {"{\"kind\":\"king\",\"plate\":\"1\"}", "/kind"},
        {"{\"plate\":\"1\"}", "/kind"},
        {"{\"kind\":\"permit\"}", "/plate"},
        {"{\"kind\":\"permit\",\"plate\":\"\\u0007\"}", "/plate"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"id\":\"other\"}", "/id"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"until\":\"tomorrow\"}", "/until"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"from\":\"2026-01-02T00:00:00Z\","
         "\"until\":\"2026-01-01T00:00:00Z\"}",
         "/until"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"offline_s\":0}", "/offline_s"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"space\":\"big\"}", "/space"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"colour\":\"red\"}", "/colour"},
        {"{\"kind\":\"permit\",\"credential\":\"\"}", "/credential"},
        {"{\"kind\":\"permit\",\"plate\":\"1\",\"removed\":1}", "/removed"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = ask(f, "PUT", "/v1/places/a/rights/x", OPERATOR, bad[i].body, NULL);
        assert_int_equal(a.status, 422);
        json_t *first = json_array_get(json_object_get(a.json, "errors"), 0);
        assert_string_equal(json_string_value(json_object_get(first, "pointer")), bad[i].pointer);
        answer_free(&a);
    }
    is(ask(f, "PUT", "/v1/places/a/rights/a%20b", OPERATOR, PERMIT, NULL), 422);
    is(ask(f, "PUT", "/v1/places/a/rights/x", OPERATOR, "[]", NULL), 400);
    is(ask(f, "PUT", "/v1/places/nosuch/rights/x", OPERATOR, PERMIT, NULL), 404);
    is(ask(f, "POST", "/v1/places/a/rights", OPERATOR, "{\"rights\":[]}", NULL), 422);
    is(ask(f, "POST", "/v1/places/a/rights", OPERATOR, "{\"rights\":[1]}", NULL), 422);
    is(get(f, "/v1/places/a/rights?colour=red", AUDITOR), 400);
}

static void rights_are_made_neutral(void **state)
{
    struct fixture *f = *state;
    is(ask(f, "POST", "/v1/places/a/rights/p:1/neutral", ATTENDANT, NULL, NULL), 200);
    assert_int_equal(
        number(ask(f, "POST", "/v1/places/a/neutral", OPERATOR, NULL, NULL), "version"), 2);
    is(ask(f, "POST", "/v1/places/a/neutral", ATTENDANT, NULL, NULL), 403);
    is(ask(f, "POST", "/v1/places/nosuch/neutral", OPERATOR, NULL, NULL), 404);
}

static void plates_are_not_for_everybody(void **state)
{
    struct fixture *f = *state;
    is(get(f, "/v1/places/a/rights", NULL), 401);
    is(get(f, "/v1/places/a/rights", DRIVER), 403);
    is(ask(f, "PUT", "/v1/places/a/rights/x", ATTENDANT, PERMIT, NULL), 403);
    is(ask(f, "DELETE", "/v1/places/a/rights/x", AUDITOR, NULL, NULL), 403);
    is(ask(f, "POST", "/v1/places/a/rights", NULL, "{\"rights\":[]}", NULL), 401);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_right_is_put_read_and_deleted),
        TEST(many_come_in_one_version),
        TEST(faults_are_named),
        TEST(rights_are_made_neutral),
        TEST(plates_are_not_for_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
