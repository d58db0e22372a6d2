/* Creating and changing places: after COMMIT, idempotent, with every fault named. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct answer post(struct fixture *f, const char *body)
{
    return ask(f, "POST", "/v1/places", OPERATOR, body, NULL);
}

static struct answer put(struct fixture *f, const char *place, const char *body)
{
    char target[96];
    snprintf(target, sizeof target, "/v1/places/%s", place);
    return ask(f, "PUT", target, OPERATOR, body, NULL);
}

static void is_code(struct answer *a, int status, const char *code)
{
    assert_int_equal(a->status, status);
    assert_string_equal(json_string_value(json_object_get(a->json, "code")), code);
    answer_free(a);
}

/* The pointer of the error number `i`. */
static const char *pointer(const struct answer *a, size_t i)
{
    json_t *errors = json_object_get(a->json, "errors");
    return json_string_value(json_object_get(json_array_get(errors, i), "pointer"));
}

static void a_place_is_created_once(void **state)
{
    struct answer a =
        post(*state, "{\"place\":\"new\",\"capacity\":12,\"title\":\"\\uac15\\ubcc0\"}");
    assert_int_equal(a.status, 201);
    assert_string_equal(header(&a, "Location"), "/v1/places/new");
    answer_free(&a);
    a = get(*state, "/v1/places/new", NULL);
    assert_int_equal(json_integer_value(json_object_get(a.json, "capacity")), 12);
    assert_string_equal(json_string_value(json_object_get(a.json, "title")),
                        "\xEA\xB0\x95\xEB\xB3\x80");
    assert_string_equal(json_string_value(json_object_get(a.json, "zone")), "Asia/Seoul");
    assert_string_equal(json_string_value(json_object_get(a.json, "currency")), "KRW");
    answer_free(&a);
    a = post(*state, "{\"place\":\"new\",\"capacity\":12,\"title\":\"\\uac15\\ubcc0\"}");
    assert_int_equal(a.status, 200);
    assert_true(json_is_false(json_object_get(a.json, "created")));
    answer_free(&a);
    a = post(*state, "{\"place\":\"new\",\"capacity\":13}");
    is_code(&a, 409, "place_exists");
}

/* Two at the same time: one creates the place, the other is told of it. */
static void of_two_creators_one_wins(void **state)
{
    struct fixture *f = *state;
    static const char request[] =
        "POST /v1/places HTTP/1.1\r\nHost: x\r\nContent-Type: "
        "application/json\r\nAuthorization: Bearer " OPERATOR
        "\r\nContent-Length: 27\r\n\r\n{\"place\":\"n\",\"capacity\":%d0}";
    int fd[3];
    f->asleep = true;
    for (int i = 0; i < 3; i++) {
        char text[256];
        int n = snprintf(text, sizeof text, request, i == 0 ? 1 : 2);
        fd[i] = dial(f);
        send_all(fd[i], text, (size_t)n);
        for (size_t waiting = 0; waiting <= (size_t)i;) { /* in this order */
            pthread_mutex_lock(&f->lock);
            waiting = fixture_writes_waiting(f);
            pthread_mutex_unlock(&f->lock);
        }
    }
    fixture_wake(f);
    struct answer a = read_answer(fd[0], 5000);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    for (int i = 1; i < 3; i++) {
        a = read_answer(fd[i], 5000);
        is_code(&a, 409, "place_exists");
    }
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    a = get(f, "/v1/places/n", NULL);
    assert_int_equal(json_integer_value(json_object_get(a.json, "capacity")), 10);
    answer_free(&a);
}

static void a_put_creates_or_changes(void **state)
{
    struct answer a = put(*state, "c", "{\"capacity\":5,\"payment_policy\":\"hold\"}");
    assert_int_equal(a.status, 201);
    answer_free(&a);
    a = put(*state, "a",
            "{\"place\":\"a\",\"capacity\":20,\"unmatched_exit\":\"deny\",\"closed\":true}");
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = get(*state, "/v1/places/a", NULL);
    assert_int_equal(json_integer_value(json_object_get(a.json, "capacity")), 20);
    assert_string_equal(json_string_value(json_object_get(a.json, "status")), "closed");
    assert_string_equal(json_string_value(json_object_get(a.json, "unmatched_exit")), "deny");
    answer_free(&a);
}

