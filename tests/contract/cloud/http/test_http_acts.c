/* Corrections and acts over HTTP, on the real service and ledger. */
#include "tests/contract/cloud/http/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_int_t number(const struct answer *a, const char *key)
{
    return json_integer_value(json_object_get(a->json, key));
}

static void is_code(struct answer a, int status, const char *code)
{
    assert_int_equal(a.status, status);
    assert_string_equal(json_string_value(json_object_get(a.json, "code")), code);
    answer_free(&a);
}

static struct answer correct(struct live *l, const char *token, const char *body)
{
    static int number;
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: %d\r\n", ++number);
    return ask(&l->f, "POST", "/v1/corrections", token, body, key);
}

#define TWO_MORE "{\"place\":\"a\",\"delta\":2,\"reason\":\"two more on the roof\"}"

static void a_correction_is_an_act(void **state)
{
    struct live *l = *state;
    struct answer a = correct(l, OPERATOR, TWO_MORE);
    assert_int_equal(a.status, 201);
    assert_string_equal(header(&a, "Location"), "/v1/places/a/acts/1");
    assert_int_equal(number(&a, "occupied"), 2);
    answer_free(&a);
    a = get(&l->f, "/v1/places/a/acts/1", AUDITOR);
    assert_int_equal(a.status, 200);
    assert_string_equal(json_string_value(json_object_get(a.json, "actor")), "op");
    assert_string_equal(json_string_value(json_object_get(a.json, "kind")), "correction");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(a.json, "after"), "occupied")), 2);
    answer_free(&a);
    a = get(&l->f, "/v1/places/a", NULL);
    json_t *occupied = json_object_get(a.json, "occupied");
    assert_int_equal(json_integer_value(json_object_get(occupied, "counted")), 2);
    assert_int_equal(json_integer_value(json_object_get(occupied, "derived")), 0);
    assert_int_equal(json_integer_value(json_object_get(occupied, "difference")), 2);
    answer_free(&a);
}

static void acts_are_undone_and_listed(void **state)
{
    struct live *l = *state;
    struct answer a;
    for (int i = 0; i < 3; i++) {
        a = correct(l, OPERATOR, TWO_MORE);
        assert_int_equal(a.status, 201);
        answer_free(&a);
    }
    a = ask(&l->f, "POST", "/v1/places/a/acts/2/undo", OPERATOR, "{\"reason\":\"counted twice\"}",
            NULL);
    assert_int_equal(a.status, 201);
    assert_int_equal(number(&a, "act"), 4);
    answer_free(&a);
    is_code(ask(&l->f, "POST", "/v1/places/a/acts/2/undo", OPERATOR, "{\"reason\":\"x\"}", NULL),
            409, "conflict");
    a = get(&l->f, "/v1/places/a/acts?limit=3", AUDITOR);
    json_t *acts = json_object_get(a.json, "acts");
    assert_int_equal(json_array_size(acts), 3);
    assert_int_equal(number(&a, "next"), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(acts, 2), "undone_by")), 4);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(acts, 0), "undoes")), 2);
    answer_free(&a);
    a = get(&l->f, "/v1/corrections?place=a&before=2", AUDITOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "corrections")), 1);
    assert_true(json_is_null(json_object_get(a.json, "next")));
    answer_free(&a);
}

static void every_fault_is_named(void **state)
{
    struct live *l = *state;
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"delta\":1,\"reason\":\"x\"}", "/place"},
        {"{\"place\":\"a\",\"reason\":\"x\"}", "/delta"},
        {"{\"place\":\"a\",\"delta\":0,\"reason\":\"x\"}", "/delta"},
        {"{\"place\":\"a\",\"delta\":1.5,\"reason\":\"x\"}", "/delta"},
        {"{\"place\":\"a\",\"delta\":1000001,\"reason\":\"x\"}", "/delta"},
        {"{\"place\":\"a\",\"delta\":1}", "/reason"},
        {"{\"place\":\"a\",\"delta\":1,\"reason\":\"\"}", "/reason"},
        {"{\"place\":\"a\",\"delta\":1,\"reason\":\"a\\u0007\"}", "/reason"},
        {"{\"place\":\"a\",\"delta\":1,\"reason\":\"x\",\"colour\":1}", "/colour"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = correct(l, OPERATOR, rows[i].body);
        assert_int_equal(a.status, 422);
        json_t *error = json_array_get(json_object_get(a.json, "errors"), 0);
        assert_string_equal(json_string_value(json_object_get(error, "pointer")), rows[i].pointer);
        answer_free(&a);
    }
    is_code(correct(l, OPERATOR, "{\"place\":\"a\",\"delta\":-1,\"reason\":\"x\"}"), 409,
            "conflict");
    is_code(correct(l, OPERATOR, "{\"place\":\"z\",\"delta\":1,\"reason\":\"x\"}"), 404,
            "not_found");
    is_code(get(&l->f, "/v1/places/a/acts?before=x", AUDITOR), 400, "bad_cursor");
    is_code(get(&l->f, "/v1/places/a/acts/0", AUDITOR), 404, "not_found");
    is_code(get(&l->f, "/v1/corrections", AUDITOR), 400, "place_missing");
}

static void not_everybody_corrects(void **state)
{
    struct live *l = *state;
    struct answer a = correct(l, AUDITOR, TWO_MORE);
    assert_int_equal(a.status, 403);
    answer_free(&a);
    a = correct(l, NULL, TWO_MORE);
    assert_int_equal(a.status, 401);
    answer_free(&a);
    is_code(correct(l, OPERATOR_OF_B, TWO_MORE), 403, "other_place");
    is_code(get(&l->f, "/v1/corrections?place=a", OPERATOR_OF_B), 403, "other_place");
    pthread_mutex_lock(&l->lock);
    l->w.sign_answer = ERR_IO;
    pthread_mutex_unlock(&l->lock);
    is_code(correct(l, OPERATOR, TWO_MORE), 503, "unavailable");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, live_setup, live_teardown)
    const struct CMUnitTest tests[] = {
        T(a_correction_is_an_act),
        T(acts_are_undone_and_listed),
        T(every_fault_is_named),
        T(not_everybody_corrects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
