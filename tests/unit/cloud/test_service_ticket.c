/* Stays found by what a driver shows: tickets, cards; exits told before their entries. */
#include "protocol/base/buf.h"
#include "protocol/base/ticket.h"
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char ticket[] = "T00000000000000000", card[] = "04:A1:5C", nobody[] = "";

static struct movement_id enter(struct scene *c, const char *who, const char *shown)
{
    c->e.shown = shown;
    struct movement_id m = edge_enter(&c->w, &c->e, who);
    c->e.shown = NULL;
    return m;
}

static void leave(struct scene *c, struct test_edge *e, const char *who, const char *shown)
{
    e->shown = shown;
    edge_leave(&c->w, e, who, BASIS_DEFERRED, NULL);
    e->shown = NULL;
}

static const struct passage_answer *ask(struct scene *c, struct test_edge *e, const char *who,
                                        const char *shown, uint64_t n)
{
    e->shown = shown;
    struct request_id id = edge_ask(&c->w, e, REQUEST_EXIT, who, false, n);
    e->shown = NULL;
    return world_answer(&c->w, &id);
}

static int64_t of_ticket(struct scene *c, const char *state)
{
    char sql[160];
    struct buf b = buf_of(sql, sizeof sql);
    buf_addf(&b, "SELECT count(*) FROM session WHERE credential = '%s' AND state = '%s'", ticket,
             state);
    return world_sql(&c->w, sql);
}

static void in_and_out_by_ticket(void **state)
{
    struct scene *c = *state;
    struct movement_id m = enter(c, nobody, ticket);
    world_pass_ms(&c->w, 60 * 60000);
    const struct passage_answer *a = ask(c, &c->e, nobody, ticket, 1);
    assert_int_equal(a->verdict, VERDICT_DENY); /* nobody pays by himself: the amount is shown */
    assert_int_equal(a->reason, REASON_NO_ACCOUNT);
    assert_int_equal(a->due.minor, KRW_HOUR);
    leave(c, &c->e, nobody, ticket);
    assert_int_equal(of_ticket(c, "closed"), 1);
    struct buf b;
    char sql[128];
    b = buf_of(sql, sizeof sql);
    buf_addf(&b, "SELECT amount_minor FROM debt WHERE session = '%s'", m.text);
    assert_int_equal(world_sql(&c->w, sql), KRW_HOUR);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM movement WHERE credential IS NOT NULL"),
                     2);
}

/* The entry could not read the plate, the exit can: its account is charged for the ticket's stay. */
static void a_plate_that_is_read_at_the_exit(void **state)
{
    struct scene *c = *state;
    leave(c, &c->e, plate, nobody); /* the plate's own stay is over */
    struct movement_id stay = enter(c, nobody, ticket);
    world_pass_ms(&c->w, 60 * 60000);
    size_t calls = c->w.call_count;
    const struct passage_answer *a = ask(c, &c->e, plate, ticket, 1);
    assert_int_equal(a->verdict, VERDICT_PENDING);
    assert_int_equal(c->w.call_count, calls + 1);
    assert_string_equal(c->w.calls[calls].session.text, stay.text);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE plate = '22아2222' AND"
                                      " credential IS NOT NULL"),
                     1);
}

static void used_unknown_and_of_another_place(void **state)
{
    struct scene *c = *state;
    struct test_edge other = edge_of("b", "e1", 9);
    enter(c, nobody, ticket);
    world_place(&c->w, "b", 10, POLICY_DEFER);
    assert_true(edge_hello(&c->w, &other, "ex"));
    assert_int_equal(ask(c, &other, nobody, ticket, 1)->reason, REASON_OTHER_PLACE);
    leave(c, &c->e, nobody, ticket);
    assert_int_equal(ask(c, &c->e, nobody, ticket, 2)->reason, REASON_TICKET_USED);
    /* Nobody issued it, as far as is known: as any vehicle without a stay. */
    static const uint8_t random[TICKET_RANDOM_BYTES] = {1};
    struct ticket unknown = ticket_from(random);
    assert_int_equal(ask(c, &c->e, nobody, unknown.text, 3)->verdict, VERDICT_ALLOW);
    assert_int_equal(ask(c, &c->e, nobody, unknown.text, 4)->basis, BASIS_DEFERRED);
    /* A vehicle that is known has its stay, whatever old ticket lies in it. */
    assert_int_equal(ask(c, &c->e, no_account, ticket, 5)->reason, REASON_NO_ACCOUNT);
}

