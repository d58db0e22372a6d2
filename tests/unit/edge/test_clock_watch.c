/* How far the wall clock is trusted. Numbers cite edge/core/clock_watch.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/core/clock_watch.h"

static const int64_t noon_ms = 1795176000000; /* 2026-11-20 */
static const int64_t hour_ms = 3600000, day_ms = 86400000;

static struct now at(int64_t mono, int64_t wall)
{
    return (struct now){{mono}, {wall}};
}

static enum clock_state begin(struct clock_watch *w, int64_t recorded, bool disciplined,
                              int64_t wall)
{
    clock_watch_init(w, (struct wall_ms){recorded}, disciplined, at(1000, wall));
    return w->state;
}

static void at_the_start(void **state) /* C1, C2, C4 */
{
    (void)state;
    struct clock_watch w;
    assert_int_equal(begin(&w, 0, true, noon_ms), CLOCK_SYNCED);
    assert_int_equal(begin(&w, 0, false, noon_ms), CLOCK_HOLDOVER);
    assert_int_equal(begin(&w, 0, false, 5000), CLOCK_UNSET); /* 1970 */
    assert_int_equal(begin(&w, 0, true, 5000), CLOCK_UNSET);
    assert_int_equal(begin(&w, 0, true, 4102444800000), CLOCK_UNSET);
    assert_int_equal(begin(&w, noon_ms, false, noon_ms + day_ms), CLOCK_HOLDOVER);
    assert_int_equal(begin(&w, noon_ms, false, noon_ms - hour_ms), CLOCK_UNSET);
    assert_int_equal(begin(&w, noon_ms, true, noon_ms - hour_ms), CLOCK_SYNCED);
    assert_int_equal(begin(&w, noon_ms, false, noon_ms + 3650 * day_ms), CLOCK_UNSET);
}

static void a_clock_from_1970_is_set_by_the_network(void **state)
{
    (void)state;
    struct clock_watch w;
    begin(&w, noon_ms, false, 5000);
    struct clock_verdict v = clock_watch_look(&w, false, at(2000, 6000));
    assert_int_equal(v.state, CLOCK_UNSET);
    assert_int_equal(v.step_ms, 0);
    v = clock_watch_look(&w, true, at(3000, noon_ms));
    assert_int_equal(v.state, CLOCK_SYNCED);
    assert_int_equal(v.step_ms, noon_ms - 6000 - 1000);
    v = clock_watch_look(&w, false, at(4000, noon_ms + 1000)); /* the network went away */
    assert_int_equal(v.state, CLOCK_HOLDOVER);
    assert_int_equal(v.step_ms, 0);
}

static void steps_by_hand_are_not_trusted(void **state) /* C3 */
{
    (void)state;
    static const int64_t steps[] = {-3600000, -2001, 2001, 315360000000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct clock_watch w;
        begin(&w, 0, false, noon_ms);
        struct clock_verdict v = clock_watch_look(&w, false, at(2000, noon_ms + 1000 + steps[i]));
        assert_int_equal(v.step_ms, steps[i]);
        assert_int_equal(v.state, CLOCK_UNSET);
        v = clock_watch_look(&w, false, at(3000, noon_ms + 2000 + steps[i]));
        assert_int_equal(v.state, CLOCK_UNSET);
        v = clock_watch_look(&w, true, at(4000, noon_ms + 3000));
        assert_int_equal(v.state, CLOCK_SYNCED);
    }
}

static void slewing_is_no_step(void **state) /* C5 */
{
    (void)state;
    struct clock_watch w;
    begin(&w, 0, true, noon_ms);
    int64_t wall = noon_ms;
    for (int64_t mono = 61000; mono < 24 * hour_ms; mono += 60000) {
        wall += 60000 - 30;
        struct clock_verdict v = clock_watch_look(&w, true, at(mono, wall));
        assert_int_equal(v.step_ms, 0);
        assert_int_equal(v.state, CLOCK_SYNCED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_start),
        cmocka_unit_test(a_clock_from_1970_is_set_by_the_network),
        cmocka_unit_test(steps_by_hand_are_not_trusted),
        cmocka_unit_test(slewing_is_no_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
