/* The feed over real HTTP (feed.h F1 to F3): order, cursors, filters, waiting, and who may read it. */
#include "tests/contract/cloud/http/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void begin(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
}

static void commit(struct fixture *f)
{
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    pthread_mutex_unlock(&f->lock);
}

static void add_fact(struct fixture *f, const char *type, const char *place, const char *plate,
                     const char *data)
{
    struct fact_row r = {.type = type, .at = {NOW_MS}, .data = data, .len = strlen(data)};
    set_text(r.place.text, sizeof r.place.text, place);
    set_text(r.subject, sizeof r.subject, "00000000000000aa");
    set_text(r.plate.text, sizeof r.plate.text, plate);
    assert_int_equal(f->port.add_fact(f->port.self, &r), ERR_OK);
}

static void add_event(struct fixture *f, int64_t seq, const char *kind)
{
    char bytes[256];
    int n =
        snprintf(bytes, sizeof bytes,
                 "{\"specversion\":\"1.0\",\"id\":\"a/e1/1/%lld\",\"type\":\"io.boomgate.%s.v1\","
                 "\"data\":{\"lane\":\"in-1\"}} ",
                 (long long)seq, kind);
    struct event_row r = {.stream = 1,
                          .seq = seq,
                          .digest = {"0123456789abcdef0123456789abcdef"},
                          .kind = kind,
                          .time = {NOW_MS},
                          .received = {NOW_MS},
                          .bytes = bytes,
                          .len = (size_t)n};
    assert_int_equal(f->port.add_event(f->port.self, &r), ERR_OK);
}

/* 1 presented, 2 session.opened, 3 completed, 4 session.closed at b, 5 payment.sent. */
static int setup(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    struct stream_row stream = {.id = 1,
                                .place = {"a"},
                                .edge = {"e1"},
                                .journal = {"00112233445566778899aabbccddeeff"},
                                .epoch = 1,
                                .head = {"00000000000000000000000000000000"}};
    begin(f);
    assert_int_equal(f->port.save_stream(f->port.self, &stream), ERR_OK);
    add_event(f, 1, "vehicle.presented");
    add_fact(f, "session.opened", "a",
             "22\xEC\x95\x84"
             "2222",
             "{\"state\":\"open\"}");
    commit(f);
    begin(f);
    add_event(f, 2, "passage.completed");
    add_fact(f, "session.closed", "b", "", "{}");
    add_fact(f, "payment.sent", "a",
             "33\xEB\x82\x98"
             "3333",
             "{}");
    commit(f);
    return 0;
}

static json_t *entry(struct answer *a, size_t i)
{
    return json_array_get(json_object_get(a->json, "events"), i);
}

static const char *text_of(json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    assert_non_null(text);
    return text;
}

/* The cursors of the answer's entries, and its `next`. */
static void shows(struct fixture *f, const char *target, const char *cursors, const char *next,
                  bool more)
{
    char seen[256] = "";
    struct answer a = get(f, target, OPERATOR);
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < json_array_size(json_object_get(a.json, "events")); i++) {
        size_t len = strlen(seen);
        snprintf(seen + len, sizeof seen - len, "%s%s", i ? " " : "",
                 text_of(entry(&a, i), "cursor"));
    }
    assert_string_equal(seen, cursors);
    assert_string_equal(text_of(a.json, "next"), next);
    assert_int_equal(json_is_true(json_object_get(a.json, "more")), more);
    answer_free(&a);
}

