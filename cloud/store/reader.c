#include "cloud/store/reader.h"

#include "protocol/support/db.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

/* An entry passes to the inside, an exit to the outside; what was not completed counts for neither.
 * A crossing without authorisation may have no `presented`, hence the second range of the index. */
#define CROSSINGS                                                                                  \
    " FROM movement WHERE place = ?1 AND (presented_ms >= ?2 OR presented_ms IS NULL) "
#define HOUR_MS 3600000

#define MOVEMENT_COLUMNS                                                                           \
    "SELECT id, place, edge, lane, direction, plate, basis, reason, outcome, presented_ms, "       \
    "completed_ms, ended_ms, "                                                                     \
    "max(coalesce(presented_ms, 0), coalesce(authorised_ms, 0), coalesce(started_ms, 0), "         \
    "coalesce(completed_ms, 0), coalesce(ended_ms, 0)) AS latest FROM movement "

#define SESSION_AT "coalesce(s.start_ms, s.end_ms, 0)"

/* The queries, by name. */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN")                                                                              \
    X(END, "COMMIT")                                                                               \
    X(VERSION, "PRAGMA data_version")                                                              \
    X(PLACES,                                                                                      \
      "SELECT place, title, capacity, zone, currency, tariff, policy, hold_max_ms, "               \
      "exit_grace_ms, "                                                                            \
      "unmatched_exit, grant_size, closed, pool, occupied, pending, held, overdraft, "             \
      "open_sessions, next_grant, offers_stopped, changed_ms, "                                    \
      "(SELECT coalesce(sum(view), 0) FROM stream WHERE stream.place = p.place), "                 \
      "(SELECT count(*) FROM anomaly WHERE anomaly.place = p.place AND resolved_ms IS NULL) "      \
      "FROM place AS p WHERE ?1 IS NULL OR place = ?1 ORDER BY place")                             \
    X(EDGES,                                                                                       \
      "SELECT e.edge, e.version, coalesce(s.frozen, 0), coalesce(l.online, 0), l.heard_ms, "       \
      "l.telemetry_ms, coalesce(l.epoch, e.newest_epoch), coalesce(l.outbox_depth, 0), "           \
      "coalesce(l.outbox_age_ms, 0), coalesce(l.free, 0), coalesce(l.overdraft, 0), l.clock "      \
      "FROM edge AS e LEFT JOIN edge_live AS l USING (place, edge) LEFT JOIN stream AS s "         \
      "ON s.place = e.place AND s.edge = e.edge AND s.epoch = e.newest_epoch "                     \
      "WHERE e.place = ?1 ORDER BY e.edge")                                                        \
    X(LANES, "SELECT a.edge, a.lane, a.direction, v.state, v.arm, coalesce(v.online, 0), "         \
             "coalesce(l.online, 0), coalesce(v.link_us, 0), l.telemetry_ms "                      \
             "FROM lane AS a LEFT JOIN lane_live AS v USING (place, edge, lane) "                  \
             "LEFT JOIN edge_live AS l USING (place, edge) "                                       \
             "WHERE a.place = ?1 ORDER BY a.direction, a.lane, a.edge")                            \
    X(MOVEMENT, MOVEMENT_COLUMNS "WHERE id = ?1")                                                  \
    X(MOVEMENTS, MOVEMENT_COLUMNS "WHERE place = ?1 ORDER BY presented_ms DESC LIMIT ?2")          \
    X(FIRST, "SELECT coalesce(min(presented_ms), 0) FROM movement WHERE place = ?1")               \
    X(FLOW, "SELECT (completed_ms - ?3) / ?4, direction, count(*)" CROSSINGS                       \
            "AND completed_ms >= ?3 AND completed_ms < ?5 GROUP BY 1, 2")                          \
    X(SESSIONS,                                                                                    \
      "SELECT s.id, s.place, p.zone, p.tariff, s.plate, s.state, s.start_ms, s.end_ms, "           \
      "s.exit_basis, s.currency, s.price_minor, s.paid_minor, s.paid_ms, y.state, y.reason, "      \
      "d.state, coalesce(d.amount_minor - d.paid_minor, 0) "                                       \
      "FROM session AS s JOIN place AS p USING (place) LEFT JOIN debt AS d ON d.session = s.id "   \
      "LEFT JOIN payment AS y ON y.key = (SELECT key FROM payment WHERE session = s.id "           \
      "ORDER BY created_ms DESC, key DESC LIMIT 1) "                                               \
      "WHERE s.plate = ?1 AND (?2 = 0 OR (" SESSION_AT ", s.id) < (?2, ?3)) "                      \
      "ORDER BY " SESSION_AT " DESC, s.id DESC LIMIT ?4")                                          \
    X(CROSSED, "SELECT coalesce(sum(direction = 'entry' AND completed_ms >= ?3), 0), "             \
               "coalesce(sum(direction = 'exit' AND completed_ms >= ?3), 0), "                     \
               "coalesce(sum(direction = 'entry' AND outcome = 'denied' "                          \
               "AND coalesce(ended_ms, presented_ms) >= ?3), 0)" CROSSINGS)                        \
    X(CHARGED, "SELECT coalesce(sum(CASE WHEN state = 'succeeded' THEN amount_minor END), 0), "    \
               "coalesce(sum(state = 'succeeded'), 0), coalesce(sum(state = 'declined'), 0) "      \
               "FROM payment WHERE place = ?1 AND changed_ms >= ?2")                               \
    X(OPEN_SESSIONS, "SELECT count(*) FROM session WHERE place = ?1 AND state = 'open'")           \
    X(OPEN_DEBTS, "SELECT count(*), coalesce(sum(amount_minor - paid_minor), 0) FROM debt "        \
                  "WHERE state = 'open' AND place = ?1")                                           \
    X(OPEN_PAYMENTS,                                                                               \
      "SELECT coalesce(sum(state IN ('created', 'sent', 'unknown', 'querying')), 0), "             \
      "coalesce(sum(state = 'manual'), 0) FROM payment WHERE place = ?1")

