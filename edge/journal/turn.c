/* One turn as a transaction: journal_port. */
#include "edge/journal/journal_internal.h"

#include "protocol/wire/event.h"

#include <assert.h>
#include <string.h>

enum err journal_note(struct journal *j, enum err e)
{
    if (e != ERR_IO)
        return e;
    int code = sqlite3_errcode(j->db) & 0xff;
    j->broken = true;
    j->damaged = j->damaged || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    j->full = code == SQLITE_FULL;
    return e;
}

static enum err begin(void *self)
{
    struct journal *j = self;
    if (j->damaged || !j->db)
        return ERR_IO;
    j->broken = false;
    TRY(journal_note(j, db_run(j->begin)));
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
    return journal_note(j, db_run(j->append));
}

static enum err save_bound(struct journal *j, const struct bound_spaces *b)
{
    if (memcmp(b, &j->memory_turn.bound, sizeof *b) == 0)
        return ERR_OK;
    TRY(journal_note(j, db_run(j->drop_bound)));
    for (size_t i = 0; i < b->count; i++) {
        db_bind_text(j->add_bound, 1, b->list[i].right.text);
        db_bind_int(j->add_bound, 2, b->list[i].n);
        TRY(journal_note(j, db_run(j->add_bound)));
    }
    return ERR_OK;
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
    db_bind_int(j->save_edge, 7, m->audit_due);
    db_bind_int(j->save_edge, 8, m->owed);
    db_bind_int(j->save_edge, 9, m->lease.until.v);
    db_bind_int(j->save_edge, 10, m->lease.from.v);
    db_bind_int(j->save_edge, 11, m->lease.until_wall.v);
    db_bind_int(j->save_edge, 12, m->lease.here);
    TRY(journal_note(j, db_run(j->save_edge)));
    TRY(save_bound(j, &m->bound));
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
    db_bind_int(s, 14, m->reversed);
    db_bind_int(s, 15, m->modes);
    db_bind_int(s, 16, m->alarms);
    db_bind_text(s, 17, m->credential.text);
    db_bind_int(s, 18, m->ticket);
    db_bind_int(s, 19, m->credential_sequence);
    return journal_note(j, db_run(s));
}

static enum err grant_answered(void *self, int64_t epoch, int64_t grant)
{
    struct journal *j = self;
    db_bind_int(j->grant, 1, epoch);
    db_bind_int(j->grant, 2, grant);
    return journal_note(j, db_run(j->grant));
}

static_assert(STAGE_ACCEPTED == 1 && STAGE_EXECUTING == 2, "as the statements of journal.c say");

static enum err save_order(void *self, const struct order_memory *o)
{
    struct journal *j = self;
    db_bind_text(j->save_order, 1, o->id.text);
    db_bind_text(j->save_order, 2, o->lane.text);
    db_bind_int(j->save_order, 3, o->action);
    db_bind_int(j->save_order, 4, o->stage);
    db_bind_int(j->save_order, 5, o->not_after.v);
    return journal_note(j, db_run(j->save_order));
}

static enum err take_order(sqlite3_stmt *s, struct order_memory *ret)
{
    struct order_memory o = {.action = ACTION_NONE};
    TRY(db_column_text(s, 0, o.id.text, sizeof o.id.text));
    TRY(db_column_text(s, 1, o.lane.text, sizeof o.lane.text));
    o.action = (enum action)sqlite3_column_int(s, 2);
    o.stage = (enum stage)sqlite3_column_int(s, 3);
    o.not_after.v = sqlite3_column_int64(s, 4);
    *ret = o;
    return ERR_OK;
}

/* Up to `max` rows of a statement; ERR_FULL: there are more. */
static enum err take_orders(struct journal *j, sqlite3_stmt *s, struct order_memory *ret,
                            size_t max, size_t *ret_count)
{
    size_t count = 0;
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && (e = db_step(s, &row)) == ERR_OK && row)
        e = count == max ? ERR_FULL : take_order(s, &ret[count++]);
    sqlite3_reset(s);
    if (e == ERR_OK)
        *ret_count = count;
    return journal_note(j, e);
}

