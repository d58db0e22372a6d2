/* core/restamp.h: clocks that are set, ahead, unset with and without something to go by. */
#include "cloud/core/restamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct event event_at(enum clock_state clock, int64_t time, int64_t boot, int64_t mono,
                             enum direction d)
{
    return (struct event){
        .clock = clock, .time = {time}, .boot = boot, .mono = {mono}, .data = {.direction = d}};
}

static void set_clocks_are_believed(void **state)
{
    (void)state;
    struct edge_clock c = {0};
    struct wall_ms received = {1000000};
    struct event e = event_at(CLOCK_SYNCED, 500000, 1, 10, DIRECTION_ENTRY);
    assert_int_equal(restamp(&c, &e, received).v, 500000);
    e = event_at(CLOCK_HOLDOVER, 600000, 1, 20, DIRECTION_ENTRY);
    assert_int_equal(restamp(&c, &e, received).v, 600000);
    e = event_at(CLOCK_SYNCED, 1000000 + CLOCK_AHEAD_MS, 1, 30, DIRECTION_ENTRY);
    assert_int_equal(restamp(&c, &e, received).v, 1000000 + CLOCK_AHEAD_MS);
    e = event_at(CLOCK_SYNCED, 1000001 + CLOCK_AHEAD_MS, 1, 40, DIRECTION_ENTRY);
    assert_int_equal(restamp(&c, &e, received).v, 1000000);
}

static void unset_clocks_count_on(void **state)
{
    (void)state;
    struct edge_clock c = {0};
    struct wall_ms received = {1000000};
    struct event e = event_at(CLOCK_SYNCED, 500000, 7, 100, DIRECTION_ENTRY);
    restamp(&c, &e, received);
    e = event_at(CLOCK_UNSET, 3, 7, 60100, DIRECTION_EXIT);
    assert_int_equal(restamp(&c, &e, received).v, 560000);
    e = event_at(CLOCK_UNSET, 3, 7, 900100, DIRECTION_EXIT);
    assert_int_equal(restamp(&c, &e, received).v, 1000000); /* not after we heard of it */
}

static void doubt_favours_the_driver(void **state)
{
    (void)state;
    struct edge_clock c = {0};
    struct wall_ms received = {1000000};
    struct event in = event_at(CLOCK_UNSET, 3, 1, 5, DIRECTION_ENTRY);
    struct event out = event_at(CLOCK_UNSET, 4, 1, 6, DIRECTION_EXIT);
    assert_int_equal(restamp(&c, &in, received).v, 1000000);
    struct event known = event_at(CLOCK_SYNCED, 500000, 1, 10, DIRECTION_ENTRY);
    restamp(&c, &known, received);
    out.boot = 2; /* rebooted since, without a clock */
    assert_int_equal(restamp(&c, &out, received).v, 500000);
    struct edge_clock nothing = {0};
    assert_int_equal(restamp(&nothing, &out, received).v, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_clocks_are_believed),
        cmocka_unit_test(unset_clocks_count_on),
        cmocka_unit_test(doubt_favours_the_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
