/* No query of the store or of its readers walks through a table that grows for ever: each finds its rows
 * by an index, or walks an index that holds only what is open. */
#include "cloud/store/reader_inside.h"
#include "cloud/store/sqlite.h"
#include "cloud/store/statements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const reader_sql[] = {
#define SQL(name, sql) sql,
    READER_STATEMENTS(SQL)
#undef SQL
};

/* Grow with every vehicle. The others have a row per place, edge or lane. */
static const char *const growing[] = {"event",         "quarantine", "anomaly",  "movement",
                                      "session",       "payment",    "debt",     "space_grant",
                                      "decision",      "s",          "y",        "d",
                                      "lane_command",  "fact",       "e",        "f",
                                      "answer",        "act",        "a",        "u",
                                      "validation",    "refund",     "pay_link", "m",
                                      "parking_right", "audit"};
/* Hold only what is open. */
static const char *const small[] = {
    "anomaly_open",      "payment_not_final", "payment_manual",       "refund_not_final",
    "refund_manual",     "debt_open",         "debt_to_collect",      "space_grant_open",
    "lane_command_open", "audit_pending",     "space_grant_answered", "lane_command_ended",
    "audit_ended"};

static bool named(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    return false;
}

/* "SCAN movement USING INDEX movement_by_time" and the like. */
static bool walks(const char *step)
{
    char table[64] = "", index[64] = "";
    const char *using = strstr(step, "INDEX ");
    if (strncmp(step, "SCAN ", 5) != 0)
        return false;
    snprintf(table, sizeof table, "%.*s", (int)strcspn(step + 5, " "), step + 5);
    if (using)
        snprintf(index, sizeof index, "%.*s", (int)strcspn(using + 6, " "), using + 6);
    return named(table, growing, sizeof growing / sizeof growing[0]) &&
           !named(index, small, sizeof small / sizeof small[0]);
}

static void explain(sqlite3 *db, const char *sql)
{
    char text[4096];
    sqlite3_stmt *st;
    bool row;
    assert_true((size_t)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql) < sizeof text);
    assert_int_equal(db_prepare(db, text, &st), ERR_OK);
    while (db_step(st, &row) == ERR_OK && row) {
        const char *step = (const char *)sqlite3_column_text(st, 3);
        if (walks(step))
            fail_msg("%s: %s", step, sql);
    }
    sqlite3_finalize(st);
}

/* Stands for the functions of store_forget.c: a plan does not call them. */
static void never(sqlite3_context *c, int count, sqlite3_value **values)
{
    (void)count, (void)values;
    sqlite3_result_null(c);
}

static void add_functions(sqlite3 *db)
{
    static const char *const names[] = {"pseudonym", "blank"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(
            sqlite3_create_function_v2(db, names[i], 1, SQLITE_UTF8, NULL, never, NULL, NULL, NULL),
            SQLITE_OK);
}

static void nothing_is_walked_through(void **state)
{
    char file[] = "/tmp/boomgate-plans-XXXXXX", side[64];
    struct store *store;
    sqlite3 *db;
    (void)state;
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(store_open(file, &store), ERR_OK);
    assert_int_equal(db_open_reader(file, &db), ERR_OK);
    add_functions(db);
    for (size_t i = 0; i < sizeof reader_sql / sizeof reader_sql[0]; i++)
        explain(db, reader_sql[i]);
    for (size_t i = 0; i < STATEMENTS; i++)
        if (strncmp(store_sql[i], "SELECT", 6) == 0 || strncmp(store_sql[i], "UPDATE", 6) == 0 ||
            strncmp(store_sql[i], "DELETE", 6) == 0)
            explain(db, store_sql[i]);
    db_close(db);
    store_close(store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(side, sizeof side, "%s%s", file, ends[i]);
        unlink(side);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_walked_through)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
