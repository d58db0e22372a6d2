/* Audits: U1 to U3 of service/audit.h. */
#include "protocol/wire/status.h"
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err order(struct world *w, int64_t counted, const char *gone)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_AUDIT;
    work->admin.audit = (struct audit_order){
        .place = {"a"}, .actor = {"desk"}, .counted = counted, .reason = "counted by hand"};
    if (gone) {
        snprintf(work->admin.audit.gone[0].text, NAME_SIZE, "%s", gone);
        work->admin.audit.gone_count = 1;
    }
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

static enum err cancel(struct world *w, int64_t id)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_AUDIT_CANCEL;
    work->admin.cancel.place = (struct name){"a"};
    work->admin.cancel.actor = (struct name){"desk"};
    work->admin.cancel.id = id;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

static int64_t of_place(const struct world *w, const char *column)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT %s FROM place", column);
    return world_sql(w, sql);
}

static int64_t audits(const struct world *w, const char *state)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE state = '%s'", state);
    return world_sql(w, sql);
}

static void a_count_takes_effect_when_every_edge_spoke(void **state) /* U1 */
{
    struct world *w = *state;
    struct test_edge in = edge_of("a", "e1", 1), out = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &in, "e"));
    assert_true(edge_hello(w, &out, "x"));
    edge_accept(w, &in);
    edge_enter(w, &in, "22아2222");
    edge_accept(w, &in);
    edge_enter(w, &in, "33나3333");
    size_t asked = w->resync_count;
    assert_int_equal(order(w, 5, NULL), ERR_OK);
    assert_true(w->admin.audit > 0);
    assert_true(w->resync_count > asked);
    assert_int_equal(order(w, 5, NULL), ERR_CONFLICT);
    assert_int_equal(audits(w, "pending"), 1);
    assert_int_equal(
        world_sql(w, "SELECT count(*) FROM audit WHERE waits = 'e1: its hello; e2: its hello'"), 1);
    assert_true(edge_hello(w, &in, "e"));
    assert_int_equal(of_place(w, "occupied"), 2);
    world_restart(w);
    assert_int_equal(audits(w, "pending"), 1);

    /* One more hello is not enough if it may be an old one; it has to be asked for. */
    const struct response *r = edge_say_hello(w, &out, "x", NULL);
    assert_true(r->hello.probe > 0);
    assert_int_equal(of_place(w, "occupied"), 2);
    r = edge_say_hello(w, &out, "x", r);
    assert_int_equal(r->hello.probe, 0);
    assert_int_equal(audits(w, "applied"), 1);
    assert_int_equal(of_place(w, "occupied"), 5);
    assert_int_equal(world_sql(w, "SELECT before FROM audit"), 2);
    assert_int_equal(world_sql(w, "SELECT shortfall FROM audit"), 0);
    assert_true(edge_hello(w, &in, "e"));
    assert_int_equal(in.answered.audited, in.seq);
}

/* What an edge answers to a question of before the count says nothing of the count. */
static void an_older_question_does_not_count(void **state) /* U1 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    struct test_edge late = e; /* a hello of it that comes late */
    edge_accept(w, &e);
    const struct response *asked = edge_say_hello(w, &late, "ex", NULL);
    assert_true(asked->hello.probe > 0);
    struct response probe = *asked;
    assert_int_equal(order(w, 1, NULL), ERR_OK);
    const struct response *r = edge_say_hello(w, &e, "ex", &probe);
    assert_true(r->hello.probe > 0);
    assert_int_equal(audits(w, "pending"), 1);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(audits(w, "applied"), 1);
}

static void events_of_before_are_applied_first(void **state) /* U1 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    edge_accept(w, &e);
    /* An entry the cloud has not heard of yet: four events on their way. */
    struct test_edge ahead = e;
    struct event started = edge_event(w, &ahead, EVENT_EDGE_STARTED);
    char bytes[EVENT_BYTES_MAX];
    snprintf(started.data.version, sizeof started.data.version, "x");
    size_t len = edge_write(&ahead, &started, bytes);
    assert_int_equal(order(w, 1, NULL), ERR_OK);
    assert_true(edge_hello(w, &ahead, "ex"));
    assert_int_equal(audits(w, "pending"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM audit WHERE waits = 'e1: its events'"), 1);
    world_post_event(w, &ahead, bytes, len);
    world_run(w);
    assert_int_equal(audits(w, "applied"), 1);
    assert_int_equal(of_place(w, "occupied"), 1);
}

static void what_happens_after_the_count_is_added(void **state) /* U2 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), other = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "e"));
    assert_true(edge_hello(w, &other, "x"));
    edge_accept(w, &e);
    assert_int_equal(order(w, 4, NULL), ERR_OK);
    assert_true(edge_hello(w, &e, "e"));
    edge_enter(w, &e, "22아2222"); /* its lane was unlocked too early: still counted once */
    assert_int_equal(audits(w, "pending"), 1);
    assert_true(edge_hello(w, &other, "x"));
    assert_int_equal(audits(w, "applied"), 1);
    assert_int_equal(of_place(w, "occupied"), 5);
}

