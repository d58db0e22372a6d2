/* Spaces tied to one right each (bound.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge/core/bound.h"

static const struct right_id one = {"permit:1"}, two = {"permit:2"};

static void each_right_has_its_own(void **state)
{
    (void)state;
    struct bound_spaces b = {0};
    assert_int_equal(bound_of(&b, &one), 0);
    assert_int_equal(bound_add(&b, &one, 2), ERR_OK);
    assert_int_equal(bound_add(&b, &two, 1), ERR_OK);
    assert_int_equal(bound_add(&b, &one, 1), ERR_OK);
    assert_int_equal(bound_of(&b, &one), 3);
    assert_int_equal(bound_take(&b, &one, 2), 2);
    assert_int_equal(bound_take(&b, &one, 2), 1);
    assert_int_equal(bound_take(&b, &one, 1), 0);
    assert_int_equal(b.count, 1);
    assert_int_equal(bound_of(&b, &two), 1);
}

static void it_has_an_end(void **state)
{
    (void)state;
    struct bound_spaces b = {0};
    for (int i = 0; i < BOUND_MAX; i++) {
        struct right_id id;
        snprintf(id.text, sizeof id.text, "r%d", i);
        assert_int_equal(bound_add(&b, &id, 1), ERR_OK);
    }
    struct bound_spaces before = b;
    assert_int_equal(bound_add(&b, &one, 1), ERR_FULL);
    assert_memory_equal(&b, &before, sizeof b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_right_has_its_own),
        cmocka_unit_test(it_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
