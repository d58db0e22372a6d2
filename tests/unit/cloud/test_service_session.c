/* What people do to stays: X1 to X3 of service/session_order.h, each undone by another act. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR  INT64_C(3600000)
#define HOURS 6000 /* 100 a minute */

struct lot {
    struct world w;
    struct test_edge e;
};

static int set_up(void **state)
{
    struct lot *l = calloc(1, sizeof *l);
    snprintf(l->w.accounts[0].plate.text, PLATE_SIZE, "%s",
             "33\xEB\x82\x98"
             "3333");
    l->w.accounts[0].payer = (struct payer){1, {{{"stripe"}, "cus_1"}}};
    l->w.account_count = 1;
    world_open(&l->w);
    world_place(&l->w, "a", 10, POLICY_DEFER);
    l->e = edge_of("a", "e1", 1);
    assert_true(edge_hello(&l->w, &l->e, "ex"));
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lot *l = *state;
    world_close(&l->w);
    free(l);
    return 0;
}

static enum err give(struct lot *l, enum admin_kind kind, struct act_order o)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    o.place = (struct name){"a"};
    o.actor = (struct name){"kim"};
    snprintf(o.reason, sizeof o.reason, "saw it");
    work->admin =
        (struct admin_command){.kind = kind, .act = o, .done = world_admin_done, .arg = &l->w};
    assert_int_equal(service_post(l->w.service, work), ERR_OK);
    world_run(&l->w);
    return l->w.admin.err;
}

static enum err undo(struct lot *l, int64_t act)
{
    return give(l, ADMIN_ACT_UNDO, (struct act_order){.id = act});
}

static struct movement_id enter(struct lot *l, const char *plate)
{
    edge_accept(&l->w, &l->e);
    return edge_enter(&l->w, &l->e, plate);
}

static struct movement_id leave(struct lot *l, const char *plate)
{
    return edge_leave(&l->w, &l->e, plate, BASIS_OFFLINE, NULL);
}

static int64_t of_stay(struct lot *l, const struct movement_id *id, const char *what)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT %s FROM session WHERE id = '%s'", what, id->text);
    return world_sql(&l->w, sql);
}

static int64_t count(struct lot *l, const char *what)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", what);
    return world_sql(&l->w, sql);
}

static int64_t derived(struct lot *l)
{
    return world_sql(&l->w, "SELECT open_sessions FROM place");
}

static void a_forgotten_stay_is_closed(void **state)
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, 3 * HOUR);
    struct act_order o = {.session = m, .end = {l->w.now.wall.v - HOUR}, .dry_run = true};
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_OK); /* X1 */
    assert_int_equal(l->w.admin.change.after_minor, 2 * HOURS);
    assert_int_equal(l->w.admin.change.due_minor, 2 * HOURS);
    assert_int_equal(count(l, "act"), 0);
    assert_int_equal(of_stay(l, &m, "state = 'open' AND price_minor = 0"), 1);
    o.dry_run = false;
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_OK);
    assert_int_equal(of_stay(l, &m, "state = 'closed' AND exit_basis = 'manual'"), 1);
    assert_int_equal(of_stay(l, &m, "price_minor"), 2 * HOURS);
    assert_int_equal(world_sql(&l->w, "SELECT amount_minor FROM debt"), 2 * HOURS);
    assert_int_equal(derived(l), 0);
    assert_int_equal(world_sql(&l->w, "SELECT occupied FROM place"), 1); /* two counts */
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_CONFLICT);
}

static void a_stay_is_closed_free_and_opened_again(void **state)
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, HOUR);
    struct act_order o = {.session = m, .free = true};
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_OK);
    assert_int_equal(of_stay(l, &m, "price_minor"), 0);
    assert_int_equal(count(l, "debt"), 0);
    assert_int_equal(undo(l, l->w.admin.act), ERR_OK);
    assert_int_equal(of_stay(l, &m, "state = 'open' AND end_ms IS NULL"), 1);
    assert_int_equal(derived(l), 1);
    world_pass_ms(&l->w, HOUR);
    leave(l, "22\xEC\x95\x84"
             "2222");
    assert_int_equal(of_stay(l, &m, "price_minor"), 2 * HOURS);
    assert_int_equal(count(l, "act WHERE undoes = 1 AND kind = 'session.reopen'"), 1);
}

static void ends_are_checked(void **state)
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, HOUR);
    struct act_order o = {.session = m, .end = {l->w.now.wall.v + 1}};
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_INVAL);
    o.end.v -= 2 * HOUR;
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_INVAL);
    o.session = (struct movement_id){"00000000000000aa"};
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_NOTFOUND);
    assert_int_equal(count(l, "act"), 0);
}

