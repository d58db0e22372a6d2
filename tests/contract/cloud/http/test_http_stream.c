/* The live stream over real HTTP (cloud/http/stream.c, S1 to S5). */
#include "tests/contract/cloud/http/fixture.h"

#include "protocol/support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 256 * 1024 };

static char text[TEXT_SIZE];

static int open_stream(struct fixture *f)
{
    int fd = dial(f);
    static const char request[] = "GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n";
    send_all(fd, request, sizeof request - 1);
    return fd;
}

static void notice(struct fixture *f, enum notice kind, const char *json)
{
    f->notifier.publish(f->notifier.self, kind, &(struct name){"a"}, json);
}

/* S2 */
static void a_client_begins_with_everything(void **state)
{
    int fd = open_stream(*state);
    assert_true(read_until(fd, "event: beat", text, TEXT_SIZE, 5000));
    assert_memory_equal(text, "HTTP/1.1 200", 12);
    assert_non_null(strstr(text, "Content-Type: text/event-stream"));
    assert_non_null(strstr(text, "event: place\ndata: {\"place\":\"a\""));
    assert_non_null(strstr(text, "event: place\ndata: {\"place\":\"b\""));
    assert_non_null(strstr(text, "event: movement\ndata: {"));
    assert_non_null(strstr(text, "\"plate\":\"22***22\""));
    assert_null(strstr(text, "22\xEC\x95\x84")); /* plates are masked */
    assert_non_null(strstr(text, "\"plate\":\"B***9\""));
    close(fd);
}

static void the_beat_tells_time_rate_places_and_breakers(void **state)
{
    int fd = open_stream(*state);
    assert_true(read_until(fd, "\"breakers\"", text, TEXT_SIZE, 5000));
    const char *beat = strstr(text, "event: beat");
    assert_non_null(beat);
    assert_non_null(strstr(beat, "\"rate\":1"));
    assert_non_null(strstr(beat, "\"places\":[\"a\",\"b\"]"));
    assert_non_null(strstr(beat, "\"now\":\"2026-11-20T06:31:1"));
    close(fd);
}

static void a_change_arrives_within_a_second(void **state)
{
    struct fixture *f = *state;
    int fd = open_stream(f);
    assert_true(read_until(fd, "event: beat", text, TEXT_SIZE, 5000));
    for (int i = 0; i < 3; i++) {
        char json[96];
        char id[64];
        seed_movement(f, 500 + i, "a", "in-1", DIRECTION_ENTRY, "12A3456", OUTCOME_DROVE_THROUGH,
                      0);
        snprintf(json, sizeof json, "{\"place\":\"a\",\"movement\":\"%016x\"}", 500 + i);
        notice(f, NOTICE_MOVEMENT, json);
        snprintf(id, sizeof id, "\"movement\":\"%016x\"", 500 + i);
        assert_true(read_until(fd, "event: place", text, TEXT_SIZE, 1000));
        assert_non_null(strstr(text, id));
        assert_non_null(strstr(text, "12***56"));
    }
    close(fd);
}

/* S1: a burst becomes few events. */
static void many_changes_of_one_place_are_one_event(void **state)
{
    struct fixture *f = *state;
    int fd = open_stream(f);
    assert_true(read_until(fd, "event: beat", text, TEXT_SIZE, 5000));
    for (int i = 0; i < 5000; i++)
        notice(f, NOTICE_PLACE, "{}");
    long n = read_all(fd, text, TEXT_SIZE - 1, 400);
    assert_int_equal(n, -1); /* the stream goes on */
    int events = 0;
    for (const char *at = text; (at = strstr(at, "event: place")) != NULL; at++)
        events++;
    assert_in_range(events, 1, 5);
    close(fd);
}

static void unreadable_notices_do_no_harm(void **state)
{
    struct fixture *f = *state;
    int fd = open_stream(f);
    assert_true(read_until(fd, "event: beat", text, TEXT_SIZE, 5000));
    notice(f, NOTICE_MOVEMENT, "not json");
    notice(f, NOTICE_MOVEMENT, "{\"movement\":\"xyz\"}");
    notice(f, NOTICE_MOVEMENT, "{\"movement\":\"00000000000fffff\"}");
    f->notifier.publish(f->notifier.self, NOTICE_ANOMALY, NULL, "{}");
    f->notifier.publish(f->notifier.self, NOTICE_PLACE, &(struct name){"nosuch"}, "{}");
    assert_true(read_until(fd, "event: place\ndata: {\"place\":\"a\"", text, TEXT_SIZE, 2000));
    close(fd);
}

