/* Spaces that move back: recalls for a lowered capacity, for an edge that starves, for a count below
 * zero. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The newest grant of this kind for this edge; NULL: none. */
static const struct grant *newest(const struct world *w, const struct test_edge *e,
                                  enum grant_kind kind)
{
    for (size_t i = w->offer_count; i-- > 0;)
        if (name_equal(&w->offers[i].edge, &e->edge) && w->offers[i].grant.kind == kind &&
            w->offers[i].grant.epoch == e->epoch)
            return &w->offers[i].grant;
    return NULL;
}

static size_t count(const struct world *w, enum grant_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < w->offer_count; i++)
        n += w->offers[i].grant.kind == kind;
    return n;
}

static void say(struct world *w, struct test_edge *e, enum event_kind kind, int64_t grant,
                int64_t n, enum reason reason)
{
    struct event event = edge_event(w, e, kind);
    event.data.grant = grant;
    event.data.n = n;
    event.data.reason = reason;
    edge_send(w, e, &event);
    world_run(w);
}

static void a_reversible_lane_is_an_entry_too(void **state)
{
    struct world *w = *state;
    struct test_edge exit = edge_of("a", "e1", 1), both = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &exit, "x"));
    assert_true(edge_hello(w, &both, "r"));
    assert_null(newest(w, &exit, GRANT_OFFER));
    assert_non_null(newest(w, &both, GRANT_OFFER));
}

static void a_lowered_capacity_is_recalled(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    for (int i = 0; i < 3; i++) {
        edge_accept(w, &e);
        edge_enter(w, &e, "22아2222");
    }
    edge_accept(w, &e);
    assert_int_equal(count(w, GRANT_RECALL), 0);
    world_place(w, "a", 2, POLICY_DEFER); /* three are inside */
    assert_true(world_sql(w, "SELECT pool FROM place") < 0);
    int64_t missing = -world_sql(w, "SELECT pool FROM place");
    const struct grant *g = newest(w, &e, GRANT_RECALL);
    assert_non_null(g);
    assert_int_equal(g->n, missing);
    assert_int_equal(count(w, GRANT_RECALL), 1);
    struct grant recall = *g;
    world_pass_ms(w, 2500); /* sent again until it is answered */
    assert_int_equal(count(w, GRANT_RECALL), 2);
    assert_int_equal(newest(w, &e, GRANT_RECALL)->id, recall.id);
    int64_t view = world_sql(w, "SELECT view FROM stream");
    say(w, &e, EVENT_SPACE_RECALLED, recall.id, recall.n, REASON_NONE);
    assert_int_equal(world_sql(w, "SELECT owed FROM stream"), missing);
    if (view > 0)
        say(w, &e, EVENT_SPACE_RETURNED, 0, view, REASON_RECALLED);
    size_t offers = count(w, GRANT_OFFER);
    for (int64_t left = missing - view; left > 0; left--) { /* each that leaves gives back one */
        edge_leave(w, &e, "22아2222", BASIS_PAID, NULL);
        say(w, &e, EVENT_SPACE_RETURNED, 0, 1, REASON_RECALLED);
    }
    assert_int_equal(world_sql(w, "SELECT owed FROM stream"), 0);
    assert_int_equal(world_sql(w, "SELECT pool FROM place"), 0);
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), 2);
    world_pass_ms(w, 2500);
    assert_int_equal(count(w, GRANT_RECALL), 2);
    assert_int_equal(count(w, GRANT_OFFER), offers);
    world_restart(w);
    assert_true(edge_hello(w, &e, "ex"));
    edge_leave(w, &e, "22아2222", BASIS_PAID, NULL);
    assert_int_equal(count(w, GRANT_RECALL), 2);
}

