/* What lanes tell beyond passages: evacuations, openings with their causes, modes. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void send(struct world *w, struct test_edge *e, enum event_kind kind,
                 const struct event_data *data)
{
    struct event event = edge_event(w, e, kind);
    event.data = *data;
    edge_send(w, e, &event);
}

/* Presented, read, driven out: under fire. */
static void evacuate(struct world *w, struct test_edge *e, const char *movement, const char *plate)
{
    struct event_data d = {.lane = {"out-1"}, .direction = DIRECTION_EXIT};
    memcpy(d.movement.text, movement, sizeof d.movement.text);
    send(w, e, EVENT_VEHICLE_PRESENTED, &d);
    d.direction = DIRECTION_NONE;
    if (plate) {
        memcpy(d.plate.text, plate, strlen(plate) + 1);
        memcpy(d.raw.text, plate, strlen(plate) + 1);
        d.confidence = 9000;
        send(w, e, EVENT_CREDENTIAL_READ, &d);
    }
    d = (struct event_data){.lane = d.lane, .movement = d.movement, .outcome = OUTCOME_EVACUATED};
    send(w, e, EVENT_MOVEMENT_ENDED, &d);
    world_run(w);
}

static void an_evacuated_stay_ends_without_a_charge(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    assert_true(edge_accept(w, &e) > 0);
    edge_enter(w, &e, "12AB34");
    int64_t occupied = world_sql(w, "SELECT occupied FROM place");
    evacuate(w, &e, "00000000000000aa", "12AB34");
    evacuate(w, &e, "00000000000000ab", NULL);     /* nobody knows who that was */
    evacuate(w, &e, "00000000000000ac", "99ZZ99"); /* or when it came */
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'closed' AND"
                                  " exit_basis = 'evacuated' AND exit_lane = 'out-1' AND"
                                  " price_minor = paid_minor AND end_ms > 0"),
                     1);
    assert_int_equal(world_sql(w, "SELECT open_sessions FROM place"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt"), 0);
    /* Crossings under fire move no spaces: the count waits for an audit. */
    assert_int_equal(world_sql(w, "SELECT occupied FROM place"), occupied);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM movement WHERE outcome = 'evacuated'"), 3);
}

static void openings_and_modes_are_kept(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "e"));
    send(w, &e, EVENT_ARM_OPENED, &(struct event_data){.lane = {"in-1"}, .cause = CAUSE_FORCED});
    send(w, &e, EVENT_LANE_MODE,
         &(struct event_data){.lane = {"in-1"}, .mode = LANE_MODE_LOCK, .active = true});
    world_run(w);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event WHERE kind = 'arm.opened'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event WHERE kind = 'lane.mode'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM anomaly"), 0);
    assert_int_equal(world_last_ack(w, "e1"), e.seq);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(an_evacuated_stay_ends_without_a_charge),
        T(openings_and_modes_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
