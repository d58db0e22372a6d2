#include "cloud/store/columns.h"

#include "protocol/support/db.h"

#include <stdlib.h>

/* Binding fails for a wrong number of parameters only: our own mistake. */
static void bound(int rc)
{
    if (rc != SQLITE_OK)
        abort();
}

void put_int(struct put *p, int64_t v)
{
    db_bind_int(p->st, ++p->at, v);
}

void put_text(struct put *p, const char *text)
{
    bound(sqlite3_bind_text(p->st, ++p->at, text, -1, SQLITE_STATIC));
}

void put_text_of(struct put *p, const char *text, size_t len)
{
    bound(sqlite3_bind_text64(p->st, ++p->at, text, len, SQLITE_STATIC, SQLITE_UTF8));
}

void put_optional(struct put *p, const char *text)
{
    if (text[0] != '\0')
        put_text(p, text);
    else
        put_null(p);
}

void put_time(struct put *p, struct wall_ms t)
{
    if (t.v == 0)
        put_null(p);
    else
        put_int(p, t.v);
}

void put_blob(struct put *p, const void *bytes, size_t len)
{
    bound(sqlite3_bind_blob64(p->st, ++p->at, len ? bytes : "", len, SQLITE_STATIC));
}

void put_null(struct put *p)
{
    db_bind_null(p->st, ++p->at);
}

int64_t take_int(struct take *t)
{
    return sqlite3_column_int64(t->st, t->at++);
}

void take_text(struct take *t, char *ret, size_t size)
{
    ret[0] = '\0';
    enum err e = db_column_text(t->st, t->at++, ret, size);
    if (t->err == ERR_OK)
        t->err = e;
}

struct wall_ms take_time(struct take *t)
{
    return (struct wall_ms){take_int(t)};
}

enum err take_one(sqlite3_stmt *st, struct take *ret)
{
    bool row = false;
    enum err e = db_step(st, &row);
    if (e == ERR_OK && row) {
        *ret = (struct take){.st = st};
        return ERR_OK;
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e == ERR_OK ? ERR_NOTFOUND : e;
}

enum err take_done(struct take *t)
{
    sqlite3_reset(t->st);
    sqlite3_clear_bindings(t->st);
    return t->err;
}
