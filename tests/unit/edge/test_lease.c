/* How long spaces may be used without the cloud (lease.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edge/core/lease.h"

static const struct now sent = {{5000}, {1800000000000}};

static struct now later(int64_t ms)
{
    return (struct now){{sent.mono.v + ms}, {sent.wall.v + ms}};
}

static void no_wall_clock_stretches_it(void **state) /* L1 */
{
    (void)state;
    struct lease l = lease_given(sent, CLOCK_SYNCED, 1000), none = {0};
    assert_false(lease_runs(&none, sent, CLOCK_SYNCED));
    assert_true(lease_runs(&l, later(999), CLOCK_UNSET));
    assert_false(lease_runs(&l, later(1000), CLOCK_SYNCED));
    struct now back = later(1000);
    back.wall.v -= 100000;
    assert_false(lease_runs(&l, back, CLOCK_SYNCED));
}

static void after_a_restart_a_trusted_wall_clock_decides(void **state) /* L2 */
{
    (void)state;
    struct lease l = lease_given(sent, CLOCK_HOLDOVER, 1000);
    l.here = false;
    struct now now = {{3}, {sent.wall.v + 999}}; /* the machine's clock began anew */
    assert_true(lease_runs(&l, now, CLOCK_SYNCED));
    assert_true(lease_runs(&l, now, CLOCK_HOLDOVER));
    assert_false(lease_runs(&l, now, CLOCK_UNSET));
    now.wall.v += 1;
    assert_false(lease_runs(&l, now, CLOCK_SYNCED));
    now.wall.v = sent.wall.v - 1; /* before it was given: that clock is wrong */
    assert_false(lease_runs(&l, now, CLOCK_SYNCED));

    struct lease blind = lease_given(sent, CLOCK_UNSET, 1000);
    assert_true(lease_runs(&blind, later(999), CLOCK_UNSET));
    blind.here = false;
    assert_false(lease_runs(&blind, later(1), CLOCK_SYNCED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wall_clock_stretches_it),
        cmocka_unit_test(after_a_restart_a_trusted_wall_clock_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
