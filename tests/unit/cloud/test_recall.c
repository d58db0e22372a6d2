/* Which spaces are wanted back from which edge (recall.h). */
#include "cloud/core/recall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_is_missing_is_taken_where_most_lies(void **state) /* C1 */
{
    (void)state;
    struct recall_edge e[3] = {
        {.live = true, .view = 4}, {.live = true, .view = 7}, {.live = false, .view = 90}};
    recall_plan(0, e, 3);
    assert_int_equal(e[0].n + e[1].n + e[2].n, 0);
    recall_plan(5, e, 3);
    assert_int_equal(e[1].n, 5);
    assert_int_equal(e[0].n, 0);
    recall_plan(9, e, 3);
    assert_int_equal(e[0].n + e[1].n, 9);
    assert_true(e[0].n <= 4 && e[1].n <= 7);
    assert_int_equal(e[2].n, 0);
}

static void the_rest_comes_from_credits(void **state) /* C1 */
{
    (void)state;
    struct recall_edge e[2] = {{.live = true, .view = 2}, {.live = true, .exits = true}};
    recall_plan(5, e, 2);
    assert_int_equal(e[0].n, 2);
    assert_int_equal(e[1].n, 3);
    struct recall_edge gone[1] = {{.view = 2}};
    recall_plan(5, gone, 1);
    assert_int_equal(gone[0].n, 0);
}

static void nothing_is_recalled_twice(void **state) /* C2 */
{
    (void)state;
    struct recall_edge e[2] = {{.live = true, .view = 5, .owed = 3},
                               {.live = true, .exits = true, .owed = 2}};
    recall_plan(5, e, 2);
    assert_int_equal(e[0].n, 2); /* there now: sooner than a credit */
    assert_int_equal(e[1].n, 0);
    e[0].view = 3;
    recall_plan(5, e, 2);
    assert_int_equal(e[0].n + e[1].n, 0);
}

static void who_starves_is_helped(void **state) /* C3 */
{
    (void)state;
    struct recall_edge e[3] = {{.live = true, .starving = true},
                               {.live = true, .view = 6},
                               {.live = true, .view = 1, .idle = true}};
    recall_plan(0, e, 3);
    assert_int_equal(e[1].n, 3);
    assert_int_equal(e[2].n, 0);
    e[1].view = 1; /* busy: keeps its last one */
    e[2].view = 0;
    recall_plan(0, e, 3);
    assert_int_equal(e[1].n + e[2].n, 0);
    e[1].idle = true;
    recall_plan(0, e, 3);
    assert_int_equal(e[1].n, 1);
    e[1].owed = 1;
    e[1].view = 9;
    recall_plan(0, e, 3);
    assert_int_equal(e[0].n + e[1].n + e[2].n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_taken_where_most_lies),
        cmocka_unit_test(the_rest_comes_from_credits),
        cmocka_unit_test(nothing_is_recalled_twice),
        cmocka_unit_test(who_starves_is_helped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
