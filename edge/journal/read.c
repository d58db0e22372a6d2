/* Reading the journal. */
#include "edge/journal/journal_internal.h"

#include "protocol/support/digest.h"
#include "protocol/support/log.h"

#include <string.h>

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
    ret->reversed = sqlite3_column_int(s, 13) != 0;
    ret->modes = (uint32_t)sqlite3_column_int64(s, 14);
    ret->alarms = (uint32_t)sqlite3_column_int64(s, 15);
    TRY(db_column_text(s, 16, ret->credential.text, sizeof ret->credential.text));
    ret->ticket = (enum ticket_stage)sqlite3_column_int(s, 17);
    ret->credential_sequence = (uint16_t)sqlite3_column_int(s, 18);
    return ERR_OK;
}

static enum err load_lanes(struct journal *j, struct lane_memory *lanes, size_t max,
                           size_t *ret_count)
{
    sqlite3_stmt *s;
    bool row = true;
    size_t count = 0;
    TRY(db_prepare(
        j->db,
        "SELECT lane, state, movement, plate, authorised, basis, request, b_seen,"
        " a_clear_seen, c_seen, plate_sequence, presented, decided, reversed, modes, alarms,"
        " credential, ticket, credential_sequence"
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

/* J5: a bit that fell over in a row breaks no page of SQLite's. */
static enum err check_digest(struct journal *j)
{
    struct digest recorded, found;
    TRY(db_column_text(j->read, 2, recorded.text, sizeof recorded.text));
    digest_of(sqlite3_column_blob(j->read, 1), (size_t)sqlite3_column_bytes(j->read, 1), &found);
    if (strcmp(recorded.text, found.text) == 0)
        return ERR_OK;
    log_error("journal.row_damaged", LN("seq", sqlite3_column_int64(j->read, 0)));
    j->damaged = true;
    return ERR_IO;
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
        e = check_digest(j);
        if (e != ERR_OK)
            break;
        wanted = row(arg, sqlite3_column_int64(j->read, 0), sqlite3_column_blob(j->read, 1),
                     (size_t)sqlite3_column_bytes(j->read, 1));
        if (wanted)
            e = db_step(j->read, &more);
    }
    sqlite3_reset(j->read);
    return journal_note(j, e);
}

enum err journal_backlog_age(struct journal *j, int64_t base, struct wall_ms now,
                             int64_t *ret_age_ms)
{
    bool row = false;
    int64_t age_ms = 0;
    db_bind_int(j->backlog, 1, base);
    enum err e = db_step(j->backlog, &row);
    if (e == ERR_OK && row)
        age_ms = now.v - sqlite3_column_int64(j->backlog, 0);
    sqlite3_reset(j->backlog);
    if (e != ERR_OK)
        return e;
    *ret_age_ms = age_ms > 0 ? age_ms : 0;
    return ERR_OK;
}

enum err journal_last_recorded(struct journal *j, struct wall_ms *ret)
{
    sqlite3_stmt *s;
    bool row = false;
    TRY(db_prepare(j->db, "SELECT recorded FROM outbox ORDER BY seq DESC LIMIT 1", &s));
    enum err e = db_step(s, &row);
    if (e == ERR_OK)
        *ret = (struct wall_ms){row ? sqlite3_column_int64(s, 0) : 0};
    sqlite3_finalize(s);
    return journal_note(j, e);
}
