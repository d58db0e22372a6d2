/* sim/traffic/plates.h: unique, well-formed, the same again for the same seed. */
#include "sim/traffic/plates.h"

#include "protocol/support/plate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 20000 };

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct plate *)a)->text, ((const struct plate *)b)->text);
}

static void plates_differ_after_normalisation(void **state)
{
    (void)state;
    struct plate *all = calloc(COUNT, sizeof *all);
    assert_non_null(all);
    int korean = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct plate_made m = plate_make(42, i, 40);
        assert_int_equal(plate_normalise(m.plate.text, strlen(m.plate.text), &all[i]), ERR_OK);
        assert_true(m.country == 410 || m.country == 276 || m.country == 250);
        assert_int_equal(plate_country(m.plate.text) == 410, m.country == 410);
        korean += m.country == 410;
    }
    assert_in_range(korean, COUNT * 38 / 100, COUNT * 42 / 100);
    qsort(all, COUNT, sizeof *all, by_text);
    for (size_t i = 1; i < COUNT; i++)
        assert_string_not_equal(all[i - 1].text, all[i].text);
    free(all);
}

static void the_share_is_kept_at_its_ends(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(plate_make(1, i, 100).country, 410);
        assert_int_not_equal(plate_make(1, i, 0).country, 410);
    }
}

static void a_seed_is_a_fleet(void **state)
{
    (void)state;
    int same = 0;
    for (uint32_t i = 0; i < 100; i++) {
        struct plate_made a = plate_make(5, i, 50), b = plate_make(5, i, 50);
        struct plate_made c = plate_make(6, i, 50);
        assert_string_equal(a.plate.text, b.plate.text);
        same += strcmp(a.plate.text, c.plate.text) == 0;
    }
    assert_int_equal(same, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plates_differ_after_normalisation),
        cmocka_unit_test(the_share_is_kept_at_its_ends),
        cmocka_unit_test(a_seed_is_a_fleet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
