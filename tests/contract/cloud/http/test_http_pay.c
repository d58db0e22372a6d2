/* Payment links and prepayment over HTTP, on the real service and ledger. */
#include "tests/contract/cloud/http/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *text(const struct answer *a, const char *key)
{
    const char *value = json_string_value(json_object_get(a->json, key));
    return value ? value : "";
}

static json_int_t number(const struct answer *a, const char *key)
{
    return json_integer_value(json_object_get(a->json, key));
}

static void is_code(struct answer a, int status, const char *code)
{
    if (a.status != status || strcmp(text(&a, "code"), code) != 0)
        fail_msg("%d %s, expected %d %s", a.status, text(&a, "code"), status, code);
    answer_free(&a);
}

#define LONG32 "0123456789abcdef0123456789abcdef"
#define LONG   LONG32 LONG32 LONG32 LONG32
#define CAR    "\"place\":\"a\",\"plate\":\"33나3333\""

/* One vehicle, without an account, is inside since an hour. */
static int setup(void **state)
{
    if (live_setup_ahead(state, 3600000) != 0)
        return -1;
    struct live *l = *state;
    pthread_mutex_lock(&l->lock);
    struct test_edge e = edge_of("a", "e1", 1);
    edge_hello(&l->w, &e, "ex");
    edge_accept(&l->w, &e);
    edge_enter(&l->w, &e, "33나3333");
    world_pass_ms(&l->w, 3600000);
    pthread_mutex_unlock(&l->lock);
    return 0;
}

static void link_of(struct live *l, char ret[64], char ret_token[32])
{
    struct answer a = ask(&l->f, "POST", "/v1/pay-links", ATTENDANT, "{" CAR "}", NULL);
    assert_int_equal(a.status, 201);
    snprintf(ret_token, 32, "%s", text(&a, "token"));
    assert_int_equal(strlen(ret_token), 16);
    assert_non_null(strstr(text(&a, "url"), "https://p.kr/pay/"));
    assert_non_null(strstr(text(&a, "url"), ret_token));
    snprintf(ret, 64, "/v1/pay/%s", ret_token);
    answer_free(&a);
}

