#include "cloud/view/views.h"

#include "cloud/view/inside.h"
#include "cloud/view/schema.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Raised with every change of what the views mean: older files are made anew. */
enum { VIEWS_VERSION = 2 };

static const char *const sql[V_COUNT] = {
    [V_BEGIN] = "BEGIN IMMEDIATE",
    [V_COMMIT] = "COMMIT",
    [V_ROLLBACK] = "ROLLBACK",
    [V_SEEN] = "SELECT seen, mark FROM progress",
    [V_SAVE] = "UPDATE progress SET seen = ?, mark = ?",
};

static enum err join(const char *a, const char *b, char *ret, size_t size)
{
    struct buf buf = buf_of(ret, size);
    buf_adds(&buf, a);
    buf_adds(&buf, b);
    return buf.overflow ? ERR_FULL : ERR_OK;
}

enum err views_path(const char *database, char *ret, size_t size)
{
    return join(database, ".views", ret, size);
}

void views_remove_file(const char *file)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[VIEWS_PATH_SIZE + 8];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (join(file, ends[i], path, sizeof path) == ERR_OK)
            unlink(path);
}

struct views_file views_file_of(const char *file)
{
    struct stat s;
    if (stat(file, &s) != 0)
        return (struct views_file){0};
    return (struct views_file){s.st_dev, s.st_ino};
}

bool views_file_same(const struct views_file *a, const char *file)
{
    struct views_file now = views_file_of(file);
    return a->number == now.number && a->device == now.device;
}

bool views_gone(const struct views *v)
{
    return !views_file_same(&v->on_disk, v->file);
}

/* ---- open ---- */

static enum err number(sqlite3 *db, const char *query, int64_t *ret)
{
    sqlite3_stmt *s;
    bool row = false;
    TRY(db_prepare(db, query, &s));
    enum err e = db_step(s, &row);
    *ret = e == ERR_OK && row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return e;
}

static enum err make(sqlite3 *db)
{
    char version[48];
    struct buf b = buf_of(version, sizeof version);
    buf_addf(&b, "PRAGMA user_version = %d", VIEWS_VERSION);
    TRY(db_exec(db, "BEGIN IMMEDIATE"));
    enum err e = ERR_OK;
    for (int i = 0; i < view_migration_count && e == ERR_OK; i++)
        e = db_exec(db, view_migrations[i].sql);
    if (e == ERR_OK)
        e = db_exec(db, version);
    if (e == ERR_OK)
        return db_exec(db, "COMMIT");
    (void)db_exec(db, "ROLLBACK");
    return e;
}

/* A commit may be lost with the power, never torn: it is made again from the feed. */
static enum err open_file(const char *file, sqlite3 **ret)
{
    int64_t version = 0;
    sqlite3 *db;
    if (access(file, F_OK) == 0 && db_is_damaged(file))
        views_remove_file(file);
    TRY(db_open(file, &db));
    enum err e = db_exec(db, "PRAGMA synchronous=NORMAL");
    if (e == ERR_OK)
        e = number(db, "PRAGMA user_version", &version);
    if (e == ERR_OK && version != 0 && version != VIEWS_VERSION) {
        db_close(db);
        views_remove_file(file);
        log_notice("views.made_anew", LN("version", version));
        return open_file(file, ret);
    }
    if (e == ERR_OK && version == 0)
        e = make(db);
    if (e != ERR_OK) {
        db_close(db);
        return e;
    }
    *ret = db;
    return ERR_OK;
}

/* ---- how far ---- */

static enum err progress(struct views *v, int64_t *ret, char *ret_mark)
{
    sqlite3_stmt *s = v->st[V_SEEN];
    bool row = false;
    enum err e = db_step(s, &row);
    if (e == ERR_OK && !row)
        e = ERR_IO;
    if (e == ERR_OK) {
        *ret = sqlite3_column_int64(s, 0);
        e = db_column_text(s, 1, ret_mark, VIEWS_MARK_SIZE);
    }
    sqlite3_reset(s);
    return e;
}

enum err views_seen(struct views *v, int64_t *ret)
{
    char mark[VIEWS_MARK_SIZE];
    return progress(v, ret, mark);
}

static void mark_of(const struct feed_item *i, char *ret)
{
    struct buf b = buf_of(ret, VIEWS_MARK_SIZE);
    buf_addf(&b, "%s %s %lld", i->place.text, i->type, (long long)i->received.v);
}

static bool take_mark(void *arg, const struct feed_item *i)
{
    mark_of(i, arg);
    return true;
}

