/* The circuit breaker against its invariants B1 to B5, including every cell of its table as seen
 * from outside. */
#include "cloud/payment/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct breaker_options options = {
    .window_ms = 60000,
    .min_calls = 5,
    .bad_percent = 50,
    .slow_ms = 1500,
    .timeouts_in_row = 3,
    .open_ms = 30000,
    .open_max_ms = 300000,
};

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){1000000 + ms};
}

static uint32_t begin(struct breaker *b, int64_t ms)
{
    uint32_t ticket = 0;
    assert_int_equal(breaker_begin(b, at(ms), &ticket), ERR_OK);
    return ticket;
}

static void call(struct breaker *b, int64_t ms, enum breaker_result r)
{
    uint32_t ticket = begin(b, ms);
    breaker_end(b, ticket, r, 100, at(ms), 0);
}

/* A breaker that opened at 0 with no random part, so that it is half-open from 30000. */
static struct breaker opened(void)
{
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 3; i++)
        call(&b, 0, BREAKER_TIMED_OUT);
    assert_int_equal(breaker_state(&b, at(0)), BREAKER_OPEN);
    return b;
}

static void test_defaults_are_the_documented_ones(void **state)
{
    (void)state;
    struct breaker_options d = breaker_defaults();
    assert_memory_equal(&d, &options, sizeof d);
}

static void test_b1_needs_the_minimum_of_calls(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 4; i++)
        call(&b, i, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(4)), BREAKER_CLOSED);
    call(&b, 5, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(5)), BREAKER_OPEN);
}

static void test_b1_opens_at_the_share_not_below(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 4; i++)
        call(&b, i, BREAKER_GOOD);
    for (int i = 0; i < 3; i++)
        call(&b, 10 + i, BREAKER_FAILED); /* 3 of 7 */
    assert_int_equal(breaker_state(&b, at(20)), BREAKER_CLOSED);
    call(&b, 20, BREAKER_FAILED); /* 4 of 8 */
    assert_int_equal(breaker_state(&b, at(20)), BREAKER_OPEN);
}

static void test_b1_a_good_call_never_opens(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 4; i++)
        call(&b, i, BREAKER_FAILED); /* 4 of 4, below the minimum */
    call(&b, 5, BREAKER_GOOD);       /* 4 of 5, but the last word is good */
    assert_int_equal(breaker_state(&b, at(5)), BREAKER_CLOSED);
}

static void test_b1_slow_calls_count_as_bad(void **state)
{
    (void)state;
    for (int64_t latency = 1500; latency <= 1501; latency++) {
        struct breaker b = breaker_of(&options);
        for (int i = 0; i < 5; i++) {
            uint32_t ticket = begin(&b, i);
            breaker_end(&b, ticket, BREAKER_GOOD, latency, at(i), 0);
        }
        assert_int_equal(breaker_state(&b, at(5)), latency > 1500 ? BREAKER_OPEN : BREAKER_CLOSED);
    }
}

static void test_b1_the_window_slides(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 4; i++)
        call(&b, 0, BREAKER_FAILED);
    /* At 65 s the first four have left the window; alone, the fifth is below the minimum. */
    call(&b, 65000, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(65000)), BREAKER_CLOSED);

    struct breaker c = breaker_of(&options);
    for (int i = 0; i < 4; i++)
        call(&c, 0, BREAKER_FAILED);
    call(&c, 50000, BREAKER_FAILED); /* still inside */
    assert_int_equal(breaker_state(&c, at(50000)), BREAKER_OPEN);
}

static void test_b1_timeouts_in_a_row(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    call(&b, 0, BREAKER_TIMED_OUT);
    call(&b, 1, BREAKER_TIMED_OUT);
    call(&b, 2, BREAKER_GOOD); /* breaks the row; 2 of 3 is below the minimum */
    call(&b, 3, BREAKER_TIMED_OUT);
    assert_int_equal(breaker_state(&b, at(3)), BREAKER_CLOSED);

    struct breaker c = breaker_of(&options);
    call(&c, 0, BREAKER_TIMED_OUT);
    call(&c, 1, BREAKER_TIMED_OUT);
    call(&c, 2, BREAKER_FAILED); /* another failure is no timeout: the row starts again */
    assert_int_equal(breaker_state(&c, at(2)), BREAKER_CLOSED);

    struct breaker d = breaker_of(&options);
    for (int i = 0; i < 3; i++)
        call(&d, i, BREAKER_TIMED_OUT);
    assert_int_equal(breaker_state(&d, at(3)), BREAKER_OPEN);
}

