/* The uplink against a real broker and a double of the cloud. Numbers cite edge/uplink/uplink.h. */
#include "edge/uplink/uplink.h"
#include "edge/uplink/window.h"
#include "protocol/support/digest.h"
#include "tests/contract/edge/cloud_double.h"
#include "tests/contract/mqtt/fake_broker.h"
#include "tests/support/broker.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct edge {
    char folder[32], file[64];
    struct clock_source clock;
    struct journal *journal;
    struct uplink *uplink;
    int wake_fd;
    /* What the agent would get. */
    size_t kinds[INPUT_GRANT + 1];
    struct response response;
    struct grant grant;
    bool obey_acks;
};

static int64_t test_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void wake(void *arg)
{
    const struct edge *e = arg;
    uint64_t one = 1;
    if (write(e->wake_fd, &one, sizeof one) != sizeof one)
        abort();
}

static void open_uplink(struct edge *e, uint16_t port, uint32_t reconnect_max_ms)
{
    struct uplink_config c = {.place = {"a"},
                              .edge = {"e1"},
                              .host = "127.0.0.1",
                              .port = port,
                              .reconnect_min_ms = 20,
                              .reconnect_max_ms = reconnect_max_ms};
    assert_int_equal(uplink_create(&c, &e->clock, e->journal, wake, e, &e->uplink), ERR_OK);
}

static void edge_open_patient(struct edge *e, uint16_t port, uint32_t reconnect_max_ms)
{
    *e = (struct edge){.clock = clock_real(), .obey_acks = true};
    snprintf(e->folder, sizeof e->folder, "/tmp/boomgate-XXXXXX");
    assert_non_null(mkdtemp(e->folder));
    snprintf(e->file, sizeof e->file, "%s/journal.db", e->folder);
    e->wake_fd = eventfd(0, EFD_NONBLOCK);
    assert_int_equal(journal_open(e->file, &e->clock, &e->journal), ERR_OK);
    open_uplink(e, port, reconnect_max_ms);
}

static void edge_open(struct edge *e, uint16_t port)
{
    edge_open_patient(e, port, 100);
}

static void edge_close(struct edge *e)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    uplink_close(e->uplink);
    journal_close(e->journal);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", e->file, endings[i]);
        unlink(path);
    }
    rmdir(e->folder);
    close(e->wake_fd);
}

