/* sim/traffic/demand.h and agenda.h. */
#include "sim/traffic/agenda.h"
#include "sim/traffic/demand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Everybody who wants in or out gets through at once. */
static int64_t follow(struct demand *d, int64_t until_ms, int64_t inside, struct prng *p)
{
    while (demand_due_ms(d) <= until_ms) {
        struct demand_facts f = {inside, 0, 0};
        enum demand_wish w = demand_take(d, demand_due_ms(d), &f, p);
        inside += w == WISH_ARRIVAL ? 1 : w == WISH_DEPARTURE ? -1 : 0;
    }
    return inside;
}

static void poisson_has_its_rate(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_poisson(60, 0, &p);
    int64_t n = follow(&d, 1000 * 3600000LL, 0, &p);
    assert_in_range(n, 59000, 61000);
    assert_int_equal(demand_due_ms(&(struct demand){0}), INT64_MAX);
    assert_int_equal(demand_poisson(0, 0, &p).kind, DEMAND_NONE);
}

static struct trace_row rows[] = {
    {{1000000000000}, 100, 90}, {{1000000600000}, 100, 50}, {{1000001200000}, 100, 100}};
static const struct trace three = {rows, 3};

static void a_trace_is_met_at_every_row(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_trace(&three, -1000000000000, 0);
    int64_t inside = follow(&d, 0, 0, &p);
    assert_int_equal(inside, 0);
    inside = follow(&d, 300000, inside, &p);
    assert_in_range(inside, 24, 26); /* spread over the time between */
    inside = follow(&d, 600000 - 1, inside, &p);
    assert_int_equal(inside, 50);
    inside = follow(&d, 1200000, inside, &p);
    assert_int_equal(inside, 0);
    assert_int_equal(demand_due_ms(&d), INT64_MAX);
}

static void another_capacity_is_scaled(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_trace(&three, -1000000000000, 11);
    assert_int_equal(follow(&d, 600000 - 1, 0, &p), 6); /* 50 of 100 is 5.5 of 11 */
}

static void who_is_on_his_way_counts(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_trace(&three, -1000000000000, 0);
    const struct demand_facts busy = {20, 40, 5};
    assert_int_equal(demand_take(&d, 0, &busy, &p), WISH_NOTHING);
    assert_int_equal(d.wish, WISH_DEPARTURE);
    assert_int_equal(d.wishes, 5);
}

static void a_start_in_the_middle_skips_what_is_past(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_trace(&three, -1000000700000, 0); /* rows at -700, -100, +500 s */
    const struct demand_facts f = {7, 0, 0};
    assert_true(demand_due_ms(&d) <= 10);
    assert_int_equal(demand_take(&d, 10, &f, &p), WISH_NOTHING);
    assert_int_equal(d.target, 0);
    assert_int_equal(d.wishes, 7);
    assert_int_equal(d.wish, WISH_DEPARTURE);
}

static void a_pause_of_random_arrivals_is_not_made_up(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_poisson(3600, 0, &p);
    demand_resume(&d, 3600000, &p);
    assert_true(demand_due_ms(&d) > 3600000);
}

static void a_pause_of_a_trace_plans_anew_at_once(void **state)
{
    (void)state;
    struct prng p = {1};
    struct demand d = demand_trace(&three, -1000000000000, 0);
    follow(&d, 100000, 0, &p);
    demand_resume(&d, 400000, &p);
    assert_int_equal(demand_due_ms(&d), 400000);
    const struct demand_facts f = {12, 0, 0};
    assert_int_equal(demand_take(&d, 400000, &f, &p), WISH_NOTHING);
    assert_int_equal(d.wishes, 38);
    assert_int_equal(follow(&d, 599999, 12, &p), 50);
    assert_int_equal(d.wishes, 0);
    assert_int_equal(demand_due_ms(&d), 600000);
    demand_resume(&d, 599999, &p);
    assert_int_equal(demand_due_ms(&d), 599999);
}

static void appointments_in_order(void **state)
{
    (void)state;
    struct agenda a = {0};
    struct prng p = {3};
    assert_int_equal(agenda_due_ms(&a), INT64_MAX);
    for (uint32_t i = 0; i < 1000; i++)
        agenda_add(&a, (int64_t)prng_below(&p, 50), i);
    int64_t last_ms = -1;
    uint32_t last = 0;
    while (a.count > 0) {
        int64_t at = agenda_due_ms(&a);
        uint32_t car = agenda_take(&a);
        assert_true(at > last_ms || (at == last_ms && car > last));
        last_ms = at;
        last = car;
    }
    agenda_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poisson_has_its_rate),
        cmocka_unit_test(a_trace_is_met_at_every_row),
        cmocka_unit_test(another_capacity_is_scaled),
        cmocka_unit_test(who_is_on_his_way_counts),
        cmocka_unit_test(a_start_in_the_middle_skips_what_is_past),
        cmocka_unit_test(a_pause_of_random_arrivals_is_not_made_up),
        cmocka_unit_test(a_pause_of_a_trace_plans_anew_at_once),
        cmocka_unit_test(appointments_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
