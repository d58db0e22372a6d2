/* GET /v1/reports/... and /v1/traces/{id}: what the read model (cloud/view) shows, with how far behind the ledger it is. */
#include "cloud/view/reports.h"
#include "cloud/http/members.h"
#include "cloud/http/server.h"
#include "cloud/http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS, STEPS_MAX = 2000 };

struct step_word {
    const char *word;
    int64_t ms;
};

/* One question: `finest` is the shortest step that the report knows. */
struct question {
    struct report_range range;
    int64_t finest_ms;
    enum revenue_by by;
};

static bool refuse(struct http_reply *r, const char *detail)
{
    reply_problem(r, 400, "bad_parameter", detail);
    return false;
}

static bool read_time(struct http_request *q, const char *key, struct wall_ms *ret)
{
    char text[64];
    return url_query_get(q->query, key, text, sizeof text) == ERR_OK &&
           timestamp_parse(text, strlen(text), ret) == ERR_OK;
}

static bool read_step(struct http_request *q, struct http_reply *r, struct question *ret)
{
    static const struct step_word words[] = {
        {"1m", MINUTE_MS}, {"15m", 15 * MINUTE_MS}, {"1h", HOUR_MS}, {"1d", DAY_MS}};
    char text[8];
    enum err e = url_query_get(q->query, "step", text, sizeof text);
    if (e == ERR_NOTFOUND) {
        ret->range.step_ms = HOUR_MS;
        return true;
    }
    for (size_t i = 0; e == ERR_OK && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, text) == 0 && words[i].ms >= ret->finest_ms) {
            ret->range.step_ms = words[i].ms;
            return true;
        }
    return refuse(r, ret->finest_ms == HOUR_MS ? "\"step\" must be 1h or 1d."
                                               : "\"step\" must be 1m, 15m, 1h or 1d.");
}

/* The place, the time and the step. */
static bool read_range(struct http_request *q, struct http_reply *r, struct question *ret)
{
    struct report_range *g = &ret->range;
    char text[64];
    if (url_query_get(q->query, "place", text, sizeof text) != ERR_OK ||
        name_parse(text, strlen(text), &g->place) != ERR_OK)
        return refuse(r, "\"place\" must be the name of one place.");
    if (!auth_sees_place(&q->principal, &g->place)) {
        reply_other_place(r);
        return false;
    }
    if (!read_time(q, "from", &g->from) || !read_time(q, "to", &g->to) || g->from.v < 0 ||
        g->from.v >= g->to.v)
        return refuse(r, "\"from\" and \"to\" must be times such as 2026-11-20T00:00:00Z, the "
                         "first before the second.");
    if (!read_step(q, r, ret))
        return false;
    if (g->from.v % ret->finest_ms != 0)
        return refuse(r, ret->finest_ms == HOUR_MS ? "\"from\" must be a whole hour."
                                                   : "\"from\" must be a whole minute.");
    if ((g->to.v - g->from.v) / g->step_ms > STEPS_MAX)
        return refuse(r, "More than 2000 steps: ask for less time or longer steps.");
    return true;
}

/* ---- how old it is ---- */

static bool take_received(void *arg, const struct feed_item *i)
{
    *(struct wall_ms *)arg = i->received;
    return true;
}

/* `as_of`: the last entry that is in, how many are not, and since when the oldest of those waits. */
static enum err add_age(struct http *h, int64_t seen, json_t *document)
{
    struct feed_query q = {.after = seen, .limit = 1};
    struct wall_ms oldest = {0};
    struct moment m = http_moment(h);
    int64_t head = 0, ignored = 0;
    char cursor[24];
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_feed_head(slot->reader, &head);
    if (e == ERR_OK && head > seen)
        e = reader_feed(slot->reader, &q, take_received, &oldest, &ignored);
    readers_put(h->readers, slot);
    TRY(e);
    int64_t age_ms = oldest.v != 0 ? wall_diff_ms(m.now, oldest) : 0;
    snprintf(cursor, sizeof cursor, "%lld", (long long)seen);
    json_object_set_new(document, "as_of",
                        json_pack("{s:s, s:I, s:I}", "cursor", cursor, "behind",
                                  (json_int_t)(head > seen ? head - seen : 0), "age_ms",
                                  (json_int_t)(age_ms > 0 ? age_ms : 0)));
    return ERR_OK;
}

