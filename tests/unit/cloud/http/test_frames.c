/* The bytes a stream's client has not taken (cloud/http/frames.h, F1 and F2). */
#include "cloud/http/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct frames f;

static int setup(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    return 0;
}

static void the_snapshot_comes_first(void **state)
{
    char out[16] = {0};
    (void)state;
    f.snapshot = strdup("snap");
    f.snapshot_len = 4;
    assert_true(frames_add(&f, "event", 5));
    assert_int_equal(frames_take(&f, out, 3), 3);
    assert_memory_equal(out, "sna", 3);
    assert_int_equal(frames_take(&f, out, 16), 1);
    assert_null(f.snapshot);
    assert_int_equal(frames_take(&f, out, 16), 5);
    assert_memory_equal(out, "event", 5);
    assert_int_equal(frames_take(&f, out, 16), 0);
}

/* F1 around the end of the ring, with every split. */
static void bytes_leave_in_order_across_the_end(void **state)
{
    unsigned char in = 0;
    unsigned char expected = 0;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char text[97];
        char out[64];
        size_t len = (size_t)(round % 97) + 1;
        for (size_t i = 0; i < len; i++)
            text[i] = (char)in++;
        assert_true(frames_add(&f, text, len));
        size_t n;
        while ((n = frames_take(&f, out, sizeof out)) > 0)
            for (size_t i = 0; i < n; i++)
                assert_int_equal((unsigned char)out[i], expected++);
    }
    assert_int_equal(in, expected);
}

static void what_does_not_fit_enters_not_at_all(void **state)
{
    static char big[FRAMES_BYTES];
    static char out[FRAMES_BYTES];
    (void)state;
    memset(big, 'x', sizeof big);
    assert_true(frames_add(&f, big, sizeof big - 4));
    assert_true(frames_add(&f, "1234", 4));
    assert_false(frames_add(&f, "5", 1));
    assert_int_equal(f.len, FRAMES_BYTES);
    assert_int_equal(frames_take(&f, out, sizeof out), FRAMES_BYTES);
    assert_memory_equal(out + FRAMES_BYTES - 4, "1234", 4);
    assert_true(f.overflow);
    assert_false(frames_add(&f, "6", 1)); /* F2: it missed one */
}

static void clearing_frees_what_was_not_taken(void **state)
{
    (void)state;
    f.snapshot = strdup("left");
    f.snapshot_len = 4;
    frames_clear(&f);
    assert_null(f.snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_snapshot_comes_first, setup),
        cmocka_unit_test_setup(bytes_leave_in_order_across_the_end, setup),
        cmocka_unit_test_setup(what_does_not_fit_enters_not_at_all, setup),
        cmocka_unit_test_setup(clearing_frees_what_was_not_taken, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
