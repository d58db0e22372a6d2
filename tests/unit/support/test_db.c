/* The SQLite wrapper: how a database is opened, migrated, checked, and what failures become. */
#include "tests/unit/support/check.h"

#include "protocol/support/db.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct migration migrations[] = {
    {1, "first", "CREATE TABLE car (plate TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;"},
    {2, "second",
     "CREATE TABLE stay (plate TEXT NOT NULL REFERENCES car) STRICT;"
     "INSERT INTO car VALUES ('A', 1);"},
    {3, "broken", "INSERT INTO car VALUES ('B', 1); CREATE TABLE car (x);"},
};

struct folder {
    char path[64];
    char file[96];
};

static int set_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/boomgate-db-XXXXXX");
    if (!f || !mkdtemp(f->path))
        return -1;
    snprintf(f->file, sizeof f->file, "%s/test.db", f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", f->file, suffixes[i]);
        unlink(name);
    }
    rmdir(f->path);
    free(f);
    return 0;
}

static int64_t query(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    bool row = false;
    assert_int_equal(db_prepare(db, sql, &s), ERR_OK);
    assert_int_equal(db_step(s, &row), ERR_OK);
    assert_true(row);
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return v;
}

static void test_open(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db = NULL, *reader = NULL;
    assert_int_equal(db_open_reader(f->file, &reader), ERR_IO);
    assert_null(reader);
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(query(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(query(db, "PRAGMA synchronous"), 2);
    assert_int_equal(query(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(db_migrate(db, migrations, 2), ERR_OK);
    assert_int_equal(db_open_reader(f->file, &reader), ERR_OK);
    assert_int_equal(query(reader, "SELECT count(*) FROM car"), 1);
    assert_int_equal(db_exec(reader, "DELETE FROM car"), ERR_IO);
    db_close(reader);
    assert_int_equal(db_check(db), ERR_OK);
    db_close(db);
    db_close(NULL);
}

static void test_not_a_database(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db = NULL;
    FILE *file = fopen(f->file, "we");
    for (int i = 0; i < 1000; i++)
        fputs("this is not a database\n", file);
    fclose(file);
    assert_int_equal(db_open(f->file, &db), ERR_IO);
    assert_int_equal(db_open_reader(f->file, &db), ERR_IO);
    assert_int_equal(db_open("/nonexistent/folder/x.db", &db), ERR_IO);
    assert_null(db);
}

static void test_migrations(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db;
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(db_migrate(db, migrations + 1, 1), ERR_INVAL);
    assert_int_equal(db_migrate(db, migrations, 1), ERR_OK);
    assert_int_equal(db_migrate(db, migrations, 2), ERR_OK);
    assert_int_equal(db_migrate(db, migrations, 2), ERR_OK);
    assert_int_equal(query(db, "SELECT count(*) FROM migration"), 2);
    /* A broken one leaves nothing behind, and is tried again. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_migrate(db, migrations, 3), ERR_IO);
        assert_int_equal(query(db, "SELECT count(*) FROM car"), 1);
        assert_int_equal(query(db, "SELECT max(number) FROM migration"), 2);
    }
    /* An older program does not touch a newer database, nor one with another history. */
    assert_int_equal(db_migrate(db, migrations, 1), ERR_CONFLICT);
    struct migration other[] = {migrations[0], {2, "another", "SELECT 1"}};
    assert_int_equal(db_migrate(db, other, 2), ERR_CONFLICT);
    db_close(db);
}

static void test_codes(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db, *second;
    sqlite3_stmt *s;
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(db_migrate(db, migrations, 2), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO car VALUES ('A', 2)"), ERR_CONFLICT);
    assert_int_equal(db_exec(db, "INSERT INTO car VALUES ('B', 'x')"), ERR_CONFLICT);
    assert_int_equal(db_exec(db, "INSERT INTO stay VALUES ('nobody')"), ERR_CONFLICT);
    assert_int_equal(db_exec(db, "no such words"), ERR_IO);
    s = NULL;
    assert_int_equal(db_prepare(db, "SELECT x FROM nowhere", &s), ERR_IO);
    assert_null(s);

    assert_int_equal(db_prepare(db, "INSERT INTO car VALUES (?, ?)", &s), ERR_OK);
    db_bind_text(s, 1, "A");
    db_bind_int(s, 2, 1);
    assert_int_equal(db_run(s), ERR_CONFLICT);
    db_bind_text(s, 1, "B"); /* the statement is usable again, and the old bindings are gone */
    assert_int_equal(db_run(s), ERR_CONFLICT);
    db_bind_text(s, 1, "B");
    db_bind_int(s, 2, INT64_MIN);
    assert_int_equal(db_run(s), ERR_OK);
    assert_true(query(db, "SELECT n FROM car WHERE plate = 'B'") == INT64_MIN);

    assert_int_equal(db_open(f->file, &second), ERR_OK);
    sqlite3_busy_timeout(second, 1);
    assert_int_equal(db_exec(db, "BEGIN IMMEDIATE"), ERR_OK);
    assert_int_equal(db_exec(second, "INSERT INTO car VALUES ('C', 1)"), ERR_UNAVAIL);
    assert_int_equal(db_exec(db, "COMMIT"), ERR_OK);
    assert_int_equal(db_exec(second, "INSERT INTO car VALUES ('C', 1)"), ERR_OK);
    db_close(second);
    db_close(db); /* with a statement alive */
}

static void test_full_disk(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db;
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(db_exec(db, "CREATE TABLE t (b BLOB) STRICT; PRAGMA max_page_count=5;"),
                     ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES (zeroblob(100000))"), ERR_IO);
    db_close(db);
}

static void test_damage(void **state)
{
    const struct folder *f = *state;
    sqlite3 *db;
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(
        db_exec(db, "CREATE TABLE t (n INTEGER, x TEXT) STRICT;"
                    "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2000)"
                    "INSERT INTO t SELECT i, hex(i) || 'some text to fill a page' FROM r;"),
        ERR_OK);
    db_close(db); /* checkpoints */
    int fd = open(f->file, O_RDWR | O_CLOEXEC);
    char junk[64];
    memset(junk, 0x5a, sizeof junk);
    for (int page = 2; page < 8; page++)
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    close(fd);
    assert_int_equal(db_open(f->file, &db), ERR_OK);
    assert_int_equal(db_check(db), ERR_IO);
    db_close(db);
}

static void test_columns(void **state)
{
    (void)state;
    sqlite3 *db;
    sqlite3_stmt *s;
    bool row = false;
    char text[5] = "same";
    assert_int_equal(db_open(":memory:", &db), ERR_OK);
    assert_int_equal(db_prepare(db, "SELECT ?, ?, ?, ?, 'abcd', 'abcde', 'a' || char(0)", &s),
                     ERR_OK);
    db_bind_text(s, 1, NULL);
    db_bind_blob(s, 2, NULL, 0);
    db_bind_blob(s, 3, "xyz", 2);
    db_bind_null(s, 4);
    assert_int_equal(db_step(s, &row), ERR_OK);
    assert_true(row);
    assert_int_equal(sqlite3_column_type(s, 0), SQLITE_NULL);
    assert_int_equal(sqlite3_column_type(s, 1), SQLITE_BLOB);
    assert_int_equal(sqlite3_column_bytes(s, 2), 2);
    assert_int_equal(sqlite3_column_type(s, 3), SQLITE_NULL);
    assert_int_equal(db_column_text(s, 5, text, sizeof text), ERR_IO);
    assert_int_equal(db_column_text(s, 6, text, sizeof text), ERR_IO);
    assert_string_equal(text, "same");
    assert_int_equal(db_column_text(s, 4, text, sizeof text), ERR_OK);
    assert_string_equal(text, "abcd");
    assert_int_equal(db_column_text(s, 0, text, sizeof text), ERR_OK);
    assert_string_equal(text, "");
    assert_int_equal(db_step(s, &row), ERR_OK);
    assert_false(row);
    db_close(db);
}

/* Binding beyond the statement's parameters ends the process. */
static void test_wrong_binding_ends(void **state)
{
    (void)state;
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(db_open(":memory:", &db), ERR_OK);
    assert_int_equal(db_prepare(db, "SELECT ?", &s), ERR_OK);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        db_bind_int(s, 2, 1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    db_close(db);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_open),         WITH_FOLDER(test_not_a_database),
        WITH_FOLDER(test_migrations),   WITH_FOLDER(test_codes),
        WITH_FOLDER(test_full_disk),    WITH_FOLDER(test_damage),
        cmocka_unit_test(test_columns), cmocka_unit_test(test_wrong_binding_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
