/* Deadlines of connections. The library's own timeout starts again with every byte, so that a client
 * that drips its request one byte at a time would keep a connection for ever.
 *
 * A connection gets `request_ms` for each phase: to send a whole request head (or stay idle), to send
 * its body, to take the answer. Past it the socket is shut down; the library then sees the end. */
#include "cloud/http/server.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { SCAN_MS = 250 };

struct watched {
    struct watched *next, *previous;
    int fd;
    _Atomic int64_t deadline_ms;
};

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    pthread_t thread;
    bool stop;
    int64_t request_ms;
    struct watched list; /* ring with a head */
};

static int64_t coarse_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_overdue(struct watch *w)
{
    int64_t now = coarse_ms();
    for (struct watched *c = w->list.next; c != &w->list; c = c->next) {
        if (atomic_load_explicit(&c->deadline_ms, memory_order_relaxed) > now)
            continue;
        /* Under the lock: the number cannot have been reused, watch_remove comes before close. */
        shutdown(c->fd, SHUT_RDWR);
        watch_exempt(c);
    }
}

static void *watch_run(void *arg)
{
    struct watch *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)SCAN_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->stopped, &w->lock, &until);
        close_overdue(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct watch *watch_new(int64_t request_ms)
{
    struct watch *w = mem_alloc(sizeof *w);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    w->request_ms = request_ms;
    w->list.next = w->list.previous = &w->list;
    if (pthread_create(&w->thread, NULL, watch_run, w) != 0)
        abort();
    return w;
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->stopped);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->stopped);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct watched *watch_add(struct watch *w, int fd)
{
    struct watched *c = mem_alloc(sizeof *c);
    c->fd = fd;
    watch_extend(w, c);
    pthread_mutex_lock(&w->lock);
    c->next = w->list.next;
    c->previous = &w->list;
    c->next->previous = c;
    w->list.next = c;
    pthread_mutex_unlock(&w->lock);
    return c;
}

void watch_remove(struct watch *w, struct watched *c)
{
    pthread_mutex_lock(&w->lock);
    c->next->previous = c->previous;
    c->previous->next = c->next;
    pthread_mutex_unlock(&w->lock);
    free(c);
}

void watch_extend(struct watch *w, struct watched *c)
{
    atomic_store_explicit(&c->deadline_ms, coarse_ms() + w->request_ms, memory_order_relaxed);
}

void watch_exempt(struct watched *c)
{
    atomic_store_explicit(&c->deadline_ms, INT64_MAX, memory_order_relaxed);
}
