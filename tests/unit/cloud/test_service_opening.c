/* Closed places, opening hours (O1, O2 of service/opening.h) and zones (Z1, Z2 of service/zones.h). */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)

static enum err put(struct world *w, const struct place_settings *c)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){
        .kind = ADMIN_PLACE_PUT, .place = *c, .done = world_admin_done, .arg = w};
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    return w->admin.err;
}

static struct place_settings with_hours(const char *hours)
{
    struct place_settings c = world_settings("a", 10);
    snprintf(c.hours, sizeof c.hours, "%s", hours);
    return c;
}

static struct place_settings zone_of(const char *name, int64_t capacity, const char *parent)
{
    struct place_settings c = world_settings(name, capacity);
    snprintf(c.parent.text, sizeof c.parent.text, "%s", parent);
    return c;
}

static int64_t of_place(const struct world *w, const char *place, const char *column)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT %s FROM place WHERE place = '%s'", column, place);
    return world_sql(w, sql);
}

/* To the next full hour of this time of day in Seoul. */
static void pass_to(struct world *w, int hour)
{
    int64_t local = w->now.wall.v + 9 * HOUR;
    int64_t ms = hour * HOUR - local % (24 * HOUR);
    world_pass_ms(w, ms > 0 ? ms : ms + 24 * HOUR);
}

static const struct grant *last_grant(const struct world *w)
{
    return &w->offers[w->offer_count - 1].grant;
}

static void a_closed_place_wants_its_spaces_back(void **state) /* O1 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    struct place_settings c = world_settings("a", 10);
    assert_true(edge_hello(w, &e, "ex"));
    int64_t held = edge_accept(w, &e);
    assert_true(held > 0);
    size_t asked = w->resync_count;
    c.closed = true;
    assert_int_equal(put(w, &c), ERR_OK);
    world_pass_ms(w, 3000);
    assert_int_equal(last_grant(w)->kind, GRANT_RECALL);
    assert_int_equal(last_grant(w)->n, held);
    assert_true(w->resync_count > asked); /* a shorter lease for all */
    struct request_id id = edge_ask(w, &e, REQUEST_ENTRY, "22아2222", true, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_DENY);
    assert_int_equal(world_answer(w, &id)->reason, REASON_CLOSED);
    id = edge_ask(w, &e, REQUEST_EXIT, "22아2222", false, 2);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
}

static void hours_close_and_open(void **state) /* O1, O2 */
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    struct place_settings c = with_hours("mo-su 08:00-20:00");
    assert_int_equal(put(w, &c), ERR_OK);
    pass_to(w, 18);
    assert_int_equal(of_place(w, "a", "shut"), 0);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(e.answered.lease_ms, 2 * HOUR);
    int64_t held = edge_accept(w, &e);
    assert_true(held > 0);
    pass_to(w, 20);
    assert_int_equal(of_place(w, "a", "shut"), 1);
    assert_int_equal(last_grant(w)->kind, GRANT_RECALL);
    assert_int_equal(last_grant(w)->n, held);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(e.answered.lease_ms, 60000);
    struct request_id id = edge_ask(w, &e, REQUEST_ENTRY, "22아2222", true, 1);
    assert_int_equal(world_answer(w, &id)->reason, REASON_CLOSED);
    world_restart(w);
    assert_int_equal(of_place(w, "a", "shut"), 1);
    size_t told = w->resync_count;
    pass_to(w, 8);
    world_pass_ms(w, 60000);
    assert_int_equal(of_place(w, "a", "shut"), 0);
    assert_true(w->resync_count > told);
    assert_true(edge_hello(w, &e, "ex"));
    assert_true(e.answered.lease_ms > 11 * HOUR && e.answered.lease_ms <= 12 * HOUR);
}

static void say_space(struct world *w, struct test_edge *e, enum event_kind kind, int64_t grant,
                      int64_t n, enum reason why)
{
    struct event v = edge_event(w, e, kind);
    v.data.grant = grant;
    v.data.n = n;
    v.data.reason = why;
    edge_send(w, e, &v);
    world_run(w);
}

