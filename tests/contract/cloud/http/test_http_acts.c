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
        /* cut within a character */
        {"{\"place\":\"a\",\"delta\":1,\"reason\":\"x\","
         "\"0123456789012345678901234567890123456789\xC3\xA9\":1}",
         "/0123456789012345678901234567890123456789"},
        {"{\"place\":\"a\",\"delta\":1,\"reason\":\"x\","
         "\"012345678901234567890123456789012345678\xC3\xA9\":1}",
         "/012345678901234567890123456789012345678"},
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

static json_t *member(const struct answer *a, const char *path)
{
    json_t *at = a->json;
    char key[32];
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, ".");
        snprintf(key, sizeof key, "%.*s", (int)len, p);
        at = json_object_get(at, key);
        p += len + (p[len] == '.');
    }
    return at;
}

static void zones_and_hours_are_settings(void **state)
{
    struct live *l = *state;
    struct answer a =
        ask(&l->f, "PUT", "/v1/places/roof", OPERATOR,
            "{\"capacity\":4,\"parent\":\"a\",\"tariff\":\"t3\",\"stale_after_ms\":1000,"
            "\"hours\":\"2026-11-20 closed\"}",
            NULL);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    is_code(ask(&l->f, "PUT", "/v1/places/yard", OPERATOR,
                "{\"capacity\":7,\"parent\":\"a\",\"tariff\":\"t3\"}", NULL),
            409, "conflict");
    is_code(ask(&l->f, "PUT", "/v1/places/yard", OPERATOR,
                "{\"capacity\":7,\"parent\":\"b\",\"tariff\":\"t3\"}", NULL),
            404, "not_found");
    a = get(&l->f, "/v1/places/roof", NULL);
    assert_string_equal(json_string_value(member(&a, "parent")), "a");
    assert_string_equal(json_string_value(member(&a, "hours")), "2026-11-20 closed");
    assert_int_equal(json_integer_value(member(&a, "stale_after_ms")), 1000);
    answer_free(&a);
    a = get(&l->f, "/v1/places/a", NULL);
    assert_string_equal(json_string_value(json_array_get(member(&a, "zones"), 0)), "roof");
    assert_int_equal(json_integer_value(member(&a, "stale_after_ms")), 0);
    answer_free(&a);
    a = get(&l->f, "/v1/places", NULL);
    assert_int_equal(json_integer_value(member(&a, "totals.places")), 1);
    assert_int_equal(json_integer_value(member(&a, "totals.capacity")), 10);
    assert_int_equal(json_integer_value(member(&a, "totals.free")), 10);
    answer_free(&a);
}

