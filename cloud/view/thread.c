/* The views follow the feed: a thread looks for commits of the ledger and applies what is new. */
#include "cloud/view/inside.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_MS = 100, TROUBLE_MS = 5000 };

struct views_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    char database[VIEWS_PATH_SIZE];
    struct views *views; /* NULL: they are opened again after a pause */
};

/* False: it is time to stop. */
static bool rest(struct views_thread *t, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&t->lock);
    while (!t->stop && pthread_cond_timedwait(&t->changed, &t->lock, &until) == 0)
        ;
    bool go_on = !t->stop;
    pthread_mutex_unlock(&t->lock);
    return go_on;
}

static bool stopping(struct views_thread *t)
{
    pthread_mutex_lock(&t->lock);
    bool stop = t->stop;
    pthread_mutex_unlock(&t->lock);
    return stop;
}

static void drop(struct views_thread *t)
{
    views_close(t->views);
    t->views = NULL;
}

/* W4 holds while it runs, too: opening finds out what is wrong with the file. */
static enum err open_again(struct views_thread *t, int64_t *version)
{
    if (t->views != NULL && !views_gone(t->views))
        return ERR_OK;
    drop(t);
    *version = -1;
    return views_open(t->database, &t->views);
}

static void *follow(void *arg)
{
    struct views_thread *t = arg;
    int64_t version = -1, now = 0;
    int64_t pause_ms = 0;
    while (rest(t, pause_ms)) {
        bool more = true;
        enum err e = open_again(t, &version);
        if (e == ERR_OK)
            e = reader_version(t->views->reader, &now);
        pause_ms = LOOK_MS;
        while (e == ERR_OK && now != version && more && !stopping(t))
            e = views_step(t->views, &more);
        if (e == ERR_OK) {
            version = more && now != version ? version : now;
        } else if (e != ERR_UNAVAIL) {
            log_warn("views.failed", LT("error", err_text(e)));
            drop(t);
            pause_ms = TROUBLE_MS;
        }
    }
    return NULL;
}

enum err views_thread_start(const char *database, struct views_thread **ret)
{
    struct views_thread *t = mem_alloc(sizeof *t);
    struct buf b = buf_of(t->database, sizeof t->database);
    buf_adds(&b, database);
    enum err e = b.overflow ? ERR_FULL : views_open(database, &t->views);
    if (e != ERR_OK) {
        free(t);
        return e;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&t->lock, NULL);
    if (pthread_create(&t->thread, NULL, follow, t) != 0)
        abort();
    *ret = t;
    return ERR_OK;
}

void views_thread_stop(struct views_thread *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    views_close(t->views);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
