/* Readers of the feed that wait for more. While any does, one thread asks the database every LOOK_MS
 * whether somebody committed, which costs one page of shared memory; the writer knows nothing of it. */
#include "cloud/http/exchange.h"
#include "cloud/http/feed.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 20 };

struct waiter {
    struct waiter *next;
    struct exchange *exchange;
    struct feed_request request;
    int64_t until_ms; /* real time */
    bool fresh;       /* something may have been committed since it was read */
};

struct feed_wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct reader *reader;
    size_t max, count;
    struct waiter *waiters;
    bool stop;
};

static int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True: it was answered. */
static bool settle(struct feed_wait *w, struct waiter *a, bool last)
{
    struct http_reply r = {0};
    struct feed_page page = {0};
    enum err e = feed_read(w->reader, &a->request, &page);
    a->fresh = false;
    if (e == ERR_OK && page.count == 0 && !last) {
        a->fresh = page.more; /* a stretch without anything for it */
        a->request.query.after = page.seen;
        free(page.body);
        return false;
    }
    feed_reply(&r, e, &page);
    exchange_answer(a->exchange, &r);
    return true;
}

/* Takes the list, settles what can be and puts the rest back. Under the lock, which is let go meanwhile. */
static void look(struct feed_wait *w, bool committed)
{
    struct waiter *list = w->waiters, *rest = NULL;
    bool stop = w->stop;
    size_t answered = 0;
    w->waiters = NULL;
    pthread_mutex_unlock(&w->lock);
    while (list != NULL) {
        struct waiter *a = list;
        bool last = stop || real_ms() >= a->until_ms;
        list = a->next;
        if ((committed || a->fresh || last) && settle(w, a, last)) {
            free(a);
            answered++;
        } else {
            a->next = rest;
            rest = a;
        }
    }
    pthread_mutex_lock(&w->lock);
    w->count -= answered;
    while (rest != NULL) {
        struct waiter *a = rest;
        rest = a->next;
        a->next = w->waiters;
        w->waiters = a;
    }
}

static void *watch_feed(void *arg)
{
    struct feed_wait *w = arg;
    int64_t version = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->stop || w->waiters != NULL) {
        int64_t now = 0;
        if (w->waiters == NULL) {
            pthread_cond_wait(&w->changed, &w->lock);
            continue;
        }
        bool committed = reader_version(w->reader, &now) != ERR_OK || now != version;
        version = now;
        look(w, committed);
        if (w->waiters == NULL || w->stop)
            continue;
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->changed, &w->lock, &until);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum err feed_wait_new(const char *database, size_t max, struct feed_wait **ret)
{
    struct feed_wait *w = mem_alloc(sizeof *w);
    enum err e = reader_open(database, &w->reader);
    if (e != ERR_OK) {
        free(w);
        return e;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    w->max = max;
    if (pthread_create(&w->thread, NULL, watch_feed, w) != 0)
        abort();
    *ret = w;
    return ERR_OK;
}

void feed_wait_stop(struct feed_wait *w)
{
    pthread_mutex_lock(&w->lock);
    bool first = !w->stop;
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (first)
        pthread_join(w->thread, NULL);
}

void feed_wait_free(struct feed_wait *w)
{
    if (w == NULL)
        return;
    feed_wait_stop(w);
    reader_close(w->reader);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

bool feed_wait_add(struct feed_wait *w, struct exchange *x, const struct feed_request *q)
{
    struct waiter *a = mem_alloc(sizeof *a);
    *a = (struct waiter){.exchange = x,
                         .request = *q,
                         .until_ms = real_ms() + q->wait_s * INT64_C(1000),
                         .fresh = true};
    pthread_mutex_lock(&w->lock);
    bool ok = !w->stop && w->count < w->max && exchange_suspend(x);
    if (ok) {
        watch_exempt(x->watched); /* the answer's own deadline begins with it */
        a->next = w->waiters;
        w->waiters = a;
        w->count++;
        pthread_cond_signal(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    if (!ok)
        free(a);
    return ok;
}
