#include "edge/journal/journal_internal.h"

#include "edge/journal/schema.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* An id is kept for a day after its command expired: clocks differ, and nobody sends it that late. */
enum { ORDER_KEEP_MS = 24 * 3600 * 1000, PRUNE_ROWS = 1000, BOOT_ID_SIZE = 37 };

/* Identifies the machine's run; "?" where the kernel does not say, which counts as another run. */
static void read_boot_id(char *ret)
{
    snprintf(ret, BOOT_ID_SIZE, "?");
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!f)
        return;
    char line[BOOT_ID_SIZE];
    if (fgets(line, sizeof line, f) && strlen(line) == BOOT_ID_SIZE - 1)
        memcpy(ret, line, sizeof line);
    fclose(f);
}

static enum err prepare(struct journal *j)
{
    const struct {
        sqlite3_stmt **at;
        const char *sql;
    } table[] = {
        {&j->begin, "BEGIN IMMEDIATE"},
        {&j->commit, "COMMIT"},
        {&j->rollback, "ROLLBACK"},
        {&j->append, "INSERT INTO outbox(seq, digest, bytes, recorded) VALUES(?, ?, ?, ?)"},
        {&j->acknowledge, "UPDATE outbox SET acked_at = ? WHERE seq > ? AND seq <= ?"},
        {&j->grant, "INSERT INTO grant_answered(epoch, id) VALUES(?, ?)"},
        {&j->rewind, "UPDATE outbox SET acked_at = NULL WHERE seq > ?"},
        {&j->forget, "DELETE FROM outbox WHERE seq <= ?"},
        {&j->aside, "UPDATE outbox SET seq = -seq, acked_at = NULL"},
        {&j->next_aside, "SELECT seq, bytes FROM outbox WHERE seq < ? ORDER BY seq DESC LIMIT 1"},
        {&j->drop_aside, "DELETE FROM outbox WHERE seq < 0"},
        {&j->forget_grants, "DELETE FROM grant_answered"},
        {&j->drop_bound, "DELETE FROM bound_space"},
        {&j->add_bound, "INSERT INTO bound_space(right, n) VALUES(?, ?)"},
        {&j->prune_grants, "DELETE FROM grant_answered WHERE id <= (SELECT id FROM grant_answered"
                           " ORDER BY id DESC LIMIT 1 OFFSET ?)"},
        {&j->digest_at, "SELECT digest FROM outbox WHERE seq = ?"},
        {&j->oldest, "SELECT seq FROM outbox ORDER BY seq LIMIT 1"},
        {&j->save_edge,
         "UPDATE edge_memory SET epoch = ?, next = ?, base = ?, head = ?, free = ?,"
         " overdraft = ?, audit_due = ?, owed = ?, lease_ms = ?, lease_from = ?, lease_until = ?,"
         " lease_machine = iif(?, machine, '?') WHERE id = 1"},
        {&j->save_lane, "INSERT OR REPLACE INTO lane_memory(lane, state, movement, plate,"
                        " authorised, basis, request, b_seen, a_clear_seen, c_seen,"
                        " plate_sequence, presented, decided, reversed, modes, alarms,"
                        " credential, ticket, credential_sequence)"
                        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&j->save_order, "INSERT OR REPLACE INTO lane_order(id, lane, action, stage, not_after)"
                         " VALUES(?, ?, ?, ?, ?)"},
        {&j->find_order, "SELECT id, lane, action, stage, not_after FROM lane_order WHERE id = ?"},
        /* The numbers of accepted and executing (enum stage). */
        {&j->open_orders, "SELECT id, lane, action, stage, not_after FROM lane_order"
                          " WHERE stage IN (1, 2) ORDER BY not_after, id LIMIT ?"},
        {&j->prune_orders, "DELETE FROM lane_order WHERE not_after < ? AND stage NOT IN (1, 2)"},
        {&j->read, "SELECT seq, bytes, digest FROM outbox WHERE seq >= ? ORDER BY seq LIMIT ?"},
        {&j->backlog, "SELECT recorded FROM outbox WHERE seq > ? ORDER BY seq LIMIT 1"},
        {&j->prune, "DELETE FROM outbox WHERE seq IN"
                    " (SELECT seq FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?)"
                    " AND acked_at < ?"},
        {&j->page_count, "PRAGMA page_count"},
        {&j->free_count, "PRAGMA freelist_count"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        TRY(db_prepare(j->db, table[i].sql, table[i].at));
    return ERR_OK;
}

/* The kernel's boot id under which the journal was left open; "" if it was closed. */
static enum err read_machine(sqlite3 *db, bool *ret_found, char *ret)
{
    sqlite3_stmt *s;
    bool row = false;
    TRY(db_prepare(db, "SELECT machine FROM edge_memory", &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK && row)
        e = db_column_text(s, 0, ret, BOOT_ID_SIZE);
    sqlite3_finalize(s);
    if (e == ERR_OK)
        *ret_found = row;
    return e;
}

static enum err mint(sqlite3 *db, int64_t boot, struct wall_ms since)
{
    sqlite3_stmt *s;
    TRY(db_prepare(db,
                   "INSERT INTO edge_memory(id, journal, epoch, next, base, head, boot, free,"
                   " overdraft, machine, since) VALUES(1, ?, 0, 1, 0, '"
                   "00000000000000000000000000000000', ?, 0, 0, '', ?)",
                   &s));
    struct request_id id = random_request_id();
    db_bind_text(s, 1, id.text);
    db_bind_int(s, 2, boot);
    db_bind_int(s, 3, since.v);
    enum err e = db_run(s);
    sqlite3_finalize(s);
    if (e == ERR_OK)
        log_notice("journal.new", LT("journal", id.text));
    return e;
}

static enum err count_boot(sqlite3 *db, const char *machine)
{
    sqlite3_stmt *s;
    TRY(db_prepare(db, "UPDATE edge_memory SET boot = boot + 1, machine = ? WHERE id = 1", &s));
    db_bind_text(s, 1, machine);
    enum err e = db_run(s);
    sqlite3_finalize(s);
    return e;
}

static enum err load_edge(sqlite3 *db, struct edge_memory *ret)
{
    sqlite3_stmt *s;
    bool row = false;
    struct edge_memory m = {0};
    TRY(db_prepare(
        db,
        "SELECT journal, epoch, next, base, head, boot, free, overdraft, owed,"
        " lease_ms, lease_from, lease_until,"
        " lease_machine <> '?' AND lease_machine = machine, audit_due, since FROM edge_memory",
        &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK && !row)
        e = ERR_IO;
    if (e == ERR_OK)
        e = db_column_text(s, 0, m.journal.text, sizeof m.journal.text);
    if (e == ERR_OK)
        e = db_column_text(s, 4, m.head.text, sizeof m.head.text);
    if (e == ERR_OK) {
        m.epoch = sqlite3_column_int64(s, 1);
        m.next = sqlite3_column_int64(s, 2);
        m.base = sqlite3_column_int64(s, 3);
        m.boot = sqlite3_column_int64(s, 5);
        m.spaces.free = sqlite3_column_int64(s, 6);
        m.spaces.overdraft = sqlite3_column_int64(s, 7);
        m.owed = sqlite3_column_int64(s, 8);
        m.lease = (struct lease){.here = sqlite3_column_int(s, 12) != 0,
                                 .until = {sqlite3_column_int64(s, 9)},
                                 .from = {sqlite3_column_int64(s, 10)},
                                 .until_wall = {sqlite3_column_int64(s, 11)}};
        m.audit_due = sqlite3_column_int64(s, 13);
        m.since.v = sqlite3_column_int64(s, 14);
        *ret = m;
    }
    sqlite3_finalize(s);
    return e;
}

/* Figures that no program wrote. */
static bool makes_sense(const struct edge_memory *m)
{
    struct request_id id;
    size_t len = strlen(m->journal.text);
    return request_id_parse(m->journal.text, len, &id) == ERR_OK && m->epoch >= 0 && m->base >= 0 &&
           m->base < m->next && m->spaces.free >= 0 && m->spaces.overdraft >= 0 &&
           strspn(m->head.text, "0123456789abcdef") == DIGEST_SIZE - 1;
}

static enum err load_bound(sqlite3 *db, struct bound_spaces *ret)
{
    sqlite3_stmt *s;
    bool row = true;
    struct bound_spaces b = {0};
    TRY(db_prepare(db, "SELECT right, n FROM bound_space ORDER BY right", &s));
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        struct right_id right;
        e = db_step(s, &row);
        if (e != ERR_OK || !row)
            break;
        e = db_column_text(s, 0, right.text, sizeof right.text);
        if (e == ERR_OK)
            e = bound_add(&b, &right, sqlite3_column_int64(s, 1));
    }
    sqlite3_finalize(s);
    if (e == ERR_OK)
        *ret = b;
    return e == ERR_FULL ? ERR_IO : e;
}

/* J2, J3. */
static enum err take_up(struct journal *j)
{
    char before[BOOT_ID_SIZE] = "", machine[BOOT_ID_SIZE];
    bool found = false;
    read_boot_id(machine);
    TRY(read_machine(j->db, &found, before));
    if (!found)
        TRY(mint(j->db, j->boot_before, clock_now(&j->clock).wall));
    if (before[0] != '\0' && strcmp(before, machine) != 0) {
        log_notice("journal.check", LT("why", "the machine stopped while the journal was open"));
        TRY(db_check(j->db));
    }
    TRY(count_boot(j->db, machine));
    TRY(load_edge(j->db, &j->memory));
    TRY(load_bound(j->db, &j->memory.bound));
    j->damaged = !makes_sense(&j->memory);
    if (j->damaged)
        return ERR_IO;
    j->acked = j->memory.base;
    return ERR_OK;
}

/* SQLite would checkpoint inside the commit that fills the log, between a decision and its arm. */
static int on_commit(void *self, sqlite3 *db, const char *schema, int pages)
{
    struct journal *j = self;
    (void)db;
    (void)schema;
    j->wal_pages = pages;
    return SQLITE_OK;
}

/* What was wrong is only seen by trying: SQLite's own verdict, or rows that make no sense. */
static bool is_damaged(const struct journal *j, enum err e)
{
    return e == ERR_IO && (j->damaged || db_is_damaged(j->file));
}

/* Is there each migration we know, in its own words? A newer program has them all and more. */
static bool has_our_history(sqlite3 *db)
{
    sqlite3_stmt *s;
    int found = 0;
    if (db_prepare(db, "SELECT 1 FROM migration WHERE number = ? AND name = ?", &s) != ERR_OK)
        return false;
    for (int i = 0; i < JOURNAL_MIGRATIONS; i++) {
        bool row = false;
        db_bind_int(s, 1, journal_migrations[i].number);
        db_bind_text(s, 2, journal_migrations[i].name);
        found += db_step(s, &row) == ERR_OK && row;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return found == JOURNAL_MIGRATIONS;
}

static enum err migrate(struct journal *j)
{
    enum err e = db_migrate(j->db, journal_migrations, JOURNAL_MIGRATIONS);
    j->damaged = e == ERR_CONFLICT && !has_our_history(j->db);
    return j->damaged ? ERR_IO : e;
}

static enum err connect_once(struct journal *j)
{
    TRY(db_open(j->file, &j->db));
    TRY(db_exec(j->db, "PRAGMA cache_size=-512")); /* KiB: rows are written and read once */
    TRY(migrate(j));
    TRY(take_up(j));
    enum err e = prepare(j);
    /* Tables that are not there, although the migrations are: no program of ours left them so. */
    j->damaged = e == ERR_IO && sqlite3_errcode(j->db) == SQLITE_ERROR;
    TRY(e);
    TRY(journal_apply_budget(j));
    sqlite3_wal_hook(j->db, on_commit, j);
    return ERR_OK;
}

void journal_disconnect(struct journal *j)
{
    /* What a damaged file's log holds stays beside it. */
    if (j->db && j->damaged)
        sqlite3_db_config(j->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    db_close(j->db);
    j->db = NULL;
    j->open_turn = false;
}

enum err journal_connect(struct journal *j)
{
    enum err e = connect_once(j);
    if (is_damaged(j, e)) {
        j->damaged = true;
        journal_disconnect(j);
        TRY(journal_put_aside(j));
        e = connect_once(j);
    }
    if (e != ERR_OK)
        journal_disconnect(j);
    return e;
}

/* Two agents on one journal would write two histories under one name. SQLite's own locks would keep
 * readers out as well, so the owner holds a lock file instead; the kernel drops it with the
 * process. */
enum err journal_hold(const char *file, int *ret_fd)
{
    char memory[PATH_MAX];
    struct buf path = buf_of(memory, sizeof memory);
    buf_addf(&path, "%s.lock", file);
    if (path.overflow || strlen(file) + JOURNAL_ASIDE_SIZE > JOURNAL_PATH_SIZE)
        return ERR_INVAL;
    int fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("journal.lock", LT("file", path.text), LT("reason", strerror(errno)));
        return ERR_IO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        log_error("journal.in_use", LT("file", file));
        close(fd);
        return ERR_UNAVAIL;
    }
    *ret_fd = fd;
    return ERR_OK;
}

static void shut(struct journal *j)
{
    journal_disconnect(j);
    close(j->lock_fd);
    free(j);
}

enum err journal_open(const char *file, const struct clock_source *clock, struct journal **ret)
{
    int lock_fd;
    TRY(journal_hold(file, &lock_fd));
    struct journal *j = mem_alloc(sizeof *j);
    j->clock = *clock;
    j->lock_fd = lock_fd;
    j->checkpoint_pages = JOURNAL_CHECKPOINT_PAGES;
    snprintf(j->file, sizeof j->file, "%s", file);
    enum err e = journal_connect(j);
    if (e != ERR_OK) {
        shut(j);
        return e;
    }
    *ret = j;
    return ERR_OK;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->open_turn)
        db_run(j->rollback);
    if (j->db && !j->broken)
        db_exec(j->db, "UPDATE edge_memory SET machine = ''");
    shut(j);
}

enum err journal_checkpoint(struct journal *j)
{
    if (j->wal_pages < j->checkpoint_pages || j->damaged)
        return ERR_OK;
    int code = sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code == SQLITE_BUSY) /* a reader is in the way: the next commit tries again */
        return ERR_OK;
    j->wal_pages = 0;
    if (code == SQLITE_OK)
        return ERR_OK;
    log_error("journal.checkpoint", LN("code", code), LT("reason", sqlite3_errmsg(j->db)));
    return journal_note(j, ERR_IO);
}

/* The cloud sends a grant again only until its answer is applied, and ids rise: one this far back is not
 * under way any more. */
enum { GRANTS_KEPT = 1000 };

enum err journal_prune(struct journal *j, struct wall_ms now, int64_t keep_ms)
{
    db_bind_int(j->prune, 1, j->acked);
    db_bind_int(j->prune, 2, PRUNE_ROWS);
    db_bind_int(j->prune, 3, now.v - keep_ms);
    TRY(journal_note(j, db_run(j->prune)));
    db_bind_int(j->prune_grants, 1, GRANTS_KEPT);
    TRY(journal_note(j, db_run(j->prune_grants)));
    db_bind_int(j->prune_orders, 1, now.v - ORDER_KEEP_MS);
    return journal_note(j, db_run(j->prune_orders));
}
