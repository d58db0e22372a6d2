/* Quotes and validations over HTTP, on the real service and ledger. */
#include "tests/contract/cloud/http/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct issuer shops[] = {
    {.name = {"cafe"},
     .per_stay = 1,
     .most = {[TARIFF_VALIDATION_PERCENT] = 50, [TARIFF_VALIDATION_AMOUNT] = 500}}};

static json_int_t number(const struct answer *a, const char *key)
{
    return json_integer_value(json_object_get(a->json, key));
}

static const char *text(const struct answer *a, const char *key)
{
    const char *value = json_string_value(json_object_get(a->json, key));
    return value ? value : "";
}

static void is_code(struct answer a, int status, const char *code)
{
    if (a.status != status || strcmp(text(&a, "code"), code) != 0)
        fail_msg("%d %s, expected %d %s", a.status, text(&a, "code"), status, code);
    answer_free(&a);
}

/* One vehicle is inside. */
static int setup(void **state)
{
    if (live_setup(state) != 0)
        return -1;
    struct live *l = *state;
    pthread_mutex_lock(&l->lock);
    l->w.issuers = shops;
    l->w.issuer_count = 1;
    world_restart(&l->w);
    struct test_edge e = edge_of("a", "e1", 1);
    edge_hello(&l->w, &e, "ex");
    edge_accept(&l->w, &e);
    edge_enter(&l->w, &e, "22아2222");
    pthread_mutex_unlock(&l->lock);
    return 0;
}

#define STAY "/v1/quotes?place=a&plate=22%EC%95%842222"

static struct answer give(struct live *l, const char *token, const char *body)
{
    static int number;
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: v%d\r\n", ++number);
    return ask(&l->f, "POST", "/v1/validations", token, body, key);
}

