/* Edges and the service before they know each other: hello, epochs, who is asked for a hello and how
 * often; and what edges say of themselves (status, telemetry). */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hello_gives_epochs(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(e.epoch, 1);
    struct hello_answer first = w->responses[w->response_count - 1].hello;
    assert_int_equal(first.upto, 0);
    assert_int_equal(first.lease_ms, 72 * 3600 * 1000);

    struct test_edge again = edge_of("a", "e1", 1); /* the answer was lost */
    assert_true(edge_hello(w, &again, "e"));
    assert_int_equal(again.epoch, 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM stream"), 1);

    edge_enter(w, &e, "22아2222");
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(w->responses[w->response_count - 1].hello.upto, 4);

    world_restart(w);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(e.epoch, 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM lane"), 2);

    /* A new journal of a known edge gets the next epoch; the old one is fenced. */
    struct test_edge other = edge_of("a", "e1", 2);
    assert_true(edge_hello(w, &other, "e"));
    assert_int_equal(other.epoch, 2);
    assert_int_equal(world_sql(w, "SELECT fenced FROM stream WHERE epoch = 1"), 1);
    assert_false(edge_hello(w, &e, "e"));
    size_t acks = w->ack_count;
    edge_enter(w, &e, "22아2222");
    assert_int_equal(w->ack_count, acks);
    assert_int_equal(metrics_get(&w->metrics, METRIC_EVENTS_FENCED), 4);

    /* A place nobody made is not answered. */
    struct test_edge stray = edge_of("nowhere", "e1", 3);
    assert_false(edge_hello(w, &stray, "e"));
    stray.epoch = 1;
    edge_enter(w, &stray, "22아2222");
    assert_int_equal(metrics_get(&w->metrics, METRIC_UNKNOWN_PLACE), 5);
}

static void a_late_hello_is_asked_again(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_accept(w, &e);
    struct test_edge then = e;
    edge_enter(w, &e, "22아2222");
    const struct response *r = edge_say_hello(w, &then, "e", NULL);
    assert_int_equal(r->hello.probe, 1);
    assert_int_equal(r->hello.epoch, 1);
    assert_int_equal(r->hello.lease_ms, 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM stream"), 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(e.epoch, 1);
    assert_int_equal(e.answered.upto, 5);
}

/* Set back to before an entry that the cloud knows: a new epoch, the old one's spaces stay reserved. */
static void a_restored_journal_gets_a_new_epoch(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_accept(w, &e); /* one space of ten */
    struct test_edge backup = e;
    edge_enter(w, &e, "22아2222");
    edge_accept(w, &e);
    int64_t view = world_sql(w, "SELECT view FROM stream"),
            pool = world_sql(w, "SELECT pool FROM place");
    assert_true(view > 0);
    assert_true(edge_hello(w, &backup, "e"));
    assert_int_equal(backup.epoch, 2);
    assert_int_equal(backup.answered.common, 1);
    assert_int_equal(backup.answered.upto, 0);
    assert_int_equal(world_sql(w, "SELECT fenced FROM stream WHERE epoch = 1"), 1);
    assert_int_equal(world_sql(w, "SELECT view FROM stream WHERE epoch = 1"), view);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 0);
    assert_true(world_sql(w, "SELECT pool FROM place") <= pool);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'restored'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'replaced'"), 1);
    /* The old history is not heard any more; the new one is. */
    size_t acks = w->ack_count;
    edge_enter(w, &e, "22아2222");
    assert_int_equal(w->ack_count, acks);
    edge_accept(w, &backup);
    edge_enter(w, &backup, "33나3333");
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), 2);
    assert_true(edge_hello(w, &backup, "e"));
    assert_int_equal(backup.epoch, 2);
}