/* An entry without an exit spends its spaces while it closes, and has nothing to return from. */
static void what_was_spent_while_it_closed_does_not_bar_it_afterwards(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    struct place_settings c = world_settings("a", 10);
    assert_true(edge_hello(w, &e, "e"));
    int64_t held = edge_accept(w, &e);
    c.closed = true;
    assert_int_equal(put(w, &c), ERR_OK);
    const struct grant recall = *last_grant(w);
    assert_int_equal(recall.n, held);
    edge_enter(w, &e, "22아2222"); /* before the recall arrives */
    say_space(w, &e, EVENT_SPACE_RECALLED, recall.id, recall.n, REASON_NONE);
    if (held > 1)
        say_space(w, &e, EVENT_SPACE_RETURNED, 0, held - 1, REASON_RECALLED);
    c.closed = false;
    assert_int_equal(put(w, &c), ERR_OK);
    assert_true(edge_hello(w, &e, "e"));
    int64_t owed = 1;
    for (int i = 0; i < 3 && owed > 0; i++) {
        const struct grant offer = *last_grant(w);
        assert_int_equal(offer.kind, GRANT_OFFER);
        edge_accept(w, &e);
        int64_t back = owed < offer.n ? owed : offer.n; /* at once, as it owes */
        say_space(w, &e, EVENT_SPACE_RETURNED, 0, back, REASON_RECALLED);
        owed -= back;
    }
    assert_int_equal(owed, 0);
    assert_true(world_sql(w, "SELECT view FROM stream") > 0 || last_grant(w)->kind == GRANT_OFFER);
}

static void hours_are_checked(void **state)
{
    struct world *w = *state;
    struct place_settings c = with_hours("mo-fr 7-22");
    assert_int_equal(put(w, &c), ERR_INVAL);
    assert_non_null(strstr(w->admin.reason, "hours"));
    assert_int_equal(world_sql(w, "SELECT count(*) FROM place WHERE hours <> ''"), 0);
}