static void a_card_comes_again(void **state)
{
    struct scene *c = *state;
    for (uint64_t i = 0; i < 2; i++) {
        enter(c, nobody, card);
        world_pass_ms(&c->w, 60 * 60000);
        assert_int_equal(ask(c, &c->e, nobody, card, i)->due.minor, KRW_HOUR);
        leave(c, &c->e, nobody, card);
    }
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE state = 'unmatched'"), 0);
    assert_int_equal(ask(c, &c->e, nobody, card, 7)->verdict, VERDICT_ALLOW); /* no stay */
}

static void a_ticket_passed_on_does_not_shorten_a_stay(void **state)
{
    struct scene *c = *state;
    enter(c, "44다4444", ticket); /* just now; the others came an hour ago */
    assert_int_equal(ask(c, &c->e, no_account, ticket, 1)->due.minor, KRW_HOUR);
    leave(c, &c->e, no_account, ticket);
    assert_int_equal(of_ticket(c, "open"), 1);
    /* Somebody without a stay of his own leaves with it, and a person may look. */
    leave(c, &c->e, "55라5555", ticket);
    assert_int_equal(of_ticket(c, "closed"), 1);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM anomaly WHERE kind = 'plates_differ'"),
                     1);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE exit_plate = '55라5555'"),
                     1);
}

/* Another edge's exit is told before the entry, as after a time without the cloud. */
static void told_before_its_entry(void **state)
{
    static const struct {
        const char *in, *in_shown, *out, *out_shown;
    } cases[] = {{"", "T00000000000000000", "", "T00000000000000000"},
                 {"66마6666", "", "66마6666", ""},
                 {"B0-77", "", "80-77", ""},
                 {"B088", "04:A1", "", "04:A1"}};
    struct scene *c = *state;
    struct test_edge out = edge_of("a", "e2", 2);
    assert_true(edge_hello(&c->w, &out, "x"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t open = world_sql(&c->w, "SELECT open_sessions FROM place");
        c->w.now.wall.v += 30 * 60000;
        leave(c, &out, cases[i].out, cases[i].out_shown);
        assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE state = 'unmatched'"),
                         1);
        c->w.now.wall.v -= 30 * 60000;
        enter(c, cases[i].in, cases[i].in_shown);
        assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE state = 'unmatched'"),
                         0);
        assert_int_equal(world_sql(&c->w, "SELECT open_sessions FROM place"), open);
        assert_int_equal(world_sql(&c->w, "SELECT price_minor FROM session WHERE state = 'closed'"
                                          " ORDER BY end_ms DESC LIMIT 1"),
                         KRW_HOUR / 2);
        world_pass_ms(&c->w, 60000);
    }
    assert_int_equal(world_sql(&c->w,
                               "SELECT count(*) FROM session WHERE plate = 'B0-77' AND exit_plate ="
                               " '80-77'"),
                     1);
}

/* Two stays of one plate whose entries are told first: each exit ends the one that had begun. */
static void exits_that_come_late(void **state)
{
    struct scene *c = *state;
    struct wall_ms start = c->w.now.wall;
    enter(c, "99바9999", NULL);
    c->w.now.wall.v = start.v + 2 * 60 * 60000;
    enter(c, "99바9999", NULL);
    c->w.now.wall.v = start.v + 60 * 60000;
    leave(c, &c->e, "99바9999", NULL);
    c->w.now.wall.v = start.v + 3 * 60 * 60000;
    leave(c, &c->e, "99바9999", NULL);
    assert_int_equal(world_sql(&c->w, "SELECT count(*) FROM session WHERE plate = '99바9999' AND"
                                      " end_ms - start_ms = 3600000"),
                     2);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_defer, scene_teardown)
    const struct CMUnitTest tests[] = {
        SCENE(a_plate_that_is_read_at_the_exit),
        SCENE(in_and_out_by_ticket),
        SCENE(used_unknown_and_of_another_place),
        SCENE(a_card_comes_again),
        SCENE(a_ticket_passed_on_does_not_shorten_a_stay),
        SCENE(told_before_its_entry),
        SCENE(exits_that_come_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