/* It also wrote a history of its own before it could say hello. */
static void a_fork_is_found_by_asking(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_accept(w, &e);
    edge_enter(w, &e, "22아2222");
    edge_accept(w, &e);
    struct test_edge copy = e;
    int64_t common = e.seq;
    for (int i = 0; i < 4; i++) {
        edge_enter(w, &e, "22아2222");
        edge_accept(w, &e);
    }
    for (int i = 0; i < 31; i++) { /* nobody hears of these */
        struct event event = edge_event(w, &copy, EVENT_EDGE_STARTED);
        char bytes[EVENT_BYTES_MAX];
        snprintf(event.data.version, sizeof event.data.version, "copy");
        edge_write(&copy, &event, bytes);
    }
    assert_true(edge_hello(w, &copy, "e"));
    assert_int_equal(copy.epoch, 2);
    assert_int_equal(copy.answered.common, common);
    assert_int_equal(world_sql(w, "SELECT frozen FROM stream WHERE epoch = 1"), 0);
    /* The other copy is still alive: a person has to say which one it is. */
    edge_accept(w, &copy);
    assert_false(edge_hello(w, &e, "e"));
    assert_int_equal(world_sql(w, "SELECT frozen FROM stream WHERE epoch = 2"), 1);
    assert_false(edge_hello(w, &copy, "e"));
}

static enum err release(struct world *w, const struct test_edge *e)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){.kind = ADMIN_EDGE_RELEASE,
                                         .stream = {e->place, e->edge},
                                         .done = world_admin_done,
                                         .arg = w};
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