/* The plate was misread at the exit: entry and exit lie apart until a person brings them together. */
static void a_misread_exit_gets_its_entry(void **state) /* X2, X3 */
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, HOUR);
    struct movement_id out = leave(l, "22\xEC\x95\x84"
                                      "2223");
    assert_int_equal(of_stay(l, &out, "state = 'unmatched'"), 1);
    world_pass_ms(&l->w, 24 * HOUR); /* found the day after */
    struct act_order o = {.session = m, .other = out, .dry_run = true};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK);
    assert_string_equal(l->w.admin.change.why, "one_character");
    assert_int_equal(l->w.admin.change.before_minor, 0);
    assert_int_equal(l->w.admin.change.after_minor, HOURS);
    assert_int_equal(of_stay(l, &m, "state = 'open'"), 1);
    o.dry_run = false;
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK);
    assert_int_equal(of_stay(l, &m, "price_minor"), HOURS);
    assert_int_equal(of_stay(l, &m, "state = 'closed' AND exit_lane = 'out-1'"), 1);
    assert_int_equal(of_stay(l, &m, "exit_plate <> plate"), 1);
    assert_int_equal(of_stay(l, &out, "state = 'closed' AND start_ms IS NULL AND joined <> id"), 1);
    assert_int_equal(world_sql(&l->w, "SELECT amount_minor FROM debt"), HOURS);
    assert_int_equal(derived(l), 0);
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_CONFLICT);
    assert_int_equal(count(l, "act WHERE kind = 'session.match' AND other IS NOT NULL"), 1);
    assert_int_equal(count(l, "fact WHERE type = 'session.joined'"), 1);
    assert_int_equal(count(l, "fact WHERE type = 'act.session_matched'"), 1);
}

static void what_does_not_fit_is_not_matched(void **state)
{
    struct lot *l = *state;
    struct movement_id out = leave(l, "44\xEB\x8B\xA4"
                                      "4444");
    world_pass_ms(&l->w, HOUR);
    struct movement_id m = enter(l, "44\xEB\x8B\xA4"
                                    "4445");
    struct movement_id n = enter(l, "55\xEB\x8B\xA4"
                                    "5555");
    struct act_order o = {.session = m, .other = out};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_CONFLICT); /* left before */
    o.other = n;
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_CONFLICT);
    o.other = (struct movement_id){"00000000000000aa"};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_NOTFOUND);
    assert_int_equal(give(l, ADMIN_SESSION_SPLIT, o), ERR_CONFLICT); /* still open */
    assert_int_equal(count(l, "act"), 0);
}

/* One vehicle's exit was read as another's plate: its stay ends, the other's goes on. */
static void a_wrong_exit_is_taken_away_and_given_to_the_right_stay(void **state)
{
    struct lot *l = *state;
    struct movement_id gone = enter(l, "22\xEC\x95\x84"
                                       "2222");
    struct movement_id here = enter(l, "22\xEC\x95\x84"
                                       "2229");
    world_pass_ms(&l->w, HOUR);
    struct movement_id out = leave(l, "22\xEC\x95\x84"
                                      "2229"); /* it was 2222 */
    assert_int_equal(of_stay(l, &here, "state = 'closed'"), 1);
    assert_int_equal(world_sql(&l->w, "SELECT amount_minor FROM debt WHERE state = 'open'"), HOURS);
    assert_int_equal(give(l, ADMIN_SESSION_SPLIT, (struct act_order){.session = here}), ERR_OK);
    assert_int_equal(of_stay(l, &here, "state = 'open' AND exit_lane IS NULL"), 1);
    assert_int_equal(of_stay(l, &out, "state = 'unmatched'"), 1);
    assert_int_equal(count(l, "debt WHERE state = 'open'"),
                     0); /* it owes nothing while it goes on */
    assert_int_equal(derived(l), 2);
    struct act_order o = {.session = gone, .other = out};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK);
    assert_string_equal(l->w.admin.change.why, "one_character");
    assert_int_equal(of_stay(l, &gone, "price_minor"), HOURS);
    assert_int_equal(derived(l), 1);
    world_pass_ms(&l->w, HOUR);
    leave(l, "22\xEC\x95\x84"
             "2229");
    assert_int_equal(of_stay(l, &here, "price_minor"), 2 * HOURS);
    assert_int_equal(world_sql(&l->w, "SELECT sum(amount_minor) FROM debt WHERE state = 'open'"),
                     3 * HOURS);
}

