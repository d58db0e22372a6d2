/* Counters, breakers and budgets: what the field computes. Numbers cite protocol/modbus/{counter,
 * budget}.h and edge/field/breaker.h. */
#include "edge/field/breaker.h"
#include "edge/field/profile_file.h"
#include "protocol/modbus/budget.h"
#include "protocol/modbus/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* C1 */
static void a_counter_wraps(void **state)
{
    struct counter c = {0};
    (void)state;
    assert_false(counter_take(&c, 65530, false)); /* a base */
    assert_int_equal(c.total, 0);
    assert_true(counter_take(&c, 65535, false));
    assert_true(counter_take(&c, 3, false));
    assert_int_equal(c.total, 9);
    struct counter wide = {0};
    counter_take(&wide, UINT32_MAX - 1, true);
    assert_true(counter_take(&wide, 2, true));
    assert_int_equal(wide.total, 4);
}

static void a_lost_counter_is_a_new_base(void **state)
{
    struct counter c = {0};
    (void)state;
    counter_take(&c, 1000, false);
    counter_take(&c, 1010, false);
    counter_lost(&c);
    assert_false(counter_take(&c, 2, false));
    assert_int_equal(c.total, 10);
    assert_true(counter_take(&c, 3, false));
    assert_int_equal(c.total, 11);
}

/* C2: power was lost, and nothing said so. */
static void a_counter_that_goes_back_is_a_new_base(void **state)
{
    struct counter c = {0};
    (void)state;
    counter_take(&c, 1000, false);
    assert_false(counter_take(&c, 0, false));
    assert_int_equal(c.total, 0);
    assert_true(counter_take(&c, 1, false));
    assert_int_equal(c.total, 1);
}

static void only_what_stays_unseen_was_missed(void **state)
{
    struct crossings c = {0};
    (void)state;
    assert_int_equal(crossings_missed(&c, 1, 1), 0);
    /* Counted before the scan saw it. */
    assert_int_equal(crossings_missed(&c, 1, 0), 0);
    assert_int_equal(crossings_missed(&c, 0, 1), 0);
    /* Seen before it was counted. */
    assert_int_equal(crossings_missed(&c, 0, 1), 0);
    assert_int_equal(crossings_missed(&c, 1, 0), 0);
    assert_int_equal(crossings_missed(&c, 0, 0), 0);
    /* Backed out: seen, never counted. It hides nobody that comes later. */
    assert_int_equal(crossings_missed(&c, 0, 2), 0);
    assert_int_equal(crossings_missed(&c, 0, 0), 0);
    assert_int_equal(crossings_missed(&c, 0, 0), 0);
    assert_int_equal(crossings_missed(&c, 3, 0), 0);
    assert_int_equal(crossings_missed(&c, 0, 0), 3);
    assert_int_equal(crossings_missed(&c, 0, 0), 0);
}

/* B1 */
static void a_breaker_opens_after_a_second_of_failures(void **state)
{
    struct breaker b = {0};
    int64_t now = 5000000;
    (void)state;
    assert_true(breaker_ready(&b, now));
    assert_false(breaker_failed(&b, now, 100000));
    assert_true(breaker_ready(&b, now)); /* once is tried again at once */
    now += 100000;
    assert_false(breaker_failed(&b, now, 100000));
    assert_false(breaker_ready(&b, now + 899999));
    assert_true(breaker_ready(&b, now + 900000));
    assert_false(breaker_failed(&b, now + 700000, 100000)); /* 0.9 s */
    assert_int_equal(breaker_state_of(&b, now + 700000), DEVICE_BREAKER_CLOSED);
    assert_true(breaker_failed(&b, now + 800000, 100000)); /* 1 s */
    assert_int_equal(breaker_state_of(&b, now + 800000), DEVICE_BREAKER_OPEN);
    breaker_succeeded(&b);
    breaker_failed(&b, now, 200000);
    breaker_failed(&b, now, 200000);
    assert_true(breaker_ready(&b, now + 1000000)); /* never longer than a second */
}

/* B2, B3 */
static void an_open_breaker_probes_ever_less_often(void **state)
{
    static const int64_t waits_ms[] = {500, 1000, 2000, 4000, 8000, 10000, 10000};
    struct breaker b = {0};
    int64_t now = 0;
    (void)state;
    breaker_failed(&b, now, 0);
    breaker_failed(&b, now, 0);
    now = 1000000;
    assert_true(breaker_failed(&b, now, 0));
    for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
        assert_false(breaker_ready(&b, now + waits_ms[i] * 1000 - 1));
        now += waits_ms[i] * 1000;
        assert_true(breaker_ready(&b, now));
        assert_int_equal(breaker_state_of(&b, now), DEVICE_BREAKER_PROBING);
        assert_false(breaker_failed(&b, now, 0)); /* it was open already */
    }
    assert_true(breaker_succeeded(&b));
    assert_int_equal(breaker_state_of(&b, now), DEVICE_BREAKER_CLOSED);
    assert_true(breaker_ready(&b, now));
    assert_false(breaker_succeeded(&b));
}

