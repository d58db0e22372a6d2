/* The journal: what it remembers. Numbers cite edge/journal/journal.h. */
#include "tests/contract/edge/journal_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* J2 */
static void a_new_journal_has_an_identity_and_no_epoch(void **state)
{
    const struct place *p = *state;
    struct request_id id;
    struct journal *j = open_journal(p);
    struct edge_memory first = load(j);
    assert_int_equal(request_id_parse(first.journal.text, strlen(first.journal.text), &id), ERR_OK);
    assert_int_equal(first.epoch, 0);
    assert_int_equal(first.next, 1);
    assert_int_equal(first.base, 0);
    assert_int_equal(first.boot, 1);
    assert_string_equal(first.head.text, "00000000000000000000000000000000");
    journal_close(j);

    j = open_journal(p);
    struct edge_memory second = load(j);
    assert_string_equal(second.journal.text, first.journal.text);
    assert_int_equal(second.boot, 2);
    assert_true(first.since.v > 0);
    assert_true(second.since.v == first.since.v);
    journal_close(j);
}

/* J1 */
static void everything_comes_back(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = load(j);
    struct lane_memory lane = {.lane = {"in-1"},
                               .state = 5,
                               .movement = {"0123456789abcdef"},
                               .plate = {"22아2222"},
                               .credential = {"T00000000000000000"},
                               .ticket = TICKET_OFFERED,
                               .credential_sequence = 65532,
                               .authorised = true,
                               .basis = BASIS_SPACE,
                               .request = {"0123456789abcdef0123456789abcdef"},
                               .b_seen = true,
                               .a_clear_seen = true,
                               .c_seen = true,
                               .plate_sequence = 65534,
                               .presented = {1763620000123},
                               .decided = {1763620001123},
                               .reversed = true,
                               .modes = 0x18,
                               .alarms = 0x80000001};
    m.epoch = 5;
    m.spaces = (struct spaces){.free = 7, .overdraft = 2};
    m.audit_due = 42;
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(write_row(&port, &m), ERR_OK);
    assert_int_equal(port.save_lane(port.self, &lane), ERR_OK);
    lane.state = 6; /* the later one stands */
    assert_int_equal(port.save_lane(port.self, &lane), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_memory(j)->next, 2);
    journal_close(j);

    struct lane_memory lanes[2];
    size_t count;
    j = open_journal(p);
    assert_int_equal(journal_load(j, &m, lanes, 2, &count), ERR_OK);
    assert_int_equal(m.epoch, 5);
    assert_int_equal(m.next, 2);
    assert_int_equal(m.spaces.free, 7);
    assert_int_equal(m.spaces.overdraft, 2);
    assert_int_equal(m.audit_due, 42);
    assert_string_equal(m.head.text, digest_for(1).text);
    assert_int_equal(count, 1);
    assert_string_equal(lanes[0].lane.text, "in-1");
    assert_int_equal(lanes[0].state, 6);
    assert_string_equal(lanes[0].movement.text, lane.movement.text);
    assert_string_equal(lanes[0].plate.text, "22아2222");
    assert_true(lanes[0].authorised && lanes[0].b_seen && lanes[0].a_clear_seen);
    assert_true(lanes[0].c_seen);
    assert_int_equal(lanes[0].basis, BASIS_SPACE);
    assert_string_equal(lanes[0].request.text, lane.request.text);
    assert_int_equal(lanes[0].plate_sequence, 65534);
    assert_int_equal(lanes[0].presented.v, lane.presented.v);
    assert_int_equal(lanes[0].decided.v, lane.decided.v);
    assert_true(lanes[0].reversed);
    assert_int_equal(lanes[0].modes, lane.modes);
    assert_int_equal(lanes[0].alarms, lane.alarms);
    assert_string_equal(lanes[0].credential.text, lane.credential.text);
    assert_int_equal(lanes[0].ticket, TICKET_OFFERED);
    assert_int_equal(lanes[0].credential_sequence, 65532);
    count = 77;
    assert_int_equal(journal_load(j, &m, lanes, 0, &count), ERR_FULL);
    assert_int_equal(count, 77); /* untouched on failure */
    journal_close(j);
}

