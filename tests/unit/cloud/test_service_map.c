/* cloud/service/map.h against a plain list: random puts, removals and look-ups agree at every step. */
#include "cloud/service/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 200, STEPS = 50000 };

static char keys[KEYS][16];
static int values[KEYS];

static void agrees_with_a_list(void **state)
{
    (void)state;
    struct map m = {0};
    int *truth[KEYS] = {NULL};
    size_t count = 0;
    uint64_t x = 88172645463325252u;
    assert_null(map_find(&m, "nothing yet"));
    map_remove(&m, "nothing yet");
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "lot%d/e%d", i % 7, i);
    for (int step = 0; step < STEPS; step++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        int k = (int)(x % KEYS);
        if (x / KEYS % 3 == 0) {
            map_remove(&m, keys[k]);
            count -= truth[k] != NULL;
            truth[k] = NULL;
        } else if (x / KEYS % 3 == 1) {
            int *v = &values[x / KEYS / 3 % KEYS];
            map_put(&m, keys[k], v);
            count += truth[k] == NULL;
            truth[k] = v;
        }
        assert_int_equal(m.count, count);
        assert_ptr_equal(map_find(&m, keys[k]), truth[k]);
        if (step % 1000 == 0)
            for (int i = 0; i < KEYS; i++)
                assert_ptr_equal(map_find(&m, keys[i]), truth[i]);
    }
    map_free(&m);
    assert_null(map_find(&m, keys[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_a_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