static void every_member_at_fault_is_named(void **state)
{
    struct answer a = post(*state, "{\"place\":\"A\",\"capacity\":0,\"currency\":\"won\","
                                   "\"payment_policy\":\"later\",\"colour\":1,\"closed\":\"no\"}");
    assert_int_equal(a.status, 422);
    assert_int_equal(json_array_size(json_object_get(a.json, "errors")), 6);
    assert_string_equal(pointer(&a, 0), "/colour");
    assert_string_equal(pointer(&a, 1), "/place");
    assert_string_equal(pointer(&a, 2), "/capacity");
    assert_string_equal(pointer(&a, 3), "/currency");
    assert_string_equal(pointer(&a, 4), "/payment_policy");
    assert_string_equal(pointer(&a, 5), "/closed");
    answer_free(&a);
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"capacity\":1}", "/place"},
        {"{\"place\":\"x\"}", "/capacity"},
        {"{\"place\":\"x\",\"capacity\":1000001}", "/capacity"},
        {"{\"place\":\"x\",\"capacity\":\"10\"}", "/capacity"},
        {"{\"place\":\"x\",\"capacity\":1.5}", "/capacity"},
        {"{\"place\":\"x\",\"capacity\":1e30}", "/capacity"},
        {"{\"place\":\"x\",\"capacity\":1,\"title\":\"a\\u0007b\"}", "/title"},
        {"{\"place\":\"x\",\"capacity\":1,\"title\":null}", "/title"},
        {"{\"place\":\"x\",\"capacity\":1,\"tariff\":\"nosuch\"}", "/tariff"},
        {"{\"place\":\"x\",\"capacity\":1,\"hold_max_ms\":-1}", "/hold_max_ms"},
        {"{\"place\":\"x\",\"capacity\":1,\"stale_after_ms\":-1}", "/stale_after_ms"},
        {"{\"place\":\"x\",\"capacity\":1,\"hours\":\"always\"}", "/hours"},
        {"{\"place\":\"x\",\"capacity\":1,\"parent\":\"A B\"}", "/parent"},
        {"{\"place\":\"x\",\"capacity\":1,\"zone\":"
         "\"an-unbelievably-long-name-that-no-time-zone-has-ever-had\"}",
         "/zone"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a = post(*state, rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(pointer(&a, 0), rows[i].pointer);
        answer_free(&a);
    }
    a = put(*state, "x", "{\"place\":\"y\",\"capacity\":1}");
    assert_string_equal(pointer(&a, 0), "/place");
    is_code(&a, 422, "invalid_place");
    a = put(*state, "NOT%20A%20NAME", "{\"capacity\":1}");
    is_code(&a, 422, "bad_name");
}

static void what_the_service_refuses_is_told(void **state)
{
    struct answer a = post(*state, "{\"place\":\"x\",\"capacity\":1,\"zone\":\"Mars/Olympus\"}");
    assert_non_null(strstr(a.body, "no such zone"));
    is_code(&a, 422, "invalid_place");
}

static void a_body_must_be_one_json_object(void **state)
{
    static const char *const bad[] = {
        "", "x", "[]", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":\"\xff\"}", "{\"place\":", "null"};
    for (size_t i = 1; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = post(*state, bad[i]);
        is_code(&a, 400, "bad_json");
    }
    struct answer a = post(*state, bad[0]);
    is_code(&a, 415, "not_json");
    a = ask(*state, "POST", "/v1/places", OPERATOR, NULL,
            "Content-Type: text/plain\r\nContent-Length: 0\r\n");
    is_code(&a, 415, "not_json");
}