/* What went wrong after the count is not settled by it. */
static void what_goes_wrong_after_the_count_stays_open(void **state) /* U4 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1), other = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &e, "e"));
    assert_true(edge_hello(w, &other, "x"));
    struct event bad = edge_event(w, &e, EVENT_SPACE_RETURNED);
    bad.data.n = 500; /* never had */
    bad.data.reason = REASON_SURPLUS;
    edge_send(w, &e, &bad);
    world_run(w);
    assert_int_equal(of_place(w, "offers_stopped"), 1);
    for (int after = 0; after <= 1; after++) {
        assert_int_equal(order(w, 0, NULL), ERR_OK);
        assert_true(edge_hello(w, &e, "e"));
        if (after) {
            bad = edge_event(w, &e, EVENT_SPACE_RETURNED);
            bad.data.n = 500;
            bad.data.reason = REASON_SURPLUS;
            edge_send(w, &e, &bad);
            world_run(w);
        }
        assert_true(edge_hello(w, &other, "x"));
        assert_int_equal(audits(w, "applied"), after + 1);
        assert_int_equal(of_place(w, "offers_stopped"), after);
        assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE resolved_ms IS NULL"),
                         after);
    }
}

static void a_shortfall_is_recalled(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    edge_accept(w, &e);
    assert_int_equal(order(w, 12, NULL), ERR_OK);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(of_place(w, "occupied"), 12);
    int64_t shortfall = world_sql(w, "SELECT shortfall FROM audit");
    assert_true(shortfall >= 2);
    const struct grant *g = &w->offers[w->offer_count - 1].grant;
    assert_int_equal(g->kind, GRANT_RECALL);
    assert_int_equal(g->n, shortfall);
}

/* A replaced device: its spaces come back when its lease has ended, or when somebody says it is gone. */
static void spaces_of_an_old_epoch_come_back(void **state) /* U3 */
{
    struct world *w = *state;
    for (int gone = 0; gone <= 1; gone++) {
        struct test_edge old = edge_of("a", "e1", 10 + (uint64_t)gone);
        struct test_edge fresh = edge_of("a", "e1", 20 + (uint64_t)gone);
        assert_true(edge_hello(w, &old, "e"));
        edge_accept(w, &old);
        assert_true(edge_hello(w, &fresh, "e"));
        int64_t reserved = world_sql(w, "SELECT sum(view) FROM stream WHERE fenced");
        assert_true(reserved > 0);
        assert_int_equal(order(w, 0, gone ? "e1" : NULL), ERR_OK);
        assert_true(edge_hello(w, &fresh, "e"));
        if (!gone) {
            assert_int_equal(audits(w, "pending"), 1);
            assert_int_equal(world_sql(w, "SELECT count(*) FROM audit WHERE waits LIKE "
                                          "'e1: the lease of epoch 1 until %'"),
                             1);
            world_pass_ms(w, 72 * 3600 * INT64_C(1000));
            world_pass_ms(w, 3000);
        }
        assert_int_equal(audits(w, "applied"), gone + 1);
        assert_int_equal(world_sql(w, "SELECT sum(view) FROM stream WHERE fenced"), 0);
        assert_int_equal(world_sql(w, "SELECT released FROM audit ORDER BY id DESC LIMIT 1"),
                         reserved);
        edge_accept(w, &fresh);
    }
    assert_int_equal(order(w, 0, "nosuch"), ERR_INVAL);
}

static void goes_offline(struct world *w, const struct test_edge *e)
{
    char text[STATUS_BYTES_MAX];
    size_t len;
    struct status gone = {.boot = 1, .session = 1, .time = w->now.wall, .version = "0.1.0"};
    assert_int_equal(status_encode(&gone, text, sizeof text, &len), ERR_OK);
    struct work *work = work_new(WORK_STATUS, text, len);
    work->place = e->place;
    work->edge = e->edge;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
}

