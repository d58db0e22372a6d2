#include "edge/rights/rights_store.h"

#include "protocol/base/buf.h"
#include "protocol/support/db.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/wire/plate_match.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLES = 2, CLEAR_ROWS = 2000, ENTRIES_MAX = 20000 };

/* `side` is the table in force; the other one is where a whole list is staged. `fold` finds what a
 * camera may confuse with one look-up (plate_match.h, K1). */
#define RIGHT_TABLE(n)                                                                             \
    "CREATE TABLE right_" n "("                                                                    \
    " id TEXT NOT NULL,"                                                                           \
    " kind INTEGER NOT NULL,"                                                                      \
    " plate TEXT,"                                                                                 \
    " fold TEXT,"                                                                                  \
    " credential TEXT,"                                                                            \
    " valid_from INTEGER NOT NULL,"                                                                \
    " valid_until INTEGER NOT NULL,"                                                               \
    " offline_s INTEGER NOT NULL,"                                                                 \
    " space INTEGER NOT NULL"                                                                      \
    ") STRICT;"                                                                                    \
    "CREATE UNIQUE INDEX right_" n "_id ON right_" n "(id);"                                       \
    "CREATE INDEX right_" n "_fold ON right_" n "(fold) WHERE fold IS NOT NULL;"                   \
    "CREATE INDEX right_" n "_credential ON right_" n "(credential) WHERE credential IS NOT NULL;"

static const struct migration migrations[] = {
    {1, "rights",
     "CREATE TABLE list("
     " id INTEGER PRIMARY KEY CHECK(id = 1),"
     " side INTEGER NOT NULL CHECK(side IN (0, 1)),"
     " have INTEGER NOT NULL,"
     " version INTEGER NOT NULL,"
     " since INTEGER NOT NULL,"
     " parts INTEGER NOT NULL,"
     " next INTEGER NOT NULL,"
     " sha256 TEXT NOT NULL,"
     " confirmed INTEGER NOT NULL,"
     " announced INTEGER NOT NULL"
     ") STRICT;"
     "INSERT INTO list VALUES(1, 0, 0, 0, 0, 0, 0, '', 0, 0);" RIGHT_TABLE("0") RIGHT_TABLE("1")
     /* Changes that wait for the last of them, in the order they came. */
     "CREATE TABLE change("
     " at INTEGER PRIMARY KEY,"
     " removed INTEGER NOT NULL,"
     " id TEXT NOT NULL,"
     " kind INTEGER NOT NULL,"
     " plate TEXT,"
     " fold TEXT,"
     " credential TEXT,"
     " valid_from INTEGER NOT NULL,"
     " valid_until INTEGER NOT NULL,"
     " offline_s INTEGER NOT NULL,"
     " space INTEGER NOT NULL"
     ") STRICT;"},
    {2, "passback",
     "CREATE TABLE passback(id TEXT PRIMARY KEY, side INTEGER NOT NULL) STRICT, WITHOUT ROWID;"},
    {3, "entries",
     "CREATE TABLE entry(plate TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE INDEX entry_at ON entry(at);"},
};

#define RIGHT_COLUMNS "id, kind, plate, fold, credential, valid_from, valid_until, offline_s, space"

/* 3 is deny. What bars comes first, then what ends last: of many rights of one plate the oldest are left
 * out. */
#define FIRST_OF_ALL "ORDER BY kind = 3 DESC, valid_until = 0 DESC, valid_until DESC, id LIMIT ?"
static_assert(RIGHT_DENY == 3, "FIRST_OF_ALL");

struct rights_store {
    sqlite3 *db;
    struct rights_fetch fetch; /* as written */
    int side;                  /* in force */
    bool staging_full; /* the other side holds, or may hold, parts of a list that is coming in */
    sqlite3_stmt *side_of, *set_side, *entered, *entry_of, *left, *forget;
    sqlite3_stmt *begin, *commit, *rollback, *save, *confirm, *announce, *stage_change;
    sqlite3_stmt *add[TABLES], *by_plate[TABLES], *by_credential[TABLES], *clear[TABLES],
        *end_of[TABLES];
};

/* --- statements --- */