static void only_operators_write(void **state)
{
    static const char body[] = "{\"place\":\"x\",\"capacity\":1}";
    struct answer a = ask(*state, "POST", "/v1/places", NULL, body, NULL);
    is_code(&a, 401, "unauthorized");
    a = ask(*state, "POST", "/v1/places", ATTENDANT, body, NULL);
    is_code(&a, 403, "forbidden");
    a = ask(*state, "PUT", "/v1/places/x", DRIVER, body, NULL);
    is_code(&a, 403, "forbidden");
    a = get(*state, "/v1/places/x", NULL);
    is_code(&a, 404, "not_found");
}

/* H1: nothing is answered before the service has committed; other requests go on meanwhile. */
static void a_repeated_request_gets_the_same_answer(void **state)
{
    static const char one[] = "{\"place\":\"new\",\"capacity\":12}";
    static const char other[] = "{\"place\":\"new\",\"capacity\":13}";
    static const char key[] = "Idempotency-Key: \"8e03978e-40d5\"\r\n";
    struct answer a = ask(*state, "POST", "/v1/places", OPERATOR, one, key);
    assert_int_equal(a.status, 201);
    assert_string_equal(header(&a, "Idempotency-Replayed"), "");
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places", OPERATOR, one, key);
    assert_int_equal(a.status, 201); /* without a key it would be 200 */
    assert_string_equal(header(&a, "Location"), "/v1/places/new");
    assert_string_equal(header(&a, "Idempotency-Replayed"), "true");
    assert_string_equal(header(&a, "Content-Type"), "application/json");
    assert_true(json_is_true(json_object_get(a.json, "created")));
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places", OPERATOR, other, key);
    is_code(&a, 422, "idempotency_key_reused");
    a = ask(*state, "POST", "/v1/places/new/resume", OPERATOR, one, key);
    is_code(&a, 422, "idempotency_key_reused");
    a = ask(*state, "POST", "/v1/places", OPERATOR_OF_B, one, key); /* another caller's key */
    is_code(&a, 403, "other_place");
    a = ask(*state, "POST", "/v1/places", OPERATOR, other, NULL);
    is_code(&a, 409, "place_exists");
}

/* What the service refused is an answer too. */
static void a_repeated_refusal_stays_one(void **state)
{
    static const char key[] = "Idempotency-Key: k2\r\n";
    static const char body[] = "{\"place\":\"a\",\"capacity\":99}";
    for (int i = 0; i < 2; i++) {
        struct answer a = ask(*state, "POST", "/v1/places", OPERATOR, body, key);
        assert_string_equal(header(&a, "Idempotency-Replayed"), i == 0 ? "" : "true");
        assert_string_equal(header(&a, "Content-Type"), "application/problem+json");
        is_code(&a, 409, "place_exists");
    }
}

static void a_bad_key_is_refused(void **state)
{
    static const char *const bad[] = {"Idempotency-Key:\r\n", "Idempotency-Key: \xEA\xB0\x95\r\n"};
    char longest[200];
    struct answer a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        a = ask(*state, "POST", "/v1/places/a/resume", OPERATOR, NULL, bad[i]);
        is_code(&a, 400, "idempotency_key");
    }
    snprintf(longest, sizeof longest, "Idempotency-Key: %0128d\r\n", 1);
    a = ask(*state, "POST", "/v1/places/a/resume", OPERATOR, NULL, longest);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    snprintf(longest, sizeof longest, "Idempotency-Key: %0129d\r\n", 1);
    a = ask(*state, "POST", "/v1/places/a/resume", OPERATOR, NULL, longest);
    is_code(&a, 400, "idempotency_key");
}