/* A vehicle inside for an hour, one that left without having come, and one that is not long inside. */
static void stays_are_listed_by_state(void **state)
{
    struct live *l = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    pthread_mutex_lock(&l->lock);
    assert_true(edge_hello(&l->w, &e, "ex"));
    edge_accept(&l->w, &e);
    l->w.now.wall.v -= 3600 * 1000;
    edge_enter(&l->w, &e,
               "22\xEC\x95\x84"
               "2222");
    l->w.now.wall.v += 3600 * 1000;
    edge_accept(&l->w, &e);
    edge_enter(&l->w, &e,
               "33\xEB\x82\x98"
               "3333");
    edge_leave(&l->w, &e,
               "44\xEB\x8B\xA4"
               "4444",
               BASIS_FREE, NULL);
    pthread_mutex_unlock(&l->lock);
    struct answer a =
        ask(&l->f, "PUT", "/v1/places/a", OPERATOR,
            "{\"capacity\":10,\"tariff\":\"t3\",\"stale_after_ms\":1800000}", "If-Match: *\r\n");
    assert_int_equal(a.status, 200);
    answer_free(&a);
    static const struct {
        const char *state;
        size_t count;
    } rows[] = {{"open", 2}, {"stale", 1}, {"unmatched", 1}, {"closed", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/sessions?place=a&state=%s", rows[i].state);
        a = get(&l->f, target, ATTENDANT);
        assert_int_equal(a.status, 200);
        assert_int_equal(json_array_size(member(&a, "sessions")), rows[i].count);
        json_t *first = json_array_get(member(&a, "sessions"), 0);
        if (strcmp(rows[i].state, "stale") == 0) {
            assert_true(json_is_true(json_object_get(first, "stale")));
            assert_string_equal(json_string_value(json_object_get(first, "entry_lane")), "in-1");
        }
        answer_free(&a);
    }
    a = get(&l->f, "/v1/sessions?place=a&state=open&limit=1", ATTENDANT);
    char next[160];
    snprintf(next, sizeof next, "/v1/sessions?place=a&state=open&after=%s",
             json_string_value(member(&a, "next")));
    answer_free(&a);
    a = get(&l->f, next, ATTENDANT);
    assert_int_equal(json_array_size(member(&a, "sessions")), 1);
    assert_true(json_is_null(member(&a, "next")));
    answer_free(&a);
    is_code(get(&l->f, "/v1/sessions?place=a&state=x", ATTENDANT), 400, "bad_state");
    is_code(get(&l->f, "/v1/sessions?place=a", ATTENDANT), 400, "bad_state");
    is_code(get(&l->f, "/v1/sessions?place=z&state=open", ATTENDANT), 404, "not_found");
    is_code(get(&l->f, "/v1/sessions?place=a&plate=1&state=open", ATTENDANT), 400, "bad_query");
    is_code(get(&l->f, "/v1/sessions?place=a&state=open", OPERATOR_OF_B), 403, "other_place");
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A misread exit: listed, its candidates with the reason, tried out, done, undone. */
static void a_misread_exit_is_matched(void **state)
{
    struct live *l = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    char target[96], body[128];
    pthread_mutex_lock(&l->lock);
    assert_true(edge_hello(&l->w, &e, "ex"));
    edge_accept(&l->w, &e);
    l->w.now.wall.v -= 3600 * 1000;
    struct movement_id in = edge_enter(&l->w, &e,
                                       "22\xEC\x95\x84"
                                       "2222");
    l->w.now.wall.v += 3600 * 1000;
    edge_accept(&l->w, &e);
    edge_enter(&l->w, &e,
               "99\xEC\x95\x84"
               "9999");
    struct movement_id out = edge_leave(&l->w, &e,
                                        "22\xEC\x95\x84"
                                        "2223",
                                        BASIS_OFFLINE, NULL);
    pthread_mutex_unlock(&l->lock);
    snprintf(target, sizeof target, "/v1/sessions/%s/candidates", out.text);
    struct answer a = get(&l->f, target, ATTENDANT);
    assert_int_equal(a.status, 200);
    json_t *list = json_object_get(a.json, "candidates");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(text_of(json_array_get(list, 0), "session"), in.text);
    assert_string_equal(text_of(json_array_get(list, 0), "why"), "one_character");
    answer_free(&a);
    snprintf(target, sizeof target, "/v1/sessions/%s/match", in.text);
    snprintf(body, sizeof body, "{\"exit\":\"%s\",\"reason\":\"photo\",\"dry_run\":true}",
             out.text);
    a = ask(&l->f, "POST", target, OPERATOR, body, NULL);
    assert_int_equal(a.status, 200);
    assert_true(json_is_null(json_object_get(a.json, "act")));
    assert_int_equal(number(&a, "price_after_minor"), 6000);
    assert_int_equal(number(&a, "due_minor"), 6000);
    answer_free(&a);
    snprintf(body, sizeof body, "{\"exit\":\"%s\",\"reason\":\"photo\"}", out.text);
    is_code(ask(&l->f, "POST", target, ATTENDANT, body, NULL), 403, "forbidden");
    a = ask(&l->f, "POST", target, OPERATOR, body, NULL);
    assert_int_equal(a.status, 201);
    assert_int_equal(number(&a, "act"), 1);
    assert_string_equal(text_of(a.json, "why"), "one_character");
    answer_free(&a);
    is_code(ask(&l->f, "POST", target, OPERATOR, body, NULL), 409, "conflict");
    a = ask(&l->f, "POST", "/v1/places/a/acts/1/undo", OPERATOR, "{\"reason\":\"no\"}", NULL);
    assert_int_equal(a.status, 201);
    answer_free(&a);
    a = get(&l->f, "/v1/sessions?place=a&state=unmatched", ATTENDANT);
    assert_int_equal(json_array_size(json_object_get(a.json, "sessions")), 1);
    answer_free(&a);
    is_code(ask(&l->f, "POST", target, OPERATOR, "{\"exit\":\"x\",\"reason\":\"y\"}", NULL), 422,
            "invalid_act");
    is_code(ask(&l->f, "POST", "/v1/sessions/00000000000000aa/close", OPERATOR,
                "{\"reason\":\"y\"}", NULL),
            404, "not_found");
    snprintf(target, sizeof target, "/v1/sessions/%s/close", in.text);
    is_code(ask(&l->f, "POST", target, OPERATOR, "{\"reason\":\"y\",\"end\":\"today\"}", NULL), 422,
            "invalid_act");
    is_code(ask(&l->f, "POST", target, OPERATOR_OF_B, "{\"reason\":\"y\"}", NULL), 404,
            "not_found");
    a = ask(&l->f, "POST", target, OPERATOR, "{\"reason\":\"towed away\",\"free\":true}", NULL);
    assert_int_equal(a.status, 201);
    answer_free(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, live_setup, live_teardown)
    const struct CMUnitTest tests[] = {
        T(a_correction_is_an_act),    T(acts_are_undone_and_listed),   T(every_fault_is_named),
        T(not_everybody_corrects),    T(zones_and_hours_are_settings), T(stays_are_listed_by_state),
        T(a_misread_exit_is_matched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