static enum err find_order(void *self, const struct request_id *id, struct order_memory *ret)
{
    struct journal *j = self;
    struct order_memory o;
    size_t count;
    db_bind_text(j->find_order, 1, id->text);
    TRY(take_orders(j, j->find_order, &o, 1, &count));
    if (count == 0)
        return ERR_NOTFOUND;
    *ret = o;
    return ERR_OK;
}

static enum err open_orders(void *self, struct order_memory *ret, size_t max, size_t *ret_count)
{
    struct journal *j = self;
    db_bind_int(j->open_orders, 1, (int64_t)max + 1);
    return take_orders(j, j->open_orders, ret, max, ret_count);
}

static enum err acknowledge(void *self, int64_t upto, struct wall_ms now)
{
    struct journal *j = self;
    if (upto <= j->acked)
        return ERR_OK;
    db_bind_int(j->acknowledge, 1, now.v);
    db_bind_int(j->acknowledge, 2, j->acked);
    db_bind_int(j->acknowledge, 3, upto);
    TRY(journal_note(j, db_run(j->acknowledge)));
    j->acked = upto;
    return ERR_OK;
}

static enum err rewind_to(void *self, int64_t upto)
{
    struct journal *j = self;
    db_bind_int(j->rewind, 1, upto);
    TRY(journal_note(j, db_run(j->rewind)));
    j->acked = upto < j->acked ? upto : j->acked;
    return ERR_OK;
}

/* The row set aside that follows the one of seq `*at` (below zero); *ret_more false: none. */
static enum err take_aside(struct journal *j, int64_t *at, bool *ret_more, replay_take *take,
                           void *arg)
{
    char bytes[EVENT_BYTES_MAX];
    bool row = false;
    db_bind_int(j->next_aside, 1, *at);
    enum err e = journal_note(j, db_step(j->next_aside, &row));
    size_t len = row ? (size_t)sqlite3_column_bytes(j->next_aside, 1) : 0;
    if (e == ERR_OK && row && len <= sizeof bytes) {
        memcpy(bytes, sqlite3_column_blob(j->next_aside, 1), len);
        *at = sqlite3_column_int64(j->next_aside, 0);
    }
    sqlite3_reset(j->next_aside);
    if (e != ERR_OK || len > sizeof bytes)
        return journal_note(j, ERR_IO);
    *ret_more = row;
    return row ? take(arg, bytes, len) : ERR_OK;
}

static enum err replay(void *self, int64_t upto, replay_take *take, void *arg)
{
    struct journal *j = self;
    int64_t at = 0;
    bool more = true;
    db_bind_int(j->forget, 1, upto);
    TRY(journal_note(j, db_run(j->forget)));
    TRY(journal_note(j, db_run(j->aside)));
    TRY(journal_note(j, db_run(j->forget_grants)));
    j->acked = 0;
    while (more)
        TRY(take_aside(j, &at, &more, take, arg));
    return journal_note(j, db_run(j->drop_aside));
}

static enum err digest_at(void *self, int64_t seq, struct digest *ret)
{
    struct journal *j = self;
    bool row = false;
    db_bind_int(j->digest_at, 1, seq);
    enum err e = journal_note(j, db_step(j->digest_at, &row));
    if (e == ERR_OK)
        e = row ? db_column_text(j->digest_at, 0, ret->text, sizeof ret->text) : ERR_NOTFOUND;
    sqlite3_reset(j->digest_at);
    return e;
}

static enum err oldest(void *self, int64_t *ret)
{
    struct journal *j = self;
    bool row = false;
    enum err e = journal_note(j, db_step(j->oldest, &row));
    if (e == ERR_OK)
        *ret = row ? sqlite3_column_int64(j->oldest, 0) : 0;
    sqlite3_reset(j->oldest);
    return e;
}

static enum err commit(void *self)
{
    struct journal *j = self;
    if (j->broken)
        return ERR_IO;
    TRY(journal_note(j, db_run(j->commit)));
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
        journal_note(j, db_run(j->rollback));
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
        .save_order = save_order,
        .find_order = find_order,
        .open_orders = open_orders,
        .acknowledge = acknowledge,
        .rewind = rewind_to,
        .replay = replay,
        .digest_at = digest_at,
        .oldest = oldest,
        .commit = commit,
        .rollback = rollback,
    };
}
