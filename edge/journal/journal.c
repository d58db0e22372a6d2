#include "edge/journal/journal.h"

#include "edge/journal/schema.h"
#include "protocol/base/buf.h"
#include "protocol/support/db.h"
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

enum { PRUNE_ROWS = 1000, BOOT_ID_SIZE = 37 };

struct journal {
    sqlite3 *db;
    int lock_fd;
    struct clock_source clock;
    bool open_turn;                         /* between begin and its end */
    bool broken;                            /* J4 */
    int64_t acked;                          /* rows up to here are marked */
    int64_t acked_before;                   /* the turn */
    struct edge_memory memory, memory_turn; /* committed; saved in the open turn */
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *append, *acknowledge, *grant;
    sqlite3_stmt *save_edge, *save_lane;
    sqlite3_stmt *read, *backlog, *prune;
};

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
        {&j->save_edge, "UPDATE edge_memory SET epoch = ?, next = ?, base = ?, head = ?, free = ?,"
                        " overdraft = ? WHERE id = 1"},
        {&j->save_lane, "INSERT OR REPLACE INTO lane_memory(lane, state, movement, plate,"
                        " authorised, basis, request, b_seen, a_clear_seen, c_seen,"
                        " plate_sequence, presented, decided)"
                        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&j->read, "SELECT seq, bytes FROM outbox WHERE seq >= ? ORDER BY seq LIMIT ?"},
        {&j->backlog, "SELECT recorded FROM outbox WHERE seq > ? ORDER BY seq LIMIT 1"},
        {&j->prune, "DELETE FROM outbox WHERE seq IN"
                    " (SELECT seq FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?)"
                    " AND acked_at < ?"},
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

