/* What it counts, as Prometheus reads it: text format 0.0.4. Names and units by its conventions; the
 * daemon's own counters first, then the ledger and the edges as they stand. */
#include "cloud/http/metrics_page.h"
#include "cloud/http/server.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

void text_add(struct text *t, const char *format, ...)
{
    va_list ap;
    enum { LINE_MAX = 512 };
    if (t->size - t->len < LINE_MAX) {
        t->size = t->size * 2 + LINE_MAX;
        t->bytes = mem_resize(t->bytes, t->size);
    }
    va_start(ap, format);
    int n = vsnprintf(t->bytes + t->len, LINE_MAX, format, ap);
    va_end(ap);
    if (n > 0 && n < LINE_MAX)
        t->len += (size_t)n;
}

static void add_metrics(struct text *t, const struct metrics *m)
{
    const char *last = "";
    for (int i = 0; i < METRICS; i++) {
        const struct metric_row *row = metrics_row((enum metric)i);
        if (strcmp(row->name, last) != 0) {
            text_add(t, "# HELP %s %s\n", row->name, row->help);
            text_add(t, "# TYPE %s %s\n", row->name, row->type);
        }
        last = row->name;
        bool label = row->label[0] != '\0';
        text_add(t, "%s%s%s%s %lld\n", row->name, label ? "{" : "", row->label, label ? "}" : "",
                 (long long)metrics_get(m, (enum metric)i));
    }
}

static void add_spans(struct text *t, const struct metrics *m)
{
    for (int i = 0; i < METRIC_SPANS; i++) {
        struct metric_distribution d = metrics_span(m, (enum metric_span)i);
        text_add(t, "# HELP %s %s\n# TYPE %s histogram\n", d.name, d.help, d.name);
        for (size_t b = 0; b < SPAN_BUCKETS; b++)
            text_add(t, "%s_bucket{le=\"%s\"} %lld\n", d.name, metrics_bound(b),
                     (long long)d.within[b]);
        text_add(t, "%s_sum %lld.%06lld\n", d.name, (long long)(d.sum_us / 1000000),
                 (long long)(d.sum_us % 1000000));
        text_add(t, "%s_count %lld\n", d.name, (long long)d.within[SPAN_BUCKETS - 1]);
    }
}