static void a_stay_is_quoted(void **state)
{
    struct live *l = *state;
    struct answer a = get(&l->f, STAY, ATTENDANT);
    assert_int_equal(a.status, 200);
    assert_string_equal(text(&a, "state"), "open");
    assert_string_equal(text(&a, "currency"), "KRW");
    assert_int_equal(number(&a, "tariff_version"), 7);
    assert_int_equal(number(&a, "paid_minor"), 0);
    assert_true(json_is_array(json_object_get(a.json, "lines")));
    char by_id[64];
    snprintf(by_id, sizeof by_id, "/v1/quotes?session=%s", text(&a, "session"));
    answer_free(&a);
    a = get(&l->f, by_id, OPERATOR);
    assert_int_equal(a.status, 200);
    assert_string_equal(text(&a, "plate"), "22아2222");
    answer_free(&a);
    is_code(get(&l->f, by_id, OPERATOR_OF_B), 404, "not_found");
    is_code(get(&l->f, STAY, NULL), 401, "unauthorized");
    is_code(get(&l->f, STAY, AUDITOR), 403, "forbidden");
    is_code(get(&l->f, "/v1/quotes", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?place=a", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?session=xyz", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?session=0000000000000001&place=a", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?place=a&plate=%00", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?place=a&plate=1&plate=2", OPERATOR), 400, "bad_query");
    is_code(get(&l->f, "/v1/quotes?place=a&plate=99Z9999", OPERATOR), 404, "not_found");
    is_code(get(&l->f, "/v1/quotes?place=a&credential=T1", OPERATOR), 404, "not_found");
    is_code(get(&l->f, "/v1/quotes?place=a&credential=", OPERATOR), 400, "bad_query");
}

static void a_shop_gives(void **state)
{
    struct live *l = *state;
    struct answer a = give(l, ATTENDANT,
                           "{\"id\":\"v1\",\"place\":\"a\",\"plate\":\"22아2222\",\"issuer\":"
                           "\"cafe\",\"kind\":\"percent\",\"value\":50}");
    assert_int_equal(a.status, 201);
    assert_string_equal(text(&a, "issuer"), "cafe");
    answer_free(&a);
    a = get(&l->f, STAY, ATTENDANT);
    json_t *lines = json_object_get(a.json, "lines");
    json_t *last = json_array_get(lines, json_array_size(lines) - 1);
    assert_string_equal(json_string_value(json_object_get(last, "kind")), "percent");
    answer_free(&a);
    is_code(give(l, ATTENDANT,
                 "{\"id\":\"v2\",\"place\":\"a\",\"plate\":\"22아2222\",\"issuer\":\"cafe\","
                 "\"kind\":\"percent\",\"value\":50}"),
            409, "conflict");
    is_code(give(l, ATTENDANT,
                 "{\"id\":\"v2\",\"place\":\"a\",\"plate\":\"77아2222\",\"issuer\":\"cafe\","
                 "\"kind\":\"percent\",\"value\":50}"),
            404, "not_found");
    is_code(give(l, AUDITOR, "{}"), 403, "forbidden");
}

static void every_fault_is_named(void **state)
{
    struct live *l = *state;
    static const struct {
        const char *path, *body, *pointer;
    } rows[] = {
        {"v", "{\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"amount\",\"value\":1}",
         "/id"},
        {"v",
         "{\"id\":\"a b\",\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"amount\","
         "\"value\":1}",
         "/id"},
        {"v", "{\"id\":\"x\",\"issuer\":\"c\",\"kind\":\"amount\",\"value\":1}", "/session"},
        {"v", "{\"id\":\"x\",\"place\":\"a\",\"issuer\":\"c\",\"kind\":\"amount\",\"value\":1}",
         "/session"},
        {"v",
         "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"\\u0007\",\"issuer\":\"c\",\"kind\":"
         "\"amount\",\"value\":1}",
         "/plate"},
        {"v", "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"1\",\"kind\":\"amount\",\"value\":1}",
         "/issuer"},
        {"v",
         "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"all\","
         "\"value\":1}",
         "/kind"},
        {"v",
         "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"percent\","
         "\"value\":101}",
         "/value"},
        {"v",
         "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"amount\","
         "\"value\":1.5}",
         "/value"},
        {"v",
         "{\"id\":\"x\",\"place\":\"a\",\"plate\":\"1\",\"issuer\":\"c\",\"kind\":\"amount\","
         "\"value\":1,\"gift\":true}",
         "/gift"},
        {"q", "{\"place\":\"a\",\"entry\":\"2026-05-15T10:00:00Z\"}", "/exit"},
        {"q", "{\"place\":\"a\",\"exit\":\"2026-05-15T10:00:00Z\"}", "/entry"},
        {"q", "{\"entry\":\"2026-05-15T10:00:00Z\",\"exit\":\"2026-05-15T10:00:00Z\"}", "/place"},
        {"q",
         "{\"place\":\"a\",\"entry\":\"2026-05-15T10:00:01Z\",\"exit\":"
         "\"2026-05-15T10:00:00Z\"}",
         "/exit"},
        {"q", "{\"place\":\"a\",\"entry\":\"now\",\"exit\":\"2026-05-15T10:00:00Z\"}", "/entry"},
        {"q",
         "{\"place\":\"A\",\"entry\":\"2026-05-15T10:00:00Z\",\"exit\":"
         "\"2026-05-15T10:00:00Z\"}",
         "/place"},
        {"q", "{\"place\":\"a\",\"lost\":1,\"exit\":\"2026-05-15T10:00:00Z\"}", "/lost"},
        {"q",
         "{\"place\":\"a\",\"entry\":\"2026-05-15T10:00:00Z\",\"exit\":"
         "\"2026-05-15T10:00:00Z\",\"validations\":[{\"kind\":\"percent\",\"value\":0}]}",
         "/validations"},
        {"q",
         "{\"place\":\"a\",\"entry\":\"2026-05-15T10:00:00Z\",\"exit\":"
         "\"2026-05-15T10:00:00Z\",\"covered\":[{\"from\":\"x\",\"to\":\"y\"}]}",
         "/covered"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = rows[i].path[0] == 'v'
                              ? give(l, ATTENDANT, rows[i].body)
                              : ask(&l->f, "POST", "/v1/quotes", ATTENDANT, rows[i].body, NULL);
        json_t *error = json_array_get(json_object_get(a.json, "errors"), 0);
        const char *pointer = json_string_value(json_object_get(error, "pointer"));
        if (a.status != 422 || pointer == NULL || strcmp(pointer, rows[i].pointer) != 0)
            fail_msg("%s: %d %s", rows[i].body, a.status, pointer ? pointer : "");
        answer_free(&a);
    }
}

static void what_if(void **state)
{
    struct live *l = *state;
    struct answer a =
        ask(&l->f, "POST", "/v1/quotes", ATTENDANT,
            "{\"place\":\"a\",\"lost\":true,\"exit\":\"2026-05-15T10:00:00Z\"}", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(number(&a, "price_minor"), 20000);
    answer_free(&a);
    a = ask(
        &l->f, "POST", "/v1/quotes", AUDITOR,
        "{\"place\":\"a\",\"entry\":\"2026-05-15T10:00:00Z\",\"exit\":\"2026-05-15T11:00:00Z\"}",
        NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(number(&a, "price_minor"), 6000);
    answer_free(&a);
    is_code(ask(&l->f, "POST", "/v1/quotes", AUDITOR,
                "{\"place\":\"zz\",\"lost\":true,\"exit\":\"2026-05-15T10:00:00Z\"}", NULL),
            404, "not_found");
    is_code(ask(&l->f, "POST", "/v1/quotes", AUDITOR,
                "{\"place\":\"a\",\"entry\":\"1926-05-15T10:00:00Z\",\"exit\":"
                "\"2026-05-15T11:00:00Z\"}",
                NULL),
            422, "unpriced");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, live_teardown)
    const struct CMUnitTest tests[] = {T(a_stay_is_quoted), T(a_shop_gives),
                                       T(every_fault_is_named), T(what_if)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
