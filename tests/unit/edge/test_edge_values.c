/* Spaces (spaces.h) and the loop filter (filter.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edge/core/filter.h"
#include "edge/core/spaces.h"
#include "protocol/modbus/lane_io.h"

static void credit_pays_overdraft_first(void **state)
{
    (void)state;
    struct spaces s = {.free = 0, .overdraft = 3};
    assert_int_equal(spaces_credit(&s, 2), 2);
    assert_int_equal(s.overdraft, 1);
    assert_int_equal(s.free, 0);
    assert_int_equal(spaces_credit(&s, 5), 1);
    assert_int_equal(s.overdraft, 0);
    assert_int_equal(s.free, 4);
    assert_int_equal(spaces_credit(&s, 1), 0);
    assert_int_equal(s.free, 5);
}

static void no_admission_without_a_space(void **state) /* S2 */
{
    (void)state;
    struct spaces s = {.free = 1};
    assert_int_equal(spaces_authorise(&s), ERR_OK);
    assert_int_equal(spaces_authorise(&s), ERR_FULL);
    assert_int_equal(s.free, 0);
    assert_int_equal(s.overdraft, 0);
}

static void a_crossing_spends_or_overdraws(void **state)
{
    (void)state;
    struct spaces s = {.free = 1};
    assert_int_equal(spaces_intrude(&s), SPENT_SPACE);
    assert_int_equal(spaces_intrude(&s), SPENT_OVERDRAFT);
    assert_int_equal(s.free, 0);
    assert_int_equal(s.overdraft, 1);
}

static void gives_back_what_it_has(void **state)
{
    (void)state;
    struct spaces s = {.free = 4};
    assert_int_equal(spaces_give_back(&s, 3), 3);
    assert_int_equal(spaces_give_back(&s, 3), 1);
    assert_int_equal(spaces_give_back(&s, 3), 0);
    assert_int_equal(s.free, 0);
}

/* S1 over every short history. */
static void never_free_and_overdrawn_at_once(void **state)
{
    (void)state;
    for (int history = 0; history < 4 * 4 * 4 * 4 * 4 * 4; history++) {
        struct spaces s = {0};
        for (int rest = history, k = 0; k < 6; k++, rest /= 4) {
            switch (rest % 4) {
            case 0: spaces_credit(&s, 2); break;
            case 1: (void)spaces_authorise(&s); break;
            case 2: (void)spaces_intrude(&s); break;
            default: (void)spaces_give_back(&s, 1); break;
            }
            assert_true(s.free >= 0 && s.overdraft >= 0);
            assert_true(s.free == 0 || s.overdraft == 0);
        }
    }
}

static const uint32_t A = 1U << IN_LOOP_A, B = 1U << IN_LOOP_B, C = 1U << IN_LOOP_C;

static struct filter fresh(uint32_t bits)
{
    struct filter f;
    filter_init(&f, 100, 200, 0, bits, (struct mono_ms){0});
    return f;
}

static void a_needs_a_tenth_of_a_second(void **state)
{
    (void)state;
    struct filter f = fresh(0);
    filter_read(&f, A, (struct mono_ms){10});
    assert_false(f.a.stable);
    assert_int_equal(filter_deadline(&f).v, 110);
    filter_tick(&f, (struct mono_ms){109});
    assert_false(f.a.stable);
    filter_tick(&f, (struct mono_ms){110});
    assert_true(f.a.stable);
    assert_int_equal(filter_deadline(&f).v, INT64_MAX);
    filter_read(&f, 0, (struct mono_ms){200});
    filter_read(&f, A, (struct mono_ms){250}); /* a flicker */
    filter_tick(&f, (struct mono_ms){1000});
    assert_true(f.a.stable);
}

static void b_and_c_block_at_once_and_clear_late(void **state)
{
    (void)state;
    struct filter f = fresh(0);
    filter_read(&f, B | C, (struct mono_ms){10});
    assert_true(f.b.stable && f.c.stable);
    filter_read(&f, 0, (struct mono_ms){20});
    filter_tick(&f, (struct mono_ms){219});
    assert_true(f.b.stable && f.c.stable);
    filter_tick(&f, (struct mono_ms){220});
    assert_false(f.b.stable || f.c.stable);
}

static void the_first_reading_counts_at_once(void **state)
{
    (void)state;
    struct filter f = fresh(A | B);
    assert_true(f.a.stable && f.b.stable);
    assert_false(f.c.stable);
}

static void a_loop_fault_is_occupied(void **state)
{
    (void)state;
    struct filter f = fresh(1U << IN_FAULT_B);
    assert_true(f.b.stable);
    assert_false(f.a.stable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_pays_overdraft_first),
        cmocka_unit_test(no_admission_without_a_space),
        cmocka_unit_test(a_crossing_spends_or_overdraws),
        cmocka_unit_test(gives_back_what_it_has),
        cmocka_unit_test(never_free_and_overdrawn_at_once),
        cmocka_unit_test(a_needs_a_tenth_of_a_second),
        cmocka_unit_test(b_and_c_block_at_once_and_clear_late),
        cmocka_unit_test(the_first_reading_counts_at_once),
        cmocka_unit_test(a_loop_fault_is_occupied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
