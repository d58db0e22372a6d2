/* The thread that gives out tokens: comparing a secret takes long on purpose (I3). */
#include "cloud/identity/inside.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUE_MAX = 64 };

struct waiting {
    struct token_request question;
    void (*done)(void *arg, int status, json_t *body);
    void *arg;
};

struct desk {
    struct identity *identity;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    size_t first, count;
    struct waiting *queue[QUEUE_MAX]; /* ring */
};

static struct waiting *take(struct desk *d)
{
    struct waiting *w = NULL;
    pthread_mutex_lock(&d->lock);
    while (d->count == 0 && !d->stop)
        pthread_cond_wait(&d->changed, &d->lock);
    if (d->count > 0) {
        w = d->queue[d->first];
        d->first = (d->first + 1) % QUEUE_MAX;
        d->count--;
    }
    pthread_mutex_unlock(&d->lock);
    return w;
}

static void *run(void *arg)
{
    struct desk *d = arg;
    struct waiting *w;
    while ((w = take(d)) != NULL) {
        json_t *body;
        int status = token_answer(d->identity, &w->question, &body);
        explicit_bzero(&w->question, sizeof w->question);
        w->done(w->arg, status, body);
        free(w);
    }
    return NULL;
}

struct desk *desk_new(struct identity *i)
{
    struct desk *d = mem_alloc(sizeof *d);
    d->identity = i;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    if (pthread_create(&d->thread, NULL, run, d) != 0)
        abort();
    return d;
}

void desk_free(struct desk *d)
{
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

enum err identity_ask(struct identity *i, const struct token_request *q,
                      void (*done)(void *arg, int status, json_t *body), void *arg)
{
    struct desk *d = i->desk;
    enum err e = ERR_FULL;
    if (i->settings.key_count == 0)
        return ERR_NOTFOUND;
    pthread_mutex_lock(&d->lock);
    if (d->count < QUEUE_MAX) {
        struct waiting *w = mem_alloc(sizeof *w);
        *w = (struct waiting){*q, done, arg};
        d->queue[(d->first + d->count++) % QUEUE_MAX] = w;
        pthread_cond_signal(&d->changed);
        e = ERR_OK;
    }
    pthread_mutex_unlock(&d->lock);
    return e;
}
