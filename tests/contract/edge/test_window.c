/* The window alone. Numbers cite edge/uplink/window.h. */
#include "edge/uplink/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t send_all(struct window *w, int64_t in_client, int64_t now_us)
{
    int64_t n = window_room(w, in_client);
    for (int64_t i = 0; i < n; i++)
        window_sent(w, now_us, 0);
    return n;
}

/* W2 */
static void the_window_is_the_smaller_of_ours_and_the_brokers(void **state)
{
    static const struct {
        uint16_t receive_max;
        int64_t limit;
    } cases[] = {{1, 1}, {2, 1}, {20, 19}, {65, 64}, {200, 64}, {65535, 64}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct window w = {0};
        window_open(&w, cases[i].receive_max);
        window_update(&w, 1, 0, 1001, 0);
        assert_int_equal(send_all(&w, 0, 0), cases[i].limit);
        assert_int_equal(window_room(&w, 0), 0);
    }
}

/* W2, W3 */
static void only_an_acknowledgement_moves_the_window(void **state)
{
    struct window w = {0};
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 0, 101, 0);
    send_all(&w, 0, 0);
    assert_int_equal(window_room(&w, 0), 0); /* the client is empty, and yet */
    assert_true(window_update(&w, 1, 10, 101, 0));
    assert_int_equal(window_room(&w, 54), 10);
    assert_int_equal(window_room(&w, 60), 4); /* the client's own limit */
    assert_int_equal(window_room(&w, 64), 0);
    send_all(&w, 0, 0);
    assert_int_equal(w.sent, 74);
    assert_false(window_update(&w, 1, 10, 101, 0));
}

static void no_more_rows_than_there_are(void **state)
{
    struct window w = {0};
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 0, 4, 0);
    assert_int_equal(send_all(&w, 0, 0), 3);
    window_update(&w, 1, 0, 5, 0);
    assert_int_equal(send_all(&w, 0, 0), 1);
}

/* W4 */
static void a_stall_goes_back_and_waits_longer(void **state)
{
    struct window w = {0};
    int64_t now = 0, waited_ms = 1000;
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 5, 8, now);
    assert_false(window_expired(&w, 1000000000)); /* nothing was sent */
    for (int i = 0; i < 8; i++) {
        assert_int_equal(send_all(&w, 0, now), 2);
        assert_false(window_expired(&w, now + waited_ms * 1000 - 1));
        now += waited_ms * 1000;
        assert_true(window_expired(&w, now));
        assert_int_equal(w.sent, 5);
        waited_ms = waited_ms * 2 < 30000 ? waited_ms * 2 : 30000;
    }
    send_all(&w, 0, now);
    assert_true(window_update(&w, 1, 6, 8, now)); /* progress: short waits again */
    assert_int_equal(w.deadline_us, now + 1000000);
    assert_true(window_update(&w, 1, 7, 8, now));
    assert_int_equal(w.deadline_us, 0); /* nothing is outstanding */
}

static void the_wait_has_jitter(void **state)
{
    struct window w = {0};
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 0, 2, 0);
    window_sent(&w, 0, UINT64_MAX);
    assert_in_range(w.deadline_us, 1000001, 1250000);
}

/* An acknowledgement of what this session has not sent yet: from another session, or sent twice. */
static void an_acknowledgement_may_overtake(void **state)
{
    struct window w = {0};
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 0, 11, 0);
    window_update(&w, 1, 8, 11, 0);
    assert_int_equal(w.sent, 8);
    assert_int_equal(send_all(&w, 0, 0), 2);
}

/* W1 */
static void a_new_session_and_a_new_epoch_start_over(void **state)
{
    struct window w = {0};
    (void)state;
    window_open(&w, 200);
    window_update(&w, 1, 3, 11, 0);
    send_all(&w, 0, 0);
    window_open(&w, 20);
    assert_int_equal(w.sent, 3);
    assert_int_equal(w.deadline_us, 0);
    send_all(&w, 0, 0);
    window_update(&w, 2, 0, 4, 0);
    assert_int_equal(w.sent, 0);
    assert_int_equal(send_all(&w, 0, 0), 3);
    window_go_back(&w);
    assert_int_equal(window_room(&w, 0), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_the_smaller_of_ours_and_the_brokers),
        cmocka_unit_test(only_an_acknowledgement_moves_the_window),
        cmocka_unit_test(no_more_rows_than_there_are),
        cmocka_unit_test(a_stall_goes_back_and_waits_longer),
        cmocka_unit_test(the_wait_has_jitter),
        cmocka_unit_test(an_acknowledgement_may_overtake),
        cmocka_unit_test(a_new_session_and_a_new_epoch_start_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
