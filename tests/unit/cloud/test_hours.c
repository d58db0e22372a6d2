/* core/hours.h: H1 to H4, and what is no text of hours. */
#include "cloud/core/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

/* Berlin in 2026: summer time from 2026-03-29 01:00 UTC to 2026-10-25 01:00 UTC. */
static const struct zone_table berlin = {
    .name = "Europe/Berlin",
    .first_offset_s = 3600,
    .count = 2,
    .transitions = {{1774746000, 7200}, {1792890000, 3600}},
};

/* 2026-11-16 00:00 in Berlin, a Monday. */
#define MONDAY INT64_C(1794783600000)

static struct hours of(const char *text)
{
    struct hours h;
    size_t at;
    assert_int_equal(hours_parse(text, &h, &at), ERR_OK);
    return h;
}

static bool at(const struct hours *h, int64_t ms)
{
    return hours_open(h, &berlin, (struct wall_ms){ms});
}

static void no_rules_are_always_open(void **state) /* H1 */
{
    struct hours none = of(""), feast = of("2026-11-17 closed");
    (void)state;
    assert_true(at(&none, MONDAY));
    assert_true(at(&feast, MONDAY + 23 * HOUR));
    assert_false(at(&feast, MONDAY + DAY));
    assert_false(at(&feast, MONDAY + 2 * DAY - 1));
    assert_true(at(&feast, MONDAY + 2 * DAY));
}

static void the_week_has_hours(void **state)
{
    struct hours h = of("mo-fr 07:00-22:00; sa,su 09:00-24:00");
    (void)state;
    assert_false(at(&h, MONDAY + 7 * HOUR - 1));
    assert_true(at(&h, MONDAY + 7 * HOUR));
    assert_true(at(&h, MONDAY + 22 * HOUR - 1));
    assert_false(at(&h, MONDAY + 22 * HOUR));
    assert_false(at(&h, MONDAY + 5 * DAY + 8 * HOUR));
    assert_true(at(&h, MONDAY + 6 * DAY + 24 * HOUR - 1));
    assert_false(at(&h, MONDAY + 7 * DAY));
}

static void hours_may_go_over_midnight(void **state) /* H2 */
{
    struct hours h = of("fr 20:00-04:00; 2026-11-23 18:00-02:00");
    (void)state;
    assert_false(at(&h, MONDAY + 4 * DAY + 3 * HOUR));
    assert_true(at(&h, MONDAY + 4 * DAY + 20 * HOUR));
    assert_true(at(&h, MONDAY + 5 * DAY + 4 * HOUR - 1));
    assert_false(at(&h, MONDAY + 5 * DAY + 4 * HOUR));
    assert_true(at(&h, MONDAY + 8 * DAY + HOUR));
    assert_false(at(&h, MONDAY + 8 * DAY + 2 * HOUR));
}

static void a_date_replaces_its_day(void **state) /* H3 */
{
    struct hours h = of("mo-su 20:00-04:00;2026-11-17 closed;2026-11-19 10:00-12:00");
    (void)state;
    assert_true(at(&h, MONDAY + 21 * HOUR));
    assert_false(at(&h, MONDAY + DAY + HOUR)); /* the night before is cut as well */
    assert_false(at(&h, MONDAY + DAY + 21 * HOUR));
    assert_false(at(&h, MONDAY + 2 * DAY + HOUR));
    assert_true(at(&h, MONDAY + 3 * DAY + HOUR)); /* began on Wednesday */
    assert_true(at(&h, MONDAY + 3 * DAY + 11 * HOUR));
    assert_false(at(&h, MONDAY + 3 * DAY + 21 * HOUR));
}

static void the_clock_is_the_zones(void **state) /* H4 */
{
    struct hours h = of("mo-su 02:00-03:00");
    int64_t autumn = INT64_C(1792890000000); /* 03:00 becomes 02:00 */
    int64_t spring = INT64_C(1774746000000); /* 02:00 becomes 03:00 */
    (void)state;
    assert_true(at(&h, autumn - 1));
    assert_true(at(&h, autumn));
    assert_true(at(&h, autumn + HOUR - 1));
    assert_false(at(&h, autumn + HOUR));
    assert_false(at(&h, spring - 1));
    assert_false(at(&h, spring));
}

static void how_long_it_lasts(void **state)
{
    struct hours h = of("mo-fr 07:00-22:00"), none = of("");
    (void)state;
    assert_int_equal(hours_hold_ms(&h, &berlin, (struct wall_ms){MONDAY + 12 * HOUR}), 10 * HOUR);
    assert_int_equal(hours_hold_ms(&h, &berlin, (struct wall_ms){MONDAY + 12 * HOUR + 30001}),
                     10 * HOUR - 30001);
    assert_int_equal(hours_hold_ms(&h, &berlin, (struct wall_ms){MONDAY + 4 * DAY + 22 * HOUR}),
                     2 * DAY + 9 * HOUR);
    assert_int_equal(hours_hold_ms(&none, &berlin, (struct wall_ms){MONDAY}), 8 * DAY);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"x",
                                      "mo",
                                      "mo 7:00-22:00",
                                      "mo 07:00",
                                      "mo 07:00-",
                                      "mo 07:00-25:00",
                                      "mo 24:00-25:00",
                                      "mo 07:60-08:00",
                                      "mo- 07:00-8",
                                      "mo,07:00-08:00",
                                      "2026-02-29 closed",
                                      "2026-13-01 closed",
                                      "2026-1-1 closed",
                                      "mo-fr 07:00-22:00 sa 09:00-18:00",
                                      "; mo closed",
                                      "mo closedx",
                                      "mo-fr 07:00-22:00,",
                                      "Mo 07:00-22:00"};
    struct hours h = {.count = 77};
    size_t where;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hours_parse(bad[i], &h, &where), ERR_INVAL);
        assert_int_equal(h.count, 77);
        assert_true(where <= strlen(bad[i]));
    }
    char many[41 * 11 + 1] = "";
    for (int i = 0; i < 41; i++)
        memcpy(many + i * 11, "mo closed; ", 12);
    assert_int_equal(hours_parse(many, &h, &where), ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rules_are_always_open),   cmocka_unit_test(the_week_has_hours),
        cmocka_unit_test(hours_may_go_over_midnight), cmocka_unit_test(a_date_replaces_its_day),
        cmocka_unit_test(the_clock_is_the_zones),     cmocka_unit_test(how_long_it_lasts),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