/* As the agent does it: rows and memory in one turn. */
static void write_rows(struct edge *e, int64_t epoch, int count)
{
    struct journal_port p = journal_port(e->journal);
    struct edge_memory m = *journal_memory(e->journal);
    struct digest d;
    m.epoch = epoch;
    assert_int_equal(p.begin(p.self), ERR_OK);
    for (int i = 0; i < count; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "event %lld", (long long)m.next);
        digest_of(text, (size_t)len, &d);
        assert_int_equal(p.append(p.self, m.next++, &d, text, (size_t)len), ERR_OK);
    }
    assert_int_equal(p.save_edge(p.self, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static void move_base(struct edge *e, int64_t upto)
{
    struct journal_port p = journal_port(e->journal);
    struct edge_memory m = *journal_memory(e->journal);
    if (upto <= m.base || upto >= m.next)
        return;
    m.base = upto;
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.acknowledge(p.self, upto, clock_now(&e->clock).wall), ERR_OK);
    assert_int_equal(p.save_edge(p.self, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static void take(void *arg, const struct agent_input *input)
{
    struct edge *e = arg;
    e->kinds[input->kind]++;
    if (input->kind == INPUT_ACK && e->obey_acks)
        move_base(e, input->ack.upto);
    if (input->kind == INPUT_RESPONSE)
        e->response = input->response;
    if (input->kind == INPUT_GRANT)
        e->grant = input->grant;
}

/* Turns of the loop until it holds or `ms` have passed. */
static bool run_until(struct edge *e, bool (*holds)(struct edge *e, void *arg), void *arg, int ms)
{
    int64_t end = test_ms() + ms;
    for (;;) {
        uplink_drain(e->uplink, take, e);
        assert_int_equal(uplink_tick(e->uplink, journal_memory(e->journal), true), ERR_OK);
        if (holds(e, arg))
            return true;
        if (test_ms() >= end)
            return false;
        struct pollfd fd = {.fd = e->wake_fd, .events = POLLIN};
        uint64_t count;
        if (poll(&fd, 1, 5) == 1)
            assert_int_equal(read(e->wake_fd, &count, sizeof count), sizeof count);
    }
}

static bool is_up(struct edge *e, void *arg)
{
    (void)arg;
    return uplink_connected(e->uplink);
}

static bool is_down(struct edge *e, void *arg)
{
    (void)arg;
    return !uplink_connected(e->uplink);
}

static bool never(struct edge *e, void *arg)
{
    (void)e;
    (void)arg;
    return false;
}

/* The kind in *arg was seen more often than the count behind it. */
struct seen {
    enum input_kind kind;
    size_t more_than;
};

static bool has_seen(struct edge *e, void *arg)
{
    const struct seen *s = arg;
    return e->kinds[s->kind] > s->more_than;
}

struct arrived {
    struct cloud_double *cloud;
    size_t events;
};

static bool have_arrived(struct edge *e, void *arg)
{
    const struct arrived *a = arg;
    (void)e;
    return double_events(a->cloud, NULL, 0) >= a->events;
}

struct set {
    struct broker *broker;
    struct cloud_double *cloud;
    struct edge edge;
};

static int set_up(void **state)
{
    struct set *s = calloc(1, sizeof *s);
    s->broker = broker_start(NULL);
    s->cloud = double_start(broker_port(s->broker));
    edge_open(&s->edge, broker_port(s->broker));
    assert_true(run_until(&s->edge, is_up, NULL, 5000));
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct set *s = *state;
    edge_close(&s->edge);
    if (s->cloud)
        double_stop(s->cloud);
    broker_stop(s->broker);
    free(s);
    return 0;
}

static bool status_is_known(struct edge *e, void *arg)
{
    (void)e;
    return double_statuses(arg, NULL) >= 1;
}

static void a_session_begins_with_a_birth(void **state)
{
    struct set *s = *state;
    char text[DOUBLE_TEXT];
    assert_true(run_until(&s->edge, status_is_known, s->cloud, 5000));
    double_statuses(s->cloud, text);
    struct status status;
    assert_int_equal(status_decode(text, strlen(text), &status, NULL), ERR_OK);
    assert_true(status.online);
    assert_int_equal(status.boot, 1);
    assert_int_equal(status.session, 1);
    assert_int_equal(s->edge.kinds[INPUT_UPLINK_UP], 1);
}

static bool drained_with_acks(struct edge *e, void *arg)
{
    static size_t acked;
    struct cloud_double *cloud = arg;
    int64_t events[DOUBLE_EVENTS];
    size_t n = double_events(cloud, events, DOUBLE_EVENTS);
    if (n != acked && n > 0) {
        char text[64];
        snprintf(text, sizeof text, "{\"epoch\":3,\"upto\":%lld}", (long long)events[n - 1]);
        double_say(cloud, "a/e1/ack", text, false);
        acked = n;
    }
    const struct edge_memory *m = journal_memory(e->journal);
    return m->base == m->next - 1;
}

/* U2 */
static void rows_arrive_in_order_and_acks_move_on(void **state)
{
    struct set *s = *state;
    int64_t events[DOUBLE_EVENTS];
    write_rows(&s->edge, 3, 500);
    assert_true(run_until(&s->edge, drained_with_acks, s->cloud, 20000));
    size_t n = double_events(s->cloud, events, DOUBLE_EVENTS);
    assert_true(n >= 500);
    int64_t highest = 0;
    for (size_t i = 0; i < n; i++) { /* never a gap; a repetition only from base + 1 */
        assert_in_range(events[i], 1, highest + 1);
        highest = events[i] > highest ? events[i] : highest;
    }
    assert_int_equal(highest, 500);
}

/* W2, W4: without acknowledgement the window is sent again, and nothing beyond it. */
static void a_silent_cloud_gets_the_window_again(void **state)
{
    struct set *s = *state;
    int64_t events[DOUBLE_EVENTS];
    struct arrived window = {s->cloud, WINDOW_MAX}, twice = {s->cloud, 2 * WINDOW_MAX};
    write_rows(&s->edge, 3, 200);
    assert_true(run_until(&s->edge, have_arrived, &window, 900));
    int64_t start = test_ms();
    assert_true(run_until(&s->edge, have_arrived, &twice, 5000));
    assert_true(test_ms() - start >= 500);
    double_events(s->cloud, events, DOUBLE_EVENTS);
    for (size_t i = 0; i < 2 * WINDOW_MAX; i++)
        assert_int_equal(events[i], (int64_t)(i % WINDOW_MAX) + 1);
}

static void a_journal_without_epoch_sends_no_rows(void **state)
{
    struct set *s = *state;
    write_rows(&s->edge, 0, 5);
    run_until(&s->edge, never, NULL, 300);
    assert_int_equal(double_events(s->cloud, NULL, 0), 0);
    write_rows(&s->edge, 1, 0); /* now it has one */
    struct arrived all = {s->cloud, 5};
    assert_true(run_until(&s->edge, have_arrived, &all, 5000));
}

/* U2: the broker dies with everything it knew; the next session starts at base + 1. */
static void a_killed_broker_loses_nothing(void **state)
{
    struct set *s = *state;
    int64_t events[DOUBLE_EVENTS];
    struct arrived ten = {s->cloud, 10};
    write_rows(&s->edge, 3, 10);
    assert_true(run_until(&s->edge, have_arrived, &ten, 5000));
    move_base(&s->edge, 4);
    double_stop(s->cloud);
    s->cloud = NULL;
    broker_kill(s->broker);
    assert_true(run_until(&s->edge, is_down, NULL, 5000));
    assert_int_equal(s->edge.kinds[INPUT_UPLINK_DOWN], 1);
    write_rows(&s->edge, 3, 5);
    run_until(&s->edge, never, NULL, 200); /* attempts fail */
    assert_int_equal(s->edge.kinds[INPUT_UPLINK_DOWN], 1);
    broker_restart(s->broker);
    s->cloud = double_start(broker_port(s->broker));
    assert_true(run_until(&s->edge, is_up, NULL, 5000));
    struct arrived eleven = {s->cloud, 11};
    assert_true(run_until(&s->edge, have_arrived, &eleven, 5000));
    double_events(s->cloud, events, DOUBLE_EVENTS);
    assert_int_equal(events[0], 5);
    assert_int_equal(events[10], 15);
    assert_int_equal(s->edge.kinds[INPUT_UPLINK_UP], 2);
}

/* A cloud that (re-)started: the agent introduces itself again and the rows follow. */
static void a_resync_sends_again(void **state)
{
    struct set *s = *state;
    struct arrived three = {s->cloud, 3}, six = {s->cloud, 6};
    write_rows(&s->edge, 3, 3);
    assert_true(run_until(&s->edge, have_arrived, &three, 5000));
    struct seen up = {INPUT_UPLINK_UP, 1};
    struct cloud_status status = {.online = true, .resync = true, .time = {1763620000123}};
    char text[DOUBLE_TEXT];
    size_t len;
    assert_int_equal(cloud_status_encode(&status, text, sizeof text, &len), ERR_OK);
    double_say(s->cloud, "cloud/one/status", text, true);
    assert_true(run_until(&s->edge, has_seen, &up, 900));
    assert_true(run_until(&s->edge, have_arrived, &six, 900));

    /* What was retained is old news to a new session. */
    struct edge other;
    edge_open(&other, broker_port(s->broker));
    assert_true(run_until(&other, is_up, NULL, 5000));
    run_until(&other, never, NULL, 200);
    assert_int_equal(other.kinds[INPUT_UPLINK_UP], 1);
    edge_close(&other);
}

static bool asked(struct edge *e, void *arg)
{
    (void)e;
    return double_requests(arg, NULL) >= 1;
}

static void questions_are_answered(void **state)
{
    struct set *s = *state;
    char text[DOUBLE_TEXT];
    struct uplink_port p = uplink_port(s->edge.uplink);
    struct request r = {.kind = REQUEST_ENTRY, .id = {"0123456789abcdef0123456789abcdef"}};
    r.question = (struct passage_question){.lane = {"in-1"},
                                           .movement = {"0123456789abcdef"},
                                           .plate = {"22아2222"},
                                           .time = {1763620000123},
                                           .deadline_ms = 800};
    assert_int_equal(p.ask(p.self, &r), ERR_OK);
    assert_true(run_until(&s->edge, asked, s->cloud, 5000));
    assert_true(double_request_is_whole(s->cloud));
    struct request back;
    double_requests(s->cloud, text);
    assert_int_equal(request_decode(text, strlen(text), &back, NULL), ERR_OK);
    assert_string_equal(back.question.plate.text, "22아2222");

    struct response answer = {.kind = REQUEST_ENTRY, .id = r.id};
    answer.answer =
        (struct passage_answer){.verdict = VERDICT_DENY, .reason = REASON_FULL, .display = "만차"};
    size_t len;
    assert_int_equal(response_encode(&answer, text, sizeof text, &len), ERR_OK);
    double_say(s->cloud, "a/e1/response", text, false);
    struct seen response = {INPUT_RESPONSE, 0};
    assert_true(run_until(&s->edge, has_seen, &response, 5000));
    assert_string_equal(s->edge.response.id.text, r.id.text);
    assert_int_equal(s->edge.response.answer.reason, REASON_FULL);
    assert_string_equal(s->edge.response.answer.display, "만차");
}

/* U3 */
static void bad_messages_are_passed_over(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{\"kind\":\"offer\"}",
                                      "{\"kind\":\"offer\",\"id\":1,\"epoch\":3,\"n\":-5}",
                                      "{\"kind\":\"offer\",\"id\":1,\"id\":2,\"epoch\":3,\"n\":5}",
                                      "{\"kind\":\"who knows\",\"id\":1,\"epoch\":3,\"n\":5}"};
    struct set *s = *state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        double_say(s->cloud, "a/e1/grant", bad[i], false);
    double_say(s->cloud, "a/e1/ack", "{\"epoch\":\"3\",\"upto\":4}", false);
    double_say(s->cloud, "a/e1/response", "\xff\xfe", false);
    double_say(s->cloud, "cloud/one/status", "online", false);
    double_say(s->cloud, "a/e1/grant", "{\"kind\":\"offer\",\"id\":17,\"epoch\":5,\"n\":8}", false);
    struct seen grant = {INPUT_GRANT, 0};
    assert_true(run_until(&s->edge, has_seen, &grant, 5000));
    assert_int_equal(s->edge.kinds[INPUT_GRANT], 1);
    assert_int_equal(s->edge.kinds[INPUT_ACK], 0);
    assert_int_equal(s->edge.kinds[INPUT_RESPONSE], 0);
    assert_int_equal(s->edge.grant.id, 17);
    assert_int_equal(s->edge.grant.epoch, 5);
    assert_int_equal(s->edge.grant.n, 8);
    assert_true(uplink_connected(s->edge.uplink));
}

static bool telemetry_arrived(struct edge *e, void *arg)
{
    (void)e;
    return double_telemetry(arg) >= 1;
}

static void telemetry_is_published(void **state)
{
    struct set *s = *state;
    struct telemetry t = {.time = {1763620000123}, .epoch = 3, .next = 8, .clock = CLOCK_SYNCED};
    uplink_telemetry(s->edge.uplink, &t);
    assert_true(run_until(&s->edge, telemetry_arrived, s->cloud, 5000));
}

static void nothing_is_asked_without_a_session(void **state)
{
    struct set *s = *state;
    struct uplink_port p = uplink_port(s->edge.uplink);
    struct request r = {.kind = REQUEST_EXIT, .id = {"0123456789abcdef0123456789abcdef"}};
    double_stop(s->cloud);
    s->cloud = NULL;
    broker_kill(s->broker);
    assert_true(run_until(&s->edge, is_down, NULL, 5000));
    assert_int_equal(p.ask(p.self, &r), ERR_UNAVAIL);
}

static bool says_offline(struct edge *e, void *arg)
{
    (void)e;
    return double_offlines(arg) >= 1;
}

/* The will, sent when the connection is lost without DISCONNECT: here because another client comes
 * with the same identity, which Mosquitto 2.0.11 answers by closing the older connection. */
static void a_lost_session_leaves_its_will(void **state)
{
    struct set *s = *state;
    struct edge clone;
    assert_int_equal(double_offlines(s->cloud), 0);
    edge_open(&clone, broker_port(s->broker));
    assert_true(run_until(&clone, says_offline, s->cloud, 10000));
    edge_close(&clone);
}

static bool was_thrown_out(struct edge *e, void *arg)
{
    (void)arg;
    return e->kinds[INPUT_UPLINK_DOWN] >= 1;
}

/* U4: a broker that says why. */
static void a_clone_is_left_the_field(void **state)
{
    struct fake_broker *b = fake_broker_start(SAYS_TAKEN_OVER);
    struct edge e;
    (void)state;
    edge_open(&e, fake_broker_port(b));
    assert_true(run_until(&e, was_thrown_out, NULL, 10000));
    assert_true(uplink_deadline_us(e.uplink) / 1000 > test_ms() + 50000);
    run_until(&e, never, NULL, 500); /* five times the longest backoff */
    assert_int_equal(e.kinds[INPUT_UPLINK_UP], 1);
    edge_close(&e);
    fake_broker_stop(b);
}

static bool lost_five_sessions(struct edge *e, void *arg)
{
    (void)arg;
    assert_true(e->kinds[INPUT_UPLINK_DOWN] == 5 || uplink_deadline_us(e->uplink) == INT64_MAX ||
                uplink_deadline_us(e->uplink) / 1000 < test_ms() + 5000);
    return e->kinds[INPUT_UPLINK_DOWN] == 5;
}

/* U4: a broker that does not say why, as Mosquitto 2.0.11. The first bounds of the backoff are 40,
 * 80, 160, 320 and 640 ms. */
static void a_clone_is_suspected_after_five_short_sessions(void **state)
{
    struct fake_broker *b = fake_broker_start(CLOSES_SESSIONS);
    struct edge e;
    (void)state;
    edge_open_patient(&e, fake_broker_port(b), 60000);
    assert_true(run_until(&e, lost_five_sessions, NULL, 20000));
    assert_true(uplink_deadline_us(e.uplink) / 1000 > test_ms() + 50000);
    edge_close(&e);
    fake_broker_stop(b);
}

/* Attempts that never become sessions: the agent hears nothing of them, and they are spaced. */
static void a_hostile_broker_is_not_hammered(void **state)
{
    static const enum misbehaviour how[] = {CLOSES_AT_ONCE, REFUSES_CONNECT, SAYS_GARBAGE};
    (void)state;
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        struct fake_broker *b = fake_broker_start(how[i]);
        struct edge e;
        edge_open(&e, fake_broker_port(b));
        run_until(&e, never, NULL, 700);
        assert_int_equal(e.kinds[INPUT_UPLINK_UP], 0);
        assert_int_equal(e.kinds[INPUT_UPLINK_DOWN], 0);
        assert_false(uplink_connected(e.uplink));
        edge_close(&e);
        fake_broker_stop(b);
    }
}

static void a_stop_says_goodbye(void **state)
{
    struct set *s = *state;
    uplink_close(s->edge.uplink);
    s->edge.uplink = NULL;
    int64_t end = test_ms() + 5000;
    while (double_offlines(s->cloud) == 0) /* DISCONNECT suppressed the will: it was said */
        assert_true(test_ms() < end);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_begins_with_a_birth),
        TEST(rows_arrive_in_order_and_acks_move_on),
        TEST(a_silent_cloud_gets_the_window_again),
        TEST(a_journal_without_epoch_sends_no_rows),
        TEST(a_killed_broker_loses_nothing),
        TEST(a_resync_sends_again),
        TEST(questions_are_answered),
        TEST(bad_messages_are_passed_over),
        TEST(telemetry_is_published),
        TEST(nothing_is_asked_without_a_session),
        TEST(a_lost_session_leaves_its_will),
        TEST(a_stop_says_goodbye),
        cmocka_unit_test(a_clone_is_left_the_field),
        cmocka_unit_test(a_clone_is_suspected_after_five_short_sessions),
        cmocka_unit_test(a_hostile_broker_is_not_hammered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