static enum err prepare_sides(struct rights_store *s)
{
    static const char *const add[TABLES] = {
        "INSERT OR REPLACE INTO right_0(" RIGHT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?)",
        "INSERT OR REPLACE INTO right_1(" RIGHT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?)"};
    static const char *const by_plate[TABLES] = {
        "SELECT " RIGHT_COLUMNS " FROM right_0 WHERE fold = ? " FIRST_OF_ALL,
        "SELECT " RIGHT_COLUMNS " FROM right_1 WHERE fold = ? " FIRST_OF_ALL};
    static const char *const by_credential[TABLES] = {
        "SELECT " RIGHT_COLUMNS " FROM right_0 WHERE credential = ? " FIRST_OF_ALL,
        "SELECT " RIGHT_COLUMNS " FROM right_1 WHERE credential = ? " FIRST_OF_ALL};
    static const char *const end_of[TABLES] = {"SELECT valid_until FROM right_0 WHERE id = ?",
                                               "SELECT valid_until FROM right_1 WHERE id = ?"};
    static const char *const clear[TABLES] = {
        "DELETE FROM right_0 WHERE rowid IN (SELECT rowid FROM right_0 LIMIT ?)",
        "DELETE FROM right_1 WHERE rowid IN (SELECT rowid FROM right_1 LIMIT ?)"};
    for (int i = 0; i < TABLES; i++) {
        TRY(db_prepare(s->db, add[i], &s->add[i]));
        TRY(db_prepare(s->db, by_plate[i], &s->by_plate[i]));
        TRY(db_prepare(s->db, by_credential[i], &s->by_credential[i]));
        TRY(db_prepare(s->db, end_of[i], &s->end_of[i]));
        TRY(db_prepare(s->db, clear[i], &s->clear[i]));
    }
    return ERR_OK;
}

