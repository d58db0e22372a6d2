/* Which endpoint is used, and which is left out: E1 to E4 of endpoint.h. */
#include "cloud/payment/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct endpoint_options options = {.failures_in_row = 5, .eject_ms = 30000};

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){ms};
}

static size_t attempt(struct endpoint *list, size_t n, enum breaker_result r, int64_t ms)
{
    struct endpoint_ticket t = endpoint_begin(list, n, n, at(ms));
    endpoint_end(list, &t, &options, r, at(ms));
    return t.at;
}

static void e1_in_turn_and_the_idle_one_first(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(attempt(list, 3, BREAKER_GOOD, 0), i % 3);
    struct endpoint_ticket a = endpoint_begin(list, 3, 3, at(0));
    struct endpoint_ticket b = endpoint_begin(list, 3, 3, at(0));
    assert_int_equal(a.at, 0);
    assert_int_equal(b.at, 1);
    endpoint_end(list, &a, &options, BREAKER_GOOD, at(0));
    assert_int_equal(endpoint_begin(list, 3, 3, at(0)).at, 2);
    assert_int_equal(endpoint_begin(list, 3, 3, at(0)).at, 0); /* 1 and 2 are busy */
}

static void e1_a_retry_goes_elsewhere(void **state)
{
    (void)state;
    struct endpoint list[2] = {0};
    assert_int_equal(endpoint_begin(list, 2, 0, at(0)).at, 1);
    assert_int_equal(endpoint_begin(list, 2, 0, at(0)).at, 1);
    assert_int_equal(endpoint_begin(list, 1, 0, at(0)).at, 0); /* there is no other */
}

/* Fails the second of three until it is ejected at `ms`. */
static void eject_second(struct endpoint *list, int64_t ms)
{
    for (int i = 0; i < 5; i++) {
        assert_int_equal(list[1].state, ENDPOINT_IN);
        struct endpoint_ticket t = {1, list[1].era};
        list[1].in_flight++;
        endpoint_end(list, &t, &options, BREAKER_FAILED, at(ms));
    }
    assert_int_equal(list[1].state, ENDPOINT_EJECTED);
    assert_int_equal(list[1].ejections, 1);
}

static void e2_five_failures_in_a_row_eject(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    for (int i = 0; i < 20; i++) { /* never five in a row */
        struct endpoint_ticket t = {1, 0};
        list[1].in_flight++;
        endpoint_end(list, &t, &options, i % 5 == 4 ? BREAKER_GOOD : BREAKER_TIMED_OUT, at(0));
    }
    assert_int_equal(list[1].state, ENDPOINT_IN);
    assert_int_equal(list[1].timed_out, 16);
    eject_second(list, 0);
    for (int i = 0; i < 10; i++)
        assert_int_not_equal(attempt(list, 3, BREAKER_GOOD, 29999), 1);
}

static void e2_one_trial_then_in_or_out_again(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    eject_second(list, 0);
    struct endpoint_ticket trial = endpoint_begin(list, 3, 3, at(30000));
    assert_int_equal(trial.at, 1);
    for (int i = 0; i < 4; i++)
        assert_int_not_equal(attempt(list, 3, BREAKER_GOOD, 30001), 1); /* exactly one */
    endpoint_end(list, &trial, &options, BREAKER_TIMED_OUT, at(32000));
    assert_int_equal(list[1].state, ENDPOINT_EJECTED);
    assert_int_not_equal(attempt(list, 3, BREAKER_GOOD, 61999), 1);
    assert_int_equal(attempt(list, 3, BREAKER_GOOD, 62000), 1);
    assert_int_equal(list[1].state, ENDPOINT_IN);
}

static void e2_a_trial_that_was_none_is_made_again(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    eject_second(list, 0);
    assert_int_equal(attempt(list, 3, BREAKER_ABANDONED, 30000), 1);
    assert_int_equal(attempt(list, 3, BREAKER_GOOD, 30001), 1);
}

static void e3_all_ejected_the_first_due_is_used(void **state)
{
    (void)state;
    struct endpoint list[2] = {0};
    for (int i = 0; i < 10; i++)
        attempt(list, 2, BREAKER_FAILED, i);
    assert_int_equal(list[0].state, ENDPOINT_EJECTED);
    assert_int_equal(list[1].state, ENDPOINT_EJECTED);
    assert_int_equal(attempt(list, 2, BREAKER_GOOD, 100), 0);
    assert_int_equal(list[0].state, ENDPOINT_IN); /* it answered */
}

static void e4_late_results_change_nothing(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    struct endpoint_ticket late = {1, 0};
    list[1].in_flight += 2;
    eject_second(list, 0);
    endpoint_end(list, &late, &options, BREAKER_GOOD, at(10));
    assert_int_equal(list[1].state, ENDPOINT_EJECTED);
    endpoint_end(list, &late, &options, BREAKER_FAILED, at(20000));
    assert_int_equal(attempt(list, 3, BREAKER_GOOD, 30000), 1); /* not prolonged */
    assert_int_equal(list[1].in_flight, 0);
}

static void others_work(void **state)
{
    (void)state;
    struct endpoint list[3] = {0};
    assert_true(endpoint_others_work(list, 3, 0));
    assert_false(endpoint_others_work(list, 1, 0));
    list[1].failures = 1;
    list[2].state = ENDPOINT_EJECTED;
    assert_false(endpoint_others_work(list, 3, 0));
    assert_true(endpoint_others_work(list, 3, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e1_in_turn_and_the_idle_one_first),
        cmocka_unit_test(e1_a_retry_goes_elsewhere),
        cmocka_unit_test(e2_five_failures_in_a_row_eject),
        cmocka_unit_test(e2_one_trial_then_in_or_out_again),
        cmocka_unit_test(e2_a_trial_that_was_none_is_made_again),
        cmocka_unit_test(e3_all_ejected_the_first_due_is_used),
        cmocka_unit_test(e4_late_results_change_nothing),
        cmocka_unit_test(others_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
