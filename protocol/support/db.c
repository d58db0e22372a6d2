/* See db.h. A migration and its row are one transaction (SQLite's schema changes are
 * transactional), so a half-applied one cannot exist and needs no mark. */
#include "protocol/support/db.h"

#include "protocol/support/log.h"

#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 2000, SQL_LOGGED_MAX = 200 };

/* Of a result code that is not a success. */
static enum err translate(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return ERR_UNAVAIL;
    default: return ERR_IO;
    }
}

/* Translates and logs. A constraint is often an answer, not a fault: it is logged for debugging. */
static enum err failed(sqlite3 *db, const char *sql, int rc)
{
    enum err e = translate(rc);
    char statement[SQL_LOGGED_MAX + 1];
    size_t len = strnlen(sql, SQL_LOGGED_MAX);
    memcpy(statement, sql, len);
    statement[len] = '\0';
    enum log_level level = e == ERR_CONFLICT ? LOG_DEBUG : e == ERR_UNAVAIL ? LOG_WARN : LOG_ERROR;
    LOG_AT(level, e == ERR_CONFLICT ? "db.constraint" : "db.failed", LN("code", rc),
           LT("reason", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc)), LT("sql", statement));
    return e;
}

static enum err open_with(const char *file, int flags, sqlite3 **ret)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(file, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(db, 1);
        sqlite3_busy_timeout(db, BUSY_MS);
        *ret = db;
        return ERR_OK;
    }
    log_error("db.open_failed", LT("file", file), LN("code", rc),
              LT("reason", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc)));
    sqlite3_close(db);
    return ERR_IO;
}

/* journal_mode answers with the mode it reached, and no error when it is another one. */
static enum err use_wal(sqlite3 *db, const char *file)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    char mode[16] = "";
    TRY(db_prepare(db, "PRAGMA journal_mode=WAL", &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK && row)
        e = db_column_text(s, 0, mode, sizeof mode);
    sqlite3_finalize(s);
    if (e != ERR_OK)
        return e;
    if (strcmp(mode, "wal") == 0 || (strcmp(mode, "memory") == 0 && strcmp(file, ":memory:") == 0))
        return ERR_OK;
    log_error("db.no_wal", LT("file", file), LT("mode", mode));
    return ERR_IO;
}

static enum err keep_or_close(enum err e, sqlite3 *db, sqlite3 **ret)
{
    if (e == ERR_OK)
        *ret = db;
    else
        db_close(db);
    return e;
}

enum err db_open(const char *file, sqlite3 **ret)
{
    sqlite3 *db;
    TRY(open_with(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db));
    enum err e = use_wal(db, file);
    if (e == ERR_OK)
        e = db_exec(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                        "PRAGMA trusted_schema=OFF;");
    return keep_or_close(e, db, ret);
}

enum err db_open_reader(const char *file, sqlite3 **ret)
{
    sqlite3 *db;
    TRY(open_with(file, SQLITE_OPEN_READONLY, &db));
    /* The file is first read here: what is not a database shows now, not in a request. */
    return keep_or_close(db_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA schema_version;"), db, ret);
}

void db_close(sqlite3 *db)
{
    if (!db)
        return;
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(db, NULL));)
        sqlite3_finalize(s);
    sqlite3_close(db);
}

/* Compares what is recorded with what the program knows; *ret is the number of applied migrations.
 */
static enum err applied(sqlite3 *db, const struct migration *migrations, int count, int *ret)
{
    sqlite3_stmt *s = NULL;
    enum err e;
    int n = 0;
    bool row = false;
    TRY(db_prepare(db, "SELECT number, name FROM migration ORDER BY number", &s));
    while ((e = db_step(s, &row)) == ERR_OK && row) {
        char name[128];
        int number = sqlite3_column_int(s, 0);
        e = db_column_text(s, 1, name, sizeof name);
        if (e != ERR_OK)
            break;
        if (n >= count || number != migrations[n].number || strcmp(name, migrations[n].name) != 0) {
            log_error("db.foreign_schema", LN("number", number), LT("name", name),
                      LN("known", count));
            e = ERR_CONFLICT;
            break;
        }
        n++;
    }
    sqlite3_finalize(s);
    if (e == ERR_OK)
        *ret = n;
    return e;
}

