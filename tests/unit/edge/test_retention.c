/* What the journal keeps when storage runs short. Numbers cite edge/core/retention.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/core/retention.h"

/* R1: the whole vocabulary, so that a new kind is a business fact until someone says otherwise. */
static void only_observations_may_be_left_out(void **state)
{
    (void)state;
    for (int k = 0; k < EVENT_KINDS; k++) {
        bool expected = k == EVENT_VEHICLE_PRESENTED || k == EVENT_CREDENTIAL_READ ||
                        k == EVENT_CREDENTIAL_PRESENTED || k == EVENT_PASSAGE_STARTED;
        assert_int_equal(retention_observation((enum event_kind)k), expected);
    }
}

static void percent_is_of_what_was_promised(void **state)
{
    (void)state;
    assert_int_equal(retention_percent(100, 100), 0);
    assert_int_equal(retention_percent(200, 100), 0);
    assert_int_equal(retention_percent(20, 100), 80);
    assert_int_equal(retention_percent(201, 1000), 79);
    assert_int_equal(retention_percent(0, 100), 100);
    assert_int_equal(retention_percent(-1, 100), 100);
    assert_int_equal(retention_percent(INT64_MAX / 4, INT64_MAX / 2), 50);
    assert_int_equal(retention_percent(INT64_MAX, 0), 0); /* no budget */
}

/* R2 */
static void levels_do_not_flicker(void **state)
{
    (void)state;
    for (int percent = 0; percent <= 100; percent++) {
        enum storage_level fresh = retention_level(STORAGE_NORMAL, percent);
        assert_int_equal(fresh, percent >= 95   ? STORAGE_FRUGAL
                                : percent >= 80 ? STORAGE_TIGHT
                                                : STORAGE_NORMAL);
        assert_int_equal(retention_level(STORAGE_TIGHT, percent), percent >= 95   ? STORAGE_FRUGAL
                                                                  : percent >= 75 ? STORAGE_TIGHT
                                                                                  : STORAGE_NORMAL);
        assert_int_equal(retention_level(STORAGE_FRUGAL, percent), percent >= 90 ? STORAGE_FRUGAL
                                                                   : percent >= 75
                                                                       ? STORAGE_TIGHT
                                                                       : STORAGE_NORMAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_observations_may_be_left_out),
        cmocka_unit_test(percent_is_of_what_was_promised),
        cmocka_unit_test(levels_do_not_flicker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
