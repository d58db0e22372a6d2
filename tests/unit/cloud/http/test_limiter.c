/* Who asks too often (cloud/http/limiter.h, B1 and B2). */
#include "cloud/http/limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct limiter l;
static int wait_s;

static int setup(void **state)
{
    (void)state;
    memset(&l, 0, sizeof l);
    l.rate = 100;
    l.burst = 200;
    wait_s = 0;
    return 0;
}

static int passed(uint64_t key, int64_t now_us, int tries)
{
    int n = 0;
    for (int i = 0; i < tries; i++)
        n += limiter_pass(&l, key, now_us, &wait_s);
    return n;
}

static void a_burst_then_the_rate(void **state)
{
    (void)state;
    assert_int_equal(passed(7, 5000000, 300), 200);
    assert_int_equal(wait_s, 1);
    assert_int_equal(passed(7, 5009999, 1), 0);
    assert_int_equal(passed(7, 5010000, 5), 1);
    assert_int_equal(passed(7, 6010000, 500), 100);
    assert_int_equal(passed(7, 99000000, 500), 200); /* never more than the burst */
    assert_int_equal(passed(8, 99000000, 1), 1);     /* somebody else */
    assert_int_equal(passed(7, 1, 500), 0);          /* a clock that jumps back gives nothing */
}

static void a_slow_rate_says_when(void **state)
{
    (void)state;
    l.rate = 1;
    l.burst = 1;
    assert_int_equal(passed(7, 0, 1), 1);
    l.sets[7][0].credit_us = -2500000; /* as if it owed */
    assert_int_equal(passed(7, 0, 1), 0);
    assert_int_equal(wait_s, 4);
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    l.rate = 0;
    assert_int_equal(passed(7, 0, 10000), 10000);
}

/* B2: many strangers in the same set do not refill the bucket of one who is limited. */
static void strangers_do_not_wash_a_limit_away(void **state)
{
    (void)state;
    assert_int_equal(passed(7, 1000, 300), 200);
    for (uint64_t i = 1; i < 1000; i++)
        assert_int_equal(passed(7 + i * LIMITER_SETS, 1000, 1), 1);
    assert_int_equal(passed(7, 1000, 10), 0);
}

static void keys_are_never_nothing(void **state)
{
    (void)state;
    assert_int_not_equal(limiter_key("", 0), 0);
    assert_true(limiter_key("10.0.0.1", 8) != limiter_key("10.0.0.2", 8));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_burst_then_the_rate),  TEST(a_slow_rate_says_when),
        TEST(no_rate_is_no_limit),    TEST(strangers_do_not_wash_a_limit_away),
        TEST(keys_are_never_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
