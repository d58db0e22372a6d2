/* Which row of the table a request finds (cloud/http/router.h, R1 to R3). */
#include "cloud/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct route table[] = {
    {"GET", "/", 0, NULL},
    {"GET", "/v1/places", 0, NULL},
    {"POST", "/v1/places", 0, NULL},
    {"GET", "/v1/places/{}", 0, NULL},
    {"PUT", "/v1/places/{}", 0, NULL},
    {"GET", "/v1/places/{}/lanes/{}", 0, NULL},
};

static enum route_result match(const char *method, const char *path, struct route_match *m)
{
    memset(m, 0, sizeof *m);
    return router_match(table, sizeof table / sizeof table[0], method, path, m);
}

static void rows_are_found(void **state)
{
    struct route_match m;
    (void)state;
    assert_int_equal(match("GET", "/", &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[0]);
    assert_int_equal(match("POST", "/v1/places", &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[2]);
    assert_int_equal(match("PUT", "/v1/places/a", &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[4]);
    assert_string_equal(m.params[0], "a");
    assert_int_equal(match("GET", "/v1/places/a%20b/lanes/%EC%95%84", &m), ROUTE_FOUND);
    assert_int_equal(m.param_count, 2);
    assert_string_equal(m.params[0], "a b");
    assert_string_equal(m.params[1], "\xEC\x95\x84");
}

static void head_is_served_by_get(void **state)
{
    struct route_match m;
    (void)state;
    assert_int_equal(match("HEAD", "/v1/places", &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[1]);
}

static void other_methods_hear_what_is_allowed(void **state)
{
    struct route_match m;
    (void)state;
    assert_int_equal(match("DELETE", "/v1/places", &m), ROUTE_METHOD);
    assert_string_equal(m.allow, "GET, HEAD, POST");
    assert_int_equal(match("get", "/v1/places/a", &m), ROUTE_METHOD);
    assert_string_equal(m.allow, "GET, HEAD, PUT");
}

static void other_paths_are_unknown(void **state)
{
    static const char *const paths[] = {"/v1",
                                        "/v1/places/",
                                        "//",
                                        "/v1//places",
                                        "/v1/places/a/b",
                                        "/v1/places//lanes/x",
                                        "/V1/places",
                                        "/v1/placesx",
                                        "/v1/%70laces",
                                        "/v1/places/../places"};
    struct route_match m;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(match("GET", paths[i], &m), ROUTE_UNKNOWN);
}

/* R1: an escaped slash is part of a name, never a separator. */
static void an_escaped_slash_stays_inside(void **state)
{
    struct route_match m;
    (void)state;
    assert_int_equal(match("GET", "/v1/places/a%2Flanes%2Fb", &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[3]);
    assert_string_equal(m.params[0], "a/lanes/b");
}

static void broken_paths_are_bad_not_unknown(void **state)
{
    static const char *const paths[] = {"",    "v1/places", "*", "/v1/places/%", "/nosuch/%zz",
                                        "/%00"};
    struct route_match m;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(match("GET", paths[i], &m), ROUTE_BAD);
}

static void long_segments_are_unknown_and_touch_nothing(void **state)
{
    struct route_match m;
    char path[ROUTE_PATH_MAX + 16];
    (void)state;
    memcpy(path, "/v1/places/", 11);
    memset(path + 11, 'a', ROUTE_PARAM_SIZE);
    path[11 + ROUTE_PARAM_SIZE] = '\0';
    assert_int_equal(match("GET", path, &m), ROUTE_UNKNOWN);
    assert_null(m.route);
    memset(path + 11, 'a', sizeof path - 12);
    path[sizeof path - 1] = '\0';
    assert_int_equal(match("GET", path, &m), ROUTE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found),
        cmocka_unit_test(head_is_served_by_get),
        cmocka_unit_test(other_methods_hear_what_is_allowed),
        cmocka_unit_test(other_paths_are_unknown),
        cmocka_unit_test(an_escaped_slash_stays_inside),
        cmocka_unit_test(broken_paths_are_bad_not_unknown),
        cmocka_unit_test(long_segments_are_unknown_and_touch_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
