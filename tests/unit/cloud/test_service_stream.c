/* The service with one or two edges: order, duplicates, gaps, forks, quarantine, offers. */
#include "tests/unit/cloud/world.h"

#include "protocol/support/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_stay_is_counted_once(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(edge_accept(w, &e), 1);
    edge_enter(w, &e, "22아2222");
    assert_int_equal(world_last_ack(w, "e1"), e.seq);
    assert_int_equal(w->occupancy.occupied, 1);
    assert_int_equal(w->occupancy.free, 9);
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), 1);
    assert_int_equal(world_sql(w, "SELECT open_sessions FROM place"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE plate = '22아2222'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement WHERE outcome = 'drove_through'"
                                  " AND presented_ms > 0 AND authorised_ms > 0"
                                  " AND completed_ms > 0 AND ended_ms > 0 AND basis = 'space'"),
                     1);
    edge_leave(w, &e, "22아2222", BASIS_FREE, NULL);
    assert_int_equal(w->occupancy.occupied, 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'closed'"), 1);
    assert_int_equal(world_sql(w, "SELECT open_sessions FROM place"), 0);
    assert_true(w->notices[NOTICE_SESSION] >= 2 && w->notices[NOTICE_MOVEMENT] >= 8);
    assert_non_null(strstr(w->last_notice[NOTICE_SESSION], "\"state\":\"closed\""));
}

/* The same bytes any number of times, in any order within the stage, one after a restart. */
static void duplicates_and_gaps(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    static char bytes[40][EVENT_BYTES_MAX];
    size_t len[40];
    for (int i = 0; i < 40; i++) {
        struct event event = edge_event(w, &e, EVENT_VEHICLE_PRESENTED);
        memcpy(event.data.lane.text, "in-1", 5);
        event.data.movement = movement_id_from((uint64_t)i + 1);
        event.data.direction = DIRECTION_ENTRY;
        len[i] = edge_write(&e, &event, bytes[i]);
    }
    static const int order[] = {3, 1, 1, 39, 0, 0, 2, 20, 4, 1, 5};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        world_post_event(w, &e, bytes[order[i]], len[order[i]]);
        world_run(w);
    }
    assert_int_equal(world_last_ack(w, "e1"), 6);
    /* A new session, perhaps of a copy: what the last one left behind is not mixed with it. */
    assert_true(edge_hello(w, &e, "e"));
    for (int i = 6; i < 20; i++)
        world_post_event(w, &e, bytes[i], len[i]);
    world_run(w);
    assert_int_equal(world_last_ack(w, "e1"), 20);
    world_restart(w); /* what was staged is forgotten; nothing of it was acknowledged */
    for (int i = 39; i >= 0; i--)
        world_post_event(w, &e, bytes[i], len[i]);
    size_t acks = w->ack_count;
    world_run(w);
    assert_int_equal(w->ack_count,
                     acks + 1); /* one cumulative acknowledgement per edge and batch */
    assert_int_equal(world_last_ack(w, "e1"), 40);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event"), 40);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement"), 40);
    assert_int_equal(metrics_get(&w->metrics, METRIC_EVENTS_APPLIED), 40);
}

