/* Is it alive, is it ready, and what does it count.
 *
 * Alive means that work put into the service's queue comes out of it: a probe goes the way of every
 * command (an operator's question about a place that cannot exist) and must be answered within 10 s. */
#include "cloud/http/server.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROBE_EVERY_MS = 2000, ALIVE_MS = 10000 };

struct probe {
    struct http *http;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    bool under_way;
    int64_t answered_ms; /* real time of the last answer */
};

static int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void probe_answered(void *arg, const struct admin_result *result)
{
    struct probe *p = arg;
    (void)result;
    pthread_mutex_lock(&p->lock);
    p->under_way = false;
    p->answered_ms = real_ms();
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void probe_send(struct probe *p)
{
    const struct http_ports *ports = &p->http->ports;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin = (struct admin_command){
        .kind = ADMIN_PLACE_RESUME, /* of the place without a name, which never exists */
        .done = probe_answered,
        .arg = p,
    };
    if (ports->post(ports->post_self, w) != ERR_OK) {
        work_free(w);
        pthread_mutex_lock(&p->lock);
        p->under_way = false;
        pthread_mutex_unlock(&p->lock);
    }
}

static void *probe_run(void *arg)
{
    struct probe *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        struct timespec until;
        if (!p->under_way) {
            p->under_way = true;
            pthread_mutex_unlock(&p->lock);
            probe_send(p);
            pthread_mutex_lock(&p->lock);
        }
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += PROBE_EVERY_MS / 1000;
        while (!p->stop && pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct probe *probe_new(struct http *h)
{
    struct probe *p = mem_alloc(sizeof *p);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->lock, NULL);
    p->http = h;
    p->answered_ms = real_ms();
    if (pthread_create(&p->thread, NULL, probe_run, p) != 0)
        abort();
    return p;
}

void probe_free(struct probe *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_mutex_lock(&p->lock);
    while (p->under_way) /* the service answers what it was given, at the latest when it stops */
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static int64_t silent_ms(struct probe *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t silent = real_ms() - p->answered_ms;
    pthread_mutex_unlock(&p->lock);
    return silent;
}

bool http_progress(const struct http *h)
{
    return silent_ms(h->probe) <= ALIVE_MS;
}

static bool is_alive(struct http *h, struct http_reply *r)
{
    if (http_progress(h))
        return true;
    reply_problem(r, 503, "no_progress", "The service has not taken any work for 10 s.");
    return false;
}

static void reply_ok(struct http_reply *r)
{
    reply_json(r, 200, json_pack("{s:s}", "status", "ok"));
}

void handle_health(struct http *h, struct http_request *q, struct http_reply *r)
{
    if (query_known(q, NULL, 0, r) && is_alive(h, r))
        reply_ok(r);
}

void handle_ready(struct http *h, struct http_request *q, struct http_reply *r)
{
    int64_t version;
    if (!query_known(q, NULL, 0, r) || !is_alive(h, r))
        return;
    if (metrics_get(h->ports.metrics, METRIC_BROKER_UP) == 0) {
        reply_problem(r, 503, "no_broker", "The broker is not connected.");
        r->retry_after_s = 1;
        return;
    }
    struct reader_slot *slot = readers_take(h->readers);
    enum err e = reader_version(slot->reader, &version);
    readers_put(h->readers, slot);
    if (e == ERR_OK)
        reply_ok(r);
    else
        reply_reader_error(r, e, "database");
}

/* ---- metrics: Prometheus text format 0.0.4 ---- */

struct text {
    char *bytes;
    size_t len, size;
};

static void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void text_add(struct text *t, const char *format, ...)
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

static void add_breakers(struct text *t, struct http *h)
{
    enum { BREAKERS_MAX = 16 };
    struct http_breaker rows[BREAKERS_MAX];
    if (h->ports.breakers == NULL)
        return;
    size_t n = h->ports.breakers(h->ports.breakers_self, rows, BREAKERS_MAX);
    text_add(t, "# HELP boomgate_payment_breaker_closed Whether calls to the provider are let "
                "through.\n# TYPE boomgate_payment_breaker_closed gauge\n");
    for (size_t i = 0; i < n; i++)
        text_add(t, "boomgate_payment_breaker_closed{provider=\"%s\"} %d\n", rows[i].name,
                 strcmp(rows[i].state, "closed") == 0);
}

static void add_place(void *arg, const struct place_view *p)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"capacity", offsetof(struct place_view, row.settings.capacity)},
        {"occupied", offsetof(struct place_view, row.occupied)},
        {"pending", offsetof(struct place_view, row.pending)},
        {"pool", offsetof(struct place_view, row.pool)},
        {"overdraft", offsetof(struct place_view, row.overdraft)},
        {"open_sessions", offsetof(struct place_view, row.open_sessions)},
        {"anomalies", offsetof(struct place_view, anomalies)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        text_add(arg, "boomgate_place{place=\"%s\",count=\"%s\"} %lld\n",
                 p->row.settings.place.text, rows[i].name,
                 (long long)*(const int64_t *)(const void *)((const char *)p + rows[i].offset));
}

void handle_metrics(struct http *h, struct http_request *q, struct http_reply *r)
{
    struct text t = {0};
    if (!query_known(q, NULL, 0, r))
        return;
    add_metrics(&t, h->ports.metrics);
    add_spans(&t, h->ports.metrics);
    add_breakers(&t, h);
    text_add(&t, "# HELP boomgate_place The ledger of each place.\n"
                 "# TYPE boomgate_place gauge\n");
    struct reader_slot *slot = readers_take(h->readers);
    (void)reader_places(slot->reader, add_place, &t);
    readers_put(h->readers, slot);
    r->status = 200;
    r->content_type = "text/plain; version=0.0.4; charset=utf-8";
    r->body = t.bytes;
    r->body_len = t.len;
}
