/* sim/pace.h: A1..A3. */
#include "sim/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nobody_looks_and_the_world_is_free(void **state)
{
    (void)state;
    struct pace p = {.guard_ms = 500};
    assert_int_equal(pace_advance(&p, 1000000, 1000), 1000000);
    assert_int_equal(pace_advance(&p, 999999, 1001), 1000000); /* never back */
    assert_int_equal(p.behind_ms, 0);
}

static void the_world_waits_for_a_scan(void **state)
{
    (void)state;
    struct pace p = {.guard_ms = 500};
    pace_advance(&p, 1000, 10);
    pace_scanned(&p, 3, 10);
    assert_int_equal(pace_advance(&p, 1400, 12), 1400);
    assert_int_equal(pace_advance(&p, 37000, 210), 1500); /* 200 ms at 180 times */
    assert_int_equal(p.behind_ms, 35500);
    pace_scanned(&p, 3, 210);
    assert_int_equal(pace_advance(&p, 37360, 212), 1950); /* a quarter faster than the clock */
    pace_scanned(&p, 3, 212);
    pace_scanned(&p, 0, 212);
    assert_int_equal(pace_advance(&p, 38000, 216), 2450);
    pace_scanned(&p, 3, 216);
    assert_int_equal(pace_advance(&p, 38100, 217), 2450); /* every attended lane counts */
}

static void it_catches_up_and_stays_there(void **state)
{
    (void)state;
    struct pace p = {.guard_ms = 500};
    pace_advance(&p, 1000, 10);
    pace_scanned(&p, 0, 10);
    pace_advance(&p, 5000, 200);
    pace_scanned(&p, 0, 200);
    int64_t last = p.world_ms;
    for (int64_t t = 1; t <= 400; t++) {
        int64_t world = pace_advance(&p, 5000 + t * 100, 200 + t);
        assert_in_range(world - last, 100, 125); /* A3 */
        pace_scanned(&p, 0, 200 + t);
        last = world;
    }
    assert_int_equal(p.world_ms, 45000);
    assert_int_equal(p.behind_ms, 0);
}

static void who_is_gone_holds_up_for_half_a_second(void **state)
{
    (void)state;
    struct pace p = {.guard_ms = 500};
    pace_advance(&p, 1000, 10);
    pace_scanned(&p, 0, 10);
    assert_int_equal(pace_advance(&p, 50000, 510), 1500);
    assert_int_equal(pace_advance(&p, 50100, 511), 1625); /* no leap: what was lost stays behind */
}

static void the_guard_can_be_off(void **state)
{
    (void)state;
    struct pace p = {.guard_ms = 0};
    pace_scanned(&p, 0, 10);
    pace_scanned(&p, PACE_LANES_MAX, 10);
    assert_int_equal(pace_advance(&p, 50000, 11), 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_looks_and_the_world_is_free),
        cmocka_unit_test(the_world_waits_for_a_scan),
        cmocka_unit_test(it_catches_up_and_stays_there),
        cmocka_unit_test(who_is_gone_holds_up_for_half_a_second),
        cmocka_unit_test(the_guard_can_be_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