/* Is the last entry that is in still what it was? */
static enum err same_ledger(struct views *v, bool *ret)
{
    char mark[VIEWS_MARK_SIZE], now[VIEWS_MARK_SIZE] = "";
    int64_t seen = 0, ignored = 0;
    TRY(progress(v, &seen, mark));
    *ret = seen == 0;
    if (seen == 0)
        return ERR_OK;
    struct feed_query q = {.after = seen - 1, .limit = 1};
    enum err e = reader_feed(v->reader, &q, take_mark, now, &ignored);
    *ret = e == ERR_OK && strcmp(mark, now) == 0;
    return e == ERR_CONFLICT ? ERR_OK : e;
}

/* ---- life ---- */

enum err views_open_file(const char *database, const char *file, struct views **ret)
{
    struct views *v = mem_alloc(sizeof *v);
    enum err e = join(database, "", v->database, sizeof v->database);
    if (e == ERR_OK)
        e = join(file, "", v->file, sizeof v->file);
    if (e == ERR_OK)
        e = reader_open(database, &v->reader);
    if (e == ERR_OK)
        e = open_file(file, &v->db);
    v->on_disk = views_file_of(file);
    for (int i = 0; e == ERR_OK && i < V_COUNT; i++)
        e = db_prepare(v->db, sql[i], &v->st[i]);
    if (e == ERR_OK)
        e = projector_new(v->db, &v->projector);
    if (e != ERR_OK) {
        views_close(v);
        return e;
    }
    *ret = v;
    return ERR_OK;
}

enum err views_open(const char *database, struct views **ret)
{
    char file[VIEWS_PATH_SIZE];
    bool same = false;
    struct views *v = NULL;
    TRY(views_path(database, file, sizeof file));
    TRY(views_open_file(database, file, &v));
    enum err e = same_ledger(v, &same);
    if (e == ERR_OK && !same) {
        views_close(v);
        views_remove_file(file);
        log_notice("views.made_anew", LT("reason", "another ledger"));
        return views_open_file(database, file, ret);
    }
    if (e != ERR_OK) {
        views_close(v);
        return e;
    }
    *ret = v;
    return ERR_OK;
}

void views_close(struct views *v)
{
    if (v == NULL)
        return;
    projector_free(v->projector);
    for (int i = 0; i < V_COUNT; i++)
        sqlite3_finalize(v->st[i]);
    db_close(v->db);
    reader_close(v->reader);
    free(v);
}

/* ---- applying ---- */

struct batch {
    struct views *v;
    int64_t until, seen, applied;
    enum err err;
    char mark[VIEWS_MARK_SIZE];
};

static bool apply_one(void *arg, const struct feed_item *i)
{
    struct batch *b = arg;
    if (b->err != ERR_OK || i->at > b->until)
        return false;
    b->err = projector_apply(b->v->projector, i);
    b->applied++;
    b->seen = i->at;
    mark_of(i, b->mark);
    return b->err == ERR_OK;
}

enum err views_apply(struct views *v, int64_t until, int64_t *ret_seen, int64_t *ret_applied)
{
    struct batch b = {.v = v, .until = until};
    struct feed_query q = {.limit = VIEWS_BATCH};
    int64_t seen = 0;
    TRY(progress(v, &q.after, b.mark));
    b.seen = q.after;
    TRY(reader_feed(v->reader, &q, apply_one, &b, &seen));
    TRY(b.err);
    if (b.applied > 0) {
        TRY(projector_forget(v->projector, b.seen));
        db_bind_int(v->st[V_SAVE], 1, b.seen);
        db_bind_text(v->st[V_SAVE], 2, b.mark);
        TRY(db_run(v->st[V_SAVE]));
    }
    *ret_seen = b.seen;
    *ret_applied = b.applied;
    return ERR_OK;
}

enum err views_step(struct views *v, bool *ret_more)
{
    int64_t seen = 0, applied = 0;
    TRY(db_run(v->st[V_BEGIN]));
    enum err e = views_apply(v, INT64_MAX, &seen, &applied);
    if (e == ERR_OK)
        e = db_run(v->st[V_COMMIT]);
    if (e != ERR_OK) {
        (void)db_run(v->st[V_ROLLBACK]);
        return e;
    }
    *ret_more = applied == VIEWS_BATCH;
    return ERR_OK;
}

enum err views_progress(struct views *v, int64_t *ret_seen, int64_t *ret_head)
{
    int64_t seen = 0;
    TRY(views_seen(v, &seen));
    TRY(reader_feed_head(v->reader, ret_head));
    *ret_seen = seen;
    return ERR_OK;
}
