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

static int teardown(void **state)
{
    (void)state;
    frames_clear(&f);
    return 0;
}

static struct frame *frame_of(const char *text, size_t len)
{
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memcpy(bytes, text, len);
    struct frame *frame = frame_new(bytes, len);
    assert_non_null(frame);
    return frame;
}

static bool add(const char *text, size_t len)
{
    struct frame *frame = frame_of(text, len);
    bool taken = frames_add(&f, frame);
    frame_put(frame);
    return taken;
}

static void the_snapshot_comes_first(void **state)
{
    char out[16] = {0};
    (void)state;
    assert_true(add("event", 5)); /* even if an event was queued before it was made */
    frames_begin(&f, frame_of("snap", 4));
    assert_int_equal(frames_take(&f, out, 3), 3);
    assert_memory_equal(out, "sna", 3);
    assert_int_equal(frames_take(&f, out, 16), 6);
    assert_memory_equal(out, "pevent", 6);
    assert_int_equal(frames_take(&f, out, 16), 0);
}

/* F1 around the end of the queue, with every split. */
static void bytes_leave_in_order(void **state)
{
    unsigned char in = 0;
    unsigned char expected = 0;
    (void)state;
    for (int round = 0; round < 500; round++) {
        char out[64];
        for (int k = 0; k < round % 7 + 1; k++) {
            char text[97];
            size_t len = (size_t)(round * 7 + k) % 97 + 1;
            for (size_t i = 0; i < len; i++)
                text[i] = (char)in++;
            assert_true(add(text, len));
        }
        size_t n;
        while ((n = frames_take(&f, out, (size_t)(round % 64) + 1)) > 0)
            for (size_t i = 0; i < n; i++)
                assert_int_equal((unsigned char)out[i], expected++);
    }
    assert_int_equal(in, expected);
    assert_int_equal(f.bytes, 0);
}

/* F2 by number */
static void too_many_frames_overflow_for_ever(void **state)
{
    char out[FRAMES_MAX];
    (void)state;
    for (int i = 0; i < FRAMES_MAX; i++)
        assert_true(add("x", 1));
    assert_false(add("y", 1));
    assert_int_equal(frames_take(&f, out, sizeof out), FRAMES_MAX);
    assert_int_equal(out[FRAMES_MAX - 1], 'x');
    assert_true(f.overflow);
    assert_false(add("z", 1));
}

/* F2 by size, F3: one big frame is taken, another one behind it is not. */
static void too_many_bytes_overflow(void **state)
{
    static char big[FRAMES_BYTES + 1];
    (void)state;
    assert_true(add(big, sizeof big));
    assert_false(add("x", 1));
}

/* F3 */
static void a_frame_is_shared(void **state)
{
    static struct frames other;
    struct frame *frame = frame_of("both", 4);
    char out[8];
    (void)state;
    assert_true(frames_add(&f, frame));
    assert_true(frames_add(&other, frame));
    assert_int_equal(frame->references, 3);
    frame_put(frame);
    assert_int_equal(frames_take(&f, out, 8), 4);
    assert_int_equal(frame->references, 1);
    assert_int_equal(frames_take(&other, out, 8), 4);
    assert_memory_equal(out, "both", 4);
}

static void clearing_lets_go_of_everything(void **state)
{
    struct frame *frame = frame_of("left", 4);
    (void)state;
    frame->references++;
    frames_begin(&f, frame);
    assert_true(frames_add(&f, frame));
    frames_clear(&f);
    assert_int_equal(frame->references, 1);
    frame_put(frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_snapshot_comes_first),
        TEST(bytes_leave_in_order),
        TEST(too_many_frames_overflow_for_ever),
        TEST(too_many_bytes_overflow),
        TEST(a_frame_is_shared),
        TEST(clearing_lets_go_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
