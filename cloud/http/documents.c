#include "cloud/http/documents.h"

#include "cloud/http/members.h"
#include "protocol/support/credential.h"
#include "protocol/support/plate.h"

#include <stdlib.h>
#include <string.h>

/* Telemetry comes every 10 s; the store writes it at most once per second of real time, which is long
 * in a simulation that runs fast. */
enum { STALE_MS = 30000, STALE_REAL_MS = 5000 };

static bool is_stale(struct wall_ms at, const struct moment *m)
{
    int64_t real_ms = clock_network_ms(m->clock, STALE_REAL_MS);
    int64_t limit_ms = real_ms > STALE_MS ? real_ms : STALE_MS;
    return at.v == 0 || wall_diff_ms(m->now, at) > limit_ms;
}

static void set_age(json_t *o, struct wall_ms at, const struct moment *m)
{
    int64_t age = wall_diff_ms(m->now, at);
    set_time(o, "seen", at);
    json_object_set_new(o, "age_ms", at.v == 0 ? json_null() : json_integer(age > 0 ? age : 0));
}

/* ---- a place ---- */

struct place_build {
    const struct moment *m;
    json_t *list;
    bool trouble;
};

static void add_edge(void *arg, const struct edge_view *e)
{
    struct place_build *b = arg;
    json_t *o = json_object();
    bool online = e->online && !is_stale(e->heard, b->m);
    set_text(o, "edge", e->edge.text);
    set_bool(o, "online", online);
    set_bool(o, "stale", is_stale(e->telemetry_at, b->m));
    set_age(o, e->heard, b->m);
    set_int(o, "epoch", e->epoch);
    set_text(o, "version", e->version);
    set_bool(o, "frozen", e->frozen);
    set_int(o, "outbox_depth", e->outbox_depth);
    set_int(o, "outbox_age_ms", e->outbox_age_ms);
    set_int(o, "free", e->free);
    set_int(o, "overdraft", e->overdraft);
    set_text(o, "clock", e->clock);
    b->trouble = b->trouble || !online || e->frozen;
    json_array_append_new(b->list, o);
}

static void add_lane(void *arg, const struct lane_view *l)
{
    struct place_build *b = arg;
    json_t *o = json_object();
    bool stale = is_stale(l->telemetry_at, b->m);
    set_text(o, "edge", l->edge.text);
    set_text(o, "lane", l->lane.text);
    set_text(o, "direction", l->direction);
    set_text(o, "state", l->state);
    set_text(o, "arm", l->arm[0] != '\0' ? l->arm : "unknown");
    set_bool(o, "online", l->online && l->edge_online && !stale);
    set_bool(o, "stale", stale);
    set_age(o, l->telemetry_at, b->m);
    set_int(o, "link_us", l->link_us);
    set_int(o, "inputs", l->inputs);
    b->trouble = b->trouble || !l->online || stale || strcmp(l->state, "fault") == 0;
    json_array_append_new(b->list, o);
}

const char *place_status_word(const struct place_view *p, bool trouble)
{
    const struct place_row *r = &p->row;
    if (r->settings.closed || r->shut)
        return "closed";
    if (r->occupied + r->pending >= r->settings.capacity)
        return "full";
    return trouble || r->offers_stopped ? "degraded" : "open";
}