static void everything_in_the_order_of_commit(void **state)
{
    struct answer a = get(*state, "/v1/events", OPERATOR);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(&a, "Content-Type"), "application/json");
    assert_int_equal(json_array_size(json_object_get(a.json, "events")), 5);
    json_t *event = entry(&a, 0), *fact = entry(&a, 1), *bare = entry(&a, 4);
    assert_string_equal(text_of(event, "id"), "a/e1/1/1");
    assert_string_equal(text_of(json_object_get(event, "data"), "lane"), "in-1");
    assert_string_equal(text_of(event, "cursor"), "1");
    assert_string_equal(text_of(fact, "specversion"), "1.0");
    assert_string_equal(text_of(fact, "id"), "cloud/2");
    assert_string_equal(text_of(fact, "source"), "/a");
    assert_string_equal(text_of(fact, "type"), "io.boomgate.session.opened.v1");
    assert_string_equal(text_of(fact, "subject"), "00000000000000aa");
    assert_string_equal(text_of(fact, "time"), "2026-11-20T06:31:12.345Z");
    assert_string_equal(text_of(json_object_get(fact, "data"), "state"), "open");
    assert_string_equal(text_of(json_object_get(fact, "data"), "plate"), "22\xEC\x95\x84"
                                                                         "2222");
    assert_string_equal(text_of(json_object_get(bare, "data"), "plate"), "33\xEB\x82\x98"
                                                                         "3333");
    assert_string_equal(text_of(a.json, "next"), "5");
    answer_free(&a);
}

/* F1 */
static void a_cursor_goes_on_where_it_was(void **state)
{
    shows(*state, "/v1/events?limit=2", "1 2", "2", true);
    shows(*state, "/v1/events?after=2&limit=2", "3 4", "4", true);
    shows(*state, "/v1/events?after=4&limit=2", "5", "5", false);
    shows(*state, "/v1/events?after=5", "", "5", false);
    shows(*state, "/v1/events?after=latest", "", "5", false);
    shows(*state, "/v1/events?after=0&limit=5", "1 2 3 4 5", "5", false);
}

static void filters_leave_the_cursor_whole(void **state)
{
    shows(*state, "/v1/events?place=b", "4", "5", false);
    shows(*state, "/v1/events?type=session", "2 4", "5", false);
    shows(*state, "/v1/events?type=session.closed", "4", "5", false);
    shows(*state, "/v1/events?type=session.close", "", "5", false);
    shows(*state, "/v1/events?type=vehicle&place=a", "1", "5", false);
    shows(*state, "/v1/events?type=vehicle&place=b", "", "5", false);
    shows(*state, "/v1/events?type=session&limit=1", "2", "2", true);
}

/* F2: a rare type behind more entries than one query looks at. */
static void a_long_stretch_without_a_match_is_crossed_in_steps(void **state)
{
    struct fixture *f = *state;
    begin(f);
    for (int i = 0; i < 20100; i++)
        add_fact(f, "payment.sent", "a", "", "{}");
    add_fact(f, "debt.opened", "a", "", "{}");
    commit(f);
    shows(f, "/v1/events?type=debt", "", "20000", true);
    shows(f, "/v1/events?type=debt&after=20000", "20106", "20106", false);
}

/* F2: bytes. */
static void a_page_has_a_size(void **state)
{
    struct fixture *f = *state;
    static char data[8000];
    snprintf(data, sizeof data, "{\"x\":\"%07900d\"}", 0);
    begin(f);
    for (int i = 0; i < 200; i++)
        add_fact(f, "payment.sent", "a", "", data);
    commit(f);
    struct answer a = get(f, "/v1/events?after=5&limit=1000", OPERATOR);
    assert_int_equal(a.status, 200);
    assert_in_range(a.body_len, 900000, 1100000);
    size_t n = json_array_size(json_object_get(a.json, "events"));
    assert_in_range(n, 100, 199);
    char next[24];
    snprintf(next, sizeof next, "%zu", 5 + n);
    assert_string_equal(text_of(a.json, "next"), next);
    assert_true(json_is_true(json_object_get(a.json, "more")));
    answer_free(&a);
}

static void ask_to_wait(int fd, const char *target)
{
    char request[256];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " OPERATOR "\r\n\r\n",
                     target);
    send_all(fd, request, (size_t)n);
}

