/* SQLite, opened the one way we use it: WAL, synchronous=FULL, foreign keys on, STRICT tables,
 * numbered migrations. Translates result codes and logs the failing statement.
 *
 * Codes: ERR_CONFLICT on a constraint, ERR_UNAVAIL when busy, ERR_IO for everything that makes the
 * storage untrustworthy (disk full, I/O error, corrupt). */
#ifndef BOOMGATE_SUPPORT_DB_H
#define BOOMGATE_SUPPORT_DB_H

#include "protocol/base/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct migration {
    int number; /* 1, 2, 3, ... without gaps */
    const char *name;
    const char *sql;
};

/* Opens or creates `file` for the one writer. ERR_IO if it cannot be opened or is not a database.
 */
enum err db_open(const char *file, sqlite3 **ret);

/* A read-only connection for one reader thread. */
enum err db_open_reader(const char *file, sqlite3 **ret);

void db_close(sqlite3 *db); /* NULL is fine */

/* Brings the schema up to migrations[count-1]. Each runs in one transaction with its row in table
 * `migration`; a database that is newer than the program is ERR_CONFLICT. */
enum err db_migrate(sqlite3 *db, const struct migration *migrations, int count);

/* PRAGMA quick_check. ERR_IO if the file is damaged. */
enum err db_check(sqlite3 *db);

/* True if `file` is no database or quick_check finds fault with it; false also if it cannot be read.
 * Nobody else may have it open. */
bool db_is_damaged(const char *file);

enum err db_exec(sqlite3 *db, const char *sql);

/* A prepared statement that lives as long as the connection. */
enum err db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret);

/* Steps once. *ret_row: true for a row, false when done. The caller resets. */
enum err db_step(sqlite3_stmt *s, bool *ret_row);

/* Steps a statement that returns no row, then resets it and clears its bindings. */
enum err db_run(sqlite3_stmt *s);

/* Binding: positions are 1-based; text is copied (SQLITE_TRANSIENT). A failed binding ends the
 * process: it is a programming error. */
void db_bind_int(sqlite3_stmt *s, int at, int64_t v);
void db_bind_text(sqlite3_stmt *s, int at, const char *text); /* NULL binds NULL */
void db_bind_blob(sqlite3_stmt *s, int at, const void *bytes, size_t len);
void db_bind_null(sqlite3_stmt *s, int at);

/* Copies column text into ret[size]; ERR_IO if it does not fit (our own corruption). NULL is "". */
enum err db_column_text(sqlite3_stmt *s, int column, char *ret, size_t size);

#endif