static void zones_have_no_more_than_their_place(void **state) /* Z1, Z2 */
{
    struct world *w = *state;
    struct place_settings roof = zone_of("roof", 6, "a"), cellar = zone_of("cellar", 5, "a");
    struct place_settings lost = zone_of("lost", 1, "nowhere"), self = zone_of("self", 1, "self");
    struct place_settings a = world_settings("a", 9);
    assert_int_equal(put(w, &roof), ERR_OK);
    assert_int_equal(put(w, &cellar), ERR_CONFLICT);
    cellar.capacity = 4;
    assert_int_equal(put(w, &cellar), ERR_OK);
    assert_int_equal(put(w, &a), ERR_CONFLICT); /* 10 in the zones */
    assert_int_equal(put(w, &lost), ERR_NOTFOUND);
    assert_int_equal(put(w, &self), ERR_NOTFOUND);
    cellar.parent = (struct name){"roof"};
    assert_int_equal(put(w, &cellar), ERR_CONFLICT);
    struct place_settings corner = zone_of("corner", 2, "roof");
    assert_int_equal(put(w, &corner), ERR_OK);
    a.parent = (struct name){"corner"};
    assert_int_equal(put(w, &a), ERR_CONFLICT);
    world_restart(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM place WHERE parent IS NOT NULL"), 3);
}

/* Who is in the zone is in the place as well, needs a space of both, and pays once. */
static void a_zone_counts_for_itself(void **state)
{
    struct world *w = *state;
    struct place_settings roof = zone_of("roof", 4, "a");
    struct test_edge gate = edge_of("a", "e1", 1), ramp = edge_of("roof", "r1", 2);
    assert_int_equal(put(w, &roof), ERR_OK);
    assert_true(edge_hello(w, &gate, "ex"));
    assert_true(edge_hello(w, &ramp, "ex"));
    edge_accept(w, &gate);
    edge_accept(w, &ramp);
    edge_enter(w, &gate, "22아2222");
    edge_enter(w, &ramp, "22아2222");
    assert_int_equal(of_place(w, "a", "occupied"), 1);
    assert_int_equal(of_place(w, "roof", "occupied"), 1);
    assert_int_equal(of_place(w, "roof", "open_sessions"), 1);
    world_pass_ms(w, HOUR);
    struct request_id id = edge_ask(w, &ramp, REQUEST_EXIT, "22아2222", false, 1);
    assert_int_equal(world_answer(w, &id)->verdict, VERDICT_ALLOW);
    assert_int_equal(world_answer(w, &id)->basis, BASIS_FREE);
    edge_leave(w, &ramp, "22아2222", BASIS_FREE, &id);
    assert_int_equal(of_place(w, "a", "occupied"), 1);
    assert_int_equal(of_place(w, "roof", "occupied"), 0);
    world_pass_ms(w, HOUR);
    edge_leave(w, &gate, "22아2222", BASIS_OFFLINE, NULL);
    assert_int_equal(of_place(w, "a", "occupied"), 0);
    assert_int_equal(world_sql(w, "SELECT price_minor FROM session WHERE place = 'roof'"), 0);
    assert_int_equal(world_sql(w, "SELECT price_minor FROM session WHERE place = 'a'"), 12000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt"), 1);
}

/* Vehicles move at random between outside, the place and its two zones, each gate letting in only on a
 * space in hand: no more are in the zones than in the place, no more anywhere than there is room for. */
static void random_movements_keep_the_zones_within(void **state) /* Z2 */
{
    enum { CARS = 16, STEPS = 400 };
    struct world *w = *state;
    struct place_settings roof = zone_of("roof", 3, "a"), cellar = zone_of("cellar", 4, "a");
    assert_int_equal(put(w, &roof), ERR_OK);
    assert_int_equal(put(w, &cellar), ERR_OK);
    static const char *const places[] = {"a", "roof", "cellar"};
    static const int64_t capacity[] = {10, 3, 4};
    struct test_edge gate[] = {edge_of("a", "e1", 1), edge_of("roof", "r1", 2),
                               edge_of("cellar", "c1", 3)};
    int64_t hand[3] = {0}, inside[3] = {0};
    int where[CARS] = {0}; /* 0 outside, 1 in the place, 2 roof, 3 cellar */
    uint64_t x = 88172645463325252u;
    for (int g = 0; g < 3; g++)
        assert_true(edge_hello(w, &gate[g], "ex"));
    for (int i = 0; i < STEPS; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        int car = (int)(x % CARS), to = (int)(x / CARS % 4);
        for (int g = 0; g < 3; g++)
            while (w->offer_count > 0 && last_grant(w)->kind == GRANT_OFFER &&
                   strcmp(w->offers[w->offer_count - 1].edge.text, gate[g].edge.text) == 0) {
                hand[g] += edge_accept(w, &gate[g]);
                w->offer_count--;
            }
        int at = where[car], g = at > 1 ? at - 1 : to > 1 ? to - 1 : 0;
        bool in = at == 0 ? to == 1 : at == 1 && to > 1;
        bool out = at == 1 ? to == 0 : at > 1 && to == 1;
        char plate[32];
        snprintf(plate, sizeof plate, "%02d가1234", car);
        if (in && hand[g] > 0) {
            edge_enter(w, &gate[g], plate);
            hand[g]--;
            inside[g]++;
            where[car] = to;
        } else if (out) {
            edge_leave(w, &gate[g], plate, BASIS_FREE, NULL);
            hand[g]++;
            inside[g]--;
            where[car] = to;
        }
        for (int k = 0; k < 3; k++) {
            assert_int_equal(of_place(w, places[k], "occupied"), inside[k]);
            assert_true(inside[k] <= capacity[k]);
        }
        assert_true(inside[1] + inside[2] <= inside[0]);
    }
    assert_true(inside[0] > 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_closed_place_wants_its_spaces_back),
        T(hours_close_and_open),
        T(what_was_spent_while_it_closed_does_not_bar_it_afterwards),
        T(hours_are_checked),
        T(zones_have_no_more_than_their_place),
        T(a_zone_counts_for_itself),
        T(random_movements_keep_the_zones_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