static int64_t clamp(int64_t v, int64_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

static void set_settings(json_t *o, const struct place_settings *s)
{
    char tag[TAG_SIZE];
    place_settings_tag(s, tag);
    set_text(o, "place", s->place.text);
    set_text(o, "revision", tag);
    set_text(o, "title", s->title);
    set_int(o, "capacity", s->capacity);
    set_text(o, "zone", s->zone);
    set_text(o, "currency", s->currency.code);
    set_text(o, "tariff", s->tariff.text);
    set_text(o, "payment_policy", payment_policy_word(s->policy));
    set_int(o, "hold_max_ms", s->hold_max_ms);
    set_int(o, "exit_grace_ms", s->exit_grace_ms);
    set_text(o, "unmatched_exit", unmatched_policy_word(s->unmatched_exit));
    set_int(o, "grant_size", s->grant_size);
    set_bool(o, "closed", s->closed);
    set_text(o, "parent", s->parent.text);
    set_int(o, "stale_after_ms", s->stale_after_ms);
    set_text(o, "hours", s->hours);
}

/* The ledger is signed arithmetic; what is published is clamped to 0..capacity (domain.md). */
static void set_counts(json_t *o, const struct place_view *p)
{
    const struct place_row *r = &p->row;
    int64_t capacity = r->settings.capacity;
    json_t *occupied = json_object();
    set_int(occupied, "counted", clamp(r->occupied, capacity));
    set_int(occupied, "derived", r->open_sessions);
    set_int(occupied, "difference", clamp(r->occupied, capacity) - r->open_sessions);
    json_object_set_new(o, "occupied", occupied);
    set_int(o, "pending", r->pending);
    set_int(o, "free", clamp(capacity - r->occupied - r->pending - r->held, capacity));
    set_int(o, "held", r->held);
    set_int(o, "overdraft", r->overdraft);
    set_int(o, "pool", r->pool);
    set_int(o, "at_edges", p->at_edges);
    set_bool(o, "offers_stopped", r->offers_stopped);
    set_int(o, "anomalies", p->anomalies);
}

static void add_zone(void *arg, const struct name *zone)
{
    json_array_append_new(arg, json_string(zone->text));
}

static enum err build_place(struct reader *r, const struct place_view *p, const struct moment *m,
                            json_t *o)
{
    const struct name *place = &p->row.settings.place;
    int64_t entered = 0;
    int64_t left = 0;
    struct place_build edges = {.m = m, .list = json_array()};
    struct place_build lanes = {.m = m, .list = json_array()};
    set_settings(o, &p->row.settings);
    set_time(o, "time", m->now);
    set_counts(o, p);
    json_object_set_new(o, "edges", edges.list);
    json_object_set_new(o, "lanes", lanes.list);
    json_t *zones = json_array();
    json_object_set_new(o, "zones", zones);
    TRY(reader_zones(r, place, add_zone, zones));
    TRY(reader_edges(r, place, add_edge, &edges));
    TRY(reader_lanes(r, place, add_lane, &lanes));
    set_text(o, "status", place_status_word(p, edges.trouble || lanes.trouble));
    /* The window ends just after this instant, so that a crossing of this millisecond counts. */
    TRY(reader_flow(r, place, wall_after(m->now, 1 - RECENT_MS), RECENT_MS, 1, &entered, &left));
    json_object_set_new(o, "recent",
                        json_pack("{s:i, s:I, s:I}", "window_ms", RECENT_MS, "entered",
                                  (json_int_t)entered, "left", (json_int_t)left));
    return ERR_OK;
}

/* Hands `o` over on success, else drops it. */
static enum err finish(enum err e, json_t *o, json_t **ret)
{
    if (e != ERR_OK) {
        json_decref(o);
        return e;
    }
    *ret = o;
    return ERR_OK;
}

enum err document_place(struct reader *r, const struct name *place, const struct moment *m,
                        json_t **ret)
{
    struct place_view p;
    TRY(reader_begin(r));
    json_t *o = json_object();
    enum err e = reader_place(r, place, &p);
    if (e == ERR_OK)
        e = build_place(r, &p, m, o);
    reader_end(r);
    return finish(e, o, ret);
}

struct views {
    struct place_view *items;
    size_t count;
};

static void collect_place(void *arg, const struct place_view *p)
{
    struct views *v = arg;
    struct place_view *items = realloc(v->items, (v->count + 1) * sizeof *items);
    if (items == NULL)
        abort();
    v->items = items;
    v->items[v->count++] = *p;
}

/* Over all car parks: who stands in a zone stands in its place and counts once. */
static json_t *totals_of(const struct views *v)
{
    int64_t places = 0, capacity = 0, counted = 0, derived = 0, available = 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct place_row *r = &v->items[i].row;
        if (r->settings.parent.text[0] != '\0')
            continue;
        places++;
        capacity += r->settings.capacity;
        counted += clamp(r->occupied, r->settings.capacity);
        derived += r->open_sessions;
        available +=
            clamp(r->settings.capacity - r->occupied - r->pending - r->held, r->settings.capacity);
    }
    json_t *o = json_object();
    set_int(o, "places", places);
    set_int(o, "capacity", capacity);
    set_int(o, "counted", counted);
    set_int(o, "derived", derived);
    set_int(o, "free", available);
    return o;
}

/* Names rise; a page begins behind the name in its cursor. */
static bool on_page(struct list_page *page, const struct place_view *p)
{
    const char *name = p->row.settings.place.text;
    return page == NULL || ((page->from.at != 0 || strcmp(name, page->from.id) > 0) &&
                            !page->more && list_page_takes(page, 0, name));
}

enum err document_places(struct reader *r, const struct moment *m, struct list_page *page,
                         json_t **ret)
{
    struct views v = {0};
    TRY(reader_begin(r));
    json_t *list = json_array();
    json_t *totals = NULL;
    enum err e = reader_places(r, collect_place, &v);
    if (e == ERR_OK)
        totals = totals_of(&v);
    for (size_t i = 0; e == ERR_OK && i < v.count; i++) {
        if (!on_page(page, &v.items[i]))
            continue;
        json_t *o = json_object();
        json_array_append_new(list, o);
        e = build_place(r, &v.items[i], m, o);
    }
    reader_end(r);
    free(v.items);
    json_t *document = json_pack("{s:o, s:o?}", "places", list, "totals", totals);
    if (page != NULL)
        document_set_next(document, page);
    return finish(e, document, ret);
}

