#include "cloud/view/reports.h"

#include "cloud/view/views.h"
#include "protocol/support/db.h"
#include "protocol/support/memory.h"

#include <stdlib.h>

enum { HOUR_MS = 3600000 };

#define REVENUE(group)                                                                             \
    "SELECT (r.at_ms - ?2) / ?4 AS step, " group " AS part, r.currency, "                          \
    "sum(r.amount_minor > 0), "                                                                    \
    "sum(r.amount_minor) FROM receipt AS r LEFT JOIN stay AS s USING (session) "                   \
    "WHERE r.place = ?1 AND r.at_ms >= ?2 AND r.at_ms < ?3 GROUP BY step, part, r.currency "       \
    "ORDER BY step, part, r.currency"

/* Before: whole hours, then the minutes of the hour that `from` (?2) falls into, from ?3 on. */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN")                                                                              \
    X(END, "COMMIT")                                                                               \
    X(SEEN, "SELECT seen FROM progress")                                                           \
    X(BEFORE, "SELECT coalesce((SELECT sum(entered - left + corrected) FROM hour "                 \
              "WHERE place = ?1 AND at_ms < ?3), 0) + coalesce((SELECT "                           \
              "sum(entered - left + corrected) FROM minute WHERE place = ?1 AND at_ms >= ?3 "      \
              "AND at_ms < ?2), 0)")                                                               \
    X(MINUTES, "SELECT at_ms, entered, left, corrected FROM minute WHERE place = ?1 "              \
               "AND at_ms >= ?2 AND at_ms < ?3 ORDER BY at_ms")                                    \
    X(ARRIVALS, "SELECT (at_ms - ?2) / ?4 AS step, lane, sum(entered), sum(left), sum(denied), "   \
                "sum(unauthorised) FROM hour WHERE place = ?1 AND at_ms >= ?2 AND at_ms < ?3 "     \
                "AND lane <> '' GROUP BY step, lane ORDER BY step, lane")                          \
    X(BY_LANE, REVENUE("coalesce(s.exit_lane, '')"))                                               \
    X(BY_KIND, REVENUE("r.kind"))                                                                  \
    X(BY_TARIFF, REVENUE("coalesce(s.tariff, '')"))                                                \
    X(STEPS, "SELECT movement, place, type, time_ms, received_ms, trace, text FROM step "          \
             "WHERE movement IN (SELECT ?1 UNION SELECT exit_movement FROM stay "                  \
             "WHERE session = ?1 AND exit_movement <> '') ORDER BY cursor LIMIT ?2")

enum statement {
#define ENUM(name, sql) R_##name,
    STATEMENTS(ENUM)
#undef ENUM
        R_COUNT
};

static const char *const sql[R_COUNT] = {
#define SQL(name, text) [R_##name] = text,
    STATEMENTS(SQL)
#undef SQL
};

struct reports {
    char file[VIEWS_PATH_SIZE];
    struct views_file on_disk;
    sqlite3 *db;
    sqlite3_stmt *st[R_COUNT];
};

enum err reports_open(const char *database, struct reports **ret)
{
    struct reports *r = mem_alloc(sizeof *r);
    enum err e = views_path(database, r->file, sizeof r->file);
    if (e == ERR_OK) {
        r->on_disk = views_file_of(r->file);
        e = db_open_reader(r->file, &r->db);
    }
    for (int i = 0; e == ERR_OK && i < R_COUNT; i++)
        e = db_prepare(r->db, sql[i], &r->st[i]);
    if (e != ERR_OK) {
        reports_close(r);
        return e;
    }
    *ret = r;
    return ERR_OK;
}

void reports_close(struct reports *r)
{
    if (r == NULL)
        return;
    for (int i = 0; i < R_COUNT; i++)
        sqlite3_finalize(r->st[i]);
    db_close(r->db);
    free(r);
}

bool reports_gone(const struct reports *r)
{
    return !views_file_same(&r->on_disk, r->file);
}

enum err reports_begin(struct reports *r)
{
    return db_run(r->st[R_BEGIN]);
}

void reports_end(struct reports *r)
{
    (void)db_run(r->st[R_END]);
}

/* ---- rows ---- */

static enum err each(sqlite3_stmt *s, void (*take)(sqlite3_stmt *s, void *arg), void *arg)
{
    bool row = false;
    enum err e;
    while ((e = db_step(s, &row)) == ERR_OK && row)
        take(s, arg);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return e;
}

static int64_t number_at(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column);
}

static const char *text_at(sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);
    return text != NULL ? (const char *)text : "";
}

static void take_number(sqlite3_stmt *s, void *arg)
{
    *(int64_t *)arg = number_at(s, 0);
}

enum err reports_seen(struct reports *r, int64_t *ret)
{
    return each(r->st[R_SEEN], take_number, ret);
}

static sqlite3_stmt *bound(struct reports *r, enum statement which, const struct report_range *g)
{
    sqlite3_stmt *s = r->st[which];
    db_bind_text(s, 1, g->place.text);
    db_bind_int(s, 2, g->from.v);
    db_bind_int(s, 3, g->to.v);
    return s;
}

/* ---- occupancy ---- */

