/* The store's contract on SQLite, and what is special about a file: damage and newer programs. */
#include "tests/contract/cloud/store_contract.h"

#include "cloud/store/schema.h"
#include "cloud/store/sqlite.h"
#include "protocol/support/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct sqlite_fixture {
    struct store_fixture base;
    char directory[40];
    char file[64];
    struct store *store;
};

static struct store_port do_open(struct store_fixture *base)
{
    struct sqlite_fixture *f = (struct sqlite_fixture *)base;
    memcpy(f->directory, "/tmp/boomgate-store-XXXXXX", 27);
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->file, sizeof f->file, "%s/ledger.db", f->directory);
    assert_int_equal(store_open(f->file, &f->store), ERR_OK);
    return store_port(f->store);
}

static struct store_port do_reopen(struct store_fixture *base)
{
    struct sqlite_fixture *f = (struct sqlite_fixture *)base;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(f->file, &f->store), ERR_OK);
    return store_port(f->store);
}

static void do_close(struct store_fixture *base)
{
    struct sqlite_fixture *f = (struct sqlite_fixture *)base;
    char path[80];
    static const char *const ends[] = {"", "-wal", "-shm"};
    store_close(f->store);
    f->store = NULL;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->file, ends[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->directory), 0);
}

static struct sqlite_fixture fixture = {.base = {do_open, do_reopen, do_close}};

static void not_a_database(void **state)
{
    (void)state;
    struct store *untouched = NULL;
    do_open(&fixture.base);
    store_close(fixture.store);
    FILE *out = fopen(fixture.file, "w");
    assert_non_null(out);
    for (int i = 0; i < 1000; i++)
        fputs("this is not a database\n", out);
    fclose(out);
    fixture.store = NULL;
    assert_int_equal(store_open(fixture.file, &untouched), ERR_IO);
    assert_null(untouched);
    do_close(&fixture.base);
    assert_int_equal(store_open("/nonexistent/ledger.db", &untouched), ERR_IO);
}

static void written_by_a_newer_program(void **state)
{
    (void)state;
    sqlite3 *db;
    struct migration more[100];
    struct store *untouched = NULL;
    assert_true(store_migration_count < 100);
    memcpy(more, store_migrations, (size_t)store_migration_count * sizeof more[0]);
    more[store_migration_count] = (struct migration){store_migration_count + 1, "next",
                                                     "CREATE TABLE future (x INTEGER) STRICT"};
    do_open(&fixture.base);
    store_close(fixture.store);
    fixture.store = NULL;
    assert_int_equal(db_open(fixture.file, &db), ERR_OK);
    assert_int_equal(db_migrate(db, more, store_migration_count + 1), ERR_OK);
    db_close(db);
    assert_int_equal(store_open(fixture.file, &untouched), ERR_CONFLICT);
    assert_null(untouched);
    do_close(&fixture.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_a_database),
        cmocka_unit_test(written_by_a_newer_program),
    };
    log_setup(LOG_ERROR, false);
    int failed = store_contract(&fixture.base);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