static void a_person_releases_a_frozen_stream(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_int_equal(release(w, &e), ERR_NOTFOUND);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(release(w, &e), ERR_CONFLICT);
    struct test_edge old = e;
    edge_enter(w, &e, "22아2222");
    edge_enter(w, &old, "33나3333"); /* another history under the same numbers */
    assert_int_equal(world_sql(w, "SELECT frozen FROM stream"), 1);
    assert_false(edge_hello(w, &e, "e"));
    world_restart(w);
    assert_false(edge_hello(w, &e, "e"));
    int64_t last = world_sql(w, "SELECT last FROM stream");
    assert_int_equal(release(w, &e), ERR_OK);
    assert_int_equal(world_sql(w, "SELECT frozen FROM stream"), 0);
    assert_int_equal(world_sql(w, "SELECT fenced FROM stream"), 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(e.epoch, 2);
    assert_int_equal(e.answered.common, last);
}

/* The database was set back: the edge goes on from where we are, if it still keeps that. */
static void a_restored_database_is_replayed(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_accept(w, &e);
    struct test_edge lost = e;
    struct event event = edge_event(w, &lost, EVENT_EDGE_STARTED);
    char bytes[EVENT_BYTES_MAX];
    snprintf(event.data.version, sizeof event.data.version, "x");
    edge_write(&lost, &event, bytes);
    lost.base = lost.seq;
    assert_true(edge_hello(w, &lost, "e"));
    assert_int_equal(lost.epoch, 1);
    assert_int_equal(lost.answered.upto, e.seq);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'gap'"), 1);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 1);
}

static void unknown_stream_asks_for_hello(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    e.epoch = 4;
    world_pass_ms(w, 1000);
    size_t before = w->resync_count;
    edge_enter(w, &e, "22아2222");
    assert_int_equal(w->ack_count, 0);
    assert_int_equal(w->resync_count, before + 1); /* once, not per event */
    /* This database is new: the epoch is taken over and everything replayed. */
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(e.epoch, 4);
    assert_int_equal(w->responses[w->response_count - 1].hello.upto, 0);
}

static void post_status_of(struct world *w, const struct test_edge *e, bool online, int64_t boot,
                           int64_t session)
{
    char bytes[STATUS_BYTES_MAX];
    size_t len;
    struct status st = {.online = online,
                        .boot = boot,
                        .session = session,
                        .time = w->now.wall,
                        .version = "0.1.0"};
    assert_int_equal(status_encode(&st, bytes, sizeof bytes, &len), ERR_OK);
    struct work *work = work_new(WORK_STATUS, bytes, len);
    work->place = e->place;
    work->edge = e->edge;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
}

static void post_status(struct world *w, const struct test_edge *e, bool online, int64_t session)
{
    post_status_of(w, e, online, 3, session);
}

static void post_telemetry(struct world *w, const struct test_edge *e)
{
    char bytes[STATUS_BYTES_MAX];
    size_t len;
    struct telemetry t = {.time = w->now.wall,
                          .epoch = 1,
                          .next = 9,
                          .outbox_depth = 4,
                          .clock = CLOCK_SYNCED,
                          .lane_count = 1,
                          .lanes = {{.lane = {"in-1"},
                                     .direction = DIRECTION_ENTRY,
                                     .state = "idle",
                                     .arm = "down",
                                     .online = true}}};
    assert_int_equal(telemetry_encode(&t, bytes, sizeof bytes, &len), ERR_OK);
    struct work *work = work_new(WORK_TELEMETRY, bytes, len);
    work->place = e->place;
    work->edge = e->edge;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
}

/* Whatever an edge says that is not known here (the database is new), it is asked to say hello: once for
 * all that ask at the same time, and ever more rarely if that does not help. */
static void strangers_are_asked_for_hello(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e9", 9);
    world_pass_ms(w, 2000);
    size_t before = w->resync_count;
    post_status(w, &e, false, 7); /* the will of one who is gone: nobody would answer */
    assert_int_equal(w->resync_count, before);
    post_telemetry(w, &e);
    assert_int_equal(w->resync_count, ++before);
    post_status(w, &e, true, 8);
    assert_int_equal(w->resync_count, before); /* so soon after the last one: later */
    world_pass_ms(w, 1000);
    assert_int_equal(w->resync_count, ++before);
    world_pass_ms(w, 10000);
    edge_ask(w, &e, REQUEST_EXIT, "22아2222", false, 1);
    assert_int_equal(w->resync_count, ++before);
    for (int i = 0; i < 600; i++) {
        world_pass_ms(w, 1000);
        post_telemetry(w, &e);
    }
    assert_in_range(w->resync_count - before, 5, 12);
    before = w->resync_count;
    world_pass_ms(w, 700 * 1000);
    world_pass_ms(w, 700 * 1000);
    before = w->resync_count; /* quiet for long: the next one is asked at once */
    post_telemetry(w, &e);
    assert_int_equal(w->resync_count, before + 1);
}

/* Edges of a place that did not exist said what they had to say to nobody. */
static void a_new_place_asks_for_hello(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("b", "e1", 1);
    world_pass_ms(w, 1000);
    size_t before = w->resync_count;
    assert_false(edge_hello(w, &e, "e"));
    post_status(w, &e, true, 1);
    post_telemetry(w, &e);
    assert_int_equal(w->resync_count, before);
    world_place(w, "b", 5, POLICY_DEFER);
    assert_int_equal(w->resync_count, before + 1);
    assert_true(edge_hello(w, &e, "e"));
    world_place(w, "c", 5, POLICY_DEFER);
    world_place(w, "d", 5, POLICY_DEFER);
    assert_int_equal(w->resync_count, before + 1);
    world_pass_ms(w, 1000);
    assert_int_equal(w->resync_count, before + 2);
    world_place(w, "d", 6, POLICY_DEFER); /* changed, not new */
    world_pass_ms(w, 1000);
    assert_int_equal(w->resync_count, before + 2);
}

/* The controller was replaced by one that counts its starts from 1. */
static void a_replacement_may_go_as_well(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), other = edge_of("a", "e1", 2);
    assert_true(edge_hello(w, &e, "e"));
    post_status(w, &e, true, 8);
    assert_true(edge_hello(w, &other, "e"));
    assert_int_equal(other.epoch, 2);
    post_status_of(w, &other, false, 1, 1);
    world_pass_ms(w, 1100);
    assert_int_equal(world_sql(w, "SELECT online FROM edge_live"), 0);
}