struct occupancy_walk {
    const struct report_range *range;
    struct occupancy_step step; /* the one that fills */
    void (*visit)(void *arg, const struct occupancy_step *s);
    void *arg;
};

/* Hands out steps until the one that holds `at` fills. */
static void go_to(struct occupancy_walk *w, struct wall_ms at)
{
    while (at.v - w->step.at.v >= w->range->step_ms) {
        int64_t inside = w->step.inside;
        w->visit(w->arg, &w->step);
        w->step = (struct occupancy_step){.at = wall_after(w->step.at, w->range->step_ms),
                                          .inside = inside,
                                          .least = inside,
                                          .most = inside};
    }
}

static void take_minute(sqlite3_stmt *s, void *arg)
{
    struct occupancy_walk *w = arg;
    struct occupancy_step *p = &w->step;
    go_to(w, (struct wall_ms){number_at(s, 0)});
    p->entered += number_at(s, 1);
    p->left += number_at(s, 2);
    p->corrected += number_at(s, 3);
    p->inside += number_at(s, 1) - number_at(s, 2) + number_at(s, 3);
    p->least = p->inside < p->least ? p->inside : p->least;
    p->most = p->inside > p->most ? p->inside : p->most;
}

enum err reports_occupancy(struct reports *r, const struct report_range *range,
                           void (*visit)(void *arg, const struct occupancy_step *s), void *arg)
{
    int64_t before = 0;
    sqlite3_stmt *s = r->st[R_BEFORE];
    db_bind_text(s, 1, range->place.text);
    db_bind_int(s, 2, range->from.v);
    db_bind_int(s, 3, range->from.v - range->from.v % HOUR_MS);
    TRY(each(s, take_number, &before));
    struct occupancy_walk w = {
        .range = range,
        .step = {.at = range->from, .inside = before, .least = before, .most = before},
        .visit = visit,
        .arg = arg,
    };
    TRY(each(bound(r, R_MINUTES, range), take_minute, &w));
    go_to(&w, range->to);
    if (w.step.at.v < range->to.v)
        visit(arg, &w.step);
    return ERR_OK;
}

/* ---- arrivals, revenue ---- */

struct steps {
    const struct report_range *range;
    void (*arrivals)(void *arg, const struct arrivals_step *s);
    void (*revenue)(void *arg, const struct revenue_step *s);
    void *arg;
};

static struct wall_ms step_at(const struct steps *v, sqlite3_stmt *s)
{
    return wall_after(v->range->from, number_at(s, 0) * v->range->step_ms);
}

static void take_arrivals(sqlite3_stmt *s, void *arg)
{
    const struct steps *v = arg;
    struct arrivals_step a = {step_at(v, s),   text_at(s, 1),   number_at(s, 2),
                              number_at(s, 3), number_at(s, 4), number_at(s, 5)};
    v->arrivals(v->arg, &a);
}

enum err reports_arrivals(struct reports *r, const struct report_range *range,
                          void (*visit)(void *arg, const struct arrivals_step *s), void *arg)
{
    struct steps v = {.range = range, .arrivals = visit, .arg = arg};
    sqlite3_stmt *s = bound(r, R_ARRIVALS, range);
    db_bind_int(s, 4, range->step_ms);
    return each(s, take_arrivals, &v);
}

static void take_revenue(sqlite3_stmt *s, void *arg)
{
    const struct steps *v = arg;
    struct revenue_step p = {step_at(v, s), text_at(s, 1), text_at(s, 2), number_at(s, 3),
                             number_at(s, 4)};
    v->revenue(v->arg, &p);
}

enum err reports_revenue(struct reports *r, const struct report_range *range, enum revenue_by by,
                         void (*visit)(void *arg, const struct revenue_step *s), void *arg)
{
    static const enum statement which[REVENUE_BYS] = {
        [REVENUE_BY_LANE] = R_BY_LANE,
        [REVENUE_BY_KIND] = R_BY_KIND,
        [REVENUE_BY_TARIFF] = R_BY_TARIFF,
    };
    struct steps v = {.range = range, .revenue = visit, .arg = arg};
    sqlite3_stmt *s = bound(r, which[by], range);
    db_bind_int(s, 4, range->step_ms);
    return each(s, take_revenue, &v);
}

/* ---- traces ---- */

struct steps_visit {
    void (*visit)(void *arg, const struct trace_step *s);
    void *arg;
};

static void take_step(sqlite3_stmt *s, void *arg)
{
    const struct steps_visit *v = arg;
    struct trace_step p = {text_at(s, 0),     text_at(s, 1), text_at(s, 2), {number_at(s, 3)},
                           {number_at(s, 4)}, text_at(s, 5), text_at(s, 6)};
    v->visit(v->arg, &p);
}

enum err reports_trace(struct reports *r, const struct movement_id *movement, int limit,
                       void (*visit)(void *arg, const struct trace_step *s), void *arg)
{
    struct steps_visit v = {visit, arg};
    sqlite3_stmt *s = r->st[R_STEPS];
    db_bind_text(s, 1, movement->text);
    db_bind_int(s, 2, limit);
    return each(s, take_step, &v);
}
