/* Who asks too often is told when to come back; whose pages may read; methods there are. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct answer from(struct fixture *f, const char *token, const char *forwarded)
{
    char more[128] = "";
    if (forwarded != NULL)
        snprintf(more, sizeof more, "X-Forwarded-For: %s\r\n", forwarded);
    return ask(f, "GET", "/v1/places/a", token, NULL, more);
}

static int status_from(struct fixture *f, const char *token, const char *forwarded)
{
    struct answer a = from(f, token, forwarded);
    int status = a.status;
    answer_free(&a);
    return status;
}

/* Three at once, then one per second: of fifty in a row some are refused on any machine. */
static void limited(struct fixture *f, const char *proxies)
{
    struct http_settings s = f->settings;
    s.rate_per_s = 1;
    s.rate_burst = 3;
    set_text(s.proxies, sizeof s.proxies, proxies);
    fixture_restart(f, &s);
}

static void who_asks_too_often_is_told_when_to_come_back(void **state)
{
    struct fixture *f = *state;
    int refused = 0;
    limited(f, "");
    for (int i = 0; i < 50 && refused == 0; i++) {
        struct answer a = from(f, NULL, NULL);
        if (a.status == 429) {
            refused++;
            assert_string_equal(json_string_value(json_object_get(a.json, "code")),
                                "too_many_requests");
            assert_string_equal(header(&a, "Retry-After"), "1");
        }
        answer_free(&a);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(status_from(f, OPERATOR, NULL), 200); /* a token is a client of its own */
    struct answer a = get(f, "/healthz", NULL);            /* never limited */
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

/* Guessing tokens counts too. */
static void refusals_are_counted(void **state)
{
    struct fixture *f = *state;
    int last = 0;
    limited(f, "");
    for (int i = 0; i < 50 && last != 429; i++)
        last = status_from(f, "wrong-token-0123456789", NULL);
    assert_int_equal(last, 429);
}

static void only_a_known_proxy_names_the_client(void **state)
{
    struct fixture *f = *state;
    int last = 0;
    limited(f, ""); /* nobody is believed */
    for (int i = 0; i < 50 && last != 429; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.0.0.%d", i);
        last = status_from(f, NULL, address);
    }
    assert_int_equal(last, 429);
    limited(f, "127.0.0.1, 10.9.9.9");
    for (int i = 0; i < 50; i++) {
        char address[64]; /* what the client wrote itself, then what the proxies saw */
        snprintf(address, sizeof address, "1.2.3.4, 10.0.0.%d, 10.9.9.9", i);
        assert_int_equal(status_from(f, NULL, address), 200);
    }
    for (int i = 0; i < 50 && last != 200; i++)
        last = status_from(f, NULL, "10.0.1.1");
    for (int i = 0; i < 50 && last != 429; i++) {
        char address[64];
        snprintf(address, sizeof address, "10.0.0.%d, 10.0.1.1", i); /* forged in front */
        last = status_from(f, NULL, address);
    }
    assert_int_equal(last, 429);
    last = 0;
    for (int i = 0; i < 50 && last != 429; i++) {
        char address[64]; /* forged in a line of its own */
        snprintf(address, sizeof address, "10.0.0.%d\r\nX-Forwarded-For: 10.0.2.1", i);
        last = status_from(f, NULL, address);
    }
    assert_int_equal(last, 429);
}

static void pages_of_other_origins_read_only_if_configured(void **state)
{
    static const char origin[] = "Origin: https://a.example\r\n";
    static const char wish[] =
        "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n";
    struct fixture *f = *state;
    struct answer a = ask(f, "GET", "/v1/places/a", NULL, NULL, origin);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(&a, "Access-Control-Allow-Origin"), "");
    answer_free(&a);
    a = ask(f, "OPTIONS", "/v1/places/a", NULL, NULL, wish);
    assert_int_equal(a.status, 204);
    assert_string_equal(header(&a, "Access-Control-Allow-Methods"), "");
    answer_free(&a);

    struct http_settings s = f->settings;
    set_text(s.cors_origins, sizeof s.cors_origins, "https://b.example, https://a.example");
    fixture_restart(f, &s);
    a = ask(f, "GET", "/v1/places/a", NULL, NULL, origin);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(&a, "Access-Control-Allow-Origin"), "https://a.example");
    assert_string_equal(header(&a, "Vary"), "Origin");
    answer_free(&a);
    a = ask(f, "GET", "/v1/sessions", NULL, NULL, origin); /* refusals too */
    assert_int_equal(a.status, 401);
    assert_string_equal(header(&a, "Access-Control-Allow-Origin"), "https://a.example");
    answer_free(&a);
    a = ask(f, "OPTIONS", "/v1/places/a", NULL, NULL, wish);
    assert_int_equal(a.status, 204);
    assert_string_equal(header(&a, "Access-Control-Allow-Origin"), "https://a.example");
    assert_string_equal(header(&a, "Access-Control-Allow-Methods"), "GET, HEAD, PUT");
    answer_free(&a);
    static const char *const strangers[] = {"https://a.example.org", "http://a.example", "null",
                                            "https://b.example, https://a.example"};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        char more[128];
        snprintf(more, sizeof more, "Origin: %s\r\n", strangers[i]);
        a = ask(f, "GET", "/v1/places/a", NULL, NULL, more);
        assert_string_equal(header(&a, "Access-Control-Allow-Origin"), "");
        answer_free(&a);
    }
}

static void methods_are_told(void **state)
{
    struct answer a = ask(*state, "OPTIONS", "/v1/places", NULL, NULL, NULL);
    assert_int_equal(a.status, 204);
    assert_string_equal(header(&a, "Allow"), "GET, HEAD, POST");
    assert_int_equal(a.body_len, 0);
    answer_free(&a);
    a = ask(*state, "DELETE", "/v1/places", NULL, NULL, NULL);
    assert_int_equal(a.status, 405);
    assert_string_equal(header(&a, "Allow"), "GET, HEAD, POST");
    answer_free(&a);
    a = ask(*state, "OPTIONS", "/v1/nothing", NULL, NULL, NULL);
    assert_int_equal(a.status, 404);
    answer_free(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_asks_too_often_is_told_when_to_come_back),
        TEST(refusals_are_counted),
        TEST(only_a_known_proxy_names_the_client),
        TEST(pages_of_other_origins_read_only_if_configured),
        TEST(methods_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
