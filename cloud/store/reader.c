#include "cloud/store/reader_inside.h"

#include "protocol/support/memory.h"

#include <stdlib.h>

static const char *const statement_sql[QUERY_COUNT] = {
#define STATEMENT_SQL(name, sql) [Q_##name] = sql,
    READER_STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

enum err reader_open(const char *file, struct reader **ret)
{
    struct reader *r = mem_alloc(sizeof *r);
    enum err e = db_open_reader(file, &r->db);
    for (int i = 0; e == ERR_OK && i < QUERY_COUNT; i++)
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
    for (int i = 0; i < QUERY_COUNT; i++)
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

enum err reader_each(sqlite3_stmt *s, enum err (*take)(sqlite3_stmt *s, void *arg), void *arg)
{
    bool row = false;
    enum err e = ERR_OK;
    while (e == ERR_OK && (e = db_step(s, &row)) == ERR_OK && row)
        e = take(s, arg);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return e;
}

enum err reader_take_number(sqlite3_stmt *s, void *arg)
{
    *(int64_t *)arg = sqlite3_column_int64(s, 0);
    return ERR_OK;
}

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
    TRY(db_column_text(s, 23, p.row.settings.parent.text, sizeof p.row.settings.parent.text));
    p.row.settings.stale_after_ms = number_at(s, 24);
    TRY(db_column_text(s, 25, p.row.settings.hours, sizeof p.row.settings.hours));
    p.row.shut = number_at(s, 26) != 0;
    v->visit(v->arg, &p);
    return ERR_OK;
}

enum err reader_version(struct reader *r, int64_t *ret)
{
    return reader_each(r->statements[Q_VERSION], reader_take_number, ret);
}

const struct list_cursor list_begin = {.at = INT64_MAX};

enum err reader_places(struct reader *r, void (*visit)(void *arg, const struct place_view *p),
                       void *arg)
{
    struct place_visit v = {visit, arg};
    db_bind_null(r->statements[Q_PLACES], 1);
    return reader_each(r->statements[Q_PLACES], take_place, &v);
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
    TRY(reader_each(r->statements[Q_PLACES], take_place, &v));
    if (!one.found)
        return ERR_NOTFOUND;
    *ret = one.view;
    return ERR_OK;
}

struct zone_visit {
    void (*visit)(void *arg, const struct name *zone);
    void *arg;
};

static enum err take_zone(sqlite3_stmt *s, void *arg)
{
    const struct zone_visit *v = arg;
    struct name zone;
    TRY(db_column_text(s, 0, zone.text, sizeof zone.text));
    v->visit(v->arg, &zone);
    return ERR_OK;
}

enum err reader_zones(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct name *zone), void *arg)
{
    struct zone_visit v = {visit, arg};
    db_bind_text(r->statements[Q_ZONES], 1, place->text);
    return reader_each(r->statements[Q_ZONES], take_zone, &v);
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
    return reader_each(r->statements[Q_EDGES], take_edge, &v);
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
    l.inputs = (uint32_t)number_at(s, 9);
    v->visit(v->arg, &l);
    return ERR_OK;
}

enum err reader_lanes(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct lane_view *l), void *arg)
{
    struct lane_visit v = {visit, arg};
    db_bind_text(r->statements[Q_LANES], 1, place->text);
    return reader_each(r->statements[Q_LANES], take_lane, &v);
}