/* J1 */
static void a_rolled_back_turn_leaves_nothing(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    write_rows(j, 2);
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.acknowledge(p.self, 2, (struct wall_ms){1}), ERR_OK);
    p.rollback(p.self);
    p.rollback(p.self); /* harmless without a turn */
    assert_int_equal(journal_memory(j)->next, 3);
    assert_int_equal(read_rows(j, 1, 10, 0).count, 2);

    /* Nothing of it is remembered: the same turn works. */
    m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
    journal_close(j);
}

static void a_grant_is_answered_once_per_epoch(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_CONFLICT);
    assert_int_equal(p.grant_answered(p.self, 2, 9), ERR_OK);
    /* A conflict spoils neither the transaction nor what follows. */
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
    journal_close(j);

    j = open_journal(*state);
    p = journal_port(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.grant_answered(p.self, 1, 9), ERR_CONFLICT);
    p.rollback(p.self);
    assert_int_equal(journal_memory(j)->next, 2);
    journal_close(j);
}

static struct order_memory order_number(int n, enum stage stage, int64_t not_after)
{
    struct order_memory o = {
        .lane = {"in-1"}, .action = ACTION_OPEN, .stage = stage, .not_after = {not_after}};
    snprintf(o.id.text, sizeof o.id.text, "%032d", n);
    return o;
}

/* Ids of commands are kept, the open ones are found after a restart, and only those that ended and
 * expired long ago are forgotten. */
static void commands_are_remembered(void **state)
{
    struct place *p = *state;
    enum { DAY_MS = 24 * 3600 * 1000 };
    size_t count = 99;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct order_memory open = order_number(1, STAGE_EXECUTING, 1000), found;
    struct order_memory done = order_number(2, STAGE_DONE, 1000);
    struct order_memory new = order_number(3, STAGE_REJECTED, 5000);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    port.rollback(port.self);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_NOTFOUND);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    assert_int_equal(port.save_order(port.self, &done), ERR_OK);
    assert_int_equal(port.save_order(port.self, &new), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);

    j = open_journal(p);
    port = journal_port(j);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_OK);
    assert_string_equal(found.id.text, open.id.text);
    assert_string_equal(found.lane.text, "in-1");
    assert_int_equal(found.action, ACTION_OPEN);
    assert_int_equal(found.stage, STAGE_EXECUTING);
    assert_int_equal(found.not_after.v, 1000);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_string_equal(found.id.text, open.id.text);
    assert_int_equal(journal_prune(j, (struct wall_ms){1000 + DAY_MS + 1}, 1000), ERR_OK);
    assert_int_equal(port.find_order(port.self, &done.id, &found), ERR_NOTFOUND);
    assert_int_equal(port.find_order(port.self, &new.id, &found), ERR_OK);
    assert_int_equal(port.find_order(port.self, &open.id, &found), ERR_OK); /* no end yet */
    assert_int_equal(port.begin(port.self), ERR_OK);
    open.stage = STAGE_FAILED;
    assert_int_equal(port.save_order(port.self, &open), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(port.open_orders(port.self, &found, 1, &count), ERR_OK);
    assert_int_equal(count, 0);
    journal_close(j);
}

static void a_row_is_never_overwritten(void **state)
{
    struct journal *j = open_journal(*state);
    struct journal_port p = journal_port(j);
    struct digest d = digest_for(99);
    write_rows(j, 1);
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.append(p.self, 1, &d, "other", 5), ERR_CONFLICT);
    p.rollback(p.self);
    assert_int_equal(read_rows(j, 1, 10, 0).count, 1);
    journal_close(j);
}

static void rows_are_read_from_anywhere_in_order(void **state)
{
    struct journal *j = open_journal(*state);
    write_rows(j, 10);
    struct reading r = read_rows(j, 4, 5, 0);
    assert_int_equal(r.first, 4);
    assert_int_equal(r.count, 5);
    r = read_rows(j, 1, 100, 3);
    assert_int_equal(r.last, 3);
    assert_int_equal(read_rows(j, 11, 5, 0).count, 0);
    write_rows(j, 1); /* a reading that stopped early holds no lock */
    assert_int_equal(read_rows(j, 11, 5, 0).count, 1);
    journal_close(j);
}