static void a_driver_pays_by_link(void **state)
{
    struct live *l = *state;
    char path[64], token[32], page[64];
    link_of(l, path, token);
    struct answer a = get(&l->f, path, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(text(&a, "state"), "due");
    assert_true(number(&a, "due_minor") > 0);
    assert_null(json_object_get(a.json, "plate"));
    assert_null(strstr(a.body, "3333"));
    assert_string_equal(text(&a, "form"), "https://provider.example/checkout");
    answer_free(&a);

    snprintf(page, sizeof page, "/pay/%s", token);
    a = get(&l->f, page, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(header(&a, "Content-Type"), "text/html"));
    assert_non_null(strstr(header(&a, "Content-Security-Policy"), "default-src 'none'"));
    answer_free(&a);
    a = ask(&l->f, "POST", page, NULL, "{\"payer\":\"cus_link_1\"}", NULL);
    assert_int_equal(a.status, 202);
    assert_non_null(strstr(text(&a, "payment"), ":charge:1"));
    answer_free(&a);
    a = get(&l->f, path, NULL);
    assert_string_equal(text(&a, "state"), "paying");
    answer_free(&a);
    is_code(ask(&l->f, "POST", page, NULL, "{\"payer\":\"cus_link_1\"}", NULL), 409, "conflict");
    pthread_mutex_lock(&l->lock);
    world_result(&l->w, 0, PAYMENT_RESULT_DECLINED);
    pthread_mutex_unlock(&l->lock);
    a = get(&l->f, path, NULL);
    assert_string_equal(text(&a, "state"), "declined");
    answer_free(&a);
    a = ask(&l->f, "POST", page, NULL, "{\"payer\":\"cus_link_2\"}", NULL);
    assert_int_equal(a.status, 202);
    answer_free(&a);
    pthread_mutex_lock(&l->lock);
    world_result(&l->w, 1, PAYMENT_RESULT_SUCCEEDED);
    pthread_mutex_unlock(&l->lock);
    a = get(&l->f, path, NULL);
    assert_string_equal(text(&a, "state"), "paid");
    assert_int_equal(number(&a, "due_minor"), 0);
    assert_true(text(&a, "leave_by")[0] != '\0');
    answer_free(&a);
    a = ask(&l->f, "POST", page, NULL, "{\"payer\":\"cus_link_2\"}", NULL);
    assert_int_equal(a.status, 200); /* nothing is due, nothing is charged */
    assert_string_equal(text(&a, "payment"), "");
    answer_free(&a);
    assert_int_equal(l->w.call_count, 2);
}

static void the_code_is_a_picture(void **state)
{
    struct live *l = *state;
    char path[64], token[32], code[64];
    link_of(l, path, token);
    snprintf(code, sizeof code, "/pay/%s/qr.svg", token);
    struct answer a = get(&l->f, code, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(header(&a, "Content-Type"), "image/svg+xml"));
    assert_non_null(strstr(a.body, "<svg xmlns="));
    assert_non_null(strstr(a.body, "</svg>"));
    answer_free(&a);
}

static void hostile_links(void **state)
{
    struct live *l = *state;
    static const char *const tokens[] = {
        "0123456789ABCDEF", "x", "%00", "..", "0123456789ABCDEU", "%3Cscript%3E",
        "0123456789ABCDEF0"};
    char path[128], token[32], page[64];
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        snprintf(path, sizeof path, "/v1/pay/%s", tokens[i]);
        struct answer a = get(&l->f, path, NULL);
        assert_true(a.status == 404 || a.status == 400);
        answer_free(&a);
        snprintf(path, sizeof path, "/pay/%s", tokens[i]);
        a = ask(&l->f, "POST", path, NULL, "{\"payer\":\"cus_1\"}", NULL);
        assert_true(a.status == 404 || a.status == 400);
        answer_free(&a);
    }
    link_of(l, path, token);
    snprintf(page, sizeof page, "/pay/%s", token);
    static const char *const bodies[] = {"{}",
                                         "{\"payer\":\"\"}",
                                         "{\"payer\":5}",
                                         "{\"payer\":\"a b\"}",
                                         "{\"payer\":\"a\\nb\"}",
                                         "{\"payer\":\"cus_1\",\"amount\":1}",
                                         "{\"payer\":\"" LONG "\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        is_code(ask(&l->f, "POST", page, NULL, bodies[i], NULL), 422, "invalid_act");
    is_code(ask(&l->f, "POST", page, NULL, "[]", NULL), 400, "bad_json");
    assert_int_equal(l->w.call_count, 0);
}

static void paid_before_leaving(void **state)
{
    struct live *l = *state;
    static const char key[] = "Idempotency-Key: p1\r\n";
    is_code(ask(&l->f, "POST", "/v1/payments", ATTENDANT, "{" CAR "}", key), 409, "conflict");
    static const char body[] = "{" CAR ",\"payer\":{\"provider\":\"stripe\",\"token\":\"cus_9\"}}";
    struct answer a =
        ask(&l->f, "POST", "/v1/payments", ATTENDANT, body, "Idempotency-Key: p2\r\n");
    assert_int_equal(a.status, 202);
    assert_non_null(strstr(text(&a, "payment"), ":charge:1"));
    answer_free(&a);
    a = ask(&l->f, "POST", "/v1/payments", ATTENDANT, body, "Idempotency-Key: p2\r\n");
    assert_int_equal(a.status, 202); /* the same answer, no second charge */
    answer_free(&a);
    assert_int_equal(l->w.call_count, 1);
    is_code(ask(&l->f, "POST", "/v1/payments", ATTENDANT, body, NULL), 400, "idempotency_key");
    is_code(ask(&l->f, "POST", "/v1/payments", OPERATOR_OF_B, body, "Idempotency-Key: p3\r\n"), 404,
            "not_found");
    is_code(ask(&l->f, "POST", "/v1/payments", NULL, body, "Idempotency-Key: p4\r\n"), 401,
            "unauthorized");
    is_code(ask(&l->f, "POST", "/v1/payments", ATTENDANT,
                "{" CAR ",\"payer\":{\"provider\":\"stripe\",\"card\":\"4242424242424242\"}}",
                "Idempotency-Key: p5\r\n"),
            422, "invalid_act");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, live_teardown)
    const struct CMUnitTest tests[] = {T(a_driver_pays_by_link), T(the_code_is_a_picture),
                                       T(hostile_links), T(paid_before_leaving)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