static void test_b2_refuses_while_open_and_leaves_the_output_alone(void **state)
{
    (void)state;
    struct breaker b = opened();
    uint32_t ticket = 4711;
    assert_int_equal(breaker_begin(&b, at(1), &ticket), ERR_UNAVAIL);
    assert_int_equal(breaker_begin(&b, at(29999), &ticket), ERR_UNAVAIL);
    assert_int_equal(ticket, 4711);
    assert_int_equal(breaker_state(&b, at(29999)), BREAKER_OPEN);
    assert_int_equal(breaker_state(&b, at(30000)), BREAKER_HALF_OPEN);
}

static void test_b2_jitter_is_at_most_a_quarter(void **state)
{
    (void)state;
    for (uint64_t random = 0; random < 20000; random += 7) {
        struct breaker b = breaker_of(&options);
        for (int i = 0; i < 3; i++) {
            uint32_t ticket = begin(&b, 0);
            breaker_end(&b, ticket, BREAKER_TIMED_OUT, 1, at(0), random);
        }
        assert_int_equal(breaker_state(&b, at(29999)), BREAKER_OPEN);
        assert_int_equal(breaker_state(&b, at(37500)), BREAKER_HALF_OPEN);
        assert_int_equal(mono_diff_ms(b.open_until, at(0)), 30000 + (int64_t)(random % 7501));
    }
}

static void test_b3_one_trial(void **state)
{
    (void)state;
    struct breaker b = opened();
    uint32_t trial = begin(&b, 30000);
    uint32_t second = 0;
    assert_int_equal(breaker_begin(&b, at(30001), &second), ERR_UNAVAIL);
    assert_int_equal(breaker_state(&b, at(30001)), BREAKER_TRIAL);
    breaker_end(&b, trial, BREAKER_GOOD, 100, at(30100), 0);
    assert_int_equal(breaker_state(&b, at(30100)), BREAKER_CLOSED);
    call(&b, 30200, BREAKER_GOOD);
}

static void test_b3_success_empties_the_window_and_resets_the_open_time(void **state)
{
    (void)state;
    struct breaker b = opened();
    call(&b, 30000, BREAKER_FAILED); /* trial: open for 60 s now */
    assert_int_equal(breaker_state(&b, at(89999)), BREAKER_OPEN);
    call(&b, 90000, BREAKER_GOOD);
    for (int i = 0; i < 4; i++)
        call(&b, 90001, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(90001)), BREAKER_CLOSED);
    call(&b, 90002, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(90002 + 29999)), BREAKER_OPEN);
    assert_int_equal(breaker_state(&b, at(90002 + 30000)), BREAKER_HALF_OPEN);
}

static void test_b3_open_time_doubles_up_to_its_limit(void **state)
{
    (void)state;
    struct breaker b = opened();
    int64_t now = 30000;
    const int64_t expected[] = {60000, 120000, 240000, 300000, 300000};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        uint32_t trial = begin(&b, now);
        /* A full random part where it fits below the limit, to see the limit hold. */
        uint64_t random = expected[i] == 300000 ? 75000 : 0;
        breaker_end(&b, trial, BREAKER_FAILED, 1, at(now), random);
        assert_int_equal(mono_diff_ms(b.open_until, at(now)), expected[i]);
        now += expected[i];
    }
}

static void test_b3_a_slow_trial_opens_again(void **state)
{
    (void)state;
    struct breaker b = opened();
    uint32_t trial = begin(&b, 30000);
    breaker_end(&b, trial, BREAKER_GOOD, 1501, at(31501), 0);
    assert_int_equal(breaker_state(&b, at(31501)), BREAKER_OPEN);
}