static void acknowledge(struct journal *j, int64_t upto, struct wall_ms now)
{
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    m.base = upto;
    assert_int_equal(p.begin(p.self), ERR_OK);
    assert_int_equal(p.acknowledge(p.self, upto, now), ERR_OK);
    assert_int_equal(p.save_edge(p.self, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static void acknowledged_rows_are_kept_for_a_while(void **state)
{
    const struct place *place = *state;
    struct journal *j = open_journal(place);
    struct wall_ms now = clock_now(&place->clock).wall;
    int64_t age_ms;
    write_rows(j, 10);
    assert_int_equal(journal_backlog_age(j, 0, wall_after(now, 60000), &age_ms), ERR_OK);
    assert_in_range(age_ms, 50000, 60000);
    assert_int_equal(journal_backlog_age(j, 9, wall_after(now, -60000), &age_ms), ERR_OK);
    assert_int_equal(age_ms, 0); /* the wall clock went back */

    acknowledge(j, 4, now);
    acknowledge(j, 7, wall_after(now, 1000));
    assert_int_equal(journal_prune(j, wall_after(now, 1500), 1000), ERR_OK);
    assert_int_equal(read_rows(j, 1, 100, 0).first, 5); /* 1..4 were old enough */
    assert_int_equal(journal_prune(j, wall_after(now, 3000), 1000), ERR_OK);
    struct reading r = read_rows(j, 1, 100, 0);
    assert_int_equal(r.first, 8); /* never a row that was not acknowledged */
    assert_int_equal(r.last, 10);

    acknowledge(j, 10, now);
    assert_int_equal(journal_backlog_age(j, 10, wall_after(now, 60000), &age_ms), ERR_OK);
    assert_int_equal(age_ms, 0);
    journal_close(j);
}

static void a_lease_knows_its_machine(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    assert_false(m.lease.here);
    assert_int_equal(m.owed, 0);
    m.owed = 3;
    m.lease = (struct lease){true, {7000}, {1000}, {8000}};
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);

    j = open_journal(p); /* the process is another, the machine's run is not */
    m = load(j);
    assert_int_equal(m.owed, 3);
    assert_true(m.lease.here);
    assert_int_equal(m.lease.until.v, 7000);
    assert_int_equal(m.lease.from.v, 1000);
    assert_int_equal(m.lease.until_wall.v, 8000);
    journal_close(j);

    run_sql(p->file, "UPDATE edge_memory SET lease_machine = 'another run of the machine'");
    j = open_journal(p);
    m = load(j);
    assert_false(m.lease.here);
    assert_int_equal(m.lease.until_wall.v, 8000);
    journal_close(j);
}

static void bound_spaces_come_back(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    struct right_id one = {"permit:1"}, two = {"booking:2"};
    assert_int_equal(bound_add(&m.bound, &one, 2), ERR_OK);
    assert_int_equal(bound_add(&m.bound, &two, 1), ERR_OK);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);
    j = open_journal(p);
    port = journal_port(j);
    m = load(j);
    assert_int_equal(bound_of(&m.bound, &one), 2);
    assert_int_equal(bound_of(&m.bound, &two), 1);
    bound_take(&m.bound, &one, 2);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.save_edge(port.self, &m), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    journal_close(j);
    j = open_journal(p);
    m = load(j);
    assert_int_equal(m.bound.count, 1);
    journal_close(j);
}

/* A grant that was answered long ago is not under way any more. */
static void old_grants_are_forgotten(void **state)
{
    const struct place *p = *state;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    assert_int_equal(port.begin(port.self), ERR_OK);
    for (int64_t id = 1; id <= 1200; id++)
        assert_int_equal(port.grant_answered(port.self, 1, id), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_prune(j, (struct wall_ms){0}, 0), ERR_OK);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.grant_answered(port.self, 1, 201), ERR_CONFLICT);
    assert_int_equal(port.grant_answered(port.self, 1, 200), ERR_OK);
    port.rollback(port.self);
    journal_close(j);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, journal_set_up, journal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_new_journal_has_an_identity_and_no_epoch),
        TEST(everything_comes_back),
        TEST(a_rolled_back_turn_leaves_nothing),
        TEST(a_grant_is_answered_once_per_epoch),
        TEST(commands_are_remembered),
        TEST(a_row_is_never_overwritten),
        TEST(rows_are_read_from_anywhere_in_order),
        TEST(acknowledged_rows_are_kept_for_a_while),
        TEST(a_lease_knows_its_machine),
        TEST(bound_spaces_come_back),
        TEST(old_grants_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
