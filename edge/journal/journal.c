#include "edge/journal/journal.h"

#include "edge/journal/schema.h"
#include "protocol/support/db.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRUNE_ROWS = 1000, BOOT_ID_SIZE = 37 };

struct journal {
    sqlite3 *db;
    struct clock_source clock;
    bool open_turn;       /* between begin and its end */
    bool broken;          /* J4 */
    int64_t acked;        /* rows up to here are marked */
    int64_t acked_before; /* the turn */
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
                        " authorised, basis, request, b_seen, a_clear_seen, plate_sequence,"
                        " presented) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&j->read, "SELECT seq, bytes FROM outbox WHERE seq >= ? ORDER BY seq LIMIT ?"},
        {&j->backlog, "SELECT count(*), min(recorded) FROM outbox WHERE seq > ?"},
        {&j->prune, "DELETE FROM outbox WHERE seq IN"
                    " (SELECT seq FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?)"
                    " AND acked_at < ?"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        TRY(db_prepare(j->db, table[i].sql, table[i].at));
    return ERR_OK;
}

/* Reads the first row of a one-off query: an integer, or a text when ret_text is given. */
static enum err ask_once(sqlite3 *db, const char *sql, bool *ret_found, int64_t *ret_int,
                         char *ret_text, size_t size)
{
    sqlite3_stmt *s;
    bool row = false;
    TRY(db_prepare(db, sql, &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK && row && ret_text)
        e = db_column_text(s, 0, ret_text, size);
    else if (e == ERR_OK && row)
        *ret_int = sqlite3_column_int64(s, 0);
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

/* J2, J3. */
static enum err take_up(struct journal *j)
{
    char before[BOOT_ID_SIZE] = "", machine[BOOT_ID_SIZE];
    bool found = false;
    read_boot_id(machine);
    TRY(ask_once(j->db, "SELECT machine FROM edge_memory", &found, NULL, before, sizeof before));
    if (!found)
        TRY(mint(j->db));
    if (before[0] != '\0' && strcmp(before, machine) != 0) {
        log_notice("journal.check", LT("why", "the machine stopped while the journal was open"));
        TRY(db_check(j->db));
    }
    TRY(count_boot(j->db, machine));
    return ask_once(j->db, "SELECT base FROM edge_memory", &found, &j->acked, NULL, 0);
}

enum err journal_open(const char *file, const struct clock_source *clock, struct journal **ret)
{
    struct journal *j = mem_alloc(sizeof *j);
    j->clock = *clock;
    enum err e = db_open(file, &j->db);
    if (e == ERR_OK)
        e = db_migrate(j->db, journal_migrations, JOURNAL_MIGRATIONS);
    if (e == ERR_OK)
        e = take_up(j);
    if (e == ERR_OK)
        e = prepare(j);
    if (e != ERR_OK) {
        db_close(j->db);
        free(j);
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
    sqlite3_stmt *s;
    while ((s = sqlite3_next_stmt(j->db, NULL)))
        sqlite3_finalize(s);
    db_close(j->db);
    free(j);
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
    return note(j, db_run(j->save_edge));
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
    db_bind_int(s, 10, m->plate_sequence);
    db_bind_int(s, 11, m->presented.v);
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

static enum err load_edge(struct journal *j, struct edge_memory *ret)
{
    sqlite3_stmt *s;
    bool row;
    struct edge_memory m = {0};
    TRY(db_prepare(j->db,
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
    ret->plate_sequence = (uint16_t)sqlite3_column_int(s, 9);
    ret->presented.v = sqlite3_column_int64(s, 10);
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
                   " a_clear_seen, plate_sequence, presented FROM lane_memory ORDER BY lane",
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
    struct edge_memory edge;
    TRY(load_edge(j, &edge));
    TRY(load_lanes(j, ret_lanes, max, ret_count));
    *ret_edge = edge;
    return ERR_OK;
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
    db_bind_int(j->backlog, 1, j->acked);
    enum err e = db_step(j->backlog, &row);
    if (e == ERR_OK && row) {
        int64_t depth = sqlite3_column_int64(j->backlog, 0);
        int64_t age_ms = now.v - sqlite3_column_int64(j->backlog, 1);
        *ret_depth = depth;
        *ret_age_ms = depth > 0 && age_ms > 0 ? age_ms : 0;
    }
    sqlite3_reset(j->backlog);
    return e;
}

enum err journal_prune(struct journal *j, struct wall_ms now, int64_t keep_ms)
{
    db_bind_int(j->prune, 1, j->acked);
    db_bind_int(j->prune, 2, PRUNE_ROWS);
    db_bind_int(j->prune, 3, now.v - keep_ms);
    return note(j, db_run(j->prune));
}
