/* The proof of W1: the views made again in a file beside, compared with those in use. */
#include "cloud/view/inside.h"

#include "protocol/base/buf.h"
#include "protocol/support/db.h"

#include <string.h>

static const char *const tables[] = {"minute", "hour", "stay", "receipt", "debt", "step"};
enum { TABLES = sizeof tables / sizeof tables[0], SQL_SIZE = 256, ROUNDS_MAX = 100 };

/* True if a query with the table's name in it twice has no row. */
static enum err is_empty(struct views *v, const char *format, const char *table, bool *ret)
{
    char sql[SQL_SIZE];
    struct buf b = buf_of(sql, sizeof sql);
    sqlite3_stmt *s;
    bool row = false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_addf(&b, format, table, table);
#pragma GCC diagnostic pop
    TRY(db_prepare(v->db, sql, &s));
    enum err e = db_step(s, &row);
    sqlite3_finalize(s);
    *ret = !row;
    return e;
}

static enum err compare(struct views *v, const char **ret_table)
{
    *ret_table = NULL;
    for (size_t i = 0; i < TABLES; i++) {
        bool none_gone = false, none_new = false;
        TRY(is_empty(v, "SELECT * FROM main.%s EXCEPT SELECT * FROM anew.%s LIMIT 1", tables[i],
                     &none_gone));
        TRY(is_empty(v, "SELECT * FROM anew.%s EXCEPT SELECT * FROM main.%s LIMIT 1", tables[i],
                     &none_new));
        if (!none_gone || !none_new) {
            *ret_table = tables[i];
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static enum err replace(struct views *v)
{
    char sql[SQL_SIZE];
    for (size_t i = 0; i < TABLES; i++) {
        struct buf b = buf_of(sql, sizeof sql);
        buf_addf(&b, "DELETE FROM main.%s; INSERT INTO main.%s SELECT * FROM anew.%s", tables[i],
                 tables[i], tables[i]);
        TRY(db_exec(v->db, sql));
    }
    return ERR_OK;
}

/* All entries up to `until`, into views of their own. */
static enum err make_again(struct views *anew, int64_t until,
                           void (*progress)(void *arg, int64_t done, int64_t of), void *arg)
{
    int64_t seen = 0;
    TRY(views_seen(anew, &seen));
    while (seen < until) {
        int64_t applied = 0;
        TRY(db_run(anew->st[V_BEGIN]));
        enum err e = views_apply(anew, until, &seen, &applied);
        if (e == ERR_OK)
            e = db_run(anew->st[V_COMMIT]);
        if (e == ERR_OK && applied == 0)
            e = ERR_IO; /* the feed ends before what was seen of it */
        if (e != ERR_OK) {
            (void)db_run(anew->st[V_ROLLBACK]);
            return e;
        }
        if (progress != NULL)
            progress(arg, seen, until);
    }
    return ERR_OK;
}

/* With both files locked. ERR_UNAVAIL: those in use went on meanwhile. ERR_CONFLICT: the file beside is
 * another rebuild's. */
static enum err settle(struct views *v, int64_t until, struct views_check *ret)
{
    struct views_check c = {.entries = until};
    int64_t seen = 0;
    bool as_far = false;
    TRY(views_seen(v, &seen));
    if (seen != until)
        return ERR_UNAVAIL;
    TRY(is_empty(v, "SELECT seen FROM main.%s EXCEPT SELECT seen FROM anew.%s", "progress",
                 &as_far));
    if (!as_far)
        return ERR_CONFLICT;
    TRY(compare(v, &c.table));
    c.equal = c.table == NULL;
    if (!c.equal)
        TRY(replace(v));
    *ret = c;
    return ERR_OK;
}

static enum err attach(struct views *v, const char *file)
{
    sqlite3_stmt *s;
    TRY(db_prepare(v->db, "ATTACH ? AS anew", &s));
    db_bind_text(s, 1, file);
    enum err e = db_run(s);
    sqlite3_finalize(s);
    return e;
}

static enum err try_once(struct views *v, const char *file, int64_t until, struct views_check *ret)
{
    TRY(attach(v, file));
    enum err e = db_run(v->st[V_BEGIN]);
    if (e == ERR_OK) {
        e = settle(v, until, ret);
        enum err end = db_run(v->st[e == ERR_OK ? V_COMMIT : V_ROLLBACK]);
        e = e == ERR_OK ? end : e;
    }
    enum err end = db_exec(v->db, "DETACH anew");
    return e == ERR_OK ? end : e;
}

/* A daemon beside goes on applying: what it did meanwhile is made up for, in ever shorter rounds. */
static enum err rounds(struct views *v, struct views *anew,
                       void (*progress)(void *arg, int64_t done, int64_t of), void *arg,
                       struct views_check *ret)
{
    enum err e = ERR_UNAVAIL;
    for (int i = 0; i < ROUNDS_MAX && e == ERR_UNAVAIL; i++) {
        int64_t until = 0;
        TRY(views_seen(v, &until));
        TRY(make_again(anew, until, progress, arg));
        e = try_once(v, anew->file, until, ret);
    }
    return e;
}

enum err views_rebuild(struct views *v, void (*progress)(void *arg, int64_t done, int64_t of),
                       void *arg, struct views_check *ret)
{
    char file[VIEWS_PATH_SIZE];
    struct buf b = buf_of(file, sizeof file);
    struct views *anew = NULL;
    buf_addf(&b, "%s.anew", v->file);
    if (b.overflow)
        return ERR_FULL;
    views_remove_file(file);
    TRY(views_open_file(v->database, file, &anew));
    enum err e = rounds(v, anew, progress, arg, ret);
    views_close(anew);
    views_remove_file(file);
    return e;
}