static void who_is_bound_to_a_place_does_nothing_elsewhere(void **state)
{
    static const char new_place[] = "{\"place\":\"%s\",\"capacity\":7}";
    char body[64];
    struct answer a;
    snprintf(body, sizeof body, new_place, "c");
    a = ask(*state, "POST", "/v1/places", OPERATOR_OF_B, body, NULL);
    is_code(&a, 403, "other_place");
    a = ask(*state, "PUT", "/v1/places/a", OPERATOR_OF_B, "{\"capacity\":7}", NULL);
    is_code(&a, 403, "other_place");
    a = ask(*state, "POST", "/v1/places/a/resume", OPERATOR_OF_B, NULL, NULL);
    is_code(&a, 403, "other_place");
    a = get(*state, "/v1/places/a/summary", OPERATOR_OF_B);
    is_code(&a, 403, "other_place");
    a = get(*state, "/v1/places/a", OPERATOR_OF_B); /* what everybody may see */
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/b/resume", OPERATOR_OF_B, NULL, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = get(*state, "/v1/sessions?plate=22%EC%95%842222", OPERATOR);
    assert_true(json_array_size(json_object_get(a.json, "sessions")) > 0);
    answer_free(&a);
    a = get(*state, "/v1/sessions?plate=22%EC%95%842222", OPERATOR_OF_B);
    assert_int_equal(json_array_size(json_object_get(a.json, "sessions")), 0);
    answer_free(&a);
}

