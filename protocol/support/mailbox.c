#include "protocol/support/mailbox.h"

#include "protocol/support/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A ring of `capacity` values. `depth` and `dropped` change under the lock; they are atomic so that
 * metrics read them without it. */
struct mailbox {
    pthread_mutex_t lock;
    void (*wake)(void *arg);
    void *arg;
    size_t item_size;
    size_t capacity;
    size_t first; /* index of the oldest value */
    atomic_size_t depth;
    atomic_uint_least64_t dropped;
    unsigned char *items;
};

struct mailbox *mailbox_new(size_t item_size, size_t capacity, void (*wake)(void *arg), void *arg)
{
    struct mailbox *m = mem_alloc(sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->wake = wake;
    m->arg = arg;
    m->item_size = item_size;
    m->capacity = capacity;
    m->items = mem_alloc(item_size * capacity);
    return m;
}

void mailbox_free(struct mailbox *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m->items);
    free(m);
}

enum err mailbox_post(struct mailbox *m, const void *item)
{
    pthread_mutex_lock(&m->lock);
    size_t depth = atomic_load(&m->depth);
    bool full = depth == m->capacity;
    if (full) {
        atomic_fetch_add(&m->dropped, 1);
    } else {
        size_t at = (m->first + depth) % m->capacity;
        memcpy(m->items + at * m->item_size, item, m->item_size);
        atomic_store(&m->depth, depth + 1);
    }
    pthread_mutex_unlock(&m->lock);
    if (full)
        return ERR_FULL;
    if (depth == 0 && m->wake)
        m->wake(m->arg);
    return ERR_OK;
}

size_t mailbox_drain(struct mailbox *m, void *items, size_t max)
{
    unsigned char *to = items;
    pthread_mutex_lock(&m->lock);
    size_t depth = atomic_load(&m->depth);
    size_t n = depth < max ? depth : max;
    for (size_t i = 0; i < n; i++) {
        memcpy(to + i * m->item_size, m->items + m->first * m->item_size, m->item_size);
        m->first = (m->first + 1) % m->capacity;
    }
    atomic_store(&m->depth, depth - n);
    pthread_mutex_unlock(&m->lock);
    return n;
}

uint64_t mailbox_dropped(const struct mailbox *m)
{
    return atomic_load(&m->dropped);
}

size_t mailbox_depth(const struct mailbox *m)
{
    return atomic_load(&m->depth);
}