static void forks_freeze(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_enter(w, &e, "22아2222");
    struct test_edge copy = e;
    copy.seq = 2; /* a copy of the journal writes another history */
    struct event event = edge_event(w, &copy, EVENT_EDGE_STARTED);
    memcpy(event.data.version, "9", 2);
    size_t acks = w->ack_count;
    edge_send(w, &copy, &event);
    world_run(w);
    assert_int_equal(w->ack_count, acks);
    assert_int_equal(world_sql(w, "SELECT frozen FROM stream"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'fork'"), 1);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 1);
    edge_enter(w, &e, "33나3333"); /* the true history is not acknowledged either */
    assert_int_equal(w->ack_count, acks);
    assert_int_equal(world_sql(w, "SELECT last FROM stream"), 4);
    assert_false(edge_hello(w, &e, "e"));
}

static void bad_events_keep_their_place(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    struct event event = edge_event(w, &e, EVENT_EDGE_STARTED);
    memcpy(event.data.version, "9", 2);
    char bytes[EVENT_BYTES_MAX];
    size_t len = edge_write(&e, &event, bytes);

    static const char *const unreadable[] = {"", "{", "[]", "{\"epoch\":1}", "\xff\xfe"};
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++)
        world_post_event(w, &e, unreadable[i], strlen(unreadable[i]));
    world_run(w);
    assert_int_equal(w->ack_count, 0);
    assert_int_equal(metrics_get(&w->metrics, METRIC_EVENTS_UNREADABLE), 5);
    world_post_event(w, &e, bytes, len);

    /* A body that breaks its kind's rules, in a readable envelope. */
    struct event bad = edge_event(w, &e, EVENT_SPACE_RETURNED);
    bad.data.n = 7;
    bad.data.reason = REASON_SURPLUS;
    size_t bad_len;
    char bad_bytes[EVENT_BYTES_MAX];
    assert_int_equal(event_encode(&bad, bad_bytes, sizeof bad_bytes, &bad_len), ERR_OK);
    char *n = strstr(bad_bytes, "\"n\":7");
    assert_non_null(n);
    n[4] = '0'; /* below its least value */
    world_post_event(w, &e, bad_bytes, bad_len);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM quarantine WHERE seq = 2 AND reason <> ''"),
                     1);
    assert_int_equal(world_last_ack(w, "e1"), 2);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 1);

    /* A type we do not know is kept and acknowledged. */
    struct test_edge next = e;
    next.seq = 2;
    digest_of(bad_bytes, bad_len, &next.head);
    event = edge_event(w, &next, EVENT_EDGE_STARTED);
    memcpy(event.data.version, "9", 2);
    len = edge_write(&next, &event, bytes);
    bytes[len] = '\0';
    char *type = strstr(bytes, "edge.started");
    assert_non_null(type);
    memcpy(type, "edge.sparkle", 12);
    world_post_event(w, &e, bytes, len);
    world_run(w);
    assert_int_equal(world_last_ack(w, "e1"), 3);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event WHERE kind = ''"), 1);
    assert_int_equal(metrics_get(&w->metrics, METRIC_EVENTS_UNKNOWN_TYPE), 1);
}

static void offers_follow_the_view(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), x = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &x, "x"));
    assert_int_equal(w->offer_count, 0); /* no entry lane */
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(w->offer_count, 1);
    assert_int_equal(w->offers[0].grant.n, 1);
    world_pass_ms(w, 2100);
    assert_int_equal(w->offer_count, 2); /* not answered: the same again */
    assert_int_equal(w->offers[1].grant.id, w->offers[0].grant.id);
    world_restart(w);
    assert_true(edge_hello(w, &x, "x"));
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(w->offers[w->offer_count - 1].grant.id, w->offers[0].grant.id);
    edge_accept(w, &e);
    size_t offers = w->offer_count;
    world_pass_ms(w, 5000);
    assert_int_equal(w->offer_count, offers);
    edge_enter(w, &e, "22아2222");
    assert_int_equal(w->offer_count, offers + 1); /* refilled with the event that spent it */

    struct event event = edge_event(w, &e, EVENT_SPACE_DECLINED);
    event.data.grant = w->offers[offers].grant.id;
    event.data.n = 1;
    event.data.reason = REASON_LATE;
    edge_send(w, &e, &event);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM space_grant WHERE state = 'declined'"), 1);
}

static void rule_breakers_stop_offers(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    edge_enter(w, &e, "22아2222"); /* spends the space on its way: legal for the ledger */
    size_t offers = w->offer_count;
    struct event event = edge_event(w, &e, EVENT_SPACE_RETURNED);
    event.data.n = 5;
    event.data.reason = REASON_SURPLUS;
    edge_send(w, &e, &event);
    world_run(w);
    assert_int_equal(w->offer_count, offers);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'rule'"), 1);
    assert_int_equal(world_last_ack(w, "e1"), e.seq);

    struct request_id id = edge_ask(w, &e, REQUEST_ENTRY, "33나3333", true, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW); /* an offer is still open */
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_PLACE_RESUME;
    work->admin.place = world_settings("a", 10);
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE resolved_ms IS NULL"), 0);
}