static void matches_and_splits_are_undone(void **state)
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, HOUR);
    struct movement_id out = leave(l, "22\xEC\x95\x84"
                                      "2223");
    struct act_order o = {.session = m, .other = out};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK); /* 1 */
    assert_int_equal(undo(l, 1), ERR_OK);                      /* 2: split */
    assert_int_equal(of_stay(l, &m, "state = 'open'"), 1);
    assert_int_equal(of_stay(l, &out, "state = 'unmatched' AND joined IS NULL"), 1);
    assert_int_equal(undo(l, 1), ERR_CONFLICT);
    assert_int_equal(undo(l, 2), ERR_OK); /* 3: match */
    assert_int_equal(of_stay(l, &m, "state = 'closed' AND price_minor = 6000"), 1);
    assert_int_equal(world_sql(&l->w, "SELECT sum(amount_minor) FROM debt WHERE state = 'open'"),
                     HOURS);
    assert_int_equal(derived(l), 0);
    world_restart(&l->w);
    assert_int_equal(derived(l), 0);
    assert_int_equal(count(l, "act"), 3);
}

/* What came later is not undone by undoing what came before it. */
static void an_act_that_was_overtaken_is_not_undone(void **state)
{
    struct lot *l = *state;
    struct movement_id m = enter(l, "22\xEC\x95\x84"
                                    "2222");
    world_pass_ms(&l->w, HOUR);
    struct movement_id wrong = leave(l, "22\xEC\x95\x84"
                                        "2223");
    struct movement_id right = leave(l, "22\xEC\x95\x84"
                                        "2224");
    struct act_order o = {.session = m, .other = wrong};
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK); /* 1 */
    assert_int_equal(give(l, ADMIN_SESSION_SPLIT, o), ERR_OK); /* 2 */
    o.other = right;
    assert_int_equal(give(l, ADMIN_SESSION_MATCH, o), ERR_OK); /* 3 */
    assert_int_equal(undo(l, 1), ERR_CONFLICT);
    assert_int_equal(of_stay(l, &m, "state = 'closed'"), 1);
    assert_int_equal(undo(l, 3), ERR_OK);
    assert_int_equal(undo(l, 1), ERR_CONFLICT);
    assert_int_equal(undo(l, 2), ERR_OK);
    assert_int_equal(undo(l, 1), ERR_OK); /* it is as that act left it again */
}

/* Charged at the gate for an exit that was another vehicle's: the money stays with the stay, counts towards
 * its true end, and what is too much goes back. */
static void what_was_paid_too_much_goes_back(void **state)
{
    struct lot *l = *state;
    static const char payer[] = "33\xEB\x82\x98"
                                "3333";
    struct movement_id m = enter(l, payer);
    world_pass_ms(&l->w, HOUR);
    struct request_id id = edge_ask(&l->w, &l->e, REQUEST_EXIT, payer, false, 1);
    world_result(&l->w, 0, PAYMENT_RESULT_SUCCEEDED);
    assert_int_equal(world_answer(&l->w, &id)->basis, BASIS_PAID);
    edge_leave(&l->w, &l->e, payer, BASIS_PAID, &id);
    assert_int_equal(of_stay(l, &m, "paid_minor"), HOURS);
    assert_int_equal(give(l, ADMIN_SESSION_SPLIT, (struct act_order){.session = m}), ERR_OK);
    assert_int_equal(of_stay(l, &m, "state = 'open' AND paid_minor = 6000"), 1);
    struct act_order o = {.session = m, .end = {l->w.now.wall.v - HOUR / 2}, .dry_run = true};
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_OK);
    assert_int_equal(l->w.admin.change.after_minor, HOURS / 2);
    assert_int_equal(l->w.admin.change.refund_minor, HOURS / 2);
    assert_int_equal(count(l, "refund"), 0);
    o.dry_run = false;
    assert_int_equal(give(l, ADMIN_SESSION_CLOSE, o), ERR_OK);
    assert_int_equal(world_sql(&l->w, "SELECT sum(amount_minor) FROM refund"), HOURS / 2);
    assert_int_equal(l->w.calls[1].kind, PAYMENT_CALL_REFUND);
    assert_int_equal(count(l, "debt WHERE state = 'open'"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_forgotten_stay_is_closed),
        T(a_stay_is_closed_free_and_opened_again),
        T(ends_are_checked),
        T(a_misread_exit_gets_its_entry),
        T(what_does_not_fit_is_not_matched),
        T(a_wrong_exit_is_taken_away_and_given_to_the_right_stay),
        T(matches_and_splits_are_undone),
        T(an_act_that_was_overtaken_is_not_undone),
        T(what_was_paid_too_much_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