/* F3 */
static void who_waits_gets_what_is_committed(void **state)
{
    struct fixture *f = *state;
    int any = dial(f), debts = dial(f);
    ask_to_wait(any, "/v1/events?after=5&wait=25");
    ask_to_wait(debts, "/v1/events?after=5&wait=25&type=debt");
    begin(f);
    add_fact(f, "payment.succeeded", "a", "", "{}");
    commit(f);
    struct answer a = read_answer(any, 24000);
    assert_int_equal(a.status, 200);
    assert_string_equal(text_of(entry(&a, 0), "cursor"), "6");
    answer_free(&a);
    begin(f);
    add_fact(f, "debt.opened", "a", "", "{}");
    commit(f);
    a = read_answer(debts, 24000);
    assert_int_equal(json_array_size(json_object_get(a.json, "events")), 1);
    assert_string_equal(text_of(entry(&a, 0), "cursor"), "7");
    answer_free(&a);
    close(any);
    close(debts);
}

static void waiting_ends(void **state)
{
    struct fixture *f = *state;
    shows(f, "/v1/events?after=5&wait=1", "", "5", false);
    int fd = dial(f);
    ask_to_wait(fd, "/v1/events?after=5&wait=25");
    /* It waits once the thread has been asked; then the server stops. */
    shows(f, "/v1/events?after=5&wait=1", "", "5", false);
    fixture_restart(f, &f->settings);
    struct answer a = read_answer(fd, 20000);
    assert_int_equal(a.status, 200);
    assert_string_equal(text_of(a.json, "next"), "5");
    answer_free(&a);
    close(fd);
}

/* Whose plate was forgotten still finds the own stays: the name in its place is known to who knows it. */
static void own_stays_are_found_by_the_keyed_name(void **state)
{
    struct fixture *f = *state;
    struct session_row r = {.id = {"00000000000000f1"},
                            .place = {"a"},
                            .state = SESSION_CLOSED,
                            .start = {NOW_MS - 90000000},
                            .end = {NOW_MS - 86400000},
                            .currency = {"KRW"},
                            .tariff = {"t1"}};
    pseudonym_of(&fixture_key, "99Z9999", r.plate.text);
    begin(f);
    assert_int_equal(f->port.save_session(f->port.self, &r), ERR_OK);
    commit(f);
    struct answer a = get(f, "/v1/sessions?plate=99Z9999", OPERATOR);
    json_t *list = json_object_get(a.json, "sessions");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(text_of(json_array_get(list, 0), "session"), r.id.text);
    answer_free(&a);
}

static void refused(struct fixture *f, const char *target, const char *token, int status,
                    const char *code)
{
    struct answer a = get(f, target, token);
    assert_int_equal(a.status, status);
    assert_string_equal(text_of(a.json, "code"), code);
    answer_free(&a);
}

static void what_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"limit=0",         "limit=1001", "limit=x",   "place=A",
                                      "place=a&place=b", "type=",      "type=Sess", "type=a'b",
                                      "wait=26",         "wait=-1",    "wait=1s"};
    char target[96];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(target, sizeof target, "/v1/events?%s", bad[i]);
        refused(f, target, OPERATOR, 400, "bad_parameter");
    }
    refused(f, "/v1/events?after=-1", OPERATOR, 400, "bad_cursor");
    refused(f, "/v1/events?after=1x", OPERATOR, 400, "bad_cursor");
    refused(f, "/v1/events?after=", OPERATOR, 400, "bad_cursor");
    refused(f, "/v1/events?after=9999999999999999999", OPERATOR, 400, "bad_cursor");
    refused(f, "/v1/events?after=6", OPERATOR, 410, "cursor_ahead");
    refused(f, "/v1/events?since=1", OPERATOR, 400, "unknown_parameter");
    refused(f, "/v1/events", NULL, 401, "unauthorized");
    refused(f, "/v1/events", DRIVER, 403, "forbidden");
    refused(f, "/v1/events", ATTENDANT, 403, "forbidden");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_in_the_order_of_commit),
        TEST(a_cursor_goes_on_where_it_was),
        TEST(filters_leave_the_cursor_whole),
        TEST(a_long_stretch_without_a_match_is_crossed_in_steps),
        TEST(a_page_has_a_size),
        TEST(who_waits_gets_what_is_committed),
        TEST(waiting_ends),
        TEST(own_stays_are_found_by_the_keyed_name),
        TEST(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
