/* Plates are forgotten once the stay is settled for long enough, wherever they stand, and not before. */
#include "protocol/support/db.h"
#include "protocol/support/digest.h"
#include "protocol/support/pseudonym.h"
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

/* Everything text or bytes in the ledger that holds this plate. */
static int64_t traces_of(const struct world *w, const char *text)
{
    static const char *const places[] = {
        "session WHERE instr(coalesce(plate, '') || coalesce(exit_plate, ''), '%s')",
        "session WHERE instr(coalesce(fold, ''), '%s')",
        "movement WHERE instr(coalesce(plate, '') || coalesce(raw, ''), '%s')",
        "debt WHERE instr(coalesce(plate, ''), '%s')",
        "fact WHERE instr(coalesce(plate, '') || data, '%s')",
        "event WHERE instr(bytes, CAST('%s' AS BLOB))",
    };
    int64_t n = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char where[256], sql[320];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(where, sizeof where, places[i], text);
#pragma GCC diagnostic pop
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", where);
        n += world_sql(w, sql);
    }
    return n;
}

static void begin(struct world *w)
{
    w->plate_retention_ms = DAY_MS;
    world_restart(w);
    world_run(w);
}

static void leave_and_pay(struct scene *c)
{
    struct world *w = &c->w;
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
}

static void a_settled_stay_is_forgotten_everywhere(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    begin(w);
    assert_true(edge_hello(w, &c->e, "ex"));
    leave_and_pay(c);
    assert_true(traces_of(w, plate) >= 8);
    world_pass_ms(w, DAY_MS - 3600000);
    assert_true(traces_of(w, plate) >= 8); /* not yet */
    world_pass_ms(w, 2 * 3600000);
    world_pass_ms(w, 60000);
    assert_int_equal(traces_of(w, plate), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE plate GLOB '~*' AND "
                                  "state = 'closed'"),
                     1);
    assert_int_equal(metrics_get(&w->metrics, METRIC_PLATES_FORGOTTEN), 2); /* in and out */
    /* Its amounts stay. */
    assert_int_equal(world_sql(w, "SELECT sum(paid_minor) FROM session"), KRW_HOUR);
}

/* The other vehicle of the scene is inside all the time, then owes. */
static void who_is_inside_or_owes_is_not(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    begin(w);
    assert_true(edge_hello(w, &c->e, "ex"));
    int64_t before = traces_of(w, no_account);
    world_pass_ms(w, 3 * DAY_MS);
    world_pass_ms(w, 60000);
    assert_int_equal(traces_of(w, no_account), before);
    edge_leave(w, &c->e, no_account, BASIS_OFFLINE, NULL);
    world_pass_ms(w, 3 * DAY_MS);
    world_pass_ms(w, 60000);
    assert_int_equal(scene_open_debts(w), 1);
    assert_true(traces_of(w, no_account) > before);

    /* From when the debt is settled, its stay is remembered as long as any other. */
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin.kind = ADMIN_MONEY;
    work->admin.done = world_admin_done;
    work->admin.arg = w;
    work->admin.money =
        (struct money_order){.action = MONEY_WAIVE, .actor = {"kim"}, .reason = "x"};
    snprintf(work->admin.money.session.text, MOVEMENT_ID_SIZE, "%s", c->other.text);
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->admin.err, ERR_OK);
    world_pass_ms(w, 3600000);
    world_pass_ms(w, 60000);
    assert_true(traces_of(w, no_account) > before);
    world_pass_ms(w, DAY_MS);
    world_pass_ms(w, 60000);
    assert_int_equal(traces_of(w, no_account), 0);
}

/* K1: with the plate put back, the bytes have the digest that stands beside them. */
static void the_chain_can_still_be_proven(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    sqlite3 *db;
    sqlite3_stmt *st;
    char alias[PSEUDONYM_SIZE];
    bool row;
    int checked = 0;
    begin(w);
    assert_true(edge_hello(w, &c->e, "ex"));
    leave_and_pay(c);
    world_pass_ms(w, 2 * DAY_MS);
    world_pass_ms(w, 60000);
    pseudonym_of(&w->pseudonym_key, plate, alias);
    assert_int_equal(db_open_reader(w->file, &db), ERR_OK);
    assert_int_equal(db_prepare(db,
                                "SELECT replace(CAST(bytes AS TEXT), ?1, ?2), digest FROM event "
                                "WHERE instr(bytes, CAST(?1 AS BLOB))",
                                &st),
                     ERR_OK);
    db_bind_text(st, 1, alias);
    db_bind_text(st, 2, plate);
    while (db_step(st, &row) == ERR_OK && row) {
        struct digest d;
        digest_of(sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0), &d);
        assert_string_equal(d.text, (const char *)sqlite3_column_text(st, 1));
        checked++;
    }
    assert_true(checked >= 4);
    sqlite3_finalize(st);
    db_close(db);
}

/* Without a key and a time nothing is forgotten. */
static void not_unless_configured(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    leave_and_pay(c);
    int64_t before = traces_of(w, plate);
    world_pass_ms(w, 30 * DAY_MS);
    world_pass_ms(w, 60000);
    assert_int_equal(traces_of(w, plate), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_defer, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_settled_stay_is_forgotten_everywhere),
        TEST(who_is_inside_or_owes_is_not),
        TEST(the_chain_can_still_be_proven),
        TEST(not_unless_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