static void test_b3_an_abandoned_trial_is_given_to_the_next_call(void **state)
{
    (void)state;
    struct breaker b = opened();
    uint32_t trial = begin(&b, 30000);
    breaker_end(&b, trial, BREAKER_ABANDONED, 0, at(30001), 0);
    assert_int_equal(breaker_state(&b, at(30001)), BREAKER_HALF_OPEN);
    breaker_end(&b, trial, BREAKER_GOOD, 1, at(30001), 0); /* handed back already */
    assert_int_equal(breaker_state(&b, at(30001)), BREAKER_HALF_OPEN);
    uint32_t again = begin(&b, 30002);
    assert_int_not_equal(again, trial);
}

static void test_abandoned_calls_say_nothing(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    for (int i = 0; i < 100; i++)
        call(&b, i, BREAKER_ABANDONED);
    for (int i = 0; i < 4; i++)
        call(&b, i, BREAKER_FAILED);
    assert_int_equal(breaker_state(&b, at(100)), BREAKER_CLOSED);
}

/* B4 in every state a late result can meet, for every result. */
static void test_b4_late_results_change_nothing(void **state)
{
    (void)state;
    for (int r = BREAKER_GOOD; r <= BREAKER_ABANDONED; r++) {
        struct breaker b = breaker_of(&options);
        uint32_t late = begin(&b, 0);
        for (int i = 0; i < 3; i++)
            call(&b, 0, BREAKER_TIMED_OUT);

        struct breaker before = b;
        breaker_end(&b, late, r, 1, at(1), 0); /* open */
        assert_memory_equal(&b, &before, sizeof b);

        breaker_end(&b, late, r, 1, at(30000), 0); /* half-open */
        assert_int_equal(b.state, BREAKER_HALF_OPEN);

        uint32_t trial = begin(&b, 30001);
        before = b;
        breaker_end(&b, late, r, 1, at(30002), 0); /* trial */
        assert_memory_equal(&b, &before, sizeof b);

        breaker_end(&b, trial, BREAKER_GOOD, 1, at(30003), 0);
        before = b;
        breaker_end(&b, late, r, 1, at(30004), 0); /* closed again */
        assert_memory_equal(&b, &before, sizeof b);
    }
}

static void test_concurrent_failures_open_once(void **state)
{
    (void)state;
    struct breaker b = breaker_of(&options);
    uint32_t tickets[20];
    for (int i = 0; i < 20; i++)
        tickets[i] = begin(&b, 0);
    for (int i = 0; i < 20; i++)
        breaker_end(&b, tickets[i], BREAKER_FAILED, 1, at(10), 0);
    assert_int_equal(breaker_state(&b, at(10)), BREAKER_OPEN);
    assert_int_equal(mono_diff_ms(b.open_until, at(10)),
                     30000); /* not doubled by the 15 late ones */
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(breaker_state_word(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_word(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_word(BREAKER_HALF_OPEN), "half_open");
    assert_string_equal(breaker_state_word(BREAKER_TRIAL), "trial");
    assert_string_equal(breaker_state_word(BREAKER_STATES), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_the_documented_ones),
        cmocka_unit_test(test_b1_needs_the_minimum_of_calls),
        cmocka_unit_test(test_b1_opens_at_the_share_not_below),
        cmocka_unit_test(test_b1_a_good_call_never_opens),
        cmocka_unit_test(test_b1_slow_calls_count_as_bad),
        cmocka_unit_test(test_b1_the_window_slides),
        cmocka_unit_test(test_b1_timeouts_in_a_row),
        cmocka_unit_test(test_b2_refuses_while_open_and_leaves_the_output_alone),
        cmocka_unit_test(test_b2_jitter_is_at_most_a_quarter),
        cmocka_unit_test(test_b3_one_trial),
        cmocka_unit_test(test_b3_success_empties_the_window_and_resets_the_open_time),
        cmocka_unit_test(test_b3_open_time_doubles_up_to_its_limit),
        cmocka_unit_test(test_b3_a_slow_trial_opens_again),
        cmocka_unit_test(test_b3_an_abandoned_trial_is_given_to_the_next_call),
        cmocka_unit_test(test_abandoned_calls_say_nothing),
        cmocka_unit_test(test_b4_late_results_change_nothing),
        cmocka_unit_test(test_concurrent_failures_open_once),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