static void entry_answers(void **state)
{
    struct world *w = *state;
    world_place(w, "b", 1, POLICY_DEFER);
    struct test_edge e = edge_of("b", "e1", 1);
    struct request_id early = edge_ask(w, &e, REQUEST_ENTRY, "22아2222", true, 9);
    assert_null(world_answer(w, &early)); /* no hello yet */
    assert_true(edge_hello(w, &e, "e"));
    struct request_id id = edge_ask(w, &e, REQUEST_ENTRY, "22아2222", true, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    edge_accept(w, &e);
    edge_enter(w, &e, "22아2222");
    id = edge_ask(w, &e, REQUEST_ENTRY, "33나3333", true, 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(world_answer(w, &id)->reason, REASON_FULL);
    assert_string_equal(world_answer(w, &id)->display, "FULL / 만차");
    assert_true(w->occupancy.full);

    /* The same request is answered the same, also after room was made and after a restart (C5). */
    world_place(w, "b", 5, POLICY_DEFER);
    world_restart(w);
    edge_ask(w, &e, REQUEST_ENTRY, "33나3333", true, 2);
    assert_int_equal(world_answers(w, &id), 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(metrics_get(&w->metrics, METRIC_REQUESTS_REPEATED), 1);
    assert_true(edge_hello(w, &e, "e"));
    id = edge_ask(w, &e, REQUEST_ENTRY, "33나3333", true, 3);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);

    struct place_settings closed = world_settings("b", 5);
    closed.closed = true;
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.place = closed;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    id = edge_ask(w, &e, REQUEST_ENTRY, "33나3333", true, 4);
    assert_int_equal(world_answer(w, &id)->reason, REASON_CLOSED);
}

static enum err put(struct world *w, struct place_settings settings)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.place = settings;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

/* The same again is no other; another is refused, even if both came before either was done. */
static void a_place_is_created_once(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++) {
        struct work *work = work_new(WORK_ADMIN, NULL, 0);
        work->admin = (struct admin_command){.kind = ADMIN_PLACE_CREATE,
                                             .place = world_settings("n", i < 2 ? 10 : 20),
                                             .done = world_admin_done,
                                             .arg = w};
        assert_int_equal(service_post(w->service, work), ERR_OK);
    }
    size_t before = w->admin_count;
    world_run(w);
    assert_int_equal(w->admin_count, before + 3);
    assert_int_equal(w->admin.err, ERR_CONFLICT);
    assert_int_equal(world_sql(w, "SELECT capacity FROM place WHERE place = 'n'"), 10);
}

static void places_change_or_are_refused(void **state)
{
    struct world *w = *state;
    world_place(w, "a", 5, POLICY_HOLD);
    assert_false(w->admin.created);
    assert_int_equal(world_sql(w, "SELECT capacity FROM place"), 5);
    assert_int_equal(world_sql(w, "SELECT pool FROM place"), 5);

    struct place_settings bad = world_settings("cloud", 5);
    assert_int_equal(put(w, bad), ERR_INVAL);
    bad = world_settings("Bad Name", 5);
    assert_int_equal(put(w, bad), ERR_INVAL);
    bad = world_settings("b", 0);
    assert_int_equal(put(w, bad), ERR_INVAL);
    bad = world_settings("b", 5);
    bad.hold_max_ms = -1;
    assert_int_equal(put(w, bad), ERR_INVAL);
    bad = world_settings("b", 5);
    bad.tariff = (struct name){"t9"};
    assert_int_equal(put(w, bad), ERR_NOTFOUND);
    assert_string_equal(w->admin.reason, "no such rate table");
    bad = world_settings("a", 7);
    bad.currency = (struct currency){"EUR"};
    assert_int_equal(put(w, bad), ERR_CONFLICT);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM place"), 1);
    assert_int_equal(world_sql(w, "SELECT capacity FROM place"), 5);
}

static void broker_up_tells_again(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    size_t offers = w->offer_count, shown = w->occupancy_count, resyncs = w->resync_count;
    struct work *work = work_new(WORK_BROKER, NULL, 0);
    work->broker.up = true;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->resync_count, resyncs + 1);
    assert_int_equal(w->offer_count, offers + 1);
    assert_int_equal(w->occupancy_count, shown + 1);
}