static enum err mint(sqlite3 *db)
{
    sqlite3_stmt *s;
    TRY(db_prepare(db,
                   "INSERT INTO edge_memory VALUES(1, ?, 0, 1, 0, '"
                   "00000000000000000000000000000000', 0, 0, 0, '')",
                   &s));
    struct request_id id = random_request_id();
    db_bind_text(s, 1, id.text);
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
    bool row;
    struct edge_memory m = {0};
    TRY(db_prepare(db,
                   "SELECT journal, epoch, next, base, head, boot, free, overdraft"
                   " FROM edge_memory",
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
        *ret = m;
    }
    sqlite3_finalize(s);
    return e;
}

/* J2, J3. */
static enum err take_up(struct journal *j)
{
    char before[BOOT_ID_SIZE] = "", machine[BOOT_ID_SIZE];
    bool found = false;
    read_boot_id(machine);
    TRY(read_machine(j->db, &found, before));
    if (!found)
        TRY(mint(j->db));
    if (before[0] != '\0' && strcmp(before, machine) != 0) {
        log_notice("journal.check", LT("why", "the machine stopped while the journal was open"));
        TRY(db_check(j->db));
    }
    TRY(count_boot(j->db, machine));
    TRY(load_edge(j->db, &j->memory));
    j->acked = j->memory.base;
    return ERR_OK;
}

static void shut(struct journal *j)
{
    sqlite3_stmt *s;
    while (j->db && (s = sqlite3_next_stmt(j->db, NULL)))
        sqlite3_finalize(s);
    db_close(j->db);
    close(j->lock_fd);
    free(j);
}

/* Two agents on one journal would write two histories under one name. SQLite's own locks would keep
 * readers out as well, so the owner holds a lock file instead; the kernel drops it with the
 * process. */
static enum err lock(const char *file, int *ret_fd)
{
    char memory[PATH_MAX];
    struct buf path = buf_of(memory, sizeof memory);
    buf_addf(&path, "%s.lock", file);
    if (path.overflow)
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

enum err journal_open(const char *file, const struct clock_source *clock, struct journal **ret)
{
    int lock_fd;
    TRY(lock(file, &lock_fd));
    struct journal *j = mem_alloc(sizeof *j);
    j->clock = *clock;
    j->lock_fd = lock_fd;
    enum err e = db_open(file, &j->db);
    if (e == ERR_OK)
        e = db_migrate(j->db, journal_migrations, JOURNAL_MIGRATIONS);
    if (e == ERR_OK)
        e = take_up(j);
    if (e == ERR_OK)
        e = prepare(j);
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
    if (!j->broken)
        db_exec(j->db, "UPDATE edge_memory SET machine = ''");
    shut(j);
}

/* J4: remembers that the turn cannot be trusted any more. */
static enum err note(struct journal *j, enum err e)
{
    j->broken = j->broken || e == ERR_IO;
    return e;
}

static enum err begin(void *self)
{
    struct journal *j = self;
    TRY(note(j, db_run(j->begin)));
    j->open_turn = true;
    j->acked_before = j->acked;
    j->memory_turn = j->memory;
    return ERR_OK;
}

static enum err append(void *self, int64_t seq, const struct digest *digest, const void *bytes,
                       size_t len)
{
    struct journal *j = self;
    db_bind_int(j->append, 1, seq);
    db_bind_text(j->append, 2, digest->text);
    db_bind_blob(j->append, 3, bytes, len);
    db_bind_int(j->append, 4, clock_now(&j->clock).wall.v);
    return note(j, db_run(j->append));
}

static enum err save_edge(void *self, const struct edge_memory *m)
{
    struct journal *j = self;
    db_bind_int(j->save_edge, 1, m->epoch);
    db_bind_int(j->save_edge, 2, m->next);
    db_bind_int(j->save_edge, 3, m->base);
    db_bind_text(j->save_edge, 4, m->head.text);
    db_bind_int(j->save_edge, 5, m->spaces.free);
    db_bind_int(j->save_edge, 6, m->spaces.overdraft);
    TRY(note(j, db_run(j->save_edge)));
    j->memory_turn = *m;
    return ERR_OK;
}

static enum err save_lane(void *self, const struct lane_memory *m)
{
    struct journal *j = self;
    sqlite3_stmt *s = j->save_lane;
    db_bind_text(s, 1, m->lane.text);
    db_bind_int(s, 2, m->state);
    db_bind_text(s, 3, m->movement.text);
    db_bind_text(s, 4, m->plate.text);
    db_bind_int(s, 5, m->authorised);
    db_bind_int(s, 6, m->basis);
    db_bind_text(s, 7, m->request.text);
    db_bind_int(s, 8, m->b_seen);
    db_bind_int(s, 9, m->a_clear_seen);
    db_bind_int(s, 10, m->c_seen);
    db_bind_int(s, 11, m->plate_sequence);
    db_bind_int(s, 12, m->presented.v);
    db_bind_int(s, 13, m->decided.v);
    return note(j, db_run(s));
}

static enum err grant_answered(void *self, int64_t epoch, int64_t grant)
{
    struct journal *j = self;
    db_bind_int(j->grant, 1, epoch);
    db_bind_int(j->grant, 2, grant);
    return note(j, db_run(j->grant));
}

static enum err acknowledge(void *self, int64_t upto, struct wall_ms now)
{
    struct journal *j = self;
    if (upto <= j->acked)
        return ERR_OK;
    db_bind_int(j->acknowledge, 1, now.v);
    db_bind_int(j->acknowledge, 2, j->acked);
    db_bind_int(j->acknowledge, 3, upto);
    TRY(note(j, db_run(j->acknowledge)));
    j->acked = upto;
    return ERR_OK;
}

static enum err commit(void *self)
{
    struct journal *j = self;
    if (j->broken)
        return ERR_IO;
    TRY(note(j, db_run(j->commit)));
    j->open_turn = false;
    j->memory = j->memory_turn;
    return ERR_OK;
}

static void rollback(void *self)
{
    struct journal *j = self;
    if (!j->open_turn)
        return;
    j->open_turn = false;
    j->acked = j->acked_before;
    /* SQLite may have rolled back by itself after an error: then there is nothing left to do. */
    if (!sqlite3_get_autocommit(j->db))
        note(j, db_run(j->rollback));
}

struct journal_port journal_port(struct journal *j)
{
    return (struct journal_port){
        .self = j,
        .begin = begin,
        .append = append,
        .save_edge = save_edge,
        .save_lane = save_lane,
        .grant_answered = grant_answered,
        .acknowledge = acknowledge,
        .commit = commit,
        .rollback = rollback,
    };
}

static enum err read_lane(sqlite3_stmt *s, struct lane_memory *ret)
{
    TRY(db_column_text(s, 0, ret->lane.text, sizeof ret->lane.text));
    TRY(db_column_text(s, 2, ret->movement.text, sizeof ret->movement.text));
    TRY(db_column_text(s, 3, ret->plate.text, sizeof ret->plate.text));
    TRY(db_column_text(s, 6, ret->request.text, sizeof ret->request.text));
    ret->state = sqlite3_column_int(s, 1);
    ret->authorised = sqlite3_column_int(s, 4) != 0;
    ret->basis = (enum basis)sqlite3_column_int(s, 5);
    ret->b_seen = sqlite3_column_int(s, 7) != 0;
    ret->a_clear_seen = sqlite3_column_int(s, 8) != 0;
    ret->c_seen = sqlite3_column_int(s, 9) != 0;
    ret->plate_sequence = (uint16_t)sqlite3_column_int(s, 10);
    ret->presented.v = sqlite3_column_int64(s, 11);
    ret->decided.v = sqlite3_column_int64(s, 12);
    return ERR_OK;
}

static enum err load_lanes(struct journal *j, struct lane_memory *lanes, size_t max,
                           size_t *ret_count)
{
    sqlite3_stmt *s;
    bool row = true;
    size_t count = 0;
    TRY(db_prepare(j->db,
                   "SELECT lane, state, movement, plate, authorised, basis, request, b_seen,"
                   " a_clear_seen, c_seen, plate_sequence, presented, decided"
                   " FROM lane_memory ORDER BY lane",
                   &s));
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        e = db_step(s, &row);
        if (e != ERR_OK || !row)
            break;
        if (count == max)
            e = ERR_FULL;
        else
            e = read_lane(s, &lanes[count++]);
    }
    sqlite3_finalize(s);
    if (e == ERR_OK)
        *ret_count = count;
    return e;
}

enum err journal_load(struct journal *j, struct edge_memory *ret_edge,
                      struct lane_memory *ret_lanes, size_t max, size_t *ret_count)
{
    TRY(load_lanes(j, ret_lanes, max, ret_count));
    *ret_edge = j->memory;
    return ERR_OK;
}

const struct edge_memory *journal_memory(const struct journal *j)
{
    return &j->memory;
}

enum err journal_read(struct journal *j, int64_t from, size_t max,
                      bool (*row)(void *arg, int64_t seq, const void *bytes, size_t len), void *arg)
{
    bool more = false;
    bool wanted = true;
    db_bind_int(j->read, 1, from);
    db_bind_int(j->read, 2, (int64_t)max);
    enum err e = db_step(j->read, &more);
    while (e == ERR_OK && more && wanted) {
        wanted = row(arg, sqlite3_column_int64(j->read, 0), sqlite3_column_blob(j->read, 1),
                     (size_t)sqlite3_column_bytes(j->read, 1));
        if (wanted)
            e = db_step(j->read, &more);
    }
    sqlite3_reset(j->read);
    return e;
}

enum err journal_backlog(struct journal *j, struct wall_ms now, int64_t *ret_depth,
                         int64_t *ret_age_ms)
{
    bool row = false;
    int64_t age_ms = 0;
    db_bind_int(j->backlog, 1, j->memory.base);
    enum err e = db_step(j->backlog, &row);
    if (e == ERR_OK && row)
        age_ms = now.v - sqlite3_column_int64(j->backlog, 0);
    sqlite3_reset(j->backlog);
    if (e != ERR_OK)
        return e;
    *ret_depth = j->memory.next - 1 - j->memory.base;
    *ret_age_ms = age_ms > 0 ? age_ms : 0;
    return ERR_OK;
}

enum err journal_prune(struct journal *j, struct wall_ms now, int64_t keep_ms)
{
    db_bind_int(j->prune, 1, j->acked);
    db_bind_int(j->prune, 2, PRUNE_ROWS);
    db_bind_int(j->prune, 3, now.v - keep_ms);
    return note(j, db_run(j->prune));
}
