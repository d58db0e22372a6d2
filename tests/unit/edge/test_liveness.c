/* The watchdog's decision. Numbers cite edge/core/liveness.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/core/liveness.h"

enum { LINKS = 3, PARTS = LIVENESS_LINKS + LINKS };

static const int64_t period_us = 30000000;

/* W1, W2: freeze each part in turn while all others go on. */
static void each_part_alone_stops_the_feeding(void **state)
{
    (void)state;
    for (size_t frozen = 0; frozen < PARTS; frozen++) {
        struct liveness w;
        int64_t now_us = 1000, limit_us = frozen == LIVENESS_UPLINK ? 4 * period_us : period_us;
        size_t part = PARTS;
        liveness_init(&w, LINKS, period_us, now_us);
        for (uint64_t step = 1; now_us <= 1000 + limit_us; step++, now_us += 1000000) {
            for (size_t i = 0; i < PARTS; i++)
                liveness_note(&w, i, i == frozen ? 0 : step, now_us);
            assert_true(liveness_alive(&w, now_us, &part));
        }
        for (size_t i = 0; i < PARTS; i++)
            liveness_note(&w, i, i == frozen ? 0 : 1, now_us);
        assert_false(liveness_alive(&w, now_us, &part));
        assert_int_equal(part, frozen);
        liveness_note(&w, frozen, 1, now_us); /* it was only slow */
        assert_true(liveness_alive(&w, now_us, &part));
    }
}

static void parts_that_do_not_exist_do_not_count(void **state)
{
    (void)state;
    struct liveness w;
    size_t part;
    liveness_init(&w, 1, period_us, 0);
    liveness_note(&w, LIVENESS_LINKS + 5, 1, 0);
    for (size_t i = 0; i <= LIVENESS_LINKS; i++)
        liveness_note(&w, i, 1, 10 * period_us);
    assert_true(liveness_alive(&w, 10 * period_us, &part));
    liveness_init(&w, 1000, period_us, 0);
    assert_int_equal(w.count, LIVENESS_PARTS_MAX);
}

static void parts_have_names(void **state)
{
    (void)state;
    assert_string_equal(liveness_part_word(LIVENESS_LANES), "lanes");
    assert_string_equal(liveness_part_word(LIVENESS_UPLINK), "uplink");
    assert_string_equal(liveness_part_word(LIVENESS_LINKS + 7), "link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_alone_stops_the_feeding),
        cmocka_unit_test(parts_that_do_not_exist_do_not_count),
        cmocka_unit_test(parts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
