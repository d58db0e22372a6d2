/* Broken requests by the thousand at every route that takes something: each gets an answer of its own, none a 500, and
 * the server serves on. The requests are good ones with bytes changed, cut, doubled and put in, from fixed seeds; what
 * is wrong inside shows under the sanitizers that tests/run builds with. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 120, TEXT_MAX = 2048 };

static const struct broken {
    const char *method, *target, *body;
} requests[] = {
    {"POST", "/v1/places",
     "{\"place\":\"new\",\"capacity\":12,\"title\":\"\xEA\xB0\x95\",\"closed\":true}"},
    {"PUT", "/v1/places/a",
     "{\"capacity\":12,\"zone\":\"Asia/Seoul\",\"currency\":\"KRW\",\"hold_max_ms\":5,"
     "\"payment_policy\":\"hold\",\"unmatched_exit\":\"deny\",\"hours\":\"mon-fri 08:00-18:00\"}"},
    {"POST", "/v1/places/a/audits",
     "{\"counted\":3,\"reason\":\"drill\",\"gone\":[\"e1\",\"e2\"]}"},
    {"POST", "/v1/places/a/lanes/in-1/commands",
     "{\"action\":\"open\",\"reason\":\"help call\",\"expect\":\"vehicle\","
     "\"not_after\":\"2026-11-20T06:31:12Z\"}"},
    {"POST", "/v1/places/a/rights",
     "{\"rights\":[{\"id\":\"p:1\",\"kind\":\"permit\",\"plate\":\"22A2222\",\"from\":"
     "\"2026-11-20T00:00:00Z\"},{\"id\":\"p:2\",\"removed\":true}]}"},
    {"PUT", "/v1/places/a/rights/p:1",
     "{\"kind\":\"booking\",\"credential\":\"T-1\",\"offline_s\":60,\"space\":\"bound\"}"},
    {"POST", "/v1/places/a/edges/e1/bind", "{\"right\":\"permit:1\"}"},
    {"POST", "/v1/corrections", "{\"place\":\"a\",\"delta\":-1,\"reason\":\"counted twice\"}"},
    {"POST", "/oauth/token",
     "grant_type=client_credentials&client_id=a&client_secret=b&scope=operator"},
    {"GET", "/v1/sessions?plate=22%EC%95%842222&limit=3&after=1795155072345.9f3c5a7d11223344",
     NULL},
    {"GET", "/v1/places/a/movements?limit=5&after=1795155072345.9f3c5a7d11223344", NULL},
    {"GET", "/v1/events?after=3&limit=5&place=a&type=session", NULL},
};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

static uint64_t seed = 88172645463325252u;

static size_t any(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

/* Bytes that change what a text means. NUL, CR, LF and blanks are left to bodies. */
static const char *const pieces[] = {"\"",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     ":",
                                     ",",
                                     "\\u0000",
                                     "\\",
                                     "null",
                                     "-1",
                                     "1e99",
                                     "99999999999999999999",
                                     "\xFF",
                                     "\xC0\x80",
                                     "%00",
                                     "%",
                                     "%ff",
                                     "=",
                                     "&",
                                     "?",
                                     "/",
                                     "..",
                                     "true",
                                     "\"a\":1,",
                                     "{\"a\":",
                                     "\xF0\x9F\x98\x80",
                                     "0"};

static void put_in(char *text, size_t at, const char *piece)
{
    size_t len = strlen(text), more = strlen(piece);
    if (len + more + 1 >= TEXT_MAX)
        return;
    memmove(text + at + more, text + at, len - at + 1);
    memcpy(text + at, piece, more);
}

static void mutate(char *text, bool body)
{
    for (size_t n = 1 + any(3); n > 0 && text[0] != '\0'; n--) {
        size_t len = strlen(text), at = any(len), to = at + any(len - at) + 1;
        switch (any(5)) {
        case 0: text[at] = (char)(body ? 1 + any(255) : 0x21 + any(94)); break;
        case 1: memmove(text + at, text + to, len - to + 1); break; /* cut */
        case 2: text[at] = '\0'; break;
        default: put_in(text, at, pieces[any(sizeof pieces / sizeof pieces[0])]);
        }
    }
}

static bool targets_line(const char *target)
{
    return target[0] == '/';
}

static void broken_requests_get_answers(void **state)
{
    struct fixture *f = *state;
    char target[TEXT_MAX], body[TEXT_MAX], more[TEXT_MAX + 64];
    for (int i = 0; i < ROUNDS * REQUESTS; i++) {
        const struct broken *r = &requests[i % REQUESTS];
        const char *type = strncmp(r->target, "/oauth", 6) == 0
                               ? "Content-Type: application/x-www-form-urlencoded\r\n"
                               : "";
        snprintf(target, sizeof target, "%s", r->target);
        snprintf(body, sizeof body, "%s", r->body != NULL ? r->body : "");
        if (r->body == NULL || any(4) == 0)
            mutate(target, false);
        if (r->body != NULL)
            mutate(body, true);
        snprintf(more, sizeof more, "%sIdempotency-Key: m-%d\r\nIf-Match: *\r\n", type, i);
        if (!targets_line(target))
            continue;
        struct answer a = ask(f, r->method, target, OPERATOR, r->body != NULL ? body : NULL, more);
        if (a.status < 200 || a.status >= 500)
            fail_msg("%s %s: %d\n%s", r->method, target, a.status, body);
        answer_free(&a);
    }
}

static void broken_headers_get_answers(void **state)
{
    static const char *const headers[] = {
        "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ1cyJ9.AAAA",
        "Authorization: Basic b3BlcmF0b3I6c2VjcmV0",
        "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324",
        "If-Match: \"0123456789abcdef\"",
        "X-Forwarded-For: 1.2.3.4, ::1",
        "Origin: https://a.example",
        "Content-Length: 2",
        "Content-Type: application/json",
    };
    enum { HEADERS = sizeof headers / sizeof headers[0] };
    struct fixture *f = *state;
    struct http_settings s = f->settings;
    char more[TEXT_MAX + 8], text[TEXT_MAX];
    set_text(s.proxies, sizeof s.proxies, "127.0.0.1");
    set_text(s.cors_origins, sizeof s.cors_origins, "https://a.example");
    s.rate_per_s = 1000000;
    s.rate_burst = 1000000;
    s.request_ms = 2000; /* a length that promises more than comes */
    fixture_restart(f, &s);
    for (int i = 0; i < ROUNDS * HEADERS; i++) {
        const char *header = headers[i % HEADERS];
        size_t value = strcspn(header, ":") + 2;
        snprintf(text, sizeof text, "%s", header + value);
        mutate(text, false);
        if (i % HEADERS == 6) /* shorter or no number at all: what follows is another request */
            snprintf(text, sizeof text, "%zu", any(3));
        snprintf(more, sizeof more, "%.*s%s\r\n", (int)value, header, text);
        struct answer a = ask(f, "POST", "/v1/places/a/resume", NULL, NULL, more);
        if (a.status >= 500)
            fail_msg("%s: %d", more, a.status);
        answer_free(&a);
    }
    struct answer a = get(f, "/v1/places/a", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(broken_requests_get_answers),
        TEST(broken_headers_get_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