static void the_answer_waits_for_the_commit(void **state)
{
    struct fixture *f = *state;
    static const char request[] = "PUT /v1/places/w HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                  "application/json\r\nAuthorization: Bearer " OPERATOR
                                  "\r\nContent-Length: 14\r\n\r\n{\"capacity\":7}";
    char byte;
    f->asleep = true;
    int fd = dial(f);
    send_all(fd, request, sizeof request - 1);
    assert_int_equal(read_all(fd, &byte, 1, 150), -1);
    struct answer a = get(f, "/v1/places", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    fixture_wake(f);
    a = read_answer(fd, 5000);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    send_all(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 34); /* the connection lives on */
    a = read_answer(fd, 5000);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    close(fd);
}

static void a_full_queue_asks_to_come_back(void **state)
{
    struct fixture *f = *state;
    f->queue_full = true;
    struct answer a = put(f, "x", "{\"capacity\":7}");
    assert_string_equal(header(&a, "Retry-After"), "1");
    is_code(&a, 503, "busy");
}

static void a_place_is_resumed(void **state)
{
    struct answer a = ask(*state, "POST", "/v1/places/a/resume", OPERATOR, NULL, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/nosuch/resume", OPERATOR, NULL, NULL);
    is_code(&a, 404, "not_found");
    a = ask(*state, "POST", "/v1/places/a/resume", ATTENDANT, NULL, NULL);
    is_code(&a, 403, "forbidden");
}

static struct answer audit(struct fixture *f, const char *body)
{
    return ask(f, "POST", "/v1/places/a/audits", OPERATOR, body, NULL);
}

static void a_count_is_reported_and_followed(void **state)
{
    static const char *const bad[] = {
        "{\"counted\":-1,\"reason\":\"x\"}",
        "{\"counted\":\"3\",\"reason\":\"x\"}",
        "{\"counted\":3}",
        "{\"counted\":3,\"reason\":\"\"}",
        "{\"counted\":3,\"reason\":\"x\",\"gone\":[\"E 1\"]}",
        "{\"counted\":3,\"reason\":\"x\",\"gone\":\"e1\"}",
        "{\"counted\":3,\"reason\":\"x\",\"more\":1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a = audit(*state, bad[i]);
        is_code(&a, 422, "invalid_audit");
    }
    struct answer a = audit(*state, "{\"counted\":3,\"reason\":\"fire drill\",\"gone\":[\"e2\"]}");
    assert_int_equal(a.status, 202);
    assert_int_equal(json_integer_value(json_object_get(a.json, "id")), 7);
    answer_free(&a);
    a = audit(*state, "{\"counted\":3,\"reason\":\"again\"}");
    is_code(&a, 409, "conflict");
    a = get(*state, "/v1/places/a/audits", OPERATOR);
    const json_t *row = json_array_get(json_object_get(a.json, "audits"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "state")), "pending");
    assert_string_equal(json_string_value(json_object_get(row, "waits")), "e1: its hello");
    assert_string_equal(json_string_value(json_object_get(row, "gone")), "e2");
    assert_int_equal(json_integer_value(json_object_get(row, "counted")), 3);
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/a/audits/8/cancel", OPERATOR, NULL, NULL);
    is_code(&a, 409, "conflict");
    a = ask(*state, "POST", "/v1/places/a/audits/x/cancel", OPERATOR, NULL, NULL);
    is_code(&a, 404, "not_found");
    a = ask(*state, "POST", "/v1/places/a/audits/7/cancel", OPERATOR, NULL, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/a/audits", ATTENDANT, "{\"counted\":1,\"reason\":\"x\"}",
            NULL);
    is_code(&a, 403, "forbidden");
    a = get(*state, "/v1/places/a/audits", NULL);
    assert_int_equal(a.status, 401);
    answer_free(&a);
}

static void a_stream_is_released(void **state)
{
    struct answer a = ask(*state, "POST", "/v1/places/a/edges/e1/release", OPERATOR, NULL, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/a/edges/e2/release", OPERATOR, NULL, NULL);
    is_code(&a, 409, "conflict");
    a = ask(*state, "POST", "/v1/places/no/edges/e1/release", OPERATOR, NULL, NULL);
    is_code(&a, 404, "not_found");
    a = ask(*state, "POST", "/v1/places/a/edges/e1/release", ATTENDANT, NULL, NULL);
    is_code(&a, 403, "forbidden");
}

static void a_space_is_bound_to_a_right(void **state)
{
    static const char bind[] = "/v1/places/a/edges/e1/bind";
    struct answer a = ask(*state, "POST", bind, OPERATOR, "{\"right\":\"permit:1\"}", NULL);
    assert_int_equal(a.status, 202);
    assert_true(json_is_true(json_object_get(a.json, "bound")));
    answer_free(&a);
    a = ask(*state, "POST", "/v1/places/a/edges/e1/unbind", OPERATOR, "{\"right\":\"permit:1\"}",
            NULL);
    assert_int_equal(a.status, 202);
    answer_free(&a);
    a = ask(*state, "POST", bind, OPERATOR, "{\"right\":\"permit:2\"}", NULL);
    is_code(&a, 409, "conflict");
    a = ask(*state, "POST", bind, OPERATOR, "{\"right\":\"a b\"}", NULL);
    is_code(&a, 422, "invalid_audit");
    a = ask(*state, "POST", bind, OPERATOR, "{}", NULL);
    is_code(&a, 422, "invalid_audit");
    a = ask(*state, "POST", bind, ATTENDANT, "{\"right\":\"permit:1\"}", NULL);
    is_code(&a, 403, "forbidden");
}

/* A write under way when the server stops is answered first. */
static void stopping_waits_for_writes(void **state)
{
    struct fixture *f = *state;
    static const char request[] = "PUT /v1/places/w HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                  "application/json\r\nAuthorization: Bearer " OPERATOR
                                  "\r\nContent-Length: 14\r\n\r\n{\"capacity\":7}";
    char byte;
    f->asleep = true;
    int fd = dial(f);
    send_all(fd, request, sizeof request - 1);
    assert_int_equal(read_all(fd, &byte, 1, 100), -1);
    fixture_wake(f);
    fixture_restart(f, &f->settings);
    struct answer a = read_answer(fd, 5000);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_place_is_created_once),
        TEST(of_two_creators_one_wins),
        TEST(a_put_creates_or_changes),
        TEST(every_member_at_fault_is_named),
        TEST(what_the_service_refuses_is_told),
        TEST(a_body_must_be_one_json_object),
        TEST(only_operators_write),
        TEST(a_repeated_request_gets_the_same_answer),
        TEST(a_repeated_refusal_stays_one),
        TEST(a_bad_key_is_refused),
        TEST(who_is_bound_to_a_place_does_nothing_elsewhere),
        TEST(the_answer_waits_for_the_commit),
        TEST(a_full_queue_asks_to_come_back),
        TEST(a_place_is_resumed),
        TEST(a_count_is_reported_and_followed),
        TEST(a_stream_is_released),
        TEST(a_space_is_bound_to_a_right),
        TEST(stopping_waits_for_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