/* ---- one report ---- */

typedef enum err (*report_draw)(struct reports *reports, const struct question *q, json_t *rows);

/* Under the lock. ERR_UNAVAIL: there are no views yet. */
static enum err open_reports(struct http *h)
{
    if (h->reports != NULL && reports_gone(h->reports)) {
        reports_close(h->reports);
        h->reports = NULL;
    }
    if (h->reports != NULL || reports_open(h->ports.database, &h->reports) == ERR_OK)
        return ERR_OK;
    return ERR_UNAVAIL;
}

static enum err draw(struct http *h, const struct question *q, report_draw report, json_t *rows,
                     int64_t *ret_seen)
{
    pthread_mutex_lock(&h->reports_lock);
    enum err e = open_reports(h);
    if (e == ERR_OK)
        e = reports_begin(h->reports);
    if (e == ERR_OK) {
        e = reports_seen(h->reports, ret_seen);
        if (e == ERR_OK)
            e = report(h->reports, q, rows);
        reports_end(h->reports);
    }
    pthread_mutex_unlock(&h->reports_lock);
    return e;
}

static void answer(struct http *h, struct http_reply *r, const struct question *q,
                   report_draw report)
{
    json_t *o = json_object(), *rows = json_array();
    int64_t seen = 0;
    set_text(o, "place", q->range.place.text);
    set_time(o, "from", q->range.from);
    set_time(o, "to", q->range.to);
    set_int(o, "step_s", q->range.step_ms / 1000);
    enum err e = draw(h, q, report, rows, &seen);
    json_object_set_new(o, "rows", rows);
    if (e == ERR_OK)
        e = add_age(h, seen, o);
    if (e == ERR_OK) {
        reply_json(r, 200, o);
        return;
    }
    json_decref(o);
    reply_reader_error(r, e, "report");
}

/* ---- occupancy ---- */

static void add_occupancy(void *arg, const struct occupancy_step *s)
{
    json_t *o = json_object();
    set_time(o, "time", s->at);
    set_int(o, "entered", s->entered);
    set_int(o, "left", s->left);
    set_int(o, "corrected", s->corrected);
    set_int(o, "inside", s->inside);
    set_int(o, "least", s->least);
    set_int(o, "most", s->most);
    json_array_append_new(arg, o);
}

static enum err draw_occupancy(struct reports *reports, const struct question *q, json_t *rows)
{
    return reports_occupancy(reports, &q->range, add_occupancy, rows);
}

void handle_report_occupancy(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "from", "to", "step"};
    struct question ask = {.finest_ms = MINUTE_MS};
    if (query_known(q, known, 4, r) && read_range(q, r, &ask))
        answer(h, r, &ask, draw_occupancy);
}

/* ---- arrivals ---- */

static void add_arrivals(void *arg, const struct arrivals_step *s)
{
    json_t *o = json_object();
    set_time(o, "time", s->at);
    set_text(o, "lane", s->lane);
    set_int(o, "entered", s->entered);
    set_int(o, "left", s->left);
    set_int(o, "turned_away", s->denied);
    set_int(o, "unauthorised", s->unauthorised);
    json_array_append_new(arg, o);
}

static enum err draw_arrivals(struct reports *reports, const struct question *q, json_t *rows)
{
    return reports_arrivals(reports, &q->range, add_arrivals, rows);
}

void handle_report_arrivals(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "from", "to", "step"};
    struct question ask = {.finest_ms = HOUR_MS};
    if (query_known(q, known, 4, r) && read_range(q, r, &ask))
        answer(h, r, &ask, draw_arrivals);
}

/* ---- revenue ---- */