/* ---- movements ---- */

json_t *document_movement(const struct movement_view *v, bool full_plates)
{
    json_t *o = json_object();
    char masked[PLATE_SIZE] = "", shown[CREDENTIAL_TEXT_SIZE] = "";
    if (v->plate.text[0] != '\0')
        plate_mask(&v->plate, masked);
    set_text(o, "movement", v->id.text);
    set_text(o, "place", v->place.text);
    set_text(o, "edge", v->edge.text);
    set_text(o, "lane", v->lane.text);
    set_text(o, "direction", v->direction);
    set_text(o, "plate", full_plates ? v->plate.text : masked);
    if (v->credential.text[0] != '\0') {
        credential_mask(&v->credential, shown);
        set_text(o, "credential", full_plates ? v->credential.text : shown);
        set_text(o, "medium", v->medium);
    }
    set_text(o, "outcome", v->outcome);
    set_text(o, "basis", v->basis);
    set_text(o, "reason", v->reason);
    set_time(o, "time", v->time);
    set_time(o, "completed", v->completed);
    return o;
}

struct movement_list {
    json_t *list;
    struct list_page *page;
    bool full_plates;
};

static void add_movement(void *arg, const struct movement_view *v)
{
    struct movement_list *l = arg;
    if (list_page_takes(l->page, v->first.v, v->id.text))
        json_array_append_new(l->list, document_movement(v, l->full_plates));
}

enum err document_movements(struct reader *r, const struct name *place, struct list_page *page,
                            bool full_plates, json_t **ret)
{
    struct place_view p;
    struct movement_list l = {.list = json_array(), .page = page, .full_plates = full_plates};
    enum err e = reader_place(r, place, &p);
    if (e == ERR_OK)
        e = reader_movements(r, place, &page->from, page->limit + 1, add_movement, &l);
    json_t *document = json_pack("{s:o}", "movements", l.list);
    document_set_next(document, page);
    return finish(e, document, ret);
}

/* ---- the day's curve ---- */

static json_t *int_list(const int64_t *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(values[i]));
    return list;
}

/* The smallest window that shows everything, 24 h at most: a curve of a car park that opened ten minutes
 * ago would otherwise be one step at the right edge. */
static int64_t flow_window_ms(struct wall_ms first, struct wall_ms now)
{
    static const int64_t minutes[] = {30, 60, 180, 360, 720};
    for (size_t i = 0; first.v != 0 && i < sizeof minutes / sizeof minutes[0]; i++)
        if (wall_diff_ms(now, first) < minutes[i] * 60000)
            return minutes[i] * 60000;
    return (int64_t)24 * 3600 * 1000;
}

struct flow {
    struct wall_ms from;
    int64_t window_ms;
    int64_t entered[FLOW_STEPS], left[FLOW_STEPS], occupied[FLOW_STEPS];
};

static enum err read_flow(struct reader *r, const struct name *place, const struct moment *m,
                          struct flow *ret)
{
    struct place_view p;
    struct wall_ms first;
    TRY(reader_place(r, place, &p));
    TRY(reader_first_movement(r, place, &first));
    ret->window_ms = flow_window_ms(first, m->now);
    ret->from = wall_after(m->now, 1 - ret->window_ms);
    TRY(reader_flow(r, place, ret->from, ret->window_ms / FLOW_STEPS, FLOW_STEPS, ret->entered,
                    ret->left));
    /* Backwards from what is known now: corrections of the past cannot bend the present. */
    int64_t inside = p.row.occupied;
    for (size_t i = FLOW_STEPS; i-- > 0;) {
        ret->occupied[i] = clamp(inside, p.row.settings.capacity);
        inside += ret->left[i] - ret->entered[i];
    }
    return ERR_OK;
}

enum err document_flow(struct reader *r, const struct name *place, const struct moment *m,
                       json_t **ret)
{
    struct flow f;
    TRY(reader_begin(r));
    enum err e = read_flow(r, place, m, &f);
    reader_end(r);
    TRY(e);
    json_t *o = json_object();
    set_text(o, "place", place->text);
    set_time(o, "from", f.from);
    set_int(o, "window_ms", f.window_ms);
    set_int(o, "step_ms", f.window_ms / FLOW_STEPS);
    json_object_set_new(o, "entered", int_list(f.entered, FLOW_STEPS));
    json_object_set_new(o, "left", int_list(f.left, FLOW_STEPS));
    json_object_set_new(o, "occupied", int_list(f.occupied, FLOW_STEPS));
    *ret = o;
    return ERR_OK;
}
