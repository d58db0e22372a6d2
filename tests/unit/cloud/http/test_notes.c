/* What is noted for the live stream (cloud/http/notes.h). */
#include "cloud/http/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct notes n;

static int setup(void **state)
{
    (void)state;
    memset(&n, 0, sizeof n);
    return 0;
}

static void place(int number)
{
    struct name name;
    snprintf(name.text, sizeof name.text, "p%d", number);
    notes_place(&n, &name);
}

static void movement(int number)
{
    struct movement_id id = movement_id_from((uint64_t)number);
    notes_movement(&n, &id);
}

static void each_is_noted_once(void **state)
{
    (void)state;
    assert_false(notes_any(&n));
    for (int i = 0; i < 10; i++) {
        place(1);
        movement(7);
    }
    assert_int_equal(n.place_count, 1);
    assert_int_equal(n.movement_count, 1);
    assert_true(notes_any(&n));
    notes_clear(&n);
    assert_false(notes_any(&n));
}

static void too_many_places_become_all(void **state)
{
    (void)state;
    for (int i = 0; i < NOTES_PLACES; i++)
        place(i);
    assert_false(n.all);
    place(3);
    assert_false(n.all);
    place(NOTES_PLACES);
    assert_true(n.all);
    assert_int_equal(n.place_count, NOTES_PLACES);
    notes_clear(&n);
    assert_false(n.all);
}

static void of_too_many_movements_the_oldest_go(void **state)
{
    struct movement_id last = movement_id_from(NOTES_MOVEMENTS + 4);
    struct movement_id first = movement_id_from(5);
    (void)state;
    for (int i = 0; i < NOTES_MOVEMENTS + 5; i++)
        movement(i);
    assert_int_equal(n.movement_count, NOTES_MOVEMENTS);
    assert_string_equal(n.movements[0].text, first.text);
    assert_string_equal(n.movements[NOTES_MOVEMENTS - 1].text, last.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_is_noted_once, setup),
        cmocka_unit_test_setup(too_many_places_become_all, setup),
        cmocka_unit_test_setup(of_too_many_movements_the_oldest_go, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
