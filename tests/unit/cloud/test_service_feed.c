/* The feed as the service writes it: which facts, in which order, without gaps, and never a plate in data. */
#include "protocol/support/db.h"
#include "tests/unit/cloud/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The types after entry `after`, with '*' for an edge's event; runs of those count once. */
static void happened(const struct world *w, int64_t after, const char *expected)
{
    static const char sql[] = "SELECT '*' AS type, id FROM event WHERE id > ?1 UNION ALL "
                              "SELECT type, id FROM fact WHERE id > ?1 ORDER BY id";
    char seen[1024] = "", type[64];
    sqlite3 *db;
    sqlite3_stmt *st;
    bool row, star = false;
    assert_int_equal(db_open_reader(w->file, &db), ERR_OK);
    assert_int_equal(db_prepare(db, sql, &st), ERR_OK);
    db_bind_int(st, 1, after);
    while (db_step(st, &row) == ERR_OK && row) {
        size_t len = strlen(seen);
        assert_int_equal(db_column_text(st, 0, type, sizeof type), ERR_OK);
        if (star && type[0] == '*')
            continue;
        star = type[0] == '*';
        snprintf(seen + len, sizeof seen - len, "%s%s", len ? " " : "", type);
    }
    sqlite3_finalize(st);
    db_close(db);
    assert_string_equal(seen, expected);
}

static int64_t head(const struct world *w)
{
    return world_sql(w, "SELECT max((SELECT max(id) FROM event), (SELECT max(id) FROM fact))");
}

static void no_gaps(const struct world *w)
{
    int64_t rows =
        world_sql(w, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM fact)");
    assert_int_equal(rows, head(w));
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event JOIN fact USING (id)"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM fact WHERE data LIKE '%2222%' "
                                  "OR data LIKE '%3333%' OR NOT json_valid(data)"),
                     0);
}

static void a_paid_stay(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    happened(w, 0, "place.created * session.opened * session.opened *");
    int64_t before = head(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    happened(w, before,
             "decision.made payment.sent payment.succeeded session.paid decision.made * "
             "session.closed *");
    no_gaps(w);
}

static void a_debt_and_its_end(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    int64_t before = head(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_pass_ms(w, 2100);
    edge_leave(w, &c->e, plate, BASIS_DEFERRED, &id);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    happened(
        w, before,
        "decision.made payment.sent decision.made * session.closed debt.opened * payment.succeeded "
        "session.paid debt.paid");
    no_gaps(w);
}

/* PROTOCOL.md, "Traces": the question, the charge and the answer of one exit are one trace. */
static void an_exit_is_one_trace(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    int64_t before = head(w);
    struct request_id id = edge_ask(w, &c->e, REQUEST_EXIT, plate, false, 1);
    world_result(w, 0, PAYMENT_RESULT_SUCCEEDED);
    struct movement_id left = edge_leave(w, &c->e, plate, BASIS_PAID, &id);
    char sql[256];
    assert_int_equal(strlen(w->calls[0].traceparent), TRACEPARENT_SIZE - 1);
    assert_memory_equal(w->calls[0].traceparent, "00-", 3);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM fact WHERE id > %lld AND substr(trace, 1, 35) = '%.35s'",
             (long long)before, w->calls[0].traceparent);
    /* decisions, the payment's states and the stay's credit */
    assert_int_equal(world_sql(w, sql), 5);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM fact WHERE type = 'session.closed' AND trace LIKE '00-%s%%'",
             left.text);
    assert_int_equal(world_sql(w, sql), 1);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM fact WHERE type = 'payment.sent' AND trace = '%s'",
             w->calls[0].traceparent);
    assert_int_equal(world_sql(w, sql), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM fact WHERE type = 'place.created' AND "
                                  "trace IS NULL"),
                     1);
}

static void an_exit_before_its_entry(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    int64_t before = head(w);
    edge_leave(w, &c->e, "4444", BASIS_OFFLINE, NULL);
    happened(w, before, "* session.unmatched *");
    no_gaps(w);
}

static void the_numbers_outlive_a_restart(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    world_restart(w);
    world_run(w);
    edge_hello(w, &c->e, "ex");
    edge_leave(w, &c->e, no_account, BASIS_OFFLINE, NULL);
    world_pass_ms(w, 5000);
    no_gaps(w);
}

/* The same settings again, as with every start, are no news; others are. */
static void a_place_is_news_when_it_changes(void **state)
{
    struct scene *c = *state;
    struct world *w = &c->w;
    int64_t before = head(w);
    world_place(w, "a", 10, POLICY_DEFER);
    happened(w, before, "");
    world_place(w, "a", 12, POLICY_DEFER);
    happened(w, before, "place.changed");
    no_gaps(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_defer, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_paid_stay),
        TEST(a_debt_and_its_end),
        TEST(an_exit_is_one_trace),
        TEST(an_exit_before_its_entry),
        TEST(the_numbers_outlive_a_restart),
        TEST(a_place_is_news_when_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