static enum err record(sqlite3 *db, const struct migration *m)
{
    sqlite3_stmt *s = NULL;
    TRY(db_prepare(db, "INSERT INTO migration (number, name) VALUES (?, ?)", &s));
    db_bind_int(s, 1, m->number);
    db_bind_text(s, 2, m->name);
    enum err e = db_run(s);
    sqlite3_finalize(s);
    return e;
}

static enum err apply(sqlite3 *db, const struct migration *m)
{
    TRY(db_exec(db, "BEGIN IMMEDIATE"));
    enum err e = db_exec(db, m->sql);
    if (e == ERR_OK)
        e = record(db, m);
    if (e == ERR_OK)
        e = db_exec(db, "COMMIT");
    if (e != ERR_OK) {
        if (!sqlite3_get_autocommit(db))
            db_exec(db, "ROLLBACK");
        log_error("db.migration_failed", LN("number", m->number), LT("name", m->name));
        return e;
    }
    log_info("db.migrated", LN("number", m->number), LT("name", m->name));
    return ERR_OK;
}

enum err db_migrate(sqlite3 *db, const struct migration *migrations, int count)
{
    int done;
    for (int i = 0; i < count; i++)
        if (migrations[i].number != i + 1)
            return ERR_INVAL;
    TRY(db_exec(db, "CREATE TABLE IF NOT EXISTS migration "
                    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"));
    TRY(applied(db, migrations, count, &done));
    for (int i = done; i < count; i++)
        TRY(apply(db, &migrations[i]));
    return ERR_OK;
}

enum err db_check(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    char text[256] = "";
    TRY(db_prepare(db, "PRAGMA quick_check(1)", &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK && row)
        e = db_column_text(s, 0, text, sizeof text);
    sqlite3_finalize(s);
    if (e == ERR_OK && strcmp(text, "ok") == 0)
        return ERR_OK;
    log_error("db.damaged", LT("found", text));
    return ERR_IO;
}

bool db_is_damaged(const char *file)
{
    sqlite3 *db;
    if (open_with(file, SQLITE_OPEN_READWRITE, &db) != ERR_OK)
        return false;
    int code = sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL) & 0xff;
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    if (code == SQLITE_OK && db_check(db) == ERR_IO) {
        code = sqlite3_errcode(db) & 0xff;
        damaged = code == SQLITE_OK || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    db_close(db);
    return damaged;
}

enum err db_exec(sqlite3 *db, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : failed(db, sql, rc);
}

enum err db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
    if (rc != SQLITE_OK)
        return failed(db, sql, rc);
    *ret = s;
    return ERR_OK;
}

enum err db_step(sqlite3_stmt *s, bool *ret_row)
{
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(sqlite3_db_handle(s), sqlite3_sql(s), rc);
    *ret_row = rc == SQLITE_ROW;
    return ERR_OK;
}

enum err db_run(sqlite3_stmt *s)
{
    bool row = false;
    enum err e = db_step(s, &row);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return e;
}

static void bound(sqlite3_stmt *s, int at, int rc)
{
    if (rc == SQLITE_OK)
        return;
    log_error("db.bind_failed", LN("at", at), LN("code", rc), LT("sql", sqlite3_sql(s)));
    abort();
}

void db_bind_int(sqlite3_stmt *s, int at, int64_t v)
{
    bound(s, at, sqlite3_bind_int64(s, at, v));
}

void db_bind_text(sqlite3_stmt *s, int at, const char *text)
{
    bound(s, at, sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT));
}

/* A blob of no bytes is not NULL, whatever the pointer. */
void db_bind_blob(sqlite3_stmt *s, int at, const void *bytes, size_t len)
{
    bound(s, at, sqlite3_bind_blob64(s, at, bytes ? bytes : "", len, SQLITE_TRANSIENT));
}

void db_bind_null(sqlite3_stmt *s, int at)
{
    bound(s, at, sqlite3_bind_null(s, at));
}

enum err db_column_text(sqlite3_stmt *s, int column, char *ret, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s, column);
    size_t len = (size_t)sqlite3_column_bytes(s, column);
    if (sqlite3_column_type(s, column) == SQLITE_NULL) {
        ret[0] = '\0';
        return ERR_OK;
    }
    if (!text || len >= size || memchr(text, '\0', len)) {
        log_error("db.text_does_not_fit", LN("bytes", len), LN("size", size),
                  LT("sql", sqlite3_sql(s)));
        return ERR_IO;
    }
    memcpy(ret, text, len + 1);
    return ERR_OK;
}
