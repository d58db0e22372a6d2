/* Local time and back through a table of transitions: gaps and folds. */
#include "tests/unit/support/check.h"

#include "tests/unit/tariff/tables.h"

enum { SPRING_S = 1774746000, AUTUMN_S = 1792890000 };

static void test_offset(void **state)
{
    (void)state;
    const struct wall_ms spring = {INT64_C(1000) * SPRING_S};
    assert_int_equal(zone_offset_s(&berlin, wall_after(spring, -1)), HOUR_S);
    assert_int_equal(zone_offset_s(&berlin, spring), 2 * HOUR_S);
    assert_int_equal(zone_offset_s(&berlin, (struct wall_ms){INT64_MIN / 2}), HOUR_S);
    assert_int_equal(zone_offset_s(&berlin, (struct wall_ms){INT64_MAX}), HOUR_S);
    assert_int_equal(zone_offset_s(&seoul, spring), 9 * HOUR_S);
}

/* 01:59:59 is the last second before the gap, 03:00:00 the first after; all between is the gap's end. */
static void test_gap(void **state)
{
    (void)state;
    const int64_t two = SPRING_S + HOUR_S;
    assert_int_equal(zone_utc_s(&berlin, two - 1), SPRING_S - 1);
    assert_int_equal(zone_utc_s(&berlin, two), SPRING_S);
    assert_int_equal(zone_utc_s(&berlin, two + 1800), SPRING_S);
    assert_int_equal(zone_utc_s(&berlin, two + 3599), SPRING_S);
    assert_int_equal(zone_utc_s(&berlin, two + 3600), SPRING_S);
    assert_int_equal(zone_utc_s(&berlin, two + 3601), SPRING_S + 1);
}

/* 02:00:00 to 02:59:59 happens twice; the first counts. */
static void test_fold(void **state)
{
    (void)state;
    const int64_t two = AUTUMN_S + HOUR_S;
    assert_int_equal(zone_utc_s(&berlin, two - 1), AUTUMN_S - HOUR_S - 1);
    assert_int_equal(zone_utc_s(&berlin, two), AUTUMN_S - HOUR_S);
    assert_int_equal(zone_utc_s(&berlin, two + 3599), AUTUMN_S - 1);
    assert_int_equal(zone_utc_s(&berlin, two + 3600), AUTUMN_S + HOUR_S);
}

/* Samoa left out 2011-12-30: a whole day is a gap (its transition: 2011-12-30T10:00Z). */
static void test_day_left_out(void **state)
{
    (void)state;
    static const struct zone_table apia = {
        .first_offset_s = -10 * HOUR_S, .count = 1, .transitions = {{1325239200, 14 * HOUR_S}}};
    const int64_t midnight = 1325203200; /* of the 30th, as a count of local seconds */
    assert_int_equal(zone_utc_s(&apia, midnight - 1), 1325239199);
    assert_int_equal(zone_utc_s(&apia, midnight), 1325239200);
    assert_int_equal(zone_utc_s(&apia, midnight + DAY_S - 1), 1325239200);
    assert_int_equal(zone_utc_s(&apia, midnight + DAY_S), 1325239200);
    assert_int_equal(zone_utc_s(&apia, midnight + DAY_S + 1), 1325239201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offset),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_day_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