static void the_heart_beats(void **state)
{
    struct fixture *f = *state;
    struct http_settings s = f->settings;
    s.heartbeat_ms = 150;
    s.request_ms = 200; /* a stream outlives the deadlines of requests */
    fixture_restart(f, &s);
    int fd = open_stream(f);
    for (int i = 0; i < 8; i++)
        assert_true(read_until(fd, "event: beat", text, TEXT_SIZE, 1000));
    close(fd);
}

/* S4: a client that takes nothing is cut; another one beside it misses nothing. */
static void a_slow_client_is_cut(void **state)
{
    enum { MOVES = 200, ROUNDS = 35, FIRST = 5000 };
    struct fixture *f = *state;
    int slow = dial(f);
    int good;
    int small = 4096;
    static const char request[] = "GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n";
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send_all(slow, request, sizeof request - 1);
    for (int i = 0; i < MOVES; i++)
        seed_movement(f, FIRST + i, "b", "in-1", DIRECTION_ENTRY, "12A", OUTCOME_NONE, 0);
    good = open_stream(f);
    assert_true(read_until(good, "event: beat", text, TEXT_SIZE, 5000));
    for (int round = 0; round < ROUNDS; round++) { /* far more than the kernel keeps for it */
        for (int i = 0; i < MOVES; i++) {
            char json[64];
            snprintf(json, sizeof json, "{\"movement\":\"%016x\"}", FIRST + i);
            notice(f, NOTICE_MOVEMENT, json);
        }
        assert_true(read_until(good, "event: place", text, TEXT_SIZE, 3000));
    }
    /* What the kernel kept is still there to read, and then it ends. */
    long n;
    do
        n = read_all(slow, text, TEXT_SIZE, 1000);
    while (n == TEXT_SIZE);
    assert_true(n >= 0);
    close(slow);
    notice(f, NOTICE_PLACE, "{}");
    assert_true(read_until(good, "event: place", text, TEXT_SIZE, 3000));
    close(good);
}

static void streams_are_limited_and_free_their_place(void **state)
{
    struct fixture *f = *state;
    struct http_settings s = f->settings;
    s.streams = 2;
    fixture_restart(f, &s);
    int one = open_stream(f);
    int two = open_stream(f);
    assert_true(read_until(one, "event: beat", text, TEXT_SIZE, 5000));
    assert_true(read_until(two, "event: beat", text, TEXT_SIZE, 5000));
    struct answer a = get(f, "/v1/stream", NULL);
    assert_int_equal(a.status, 503);
    assert_string_equal(header(&a, "Retry-After"), "5");
    answer_free(&a);
    close(one);
    int status = 503;
    for (int i = 0; i < 100 && status != 200; i++) {
        notice(f, NOTICE_PLACE, "{}"); /* a write finds out that the client is gone */
        int fd = open_stream(f);
        assert_true(read_until(fd, "\r\n\r\n", text, TEXT_SIZE, 2000));
        status = (int)strtol(text + 9, NULL, 10);
        close(fd);
        struct timespec step = {0, 20000000};
        nanosleep(&step, NULL);
    }
    assert_int_equal(status, 200);
    close(two);
}

/* S5 */
static void stopping_ends_the_streams(void **state)
{
    struct fixture *f = *state;
    int fds[8];
    for (int i = 0; i < 8; i++) {
        fds[i] = open_stream(f);
        assert_true(read_until(fds[i], "event: beat", text, TEXT_SIZE, 5000));
    }
    fixture_restart(f, &f->settings);
    for (int i = 0; i < 8; i++) {
        assert_true(read_all(fds[i], text, TEXT_SIZE, 3000) >= 0);
        close(fds[i]);
    }
}

static void clients_that_vanish_leave_nothing_behind(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++) {
        int fd = open_stream(f);
        if (i % 3 == 0)
            read_until(fd, "event: beat", text, TEXT_SIZE, 2000);
        notice(f, NOTICE_PLACE, "{}");
        close(fd);
    }
    struct answer a = get(f, "/v1/places/a", NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static void head_of_a_stream_is_only_a_head(void **state)
{
    struct answer a = ask(*state, "HEAD", "/v1/stream", NULL, NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(&a, "Content-Type"), "text/event-stream");
    answer_free(&a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_client_begins_with_everything),
        TEST(the_beat_tells_time_rate_places_and_breakers),
        TEST(a_change_arrives_within_a_second),
        TEST(many_changes_of_one_place_are_one_event),
        TEST(unreadable_notices_do_no_harm),
        TEST(the_heart_beats),
        TEST(a_slow_client_is_cut),
        TEST(streams_are_limited_and_free_their_place),
        TEST(stopping_ends_the_streams),
        TEST(clients_that_vanish_leave_nothing_behind),
        TEST(head_of_a_stream_is_only_a_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