static enum err prepare(struct rights_store *s)
{
    const struct {
        sqlite3_stmt **at;
        const char *sql;
    } table[] = {
        {&s->begin, "BEGIN IMMEDIATE"},
        {&s->commit, "COMMIT"},
        {&s->rollback, "ROLLBACK"},
        {&s->save,
         "UPDATE list SET side = ?, have = ?, version = ?, since = ?, parts = ?, next = ?,"
         " sha256 = ?"},
        {&s->confirm, "UPDATE list SET confirmed = ?"},
        {&s->announce, "UPDATE list SET announced = ?"},
        {&s->entered, "INSERT OR REPLACE INTO entry(plate, at) VALUES(?, ?)"},
        {&s->entry_of, "SELECT at FROM entry WHERE plate = ?"},
        {&s->left, "DELETE FROM entry WHERE plate = ?"},
        {&s->forget, "DELETE FROM entry WHERE at <= (SELECT at FROM entry ORDER BY at DESC"
                     " LIMIT 1 OFFSET ?)"},
        {&s->side_of, "SELECT side FROM passback WHERE id = ?"},
        {&s->set_side, "INSERT OR REPLACE INTO passback(id, side) VALUES(?, ?)"},
        {&s->stage_change,
         "INSERT INTO change(removed, " RIGHT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?)"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        TRY(db_prepare(s->db, table[i].sql, table[i].at));
    return prepare_sides(s);
}

/* --- one right --- */

static void bind_optional(sqlite3_stmt *st, int at, const char *text)
{
    db_bind_text(st, at, text[0] != '\0' ? text : NULL);
}

static void bind_right(sqlite3_stmt *st, int at, const struct right *r)
{
    struct plate fold = plate_fold(&r->plate);
    db_bind_text(st, at, r->id.text);
    db_bind_int(st, at + 1, r->kind);
    bind_optional(st, at + 2, r->plate.text);
    bind_optional(st, at + 3, fold.text);
    bind_optional(st, at + 4, r->credential);
    db_bind_int(st, at + 5, r->from.v);
    db_bind_int(st, at + 6, r->until.v);
    db_bind_int(st, at + 7, r->offline_s);
    db_bind_int(st, at + 8, r->space);
}

static enum err read_right(sqlite3_stmt *st, struct right *ret)
{
    struct right r = {0};
    TRY(db_column_text(st, 0, r.id.text, sizeof r.id.text));
    TRY(db_column_text(st, 2, r.plate.text, sizeof r.plate.text));
    TRY(db_column_text(st, 4, r.credential, sizeof r.credential));
    r.kind = (enum right_kind)sqlite3_column_int(st, 1);
    r.from.v = sqlite3_column_int64(st, 5);
    r.until.v = sqlite3_column_int64(st, 6);
    r.offline_s = sqlite3_column_int64(st, 7);
    r.space = (enum space_rule)sqlite3_column_int(st, 8);
    *ret = r;
    return ERR_OK;
}

/* Appends what the query finds. */
static enum err collect(sqlite3_stmt *st, const char *key, struct right *ret, size_t max,
                        size_t *count)
{
    bool row = true;
    enum err e = ERR_OK;
    db_bind_text(st, 1, key);
    db_bind_int(st, 2, (int64_t)(max - *count));
    while (e == ERR_OK && *count < max) {
        e = db_step(st, &row);
        if (e != ERR_OK || !row)
            break;
        e = read_right(st, &ret[*count]);
        if (e == ERR_OK)
            *count += 1;
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e;
}

static enum err find(void *self, const struct plate *plate, const char *credential,
                     struct right *ret, size_t max, size_t *ret_count)
{
    struct rights_store *s = self;
    struct plate fold = plate_fold(plate);
    size_t count = 0;
    if (credential[0] != '\0')
        TRY(collect(s->by_credential[s->side], credential, ret, max, &count));
    if (fold.text[0] != '\0')
        TRY(collect(s->by_plate[s->side], fold.text, ret, max, &count));
    *ret_count = count;
    return ERR_OK;
}

static enum err end_of(void *self, const struct right_id *id, struct wall_ms *ret)
{
    struct rights_store *s = self;
    sqlite3_stmt *st = s->end_of[s->side];
    struct wall_ms until = {0};
    bool row = false;
    db_bind_text(st, 1, id->text);
    enum err e = db_step(st, &row);
    if (e == ERR_OK && row)
        until.v = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    if (e == ERR_OK && row)
        *ret = until;
    return e == ERR_OK && !row ? ERR_NOTFOUND : e;
}

/* --- staging --- */

static enum err save(struct rights_store *s, int side, const struct rights_fetch *f)
{
    db_bind_int(s->save, 1, side);
    db_bind_int(s->save, 2, f->have);
    db_bind_int(s->save, 3, f->version);
    db_bind_int(s->save, 4, f->from);
    db_bind_int(s->save, 5, f->of);
    db_bind_int(s->save, 6, f->next);
    db_bind_text(s->save, 7, f->sha256);
    return db_run(s->save);
}

static enum err add_entries(struct rights_store *s, const struct rights_part *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct right *r = &p->entries[i];
        sqlite3_stmt *st = p->from == 0 ? s->add[1 - s->side] : s->stage_change;
        if (p->from == 0 && r->removed)
            continue;
        if (p->from != 0)
            db_bind_int(st, 1, r->removed);
        bind_right(st, p->from == 0 ? 1 : 2, r);
        TRY(db_run(st));
    }
    return ERR_OK;
}

/* A turn that is done again brings its part again: what was kept is not kept twice. */
static bool comes_next(const struct rights_store *s, const struct rights_part *p)
{
    const struct rights_fetch *f = &s->fetch;
    if (p->version <= f->have)
        return false;
    return p->part == 0 ||
           (p->version == f->version && p->from == f->from && p->of == f->of && p->part == f->next);
}

/* The first part of a list: what is left of another one goes. */
static enum err begin_list(struct rights_store *s, const struct rights_part *p)
{
    s->staging_full = p->from == 0;
    TRY(db_exec(s->db, "DELETE FROM change"));
    if (p->from != 0)
        return ERR_OK;
    return db_exec(s->db, s->side == 0 ? "DELETE FROM right_1" : "DELETE FROM right_0");
}

static enum err keep(struct rights_store *s, const struct rights_part *p)
{
    if (p->part == 0)
        TRY(begin_list(s, p));
    return add_entries(s, p);
}

static enum err finish(struct rights_store *s, enum err e)
{
    if (e == ERR_OK)
        e = db_run(s->commit);
    if (e != ERR_OK && !sqlite3_get_autocommit(s->db))
        (void)db_run(s->rollback);
    return e == ERR_OK ? ERR_OK : ERR_IO;
}

static enum err stage(void *self, const struct rights_fetch *after, const struct rights_part *p)
{
    struct rights_store *s = self;
    if (!comes_next(s, p))
        return ERR_CONFLICT;
    TRY(db_run(s->begin));
    enum err e = keep(s, p);
    if (e == ERR_OK)
        e = save(s, s->side, after);
    TRY(finish(s, e));
    s->fetch = *after;
    return ERR_OK;
}

static enum err clear_sides(void *self)
{
    struct rights_store *s = self;
    return db_exec(s->db, "DELETE FROM passback");
}

static enum err apply_changes(struct rights_store *s)
{
    static const char *const apply[TABLES] = {
        "DELETE FROM passback WHERE id IN (SELECT id FROM change);"
        "DELETE FROM right_0 WHERE id IN (SELECT id FROM change);"
        "INSERT OR REPLACE INTO right_0(" RIGHT_COLUMNS ") SELECT " RIGHT_COLUMNS
        " FROM change WHERE removed = 0 ORDER BY at;"
        "DELETE FROM change",
        "DELETE FROM passback WHERE id IN (SELECT id FROM change);"
        "DELETE FROM right_1 WHERE id IN (SELECT id FROM change);"
        "INSERT OR REPLACE INTO right_1(" RIGHT_COLUMNS ") SELECT " RIGHT_COLUMNS
        " FROM change WHERE removed = 0 ORDER BY at;"
        "DELETE FROM change"};
    return db_exec(s->db, apply[s->side]);
}

/* L1 */
static enum err activate(void *self, const struct rights_fetch *after, const struct rights_part *p)
{
    struct rights_store *s = self;
    int side = p->from == 0 ? 1 - s->side : s->side;
    if (!comes_next(s, p))
        return ERR_CONFLICT;
    TRY(db_run(s->begin));
    enum err e = keep(s, p);
    if (e == ERR_OK)
        e = p->from != 0 ? apply_changes(s) : clear_sides(s);
    if (e == ERR_OK)
        e = save(s, side, after);
    TRY(finish(s, e));
    s->side = side;
    s->fetch = *after;
    s->staging_full = false;
    return ERR_OK;
}

static enum err confirmed(void *self, struct wall_ms at)
{
    struct rights_store *s = self;
    db_bind_int(s->confirm, 1, at.v);
    return db_run(s->confirm);
}

static enum err announced(void *self, int64_t version)
{
    struct rights_store *s = self;
    db_bind_int(s->announce, 1, version);
    return db_run(s->announce);
}

/* --- anti-passback --- */

static enum err side(void *self, const struct right_id *right, enum side *ret)
{
    struct rights_store *s = self;
    bool row = false;
    db_bind_text(s->side_of, 1, right->text);
    enum err e = db_step(s->side_of, &row);
    enum side found = row ? (enum side)sqlite3_column_int(s->side_of, 0) : SIDE_NEUTRAL;
    sqlite3_reset(s->side_of);
    if (e == ERR_OK)
        *ret = found;
    return e;
}

static enum err set_side(void *self, const struct right_id *right, enum side where)
{
    struct rights_store *s = self;
    db_bind_text(s->set_side, 1, right->text);
    db_bind_int(s->set_side, 2, where);
    return db_run(s->set_side);
}

/* --- entries --- */

static enum err entered(void *self, const char *key, struct wall_ms at)
{
    struct rights_store *s = self;
    db_bind_text(s->entered, 1, key);
    db_bind_int(s->entered, 2, at.v);
    return db_run(s->entered);
}

static enum err entry_of(void *self, const char *key, struct wall_ms *ret)
{
    struct rights_store *s = self;
    bool row = false;
    db_bind_text(s->entry_of, 1, key);
    enum err e = db_step(s->entry_of, &row);
    int64_t at = row ? sqlite3_column_int64(s->entry_of, 0) : 0;
    sqlite3_reset(s->entry_of);
    TRY(e);
    if (!row)
        return ERR_NOTFOUND;
    ret->v = at;
    return ERR_OK;
}

static enum err left(void *self, const char *key)
{
    struct rights_store *s = self;
    db_bind_text(s->left, 1, key);
    return db_run(s->left);
}

/* --- life --- */

static enum err read_list(sqlite3_stmt *st, int *ret_side, struct rights_memory *ret)
{
    struct rights_memory m = {0};
    bool row = false;
    TRY(db_step(st, &row));
    if (!row)
        return ERR_IO;
    *ret_side = sqlite3_column_int(st, 0);
    m.fetch.have = sqlite3_column_int64(st, 1);
    m.fetch.version = sqlite3_column_int64(st, 2);
    m.fetch.from = sqlite3_column_int64(st, 3);
    m.fetch.of = sqlite3_column_int64(st, 4);
    m.fetch.next = sqlite3_column_int64(st, 5);
    TRY(db_column_text(st, 6, m.fetch.sha256, sizeof m.fetch.sha256));
    m.confirmed.v = sqlite3_column_int64(st, 7);
    m.announced = sqlite3_column_int64(st, 8);
    *ret = m;
    return ERR_OK;
}

static enum err load(void *self, struct rights_memory *ret)
{
    struct rights_store *s = self;
    sqlite3_stmt *st;
    TRY(db_prepare(s->db,
                   "SELECT side, have, version, since, parts, next, sha256, confirmed, announced"
                   " FROM list",
                   &st));
    enum err e = read_list(st, &s->side, ret);
    sqlite3_finalize(st);
    return e;
}

static enum err take_up(struct rights_store *s)
{
    struct rights_memory m;
    /* A cache: losing its last transactions with the power costs a fetch. */
    TRY(db_exec(s->db, "PRAGMA synchronous=NORMAL"));
    TRY(db_migrate(s->db, migrations, sizeof migrations / sizeof migrations[0]));
    TRY(prepare(s));
    TRY(load(s, &m));
    s->fetch = m.fetch;
    s->staging_full = m.fetch.version != 0 && m.fetch.from == 0;
    return ERR_OK;
}

static enum err open_once(const char *file, struct rights_store **ret)
{
    struct rights_store *s = mem_alloc(sizeof *s);
    enum err e = db_open(file, &s->db);
    if (e == ERR_OK)
        e = take_up(s);
    if (e != ERR_OK) {
        rights_store_close(s);
        return e;
    }
    *ret = s;
    return ERR_OK;
}

static void discard(const char *file)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char memory[PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct buf path = buf_of(memory, sizeof memory);
        buf_adds(&path, file);
        buf_adds(&path, endings[i]);
        if (!path.overflow)
            unlink(path.text);
    }
}

