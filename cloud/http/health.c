/* Is it alive, is it ready.
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
    if (atomic_load_explicit(&h->draining, memory_order_relaxed)) {
        reply_problem(r, 503, "draining", "The daemon is about to stop.");
        return;
    }
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
