/* Hostile requests over raw sockets: a precise refusal, or the end of that connection, and the server
 * goes on (cloud/http/http.h, H2). */
#include "tests/contract/cloud/http/fixture.h"

#include "protocol/support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: x\r\n"

static struct answer raw(struct fixture *f, const char *bytes)
{
    int fd = dial(f);
    send_all(fd, bytes, strlen(bytes));
    struct answer a = read_answer(fd, 5000);
    close(fd);
    return a;
}

static void goes_on(struct fixture *f)
{
    struct answer a = get(f, "/v1/places/a", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static void refused_with(struct fixture *f, const char *bytes, int status, const char *code)
{
    struct answer a = raw(f, bytes);
    assert_int_equal(a.status, status);
    if (code != NULL)
        assert_string_equal(json_string_value(json_object_get(a.json, "code")), code);
    answer_free(&a);
    goes_on(f);
}

static void broken_targets_are_400(void **state)
{
    static const char *const targets[] = {"/v1/places/%",      "/v1/places/%zz", "/%00",
                                          "/v1/places/%c0%af", "/%ff",           "/v1/%e0%80%80"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char bytes[128];
        snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i]);
        refused_with(*state, bytes, 400, "bad_path");
    }
    refused_with(*state, "GET * HTTP/1.1\r\n" HOST "\r\n", 400, "bad_path");
    refused_with(*state, "GET v1/places HTTP/1.1\r\n" HOST "\r\n", 400, "bad_path");
}

static void dots_and_slashes_reach_no_file(void **state)
{
    static const char *const targets[] = {"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd",
                                          "/%2e%2e/app.js",    "//app.js",
                                          "/app.js/",          "/app.js%00"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct answer a = get(*state, targets[i], NULL);
        assert_true(a.status == 404 || a.status == 400);
        answer_free(&a);
    }
}

static void other_methods_are_405(void **state)
{
    static const char *const methods[] = {"DELETE", "PATCH", "TRACE", "get", "FOO"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct answer a = ask(*state, methods[i], "/v1/places", NULL, NULL, NULL);
        assert_int_equal(a.status, 405);
        assert_string_equal(header(&a, "Allow"), "GET, HEAD, POST");
        answer_free(&a);
    }
    struct answer a = ask(*state, "POST", "/v1/sessions", OPERATOR, "{}", NULL);
    assert_int_equal(a.status, 405);
    assert_string_equal(header(&a, "Allow"), "GET, HEAD");
    answer_free(&a);
    a = ask(*state, "DELETE", "/nosuch", NULL, NULL, NULL);
    assert_int_equal(a.status, 404);
    answer_free(&a);
}

static void a_body_over_the_limit_is_413(void **state)
{
    refused_with(*state,
                 "POST /v1/places HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
                 "\r\nContent-Type: application/json\r\nContent-Length: 65537\r\n\r\n{",
                 413, "body_too_large");
    refused_with(*state,
                 "POST /v1/places HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
                 "\r\nContent-Length: 99999999999999999999\r\n\r\n{",
                 413, NULL);
}

/* Without an announced length the body is dropped past the limit and refused at its end. */
static void a_chunked_body_over_the_limit_is_413(void **state)
{
    enum { CHUNK = 4096 };
    struct fixture *f = *state;
    static const char head[] =
        "POST /v1/places HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
        "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    char chunk[CHUNK + 16];
    int n = snprintf(chunk, sizeof chunk, "%x\r\n", CHUNK);
    memset(chunk + n, 'x', CHUNK);
    memcpy(chunk + n + CHUNK, "\r\n", 2);
    int fd = dial(f);
    send_all(fd, head, sizeof head - 1);
    for (int i = 0; i < 40; i++)
        send_all(fd, chunk, (size_t)n + CHUNK + 2);
    send_all(fd, "0\r\n\r\n", 5);
    struct answer a = read_answer(fd, 5000);
    assert_int_equal(a.status, 413);
    answer_free(&a);
    close(fd);
    goes_on(f);
}

static void a_body_may_come_in_pieces(void **state)
{
    struct fixture *f = *state;
    static const char head[] =
        "PUT /v1/places/p HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
        "\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    int fd = dial(f);
    send_all(fd, head, sizeof head - 1);
    send_all(fd, "5\r\n{\"cap\r\n", 10);
    send_all(fd, "9\r\nacity\":9}\r\n0\r\n\r\n", 19);
    struct answer a = read_answer(fd, 5000);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    close(fd);
}

/* Two readings of a length would let one request hide in another behind a proxy. */
static void ambiguous_lengths_are_400(void **state)
{
    static const char *const heads[] = {
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        char bytes[512];
        snprintf(bytes, sizeof bytes,
                 "POST /v1/places HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
                 "\r\n%s\r\n{}",
                 heads[i]);
        struct answer a = raw(*state, bytes);
        assert_int_equal(a.status, 400);
        answer_free(&a);
        goes_on(*state);
    }
}

