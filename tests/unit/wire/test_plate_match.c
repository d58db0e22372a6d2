/* Readings that may be one plate (K1, K2 of plate_match.h). */
#include "protocol/wire/plate_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int differ(const char *a, const char *b)
{
    struct plate x = {""}, y = {""};
    memcpy(x.text, a, strlen(a));
    memcpy(y.text, b, strlen(b));
    int n = plate_confusions(&x, &y);
    assert_int_equal(plate_confusions(&y, &x), n);
    /* K1 */
    struct plate fx = plate_fold(&x), fy = plate_fold(&y);
    assert_int_equal(strcmp(fx.text, fy.text) == 0, n >= 0);
    return n;
}

static void confusable_characters_count_one_each(void **state)
{
    (void)state;
    assert_int_equal(differ("AB1234", "AB1234"), 0);
    assert_int_equal(differ("B0A1", "BOA1"), 1);
    assert_int_equal(differ("B0A1", "8OAI"), 3);
    assert_int_equal(differ("5ZI", "S21"), 3);
    assert_int_equal(differ("22아2222", "2Z아2222"), 1);
}

static void anything_else_is_another_plate(void **state)
{
    (void)state;
    assert_int_equal(differ("22아2222", "22어2222"), -1); /* no published list of Hangul pairs */
    assert_int_equal(differ("AB1234", "AC1234"), -1);
    assert_int_equal(differ("AB1234", "AB12345"), -1);
    assert_int_equal(differ("", "0"), -1);
    assert_int_equal(differ("08", "0O"), -1);
}

static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    struct plate p = {"OIZSB아Q0"}, once = plate_fold(&p), twice = plate_fold(&once);
    assert_string_equal(once.text, "01258아Q0");
    assert_string_equal(twice.text, once.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confusable_characters_count_one_each),
        cmocka_unit_test(anything_else_is_another_plate),
        cmocka_unit_test(folding_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