static void an_edge_that_starves_gets_from_another(void **state)
{
    struct world *w = *state;
    struct place_settings set = world_settings("b", 8);
    set.grant_size = 8;
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){.kind = ADMIN_PLACE_PUT, .place = set};
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    struct test_edge rich = edge_of("b", "e1", 1), poor = edge_of("b", "e2", 2);
    assert_true(edge_hello(w, &rich, "e"));
    assert_int_equal(edge_accept(w, &rich), 8);
    assert_true(edge_hello(w, &poor, "e"));
    assert_int_equal(count(w, GRANT_RECALL), 0);
    struct request_id id = edge_ask(w, &poor, REQUEST_ENTRY, "22아2222", true, 1);
    assert_int_equal(world_answer(w, &id)->reason, REASON_FULL);
    const struct grant *g = newest(w, &rich, GRANT_RECALL);
    assert_non_null(g);
    assert_int_equal(g->n, 4);
    edge_ask(w, &poor, REQUEST_ENTRY, "22아2222", true, 2); /* once is enough */
    assert_int_equal(count(w, GRANT_RECALL), 1);
    int64_t recall = g->id;
    say(w, &rich, EVENT_SPACE_RECALLED, recall, 4, REASON_NONE);
    say(w, &rich, EVENT_SPACE_RETURNED, 0, 4, REASON_RECALLED);
    assert_int_equal(edge_accept(w, &poor), 4);
}

/* What is recalled while offers are stopped could not be given to anybody. */
static void nobody_gives_to_one_that_gets_nothing(void **state)
{
    struct world *w = *state;
    struct place_settings set = world_settings("b", 8);
    set.grant_size = 8;
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){.kind = ADMIN_PLACE_PUT, .place = set};
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    struct test_edge rich = edge_of("b", "e1", 1), poor = edge_of("b", "e2", 2);
    assert_true(edge_hello(w, &rich, "e"));
    assert_int_equal(edge_accept(w, &rich), 8);
    assert_true(edge_hello(w, &poor, "e"));
    struct movement_id nobody = {"00000000000000aa"};
    struct event rule = edge_event(w, &poor, EVENT_PASSAGE_VOIDED);
    rule.data.lane = (struct name){"in-1"};
    rule.data.movement = nobody;
    rule.data.direction = DIRECTION_ENTRY;
    rule.data.reason = REASON_BACKED_OUT;
    rule.data.repaid = 1;
    edge_send(w, &poor, &rule);
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place WHERE place = 'b'"), 1);
    edge_ask(w, &poor, REQUEST_ENTRY, "22아2222", true, 1);
    assert_int_equal(count(w, GRANT_RECALL), 0);
}

static void post_telemetry(struct world *w, const struct test_edge *e)
{
    char bytes[STATUS_BYTES_MAX];
    size_t len;
    struct telemetry t = {
        .time = w->now.wall, .epoch = e->epoch, .next = e->seq + 1, .clock = CLOCK_SYNCED};
    assert_int_equal(telemetry_encode(&t, bytes, sizeof bytes, &len), ERR_OK);
    struct work *work = work_new(WORK_TELEMETRY, bytes, len);
    work->place = e->place;
    work->edge = e->edge;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
}

static void a_count_below_zero_asks_for_an_audit(void **state)
{
    struct world *w = *state;
    struct test_edge in = edge_of("a", "e1", 1), out = edge_of("a", "e2", 2);
    assert_true(edge_hello(w, &in, "e"));
    edge_accept(w, &in);
    assert_true(edge_hello(w, &out, "x"));
    for (int i = 0; i < 3; i++)
        edge_leave(w, &out, "22아2222", BASIS_PAID, NULL); /* nobody saw them come in */
    static const char *const told = "SELECT count(*) FROM anomaly WHERE kind = 'below_zero'";
    post_telemetry(w, &in);
    assert_int_equal(world_sql(w, told), 0); /* the other one may still have an entry to tell */
    post_telemetry(w, &out);
    assert_int_equal(world_sql(w, told), 1);
    post_telemetry(w, &out);
    assert_int_equal(world_sql(w, told), 1);
    assert_int_equal(world_sql(w, "SELECT offers_stopped FROM place"), 0);
}

static void grants_are_numbered_by_time(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    int64_t first = newest(w, &e, GRANT_OFFER)->id;
    assert_int_equal(first, w->now.wall.v / 1000);
    world_pass_ms(w, 5000);
    edge_accept(w, &e);
    edge_enter(w, &e, "22아2222");
    assert_int_equal(newest(w, &e, GRANT_OFFER)->id, w->now.wall.v / 1000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_reversible_lane_is_an_entry_too),      T(a_lowered_capacity_is_recalled),
        T(an_edge_that_starves_gets_from_another), T(nobody_gives_to_one_that_gets_nothing),
        T(a_count_below_zero_asks_for_an_audit),   T(grants_are_numbered_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