enum err rights_store_open(const char *file, struct rights_store **ret)
{
    enum err e = open_once(file, ret);
    if (e != ERR_IO)
        return e;
    log_error("rights.discarded", LT("file", file), LT("why", "damaged: the list is fetched anew"));
    discard(file); /* L3 */
    return open_once(file, ret);
}

void rights_store_close(struct rights_store *s)
{
    sqlite3_stmt *st;
    if (!s)
        return;
    while (s->db && (st = sqlite3_next_stmt(s->db, NULL)))
        sqlite3_finalize(st);
    db_close(s->db);
    free(s);
}

bool rights_store_tidy(struct rights_store *s)
{
    db_bind_int(s->forget, 1, ENTRIES_MAX);
    (void)db_run(s->forget);
    if (s->staging_full)
        return false;
    db_bind_int(s->clear[1 - s->side], 1, CLEAR_ROWS);
    return db_run(s->clear[1 - s->side]) == ERR_OK && sqlite3_changes(s->db) > 0;
}

struct rights_port rights_store_port(struct rights_store *s)
{
    return (struct rights_port){
        .self = s,
        .load = load,
        .find = find,
        .end_of = end_of,
        .stage = stage,
        .activate = activate,
        .confirmed = confirmed,
        .announced = announced,
        .side = side,
        .set_side = set_side,
        .clear_sides = clear_sides,
        .entered = entered,
        .entry_of = entry_of,
        .left = left,
    };
}