static void add_head(struct text *t, const char *name, const char *help)
{
    text_add(t, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* ---- places ---- */

struct place_list {
    struct place_view *places;
    size_t count;
};

static void keep_place(void *arg, const struct place_view *p)
{
    struct place_list *l = arg;
    l->places = mem_resize(l->places, (l->count + 1) * sizeof *l->places);
    l->places[l->count++] = *p;
}

static int64_t place_number(const struct place_view *p, size_t offset)
{
    return *(const int64_t *)(const void *)((const char *)p + offset);
}

static void add_places(struct text *t, const struct place_list *l)
{
    static const struct {
        const char *name;
        size_t offset;
    } counts[] =
        {
            {"capacity", offsetof(struct place_view, row.settings.capacity)},
            {"occupied", offsetof(struct place_view, row.occupied)},
            {"pending", offsetof(struct place_view, row.pending)},
            {"pool", offsetof(struct place_view, row.pool)},
            {"at_edges", offsetof(struct place_view, at_edges)},
            {"overdraft", offsetof(struct place_view, row.overdraft)},
        },
      others[] = {
          {"boomgate_place_open_sessions", offsetof(struct place_view, row.open_sessions)},
          {"boomgate_place_open_anomalies", offsetof(struct place_view, anomalies)},
      };
    add_head(t, "boomgate_place_spaces", "Spaces of a place by what became of them");
    for (size_t i = 0; i < l->count; i++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
            text_add(t, "boomgate_place_spaces{place=\"%s\",count=\"%s\"} %lld\n",
                     l->places[i].row.settings.place.text, counts[c].name,
                     (long long)place_number(&l->places[i], counts[c].offset));
    for (size_t c = 0; c < sizeof others / sizeof others[0]; c++) {
        add_head(t, others[c].name,
                 c == 0 ? "Stays that have not ended" : "Anomalies not resolved");
        for (size_t i = 0; i < l->count; i++)
            text_add(t, "%s{place=\"%s\"} %lld\n", others[c].name,
                     l->places[i].row.settings.place.text,
                     (long long)place_number(&l->places[i], others[c].offset));
    }
    add_head(t, "boomgate_place_offers_stopped", "1 while an anomaly keeps edges from new spaces");
    for (size_t i = 0; i < l->count; i++)
        text_add(t, "boomgate_place_offers_stopped{place=\"%s\"} %d\n",
                 l->places[i].row.settings.place.text, l->places[i].row.offers_stopped);
}

static void add_open_items(struct text *t, struct reader *r, const struct place_list *l)
{
    add_head(t, "boomgate_place_open_items", "What waits for money or for a person");
    for (size_t i = 0; i < l->count; i++) {
        const struct name *place = &l->places[i].row.settings.place;
        struct open_view v;
        if (reader_open_items(r, place, &v) != ERR_OK)
            continue;
        text_add(t, "boomgate_place_open_items{place=\"%s\",kind=\"debt\"} %lld\n", place->text,
                 (long long)v.debts);
        text_add(t, "boomgate_place_open_items{place=\"%s\",kind=\"payment\"} %lld\n", place->text,
                 (long long)v.payments_open);
        text_add(t, "boomgate_place_open_items{place=\"%s\",kind=\"payment_manual\"} %lld\n",
                 place->text, (long long)v.payments_manual);
    }
}

/* ---- edges and lanes ---- */

/* One block per metric: their lines must stand together. */
struct edge_text {
    const char *place;
    struct wall_ms now;
    struct text online, silence, depth, age, synced, frozen, lanes;
};

static int64_t silence_s(const struct edge_text *b, struct wall_ms heard)
{
    return heard.v == 0 || b->now.v < heard.v ? 0 : (b->now.v - heard.v) / 1000;
}

static void add_edge(void *arg, const struct edge_view *e)
{
    struct edge_text *b = arg;
    char labels[2 * NAME_SIZE + 24];
    snprintf(labels, sizeof labels, "{place=\"%s\",edge=\"%s\"}", b->place, e->edge.text);
    text_add(&b->online, "boomgate_edge_online%s %d\n", labels, e->online);
    text_add(&b->silence, "boomgate_edge_silence_seconds%s %lld\n", labels,
             (long long)silence_s(b, e->heard));
    text_add(&b->depth, "boomgate_edge_outbox_events%s %lld\n", labels, (long long)e->outbox_depth);
    text_add(&b->age, "boomgate_edge_outbox_age_seconds%s %lld\n", labels,
             (long long)(e->outbox_age_ms / 1000));
    text_add(&b->synced, "boomgate_edge_clock_synced%s %d\n", labels,
             strcmp(e->clock, "synced") == 0);
    text_add(&b->frozen, "boomgate_edge_stream_frozen%s %d\n", labels, e->frozen);
}

static void add_lane(void *arg, const struct lane_view *v)
{
    struct edge_text *b = arg;
    text_add(&b->lanes, "boomgate_lane_online{place=\"%s\",edge=\"%s\",lane=\"%s\"} %d\n", b->place,
             v->edge.text, v->lane.text, v->online && v->edge_online);
}

static void join(struct text *t, const char *name, const char *help, struct text *part)
{
    add_head(t, name, help);
    if (part->len > 0) {
        t->bytes = mem_resize(t->bytes, t->size += part->len);
        memcpy(t->bytes + t->len, part->bytes, part->len);
        t->len += part->len;
    }
    free(part->bytes);
}

static void add_edges(struct text *t, struct reader *r, const struct place_list *l,
                      struct wall_ms now)
{
    struct edge_text b = {.now = now};
    for (size_t i = 0; i < l->count; i++) {
        b.place = l->places[i].row.settings.place.text;
        (void)reader_edges(r, &l->places[i].row.settings.place, add_edge, &b);
        (void)reader_lanes(r, &l->places[i].row.settings.place, add_lane, &b);
    }
    join(t, "boomgate_edge_online", "1 while the edge says it is there", &b.online);
    join(t, "boomgate_edge_silence_seconds", "Since anything was heard of the edge", &b.silence);
    join(t, "boomgate_edge_outbox_events", "Events of the edge not acknowledged", &b.depth);
    join(t, "boomgate_edge_outbox_age_seconds", "Age of the oldest of them", &b.age);
    join(t, "boomgate_edge_clock_synced", "1 while the edge trusts its clock", &b.synced);
    join(t, "boomgate_edge_stream_frozen", "1 after a fork of its journal was seen", &b.frozen);
    join(t, "boomgate_lane_online", "1 while the lane's inputs are fresh", &b.lanes);
}

void handle_metrics(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct text t = {0};
    struct place_list places = {0};
    if (!query_known(q, NULL, 0, r))
        return;
    add_metrics(&t, h->ports.metrics);
    add_spans(&t, h->ports.metrics);
    metrics_of_providers(&t, h);
    struct reader_slot *slot = readers_take(h->readers);
    (void)reader_places(slot->reader, keep_place, &places);
    add_places(&t, &places);
    add_open_items(&t, slot->reader, &places);
    add_edges(&t, slot->reader, &places, http_moment(h).now);
    readers_put(h->readers, slot);
    free(places.places);
    r->status = 200;
    r->content_type = "text/plain; version=0.0.4; charset=utf-8";
    r->body = t.bytes;
    r->body_len = t.len;
}