/* The share of its neighbours' time a unit that only fails may take, whatever a failure costs. */
static void a_failing_unit_takes_no_more_than_a_fifth(void **state)
{
    (void)state;
    for (int64_t cost = 10000; cost <= 200000; cost *= 2) {
        struct breaker b = {0};
        int64_t now = 0, spent = 0;
        while (now < 20000000) {
            if (!breaker_ready(&b, now)) {
                now += 1000;
                continue;
            }
            now += cost;
            spent += cost;
            breaker_failed(&b, now, cost);
        }
        assert_true(spent <= now / 5);
    }
}

static struct budget_link line(int64_t baud)
{
    return (struct budget_link){.baud = baud, .bits_per_character = 11, .response_timeout_ms = 200};
}

static bool near(int64_t value, int64_t wanted, int64_t percent)
{
    return llabs(value - wanted) * 100 <= wanted * percent;
}

/* lane.md: "two reads take 44 ms at 19 200 baud, 7.8 ms at 115 200". Those are the characters of a scan
 * of the reference map (8 + 9 and 8 + 53); the silences G1 asks for come on top of them. */
static void two_reads_take_what_the_line_takes(void **state)
{
    struct budget_link slow = line(19200), fast = line(115200);
    struct profile p;
    struct plan plan;
    struct table_error e;
    (void)state;
    assert_int_equal(profile_load("reference", &p, &e), ERR_OK);
    assert_int_equal(plan_make(&p, &plan), ERR_OK);
    assert_true(near(budget_characters_us(&slow, 78), 44000, 5));
    assert_true(near(budget_characters_us(&fast, 78), 7800, 5));
    assert_int_equal(budget_silence_us(&slow), 2006);
    assert_int_equal(budget_silence_us(&fast), 1750);
    int64_t reads = budget_read_us(&slow, &plan.ranges[0]) + budget_read_us(&slow, &plan.ranges[1]);
    assert_true(near(reads, budget_characters_us(&slow, 78) + 4 * 2006, 1));
}

/* G2 */
static void a_command_waits_for_every_other_lane(void **state)
{
    struct budget_link l = line(19200);
    struct profile p;
    struct plan plan;
    struct table_error e;
    struct budget_lane lanes[4];
    struct budget last = {0};
    (void)state;
    assert_int_equal(profile_load("reference", &p, &e), ERR_OK);
    assert_int_equal(plan_make(&p, &plan), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        lanes[i] = (struct budget_lane){&p, &plan};
    for (size_t n = 1; n <= 4; n++) {
        struct budget b = budget_of(&l, lanes, n);
        assert_true(b.command_us > last.command_us && b.worst_us > last.worst_us);
        assert_true(b.worst_us >= 200000 && b.worst_us > b.command_us);
        assert_int_equal(b.cycle_us, (int64_t)n * (last.cycle_us ? last.cycle_us / (int64_t)(n - 1)
                                                                 : b.cycle_us));
        last = b;
    }
    /* One lane: the plate block under way (8 + 53 characters), the inputs (8 + 9), the write (13 + 8). */
    struct budget one = budget_of(&l, lanes, 1);
    assert_true(near(one.command_us, budget_characters_us(&l, 61 + 17 + 21) + 6 * 2006, 30));
    struct budget_link network = {.answer_us = 2000, .response_timeout_ms = 200};
    network.scan_ms = 20;
    assert_int_equal(budget_of(&network, lanes, 1).command_us, 8000);
    /* G3: a timeout, a slot, connecting, taking up again, the command. */
    struct budget b = budget_of(&network, lanes, 1);
    assert_in_range(b.worst_us, 200000 + 20000 + 2000 + 10 * 2000,
                    200000 + 20000 + 2000 + 20 * 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_wraps),
        cmocka_unit_test(a_lost_counter_is_a_new_base),
        cmocka_unit_test(a_counter_that_goes_back_is_a_new_base),
        cmocka_unit_test(only_what_stays_unseen_was_missed),
        cmocka_unit_test(a_breaker_opens_after_a_second_of_failures),
        cmocka_unit_test(an_open_breaker_probes_ever_less_often),
        cmocka_unit_test(a_failing_unit_takes_no_more_than_a_fifth),
        cmocka_unit_test(two_reads_take_what_the_line_takes),
        cmocka_unit_test(a_command_waits_for_every_other_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