/* "Gone" is the device of before the count; the one that takes its place may lose its connection. */
static void the_successor_of_one_that_is_gone_is_not(void **state) /* U3 */
{
    struct world *w = *state;
    struct test_edge old = edge_of("a", "e1", 10), fresh = edge_of("a", "e1", 11);
    struct test_edge other = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &other, "x"));
    assert_true(edge_hello(w, &old, "e"));
    assert_true(edge_accept(w, &old) > 0);
    goes_offline(w, &old);
    assert_int_equal(order(w, 0, "e1"), ERR_OK);
    assert_int_equal(world_sql(w, "SELECT fenced FROM stream WHERE edge = 'e1'"), 1);
    world_pass_ms(w, 1000);
    assert_true(edge_hello(w, &fresh, "e"));
    assert_true(edge_accept(w, &fresh) > 0);
    assert_true(edge_hello(w, &fresh, "e")); /* now it is asked how far its history goes */
    goes_offline(w, &fresh);
    world_restart(w);
    assert_int_equal(world_sql(w, "SELECT fenced FROM stream WHERE edge = 'e1' AND epoch = 2"), 0);
    int64_t view = world_sql(w, "SELECT view FROM stream WHERE edge = 'e1' AND epoch = 2");
    assert_true(view > 0);
    assert_true(edge_hello(w, &other, "x"));
    assert_int_equal(audits(w, "applied"), 1);
    assert_int_equal(world_sql(w, "SELECT view FROM stream WHERE edge = 'e1' AND epoch = 2"), view);
    assert_int_equal(world_sql(w, "SELECT view FROM stream WHERE edge = 'e1' AND epoch = 1"), 0);
}

/* Nor are its spaces free when it is replaced in turn. */
static void nor_are_its_spaces(void **state) /* U3 */
{
    struct world *w = *state;
    struct test_edge old = edge_of("a", "e1", 10), second = edge_of("a", "e1", 11);
    struct test_edge third = edge_of("a", "e1", 12);
    assert_true(edge_hello(w, &old, "e"));
    goes_offline(w, &old);
    struct test_edge other = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &other, "x"));
    assert_int_equal(order(w, 0, "e1"), ERR_OK);
    world_pass_ms(w, 1000);
    assert_true(edge_hello(w, &second, "e"));
    assert_true(edge_accept(w, &second) > 0);
    assert_true(edge_hello(w, &third, "e"));
    assert_true(edge_hello(w, &third, "e"));
    assert_true(edge_hello(w, &other, "x"));
    assert_int_equal(audits(w, "pending"), 1);
    assert_true(world_sql(w, "SELECT view FROM stream WHERE edge = 'e1' AND epoch = 2") > 0);
}

static void an_audit_clears_what_stopped_offers(void **state)
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
    assert_true(edge_hello(w, &lost, "e")); /* our database was set back */
    assert_int_equal(of_place(w, "offers_stopped"), 1);
    edge_send(w, &e, &event);
    world_run(w);
    e.base = e.seq;
    assert_int_equal(order(w, 0, NULL), ERR_OK);
    assert_int_equal(of_place(w, "offers_stopped"), 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(of_place(w, "offers_stopped"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly WHERE resolved_ms IS NULL"), 0);
}

static void a_pending_audit_can_be_given_up(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(order(w, 3, NULL), ERR_OK);
    int64_t id = w->admin.audit;
    assert_int_equal(cancel(w, id + 1), ERR_CONFLICT);
    assert_int_equal(cancel(w, id), ERR_OK);
    assert_int_equal(cancel(w, id), ERR_CONFLICT);
    assert_int_equal(audits(w, "cancelled"), 1);
    assert_true(edge_hello(w, &e, "e"));
    assert_int_equal(of_place(w, "occupied"), 0);
    assert_int_equal(order(w, -1, NULL), ERR_INVAL);
}

/* Answered grants for a quarter, audits for more than a year. */
static void history_is_pruned_by_age(void **state)
{
    struct world *w = *state;
    int64_t day_ms = 86400 * INT64_C(1000);
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    assert_true(edge_accept(w, &e) > 0);
    assert_int_equal(order(w, 0, NULL), ERR_OK);
    assert_int_equal(cancel(w, w->admin.audit), ERR_OK);
    world_pass_ms(w, 89 * day_ms);
    assert_true(world_sql(w, "SELECT count(*) FROM space_grant WHERE state = 'accepted'") > 0);
    world_pass_ms(w, 2 * day_ms);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM space_grant WHERE state = 'accepted'"), 0);
    world_pass_ms(w, 308 * day_ms);
    assert_int_equal(audits(w, "cancelled"), 1);
    world_pass_ms(w, 2 * day_ms);
    assert_int_equal(audits(w, "cancelled"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_count_takes_effect_when_every_edge_spoke),
        T(an_older_question_does_not_count),
        T(events_of_before_are_applied_first),
        T(what_happens_after_the_count_is_added),
        T(what_goes_wrong_after_the_count_stays_open),
        T(a_shortfall_is_recalled),
        T(spaces_of_an_old_epoch_come_back),
        T(the_successor_of_one_that_is_gone_is_not),
        T(nor_are_its_spaces),
        T(an_audit_clears_what_stopped_offers),
        T(a_pending_audit_can_be_given_up),
        T(history_is_pruned_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
