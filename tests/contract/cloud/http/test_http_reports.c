/* Reports over real HTTP: their shape, their age, and what is refused. The figures: test_views.c. */
#include "cloud/view/views.h"
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RANGE "place=a&from=2026-11-20T06:00:00Z&to=2026-11-20T08:00:00Z"

static void add_payment(struct fixture *f, const char *key)
{
    char data[160];
    int n = snprintf(data, sizeof data,
                     "{\"session\":\"00000000000000aa\",\"key\":\"%s\",\"kind\":\"exit\","
                     "\"amount_minor\":1500,\"currency\":\"KRW\"}",
                     key);
    struct fact_row r = {.type = "payment.succeeded",
                         .place = {"a"},
                         .subject = "x",
                         .at = {NOW_MS},
                         .data = data,
                         .len = (size_t)n};
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.add_fact(f->port.self, &r), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    pthread_mutex_unlock(&f->lock);
}

static void apply(struct fixture *f)
{
    struct views *v;
    bool more = true;
    assert_int_equal(views_open(f->file, &v), ERR_OK);
    while (more)
        assert_int_equal(views_step(v, &more), ERR_OK);
    views_close(v);
}

static json_int_t int_of(json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static void refused(struct fixture *f, const char *target, const char *token, int status,
                    const char *code)
{
    struct answer a = get(f, target, token);
    assert_int_equal(a.status, status);
    assert_string_equal(json_string_value(json_object_get(a.json, "code")), code);
    answer_free(&a);
}

static void a_report_has_its_age(void **state)
{
    struct fixture *f = *state;
    refused(f, "/v1/reports/revenue?" RANGE, AUDITOR, 503, "busy"); /* nobody made views yet */
    add_payment(f, "k1");
    apply(f);
    add_payment(f, "k2");
    struct answer a = get(f, "/v1/reports/revenue?by=kind&" RANGE, AUDITOR);
    assert_int_equal(a.status, 200);
    json_t *row = json_array_get(json_object_get(a.json, "rows"), 0);
    json_t *age = json_object_get(a.json, "as_of");
    assert_string_equal(json_string_value(json_object_get(row, "time")),
                        "2026-11-20T06:00:00.000Z");
    assert_string_equal(json_string_value(json_object_get(row, "group")), "exit");
    assert_int_equal(int_of(row, "amount_minor"), 1500);
    assert_int_equal(int_of(age, "behind"), 1);
    assert_string_equal(json_string_value(json_object_get(age, "cursor")), "1");
    answer_free(&a);
    apply(f);
    a = get(f, "/v1/reports/revenue?" RANGE, OPERATOR);
    assert_int_equal(int_of(json_object_get(a.json, "as_of"), "behind"), 0);
    assert_int_equal(int_of(json_object_get(a.json, "as_of"), "age_ms"), 0);
    row = json_array_get(json_object_get(a.json, "rows"), 0);
    assert_int_equal(int_of(row, "amount_minor"), 3000);
    answer_free(&a);
    a = get(f, "/v1/reports/occupancy?step=15m&" RANGE, OPERATOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "rows")), 8);
    assert_int_equal(int_of(a.json, "step_s"), 900);
    answer_free(&a);
    a = get(f, "/v1/reports/arrivals?step=1d&" RANGE, OPERATOR);
    assert_int_equal(json_array_size(json_object_get(a.json, "rows")), 0);
    answer_free(&a);
}

static void what_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "occupancy?from=2026-11-20T06:00:00Z&to=2026-11-20T08:00:00Z",
        "occupancy?place=A&from=2026-11-20T06:00:00Z&to=2026-11-20T08:00:00Z",
        "occupancy?place=a&from=2026-11-20T06:00:00Z",
        "occupancy?place=a&from=2026-11-20T06:00:00Z&to=2026-11-20T06:00:00Z",
        "occupancy?place=a&from=yesterday&to=2026-11-20T08:00:00Z",
        "occupancy?place=a&from=2026-11-20T06:00:01Z&to=2026-11-20T08:00:00Z",
        "occupancy?place=a&from=2026-11-01T00:00:00Z&to=2026-11-20T08:00:00Z&step=1m",
        "occupancy?step=7m&" RANGE,
        "arrivals?step=15m&" RANGE,
        "arrivals?place=a&from=2026-11-20T06:30:00Z&to=2026-11-20T08:00:00Z",
        "revenue?by=driver&" RANGE,
    };
    char target[160];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(target, sizeof target, "/v1/reports/%s", bad[i]);
        refused(f, target, OPERATOR, 400, "bad_parameter");
    }
    refused(f, "/v1/reports/arrivals?by=lane&" RANGE, OPERATOR, 400, "unknown_parameter");
    refused(f, "/v1/reports/arrivals?" RANGE, NULL, 401, "unauthorized");
    refused(f, "/v1/reports/arrivals?" RANGE, DRIVER, 403, "forbidden");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_report_has_its_age),
        TEST(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