/* Exits can be known before their entries when two edges report: both counts end right. */
static void exit_before_entry(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), x = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "e"));
    assert_true(edge_hello(w, &x, "x"));
    struct test_edge late = e;
    struct world then = *w;
    world_pass_ms(w, 60 * 60000);
    edge_leave(w, &x, "22아2222", BASIS_OFFLINE, NULL);
    assert_int_equal(w->occupancy.occupied, 0); /* clamped; the ledger says -1 */
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), -1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'unmatched'"), 1);
    struct now now = w->now;
    w->now.wall = then.now.wall; /* the entry happened an hour ago */
    edge_enter(w, &late, "22아2222");
    w->now = now;
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'closed'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session"), 1);
    assert_int_equal(world_sql(w, "SELECT amount_minor FROM debt"), 6000);
    assert_int_equal(world_sql(w, "SELECT open_sessions FROM place"), 0);
}

/* Nobody watches: nothing is written for the live stream. */
static void notices_are_for_listeners(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    size_t before = w->notices[NOTICE_MOVEMENT];
    w->deaf = true;
    edge_enter(w, &e, "22아2222");
    assert_int_equal(w->notices[NOTICE_MOVEMENT], before);
    w->deaf = false;
    edge_leave(w, &e, "22아2222", BASIS_FREE, NULL);
    assert_true(w->notices[NOTICE_MOVEMENT] > before);
}

/* A second crossing under one movement id, by the edge itself or by another, touches no stay. */
static void movements_are_not_shared(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), thief = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "ex"));
    assert_true(edge_hello(w, &thief, "ex"));
    struct movement_id m = edge_enter(w, &e, "22아2222");
    struct test_edge *edges[] = {&e, &thief};
    for (int i = 0; i < 2; i++) {
        struct event event = edge_event(w, edges[i], EVENT_PASSAGE_UNAUTHORISED);
        memcpy(event.data.lane.text, "in-9", 5);
        event.data.movement = m;
        event.data.direction = DIRECTION_ENTRY;
        event.data.spent = SPENT_OVERDRAFT;
        memcpy(event.data.plate.text, "99하9999", sizeof "99하9999");
        edge_send(w, edges[i], &event);
        world_run(w);
    }
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), 3); /* the count is the count */
    assert_int_equal(world_sql(w, "SELECT overdraft FROM place"), 2);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE plate = '22아2222'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement WHERE edge = 'e1'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'movement_twice'"), 2);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE kind = 'unauthorised'"), 2);
}

static void present(struct world *w, struct test_edge *e, uint64_t movement, const char *lane)
{
    struct event event = edge_event(w, e, EVENT_VEHICLE_PRESENTED);
    event.data.movement = movement_id_from(movement);
    event.data.direction = DIRECTION_ENTRY;
    memcpy(event.data.lane.text, lane, 5);
    edge_send(w, e, &event);
}

/* The events of one batch are added up before they are written. That changes nothing: the first edge
 * keeps its movement, and there may be more movements than are kept in memory. */
static void movements_of_one_batch(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), thief = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "ex"));
    assert_true(edge_hello(w, &thief, "ex"));
    char first[EVENT_BYTES_MAX];
    struct event event = edge_event(w, &e, EVENT_VEHICLE_PRESENTED);
    event.data.movement = movement_id_from(7);
    event.data.direction = DIRECTION_ENTRY;
    memcpy(event.data.lane.text, "in-1", 5);
    size_t len = edge_write(&e, &event, first);
    for (uint64_t i = 0; i < 200; i++) /* these wait for the first one */
        present(w, &e, 1000 + i, "in-1");
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement"), 0);

    world_post_event(w, &e, first, len);
    present(w, &thief, 7, "in-9");
    for (uint64_t i = 0; i < 100; i++)
        present(w, &thief, 2000 + i, "in-9");
    present(w, &e, 7, "in-2");
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement"), 301);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement WHERE id = '0000000000000007' "
                                  "AND edge = 'e1' AND lane = 'in-2'"),
                     1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_stay_is_counted_once),
        T(duplicates_and_gaps),
        T(forks_freeze),
        T(bad_events_keep_their_place),
        T(offers_follow_the_view),
        T(rule_breakers_stop_offers),
        T(entry_answers),
        T(a_place_is_created_once),
        T(places_change_or_are_refused),
        T(broker_up_tells_again),
        T(exit_before_entry),
        T(notices_are_for_listeners),
        T(movements_are_not_shared),
        T(movements_of_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
