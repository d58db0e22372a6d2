/* Corrections, and A1 and A2 of service/act.h. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum err order(struct world *w, enum admin_kind kind, int64_t delta, int64_t id)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = kind;
    work->admin.act = (struct act_order){
        .place = {"a"}, .actor = {"kim"}, .reason = "saw \"two\" more", .delta = delta, .id = id};
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

static void a_correction_moves_the_count_and_the_pool(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    edge_accept(w, &e);
    edge_enter(w, &e, "22아2222");
    int64_t pool = of_place(w, "pool");
    assert_int_equal(order(w, ADMIN_CORRECT, 2, 0), ERR_OK);
    assert_int_equal(w->admin.act, 1);
    assert_int_equal(w->admin.occupied, 3);
    assert_int_equal(of_place(w, "occupied"), 3);
    assert_true(of_place(w, "pool") <= pool - 2);
    assert_int_equal(w->occupancy.occupied, 3);
    assert_int_equal(of_place(w, "open_sessions"), 1); /* no stay is touched */
    assert_int_equal(world_sql(w, "SELECT count(*) FROM act WHERE actor = 'kim' AND delta = 2"), 1);
    assert_int_equal(order(w, ADMIN_CORRECT, -3, 0), ERR_OK);
    assert_int_equal(of_place(w, "occupied"), 0);
    world_restart(w);
    assert_int_equal(of_place(w, "occupied"), 0);
}

/* Nobody is thrown out: what there is no room for is worked off. */
static void what_the_pool_lacks_is_recalled(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    int64_t held = edge_accept(w, &e);
    assert_true(held > 0);
    assert_int_equal(order(w, ADMIN_CORRECT, 12, 0), ERR_OK);
    assert_int_equal(of_place(w, "occupied"), 12);
    assert_int_equal(of_place(w, "pool"), -2 - held);
    const struct grant *g = &w->offers[w->offer_count - 1].grant;
    assert_int_equal(g->kind, GRANT_RECALL);
    assert_int_equal(g->n, 2 + held);
    assert_int_equal(w->occupancy.occupied, 10); /* what is published is clamped */
    assert_int_equal(w->occupancy.free, 0);
}

static void what_cannot_be_is_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(order(w, ADMIN_CORRECT, 0, 0), ERR_INVAL);
    assert_int_equal(order(w, ADMIN_CORRECT, 1000001, 0), ERR_INVAL);
    assert_int_equal(order(w, ADMIN_CORRECT, -1, 0), ERR_CONFLICT);
    assert_int_equal(order(w, ADMIN_CORRECT, INT64_MIN, 0), ERR_INVAL);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM act"), 0);
    assert_int_equal(of_place(w, "pool"), 10);
}

static void an_audit_says_what_is_inside(void **state)
{
    struct world *w = *state;
    struct test_edge e = edge_of("a", "e1", 1);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(order(w, ADMIN_CORRECT, 2, 0), ERR_OK);
    int64_t before = w->admin.act;
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_AUDIT;
    work->admin.audit = (struct audit_order){
        .place = {"a"}, .actor = {"desk"}, .counted = 3, .reason = "counted by hand"};
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(order(w, ADMIN_CORRECT, 1, 0), ERR_CONFLICT);
    assert_true(edge_hello(w, &e, "ex"));
    assert_int_equal(of_place(w, "occupied"), 3);
    world_pass_ms(w, 1000);
    assert_int_equal(order(w, ADMIN_CORRECT, 1, 0), ERR_OK);
    assert_int_equal(of_place(w, "occupied"), 4);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, w->admin.act), ERR_OK);
    assert_int_equal(of_place(w, "occupied"), 3);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, before), ERR_CONFLICT);
    assert_int_equal(of_place(w, "occupied"), 3); /* it holds whatever was corrected before it */
}

static void what_cannot_be_signed_does_not_happen(void **state) /* A1 */
{
    struct world *w = *state;
    w->sign_answer = ERR_IO;
    assert_int_equal(order(w, ADMIN_CORRECT, 2, 0), ERR_UNAVAIL);
    assert_int_equal(of_place(w, "occupied"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM act"), 0);
    w->sign_answer = ERR_OK;
    assert_int_equal(order(w, ADMIN_CORRECT, 2, 0), ERR_OK);
    assert_int_equal(w->admin.act, 1);
}

static void an_act_is_undone_once_by_another(void **state) /* A2 */
{
    struct world *w = *state;
    assert_int_equal(order(w, ADMIN_CORRECT, 4, 0), ERR_OK);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, 2), ERR_NOTFOUND);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, 1), ERR_OK);
    assert_int_equal(w->admin.act, 2);
    assert_int_equal(of_place(w, "occupied"), 0);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, 1), ERR_CONFLICT);
    assert_int_equal(world_sql(w, "SELECT delta FROM act WHERE id = 1"), 4);
    assert_int_equal(world_sql(w, "SELECT delta FROM act WHERE undoes = 1"), -4);
    assert_int_equal(order(w, ADMIN_ACT_UNDO, 0, 2), ERR_OK); /* the undoing, too */
    assert_int_equal(of_place(w, "occupied"), 4);
}

static void acts_form_a_chain(void **state)
{
    struct world *w = *state;
    for (int i = 1; i <= 3; i++)
        assert_int_equal(order(w, ADMIN_CORRECT, i, 0), ERR_OK);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM act AS a JOIN act AS b ON b.id = a.id + 1 "
                                  "WHERE json_extract(b.text, '$.prev') = a.digest"),
                     2);
    assert_int_equal(world_sql(w, "SELECT json_extract(text, '$.before.occupied') * 100 + "
                                  "json_extract(text, '$.after.occupied') FROM act WHERE id = 3"),
                     306);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM act WHERE "
                                  "json_extract(text, '$.reason') = 'saw \"two\" more'"),
                     3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_correction_moves_the_count_and_the_pool),
        T(what_the_pool_lacks_is_recalled),
        T(what_cannot_be_is_refused),
        T(an_audit_says_what_is_inside),
        T(what_cannot_be_signed_does_not_happen),
        T(an_act_is_undone_once_by_another),
        T(acts_form_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
