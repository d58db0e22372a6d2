/* sim/hardware/barrier.h: B1..B4. */
#include "sim/hardware/barrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct barrier_senses clear = {
    .photocell_clear = true, .edge_ok = true, .local_stop_ok = true};

static int32_t run_until(struct barrier *b, const struct barrier_senses *s,
                         bool (*goal)(const struct barrier *))
{
    for (int32_t ms = 0; ms <= 60000; ms += 10) {
        if (goal(b))
            return ms;
        barrier_step(b, s, 10);
    }
    return -1;
}

static void travel_takes_its_time(void **state)
{
    (void)state;
    struct barrier b = barrier_of(1500, true);
    int rose = 0;
    assert_true(barrier_down(&b) && !barrier_up(&b));
    assert_int_equal(barrier_order(&b, BARRIER_OPEN, &clear), BARRIER_ACCEPTED);
    for (int ms = 0; ms < 1500; ms += 10) {
        assert_false(barrier_up(&b));
        rose += barrier_step(&b, &clear, 10);
    }
    assert_true(barrier_up(&b));
    assert_int_equal(rose, 1);
    assert_int_equal(b.opens, 1);
    assert_int_equal(b.motion, BARRIER_STILL);
    assert_int_equal(barrier_order(&b, BARRIER_CLOSE, &clear), BARRIER_ACCEPTED);
    assert_int_equal(run_until(&b, &clear, barrier_down), 1500);
    assert_int_equal(b.closes, 1);
}

static struct barrier open_barrier(bool reverses)
{
    struct barrier b = barrier_of(1500, reverses);
    barrier_order(&b, BARRIER_OPEN, &clear);
    run_until(&b, &clear, barrier_up);
    return b;
}

static void close_is_refused_on_each_safety_input(void **state)
{
    (void)state;
    struct barrier_senses bad[4] = {clear, clear, clear, clear};
    bad[0].loop_b = true;
    bad[1].loop_b_fault = true;
    bad[2].photocell_clear = false;
    bad[3].edge_ok = false;
    for (size_t i = 0; i < 4; i++) {
        struct barrier b = open_barrier(true);
        assert_int_equal(barrier_order(&b, BARRIER_CLOSE, &bad[i]), BARRIER_REFUSED);
        barrier_step(&b, &bad[i], 10);
        assert_true(barrier_up(&b));
    }
}

static void closing_reverses_by_itself_only_if_built_so(void **state)
{
    (void)state;
    for (int reverses = 0; reverses < 2; reverses++) {
        struct barrier b = open_barrier(reverses);
        struct barrier_senses occupied = clear;
        occupied.loop_b = true;
        barrier_order(&b, BARRIER_CLOSE, &clear);
        for (int i = 0; i < 50; i++)
            barrier_step(&b, &clear, 10);
        assert_int_equal(barrier_percent(&b), 66);
        barrier_step(&b, &occupied, 10);
        assert_int_equal(b.motion, reverses ? BARRIER_OPENING : BARRIER_CLOSING);
        assert_true(b.obstruction);
        assert_int_equal(b.last_error, BARRIER_ERROR_OBSTRUCTION);
        if (!reverses) /* the controller's order turns it round */
            assert_int_equal(barrier_order(&b, BARRIER_OPEN, &occupied), BARRIER_ACCEPTED);
        assert_true(run_until(&b, &occupied, barrier_up) > 0);
        barrier_order(&b, BARRIER_RESET_FAULT, &clear);
        assert_false(b.obstruction);
        assert_int_equal(b.last_error, BARRIER_ERROR_NONE);
    }
}

static void order_of_wills(void **state)
{
    (void)state;
    struct barrier b = barrier_of(1000, true);
    struct barrier_senses fire = clear;
    struct barrier_senses stop = clear;
    struct barrier_senses service = clear;
    fire.fire = true;
    stop.fire = true;
    stop.local_stop_ok = false;
    service.local_mode = true;

    barrier_order(&b, BARRIER_LOCK, &clear);
    assert_int_equal(barrier_order(&b, BARRIER_OPEN, &clear), BARRIER_REFUSED);
    barrier_order(&b, BARRIER_HOLD_OPEN, &clear); /* hold open beats lock */
    assert_true(run_until(&b, &clear, barrier_up) > 0);
    assert_int_equal(barrier_order(&b, BARRIER_CLOSE, &clear), BARRIER_REFUSED);
    barrier_order(&b, BARRIER_RELEASE, &clear);
    barrier_order(&b, BARRIER_CLOSE, &clear);
    assert_true(run_until(&b, &clear, barrier_down) > 0);

    assert_true(run_until(&b, &fire, barrier_up) > 0); /* fire beats lock */
    assert_int_equal(barrier_order(&b, BARRIER_CLOSE, &fire), BARRIER_REFUSED);
    barrier_order(&b, BARRIER_UNLOCK, &clear);
    barrier_order(&b, BARRIER_CLOSE, &clear);
    barrier_step(&b, &clear, 10);
    barrier_step(&b, &stop, 10); /* local stop beats fire */
    assert_int_equal(b.motion, BARRIER_STILL);
    assert_int_equal(barrier_order(&b, BARRIER_OPEN, &stop), BARRIER_REFUSED);
    assert_int_equal(barrier_order(&b, BARRIER_OPEN, &service), BARRIER_REFUSED);
    assert_int_equal(barrier_order(&b, 0, &clear), BARRIER_NOT_KNOWN);
    assert_int_equal(barrier_order(&b, 9, &clear), BARRIER_NOT_KNOWN);
}

static void a_jammed_arm_times_out(void **state)
{
    (void)state;
    struct barrier b = barrier_of(1000, true);
    struct barrier_senses jam = clear;
    jam.jammed_up = true;
    barrier_order(&b, BARRIER_OPEN, &jam);
    for (int i = 0; i < 201; i++)
        barrier_step(&b, &jam, 10);
    assert_int_equal(b.motion, BARRIER_STILL);
    assert_int_equal(b.last_error, BARRIER_ERROR_OPEN_TIMEOUT);
    assert_true(barrier_down(&b));
}

static void stop_leaves_the_arm_between(void **state)
{
    (void)state;
    struct barrier b = barrier_of(1000, true);
    barrier_order(&b, BARRIER_OPEN, &clear);
    for (int i = 0; i < 50; i++)
        barrier_step(&b, &clear, 10);
    barrier_order(&b, BARRIER_STOP, &clear);
    barrier_step(&b, &clear, 10);
    assert_int_equal(barrier_percent(&b), 50);
    assert_false(barrier_up(&b) || barrier_down(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(travel_takes_its_time),
        cmocka_unit_test(close_is_refused_on_each_safety_input),
        cmocka_unit_test(closing_reverses_by_itself_only_if_built_so),
        cmocka_unit_test(order_of_wills),
        cmocka_unit_test(a_jammed_arm_times_out),
        cmocka_unit_test(stop_leaves_the_arm_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
