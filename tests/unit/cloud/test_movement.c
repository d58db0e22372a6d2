/* movement_add: later words win, absent ones change nothing, and it does not matter in how many steps. */
#include "cloud/core/movement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static void maybe_text(char *to, char c)
{
    if (dice(2)) {
        to[0] = c;
        to[1] = '\0';
    }
}

static struct movement_row some(void)
{
    char c = (char)('a' + dice(20));
    struct movement_row m = {.first = {1 + dice(9)}};
    maybe_text(m.lane.text, c);
    maybe_text(m.plate.text, c);
    maybe_text(m.raw.text, c);
    maybe_text(m.request.text, c);
    maybe_text(m.credential.text, c);
    m.medium = (enum medium)dice(3);
    m.direction = (enum direction)dice(3);
    m.confidence = dice(2) ? (int64_t)dice(10000) : -1;
    m.basis = (enum basis)dice(3);
    m.reason = (enum reason)dice(3);
    m.outcome = (enum outcome)dice(3);
    m.presented.v = dice(3);
    m.authorised.v = dice(3);
    m.started.v = dice(3);
    m.completed.v = dice(3);
    m.ended.v = dice(3);
    return m;
}

static void in_one_step_or_in_two(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct movement_row a = some(), b = some(), c = some();
        struct movement_row left = a, right = b;
        movement_add(&left, &b);
        movement_add(&left, &c);
        movement_add(&right, &c);
        movement_add(&a, &right);
        assert_memory_equal(&left, &a, sizeof a);
    }
}

static void later_words_win(void **state)
{
    (void)state;
    struct movement_row m = {.lane = {"in-1"},
                             .direction = DIRECTION_ENTRY,
                             .plate = {"22아2222"},
                             .confidence = 9000,
                             .first = {1},
                             .presented = {1}};
    struct movement_row nothing = {.confidence = -1, .first = {9}};
    struct movement_row before = m;
    movement_add(&m, &nothing);
    assert_memory_equal(&m, &before, sizeof m);
    struct movement_row more = {
        .plate = {"22아2223"}, .confidence = 0, .outcome = OUTCOME_DENIED, .ended = {5}};
    movement_add(&m, &more);
    assert_string_equal(m.plate.text, "22아2223");
    assert_string_equal(m.lane.text, "in-1");
    assert_int_equal(m.confidence, 0);
    assert_int_equal(m.outcome, OUTCOME_DENIED);
    assert_int_equal(m.first.v, 1);
    assert_int_equal(m.presented.v, 1);
    assert_int_equal(m.ended.v, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_one_step_or_in_two),
        cmocka_unit_test(later_words_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