/* The database may be older than what the edges were given: they are asked first. */
static void nobody_gets_spaces_before_all_were_heard(void **state)
{
    static const char grants[] = "SELECT count(*) FROM space_grant";
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), other = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "e"));
    assert_true(edge_hello(w, &other, "x"));
    edge_accept(w, &e);

    world_restart(w);
    assert_true(edge_hello(w, &e, "e"));
    int64_t before = world_sql(w, grants);
    edge_enter(w, &e, "22아2222");
    assert_int_equal(world_sql(w, grants), before);
    assert_true(edge_hello(w, &other, "x"));
    assert_int_equal(world_sql(w, grants), before + 1);
    edge_accept(w, &e);

    world_restart(w);
    assert_true(edge_hello(w, &e, "e"));
    edge_enter(w, &e, "33아3333");
    world_pass_ms(w, 55000);
    assert_int_equal(world_sql(w, grants), before + 1);
    world_pass_ms(w, 10000); /* one that is gone is not waited for any longer */
    assert_int_equal(world_sql(w, grants), before + 2);
}

static void edges_come_and_go(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_accept(w, &e);
    post_status(w, &e, true, 8);
    post_status(w, &e, false, 7); /* the will of an older session */
    world_pass_ms(w, 1100);
    assert_int_equal(world_sql(w, "SELECT online FROM edge_live"), 1);
    post_status(w, &e, false, 8);
    world_pass_ms(w, 200);
    assert_int_equal(world_sql(w, "SELECT online FROM edge_live"), 0);
    size_t offers = w->offer_count;
    edge_enter(w, &e, "22아2222"); /* late events of an edge that is gone: no offers to nobody */
    assert_int_equal(w->offer_count, offers);
    post_status(w, &e, true, 9);
    assert_int_equal(w->offer_count, offers + 1);

    for (int i = 0; i < 5; i++) {
        post_telemetry(w, &e);
        world_pass_ms(w, 400);
    }
    assert_true(w->notices[NOTICE_EDGE] <= 6); /* at most once a second */
    world_pass_ms(w, 1000);
    assert_int_equal(world_sql(w, "SELECT outbox_depth FROM edge_live"), 4);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM lane_live WHERE arm = 'down'"), 1);
    assert_non_null(strstr(w->last_notice[NOTICE_EDGE], "\"lanes\":[{\"lane\":\"in-1\""));

    static const char *const bad[] = {"", "{", "{\"online\":1}"};
    for (int i = 0; i < 3; i++) {
        struct work *status = work_new(WORK_STATUS, bad[i], strlen(bad[i]));
        struct work *telemetry = work_new(WORK_TELEMETRY, bad[i], strlen(bad[i]));
        struct work *request = work_new(WORK_REQUEST, bad[i], strlen(bad[i]));
        status->place = telemetry->place = request->place = e.place;
        status->edge = telemetry->edge = request->edge = e.edge;
        assert_int_equal(service_post(w->service, status), ERR_OK);
        assert_int_equal(service_post(w->service, telemetry), ERR_OK);
        assert_int_equal(service_post(w->service, request), ERR_OK);
    }
    world_run(w);
    assert_int_equal(metrics_get(&w->metrics, METRIC_STATUS_BAD), 3);
    assert_int_equal(metrics_get(&w->metrics, METRIC_TELEMETRY_BAD), 3);
    assert_int_equal(metrics_get(&w->metrics, METRIC_REQUESTS_BAD), 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(hello_gives_epochs),
        T(a_late_hello_is_asked_again),
        T(a_restored_journal_gets_a_new_epoch),
        T(a_fork_is_found_by_asking),
        T(a_person_releases_a_frozen_stream),
        T(a_restored_database_is_replayed),
        T(unknown_stream_asks_for_hello),
        T(strangers_are_asked_for_hello),
        T(a_new_place_asks_for_hello),
        T(a_replacement_may_go_as_well),
        T(nobody_gets_spaces_before_all_were_heard),
        T(edges_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