enum statement {
#define STATEMENT_ENUM(name, sql) Q_##name,
    STATEMENTS(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
#define STATEMENT_SQL(name, sql) [Q_##name] = sql,
    STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

struct reader {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

enum err reader_open(const char *file, struct reader **ret)
{
    struct reader *r = mem_alloc(sizeof *r);
    enum err e = db_open_reader(file, &r->db);
    for (int i = 0; e == ERR_OK && i < STATEMENT_COUNT; i++)
        e = db_prepare(r->db, statement_sql[i], &r->statements[i]);
    if (e != ERR_OK) {
        reader_close(r);
        return e;
    }
    *ret = r;
    return ERR_OK;
}

void reader_close(struct reader *r)
{
    if (r == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(r->statements[i]);
    db_close(r->db);
    free(r);
}

enum err reader_begin(struct reader *r)
{
    return db_run(r->statements[Q_BEGIN]);
}

void reader_end(struct reader *r)
{
    (void)db_run(r->statements[Q_END]);
}

static enum err take_number(sqlite3_stmt *s, void *arg)
{
    *(int64_t *)arg = sqlite3_column_int64(s, 0);
    return ERR_OK;
}

/* ---- columns ---- */

static int64_t number_at(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column);
}

static struct wall_ms time_at(sqlite3_stmt *s, int column)
{
    return (struct wall_ms){sqlite3_column_int64(s, column)};
}

/* Steps a query to its end. Each row is read by `take`; what it cannot read is our corruption. */
static enum err each_row(sqlite3_stmt *s, enum err (*take)(sqlite3_stmt *s, void *arg), void *arg)
{
    bool row = false;
    enum err e = ERR_OK;
    while (e == ERR_OK && (e = db_step(s, &row)) == ERR_OK && row)
        e = take(s, arg);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return e;
}

/* ---- places, edges, lanes ---- */

struct place_visit {
    void (*visit)(void *arg, const struct place_view *p);
    void *arg;
};

static enum err take_settings(sqlite3_stmt *s, struct place_settings *p)
{
    char word[16];
    TRY(db_column_text(s, 0, p->place.text, sizeof p->place.text));
    TRY(db_column_text(s, 1, p->title, sizeof p->title));
    p->capacity = number_at(s, 2);
    TRY(db_column_text(s, 3, p->zone, sizeof p->zone));
    TRY(db_column_text(s, 4, p->currency.code, sizeof p->currency.code));
    TRY(db_column_text(s, 5, p->tariff.text, sizeof p->tariff.text));
    TRY(db_column_text(s, 6, word, sizeof word));
    TRY(payment_policy_parse(word, &p->policy));
    p->hold_max_ms = number_at(s, 7);
    p->exit_grace_ms = number_at(s, 8);
    TRY(db_column_text(s, 9, word, sizeof word));
    TRY(unmatched_policy_parse(word, &p->unmatched_exit));
    p->grant_size = number_at(s, 10);
    p->closed = number_at(s, 11) != 0;
    return ERR_OK;
}

static enum err take_place(sqlite3_stmt *s, void *arg)
{
    const struct place_visit *v = arg;
    struct place_view p = {0};
    TRY(take_settings(s, &p.row.settings));
    p.row.pool = number_at(s, 12);
    p.row.occupied = number_at(s, 13);
    p.row.pending = number_at(s, 14);
    p.row.held = number_at(s, 15);
    p.row.overdraft = number_at(s, 16);
    p.row.open_sessions = number_at(s, 17);
    p.row.next_grant = number_at(s, 18);
    p.row.offers_stopped = number_at(s, 19) != 0;
    p.row.changed = time_at(s, 20);
    p.at_edges = number_at(s, 21);
    p.anomalies = number_at(s, 22);
    v->visit(v->arg, &p);
    return ERR_OK;
}

enum err reader_version(struct reader *r, int64_t *ret)
{
    return each_row(r->statements[Q_VERSION], take_number, ret);
}

enum err reader_places(struct reader *r, void (*visit)(void *arg, const struct place_view *p),
                       void *arg)
{
    struct place_visit v = {visit, arg};
    db_bind_null(r->statements[Q_PLACES], 1);
    return each_row(r->statements[Q_PLACES], take_place, &v);
}

struct one_place {
    struct place_view view;
    bool found;
};

static void keep_place(void *arg, const struct place_view *p)
{
    struct one_place *one = arg;
    one->view = *p;
    one->found = true;
}

enum err reader_place(struct reader *r, const struct name *place, struct place_view *ret)
{
    struct one_place one = {0};
    struct place_visit v = {keep_place, &one};
    db_bind_text(r->statements[Q_PLACES], 1, place->text);
    TRY(each_row(r->statements[Q_PLACES], take_place, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.view;
    return ERR_OK;
}

struct edge_visit {
    void (*visit)(void *arg, const struct edge_view *e);
    void *arg;
};

static enum err take_edge(sqlite3_stmt *s, void *arg)
{
    const struct edge_visit *v = arg;
    struct edge_view e = {0};
    TRY(db_column_text(s, 0, e.edge.text, sizeof e.edge.text));
    TRY(db_column_text(s, 1, e.version, sizeof e.version));
    e.frozen = number_at(s, 2) != 0;
    e.online = number_at(s, 3) != 0;
    e.heard = time_at(s, 4);
    e.telemetry_at = time_at(s, 5);
    e.epoch = number_at(s, 6);
    e.outbox_depth = number_at(s, 7);
    e.outbox_age_ms = number_at(s, 8);
    e.free = number_at(s, 9);
    e.overdraft = number_at(s, 10);
    TRY(db_column_text(s, 11, e.clock, sizeof e.clock));
    v->visit(v->arg, &e);
    return ERR_OK;
}

enum err reader_edges(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct edge_view *e), void *arg)
{
    struct edge_visit v = {visit, arg};
    db_bind_text(r->statements[Q_EDGES], 1, place->text);
    return each_row(r->statements[Q_EDGES], take_edge, &v);
}

struct lane_visit {
    void (*visit)(void *arg, const struct lane_view *l);
    void *arg;
};

static enum err take_lane(sqlite3_stmt *s, void *arg)
{
    const struct lane_visit *v = arg;
    struct lane_view l = {0};
    TRY(db_column_text(s, 0, l.edge.text, sizeof l.edge.text));
    TRY(db_column_text(s, 1, l.lane.text, sizeof l.lane.text));
    TRY(db_column_text(s, 2, l.direction, sizeof l.direction));
    TRY(db_column_text(s, 3, l.state, sizeof l.state));
    TRY(db_column_text(s, 4, l.arm, sizeof l.arm));
    l.online = number_at(s, 5) != 0;
    l.edge_online = number_at(s, 6) != 0;
    l.link_us = number_at(s, 7);
    l.telemetry_at = time_at(s, 8);
    v->visit(v->arg, &l);
    return ERR_OK;
}

enum err reader_lanes(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct lane_view *l), void *arg)
{
    struct lane_visit v = {visit, arg};
    db_bind_text(r->statements[Q_LANES], 1, place->text);
    return each_row(r->statements[Q_LANES], take_lane, &v);
}

/* ---- movements ---- */

struct movement_visit {
    void (*visit)(void *arg, const struct movement_view *m);
    void *arg;
};

static enum err take_movement(sqlite3_stmt *s, void *arg)
{
    const struct movement_visit *v = arg;
    struct movement_view m = {0};
    TRY(db_column_text(s, 0, m.id.text, sizeof m.id.text));
    TRY(db_column_text(s, 1, m.place.text, sizeof m.place.text));
    TRY(db_column_text(s, 2, m.edge.text, sizeof m.edge.text));
    TRY(db_column_text(s, 3, m.lane.text, sizeof m.lane.text));
    TRY(db_column_text(s, 4, m.direction, sizeof m.direction));
    TRY(db_column_text(s, 5, m.plate.text, sizeof m.plate.text));
    TRY(db_column_text(s, 6, m.basis, sizeof m.basis));
    TRY(db_column_text(s, 7, m.reason, sizeof m.reason));
    TRY(db_column_text(s, 8, m.outcome, sizeof m.outcome));
    m.presented = time_at(s, 9);
    m.completed = time_at(s, 10);
    m.ended = time_at(s, 11);
    m.time = time_at(s, 12);
    v->visit(v->arg, &m);
    return ERR_OK;
}

enum err reader_movements(struct reader *r, const struct name *place, int limit,
                          void (*visit)(void *arg, const struct movement_view *m), void *arg)
{
    struct movement_visit v = {visit, arg};
    db_bind_text(r->statements[Q_MOVEMENTS], 1, place->text);
    db_bind_int(r->statements[Q_MOVEMENTS], 2, limit);
    return each_row(r->statements[Q_MOVEMENTS], take_movement, &v);
}

struct one_movement {
    struct movement_view view;
    bool found;
};

static void keep_movement(void *arg, const struct movement_view *m)
{
    struct one_movement *one = arg;
    one->view = *m;
    one->found = true;
}

enum err reader_movement(struct reader *r, const struct movement_id *id, struct movement_view *ret)
{
    struct one_movement one = {0};
    struct movement_visit v = {keep_movement, &one};
    db_bind_text(r->statements[Q_MOVEMENT], 1, id->text);
    TRY(each_row(r->statements[Q_MOVEMENT], take_movement, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.view;
    return ERR_OK;
}

enum err reader_first_movement(struct reader *r, const struct name *place, struct wall_ms *ret)
{
    int64_t first = 0;
    db_bind_text(r->statements[Q_FIRST], 1, place->text);
    TRY(each_row(r->statements[Q_FIRST], take_number, &first));
    *ret = (struct wall_ms){first};
    return ERR_OK;
}

struct flow_fill {
    size_t count;
    int64_t *entered, *left;
};

static enum err take_flow(sqlite3_stmt *s, void *arg)
{
    struct flow_fill *f = arg;
    char direction[8];
    int64_t at = number_at(s, 0);
    TRY(db_column_text(s, 1, direction, sizeof direction));
    if (at < 0 || (size_t)at >= f->count)
        return ERR_OK;
    if (strcmp(direction, "entry") == 0)
        f->entered[at] = number_at(s, 2);
    else if (strcmp(direction, "exit") == 0)
        f->left[at] = number_at(s, 2);
    return ERR_OK;
}

enum err reader_flow(struct reader *r, const struct name *place, struct wall_ms from,
                     int64_t step_ms, size_t count, int64_t *ret_entered, int64_t *ret_left)
{
    sqlite3_stmt *s = r->statements[Q_FLOW];
    int64_t *entered = mem_alloc(2 * count * sizeof *entered);
    struct flow_fill f = {count, entered, entered + count};
    db_bind_text(s, 1, place->text);
    /* A crossing may have been presented long before it was completed (a car that waits to pay). */
    db_bind_int(s, 2, from.v - HOUR_MS);
    db_bind_int(s, 3, from.v);
    db_bind_int(s, 4, step_ms);
    db_bind_int(s, 5, from.v + step_ms * (int64_t)count);
    enum err e = each_row(s, take_flow, &f);
    if (e == ERR_OK) {
        memcpy(ret_entered, f.entered, count * sizeof *f.entered);
        memcpy(ret_left, f.left, count * sizeof *f.left);
    }
    free(entered);
    return e;
}

/* ---- sessions and money ---- */

struct session_visit {
    void (*visit)(void *arg, const struct session_view *s);
    void *arg;
};

static enum err take_session(sqlite3_stmt *s, void *arg)
{
    const struct session_visit *v = arg;
    struct session_view w = {0};
    TRY(db_column_text(s, 0, w.id.text, sizeof w.id.text));
    TRY(db_column_text(s, 1, w.place.text, sizeof w.place.text));
    TRY(db_column_text(s, 2, w.zone, sizeof w.zone));
    TRY(db_column_text(s, 3, w.tariff.text, sizeof w.tariff.text));
    TRY(db_column_text(s, 4, w.plate.text, sizeof w.plate.text));
    TRY(db_column_text(s, 5, w.state, sizeof w.state));
    w.start = time_at(s, 6);
    w.end = time_at(s, 7);
    TRY(db_column_text(s, 8, w.exit_basis, sizeof w.exit_basis));
    TRY(db_column_text(s, 9, w.currency.code, sizeof w.currency.code));
    w.price_minor = number_at(s, 10);
    w.paid_minor = number_at(s, 11);
    w.paid_at = time_at(s, 12);
    TRY(db_column_text(s, 13, w.payment_state, sizeof w.payment_state));
    TRY(db_column_text(s, 14, w.payment_reason, sizeof w.payment_reason));
    TRY(db_column_text(s, 15, w.debt_state, sizeof w.debt_state));
    w.debt_minor = number_at(s, 16);
    v->visit(v->arg, &w);
    return ERR_OK;
}

enum err reader_sessions(struct reader *r, const struct plate *plate,
                         const struct session_cursor *from, int limit,
                         void (*visit)(void *arg, const struct session_view *s), void *arg)
{
    struct session_visit v = {visit, arg};
    sqlite3_stmt *s = r->statements[Q_SESSIONS];
    db_bind_text(s, 1, plate->text);
    db_bind_int(s, 2, from->at_ms);
    db_bind_text(s, 3, from->id.text);
    db_bind_int(s, 4, limit);
    return each_row(s, take_session, &v);
}

struct session_cursor session_cursor_of(const struct session_view *s)
{
    return (struct session_cursor){.at_ms = s->start.v != 0 ? s->start.v : s->end.v, .id = s->id};
}

enum { SUMS_MAX = 3 };

static enum err take_sums(sqlite3_stmt *s, void *arg)
{
    int64_t *sums = arg;
    for (int i = 0; i < sqlite3_column_count(s) && i < SUMS_MAX; i++)
        sums[i] = number_at(s, i);
    return ERR_OK;
}

static enum err place_sums(struct reader *r, enum statement q, const struct name *place,
                           int64_t *ret)
{
    db_bind_text(r->statements[q], 1, place->text);
    return each_row(r->statements[q], take_sums, ret);
}

enum err reader_summary(struct reader *r, const struct name *place, struct wall_ms since,
                        struct summary_view *ret)
{
    int64_t crossed[SUMS_MAX] = {0};
    int64_t charged[SUMS_MAX] = {0};
    db_bind_int(r->statements[Q_CROSSED], 2, since.v - HOUR_MS);
    db_bind_int(r->statements[Q_CROSSED], 3, since.v);
    TRY(place_sums(r, Q_CROSSED, place, crossed));
    db_bind_int(r->statements[Q_CHARGED], 2, since.v);
    TRY(place_sums(r, Q_CHARGED, place, charged));
    *ret = (struct summary_view){
        .entered = crossed[0],
        .left = crossed[1],
        .turned_away = crossed[2],
        .charged_minor = charged[0],
        .payments_succeeded = charged[1],
        .payments_declined = charged[2],
    };
    return ERR_OK;
}

enum err reader_open_items(struct reader *r, const struct name *place, struct open_view *ret)
{
    int64_t sessions[SUMS_MAX] = {0};
    int64_t debts[SUMS_MAX] = {0};
    int64_t payments[SUMS_MAX] = {0};
    TRY(place_sums(r, Q_OPEN_SESSIONS, place, sessions));
    TRY(place_sums(r, Q_OPEN_DEBTS, place, debts));
    TRY(place_sums(r, Q_OPEN_PAYMENTS, place, payments));
    *ret = (struct open_view){
        .sessions = sessions[0],
        .debts = debts[0],
        .debts_minor = debts[1],
        .payments_open = payments[0],
        .payments_manual = payments[1],
    };
    return ERR_OK;
}