static void add_revenue(void *arg, const struct revenue_step *s)
{
    json_t *o = json_object();
    set_time(o, "time", s->at);
    set_text(o, "group", s->group);
    set_text(o, "currency", s->currency);
    set_int(o, "payments", s->payments);
    set_int(o, "amount_minor", s->amount_minor);
    json_array_append_new(arg, o);
}

static enum err draw_revenue(struct reports *reports, const struct question *q, json_t *rows)
{
    return reports_revenue(reports, &q->range, q->by, add_revenue, rows);
}

static bool read_by(struct http_request *q, struct http_reply *r, enum revenue_by *ret)
{
    static const char *const words[REVENUE_BYS] = {"lane", "kind", "tariff"};
    char text[16];
    enum err e = url_query_get(q->query, "by", text, sizeof text);
    if (e == ERR_NOTFOUND) {
        *ret = REVENUE_BY_LANE;
        return true;
    }
    for (int i = 0; e == ERR_OK && i < REVENUE_BYS; i++)
        if (strcmp(words[i], text) == 0) {
            *ret = (enum revenue_by)i;
            return true;
        }
    return refuse(r, "\"by\" must be lane, kind or tariff.");
}

void handle_report_revenue(struct http *h, struct http_request *q, struct http_reply *r)
{
    static const char *const known[] = {"place", "from", "to", "step", "by"};
    struct question ask = {.finest_ms = HOUR_MS};
    if (query_known(q, known, 5, r) && read_range(q, r, &ask) && read_by(q, r, &ask.by))
        answer(h, r, &ask, draw_revenue);
}

/* ---- traces ---- */

enum { TRACE_STEPS_MAX = 1000 };

struct trace_rows {
    struct http_request *request;
    json_t *rows;
};

static void add_step(void *arg, const struct trace_step *s)
{
    struct trace_rows *t = arg;
    struct name place;
    if (name_parse(s->place, strlen(s->place), &place) != ERR_OK ||
        !auth_sees_place(&t->request->principal, &place))
        return;
    json_t *o = json_object();
    set_time(o, "time", s->time);
    set_time(o, "received", s->received);
    set_text(o, "place", s->place);
    set_text(o, "movement", s->movement);
    set_text(o, "type", s->type);
    set_text(o, "text", s->text);
    set_text(o, "traceparent", s->trace);
    json_array_append_new(t->rows, o);
}

/* A Movement, a stay, a trace's id, or a payment's key: all begin with the Movement. */
static bool read_trace(struct http_request *q, struct http_reply *r, struct movement_id *ret)
{
    const char *text = q->match->params[0];
    size_t len = strlen(text), own = MOVEMENT_ID_SIZE - 1;
    bool form = len == own || len == 2 * own || (len > own && text[own] == ':');
    if (form && movement_id_parse(text, own, ret) == ERR_OK)
        return true;
    reply_problem(r, 400, "bad_id",
                  "Name a movement or a stay (16 hex digits), a trace (32) or a payment's key.");
    return false;
}

void handle_trace(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct movement_id movement;
    struct trace_rows t = {.request = q};
    int64_t seen = 0;
    if (!query_known(q, NULL, 0, r) || !read_trace(q, r, &movement))
        return;
    t.rows = json_array();
    pthread_mutex_lock(&h->reports_lock);
    enum err e = open_reports(h);
    if (e == ERR_OK)
        e = reports_trace(h->reports, &movement, TRACE_STEPS_MAX, add_step, &t);
    if (e == ERR_OK)
        e = reports_seen(h->reports, &seen);
    pthread_mutex_unlock(&h->reports_lock);
    struct trace trace = trace_of(&movement);
    bool any = json_array_size(t.rows) > 0;
    json_t *o = json_pack("{s:s, s:o}", "trace", trace.text, "steps", t.rows);
    if (e == ERR_OK)
        e = any ? add_age(h, seen, o) : ERR_NOTFOUND;
    if (e == ERR_OK) {
        reply_json(r, 200, o);
        return;
    }
    json_decref(o);
    reply_reader_error(r, e, "trace");
}