/* The library answers these itself, or just hangs up: both are fine, going on is what matters. */
static void nonsense_ends_only_its_own_connection(void **state)
{
    static const char *const nonsense[] = {
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n" HOST "\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET / HTTP/1.1\r\nNo-Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Content-Length: abc\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST " folded: x\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        struct fixture *f = *state;
        int fd = dial(f);
        send_all(fd, nonsense[i], strlen(nonsense[i]));
        close(fd);
        goes_on(f);
    }
}

static void giant_heads_are_refused(void **state)
{
    enum { BIG = 60000 };
    char *bytes = mem_alloc(BIG + 64);
    struct fixture *f = *state;
    memcpy(bytes, "GET /healthz HTTP/1.1\r\nX-Big: ", 30);
    memset(bytes + 30, 'a', BIG);
    memcpy(bytes + 30 + BIG, "\r\n\r\n", 4);
    struct answer a = raw(f, bytes);
    assert_true(a.status >= 400 && a.status < 500);
    answer_free(&a);
    memcpy(bytes, "GET /", 5);
    memset(bytes + 5, 'a', BIG);
    memcpy(bytes + 5 + BIG, " HTTP/1.1\r\nHost: x\r\n\r\n", 23);
    a = raw(f, bytes);
    assert_true(a.status == 414 || a.status == 431 || a.status == 413);
    answer_free(&a);
    memset(bytes, 0, BIG + 64);
    memcpy(bytes, "GET /", 5);
    memset(bytes + 5, 'a', 3000);
    memcpy(bytes + 3005, " HTTP/1.1\r\nHost: x\r\n\r\n", 23);
    a = raw(f, bytes);
    assert_int_equal(a.status, 414);
    answer_free(&a);
    free(bytes);
    goes_on(f);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct fixture *f = *state;
    static const char four[] =
        "GET /v1/places/a HTTP/1.1\r\n" HOST "\r\n"
        "PUT /v1/places/p HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
        "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"capacity\":8}"
        "GET /nosuch HTTP/1.1\r\n" HOST "\r\n"
        "GET /v1/places/p HTTP/1.1\r\n" HOST "\r\n";
    static const int statuses[] = {200, 201, 404, 200};
    int fd = dial(f);
    send_all(fd, four, sizeof four - 1);
    for (size_t i = 0; i < 4; i++) {
        struct answer a = read_answer(fd, 5000);
        assert_int_equal(a.status, statuses[i]);
        if (i == 3)
            assert_int_equal(json_integer_value(json_object_get(a.json, "capacity")), 8);
        answer_free(&a);
    }
    close(fd);
}

static void a_target_with_a_host_is_understood(void **state)
{
    struct answer a =
        raw(*state, "GET http://127.0.0.1:8480/v1/places/a?x HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(a.status, 400);
    answer_free(&a);
    a = raw(*state, "GET http://127.0.0.1:8480/v1/places/a HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sends `drip` a byte at a time until the server hangs up; returns after how long. */
static int64_t drip(struct fixture *f, const char *head, const char *byte)
{
    int64_t begun = real_ms();
    int fd = dial(f);
    char end[512];
    send_all(fd, head, strlen(head));
    while (read_all(fd, end, 1, 40) == -1) {
        send_all(fd, byte, 1);
        assert_true(real_ms() - begun < 10000);
    }
    close(fd);
    return real_ms() - begun;
}

static void slow_requests_end_in_time(void **state)
{
    struct fixture *f = *state;
    struct http_settings s = f->settings;
    s.request_ms = 500;
    fixture_restart(f, &s);
    assert_in_range(drip(f, "GET /v1/places HTTP/1.1\r\nX: ", "a"), 400, 2500);
    assert_in_range(drip(f,
                         "PUT /v1/places/p HTTP/1.1\r\n" HOST "Authorization: Bearer " OPERATOR
                         "\r\nContent-Length: 60000\r\n\r\n",
                         " "),
                    400, 2500);
    int64_t begun = real_ms();
    int idle = dial(f);
    char byte;
    assert_int_equal(read_all(idle, &byte, 1, 5000), 0);
    assert_in_range(real_ms() - begun, 400, 2500);
    close(idle);
    goes_on(f);
}

/* Connections beyond the limit are turned away, those that exist are served. */
static void too_many_connections_do_not_starve_the_others(void **state)
{
    enum { MANY = 40 };
    struct fixture *f = *state;
    struct http_settings s = f->settings;
    s.connections = 16;
    fixture_restart(f, &s);
    int first = dial(f);
    send_all(first, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 34);
    struct answer a = read_answer(first, 5000);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    int fds[MANY];
    for (int i = 0; i < MANY; i++)
        fds[i] = dial(f);
    send_all(first, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 34);
    a = read_answer(first, 5000);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    close(first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_targets_are_400),
        TEST(dots_and_slashes_reach_no_file),
        TEST(other_methods_are_405),
        TEST(a_body_over_the_limit_is_413),
        TEST(a_chunked_body_over_the_limit_is_413),
        TEST(a_body_may_come_in_pieces),
        TEST(ambiguous_lengths_are_400),
        TEST(nonsense_ends_only_its_own_connection),
        TEST(giant_heads_are_refused),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_target_with_a_host_is_understood),
        TEST(slow_requests_end_in_time),
        TEST(too_many_connections_do_not_starve_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
