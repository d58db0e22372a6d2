#include "cloud/http/server.h"
#include "protocol/support/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct readers {
    pthread_mutex_t lock;
    pthread_cond_t back;
    size_t count;
    struct reader_slot *slots;
    size_t free_count;
    struct reader_slot **free; /* the free ones, as a stack: the warmest is taken first */
};

enum err readers_open(const char *file, size_t count, struct readers **ret)
{
    struct readers *p = mem_alloc(sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->back, NULL);
    p->slots = mem_alloc(count * sizeof *p->slots);
    p->free = mem_alloc(count * sizeof(struct reader_slot *));
    for (; p->count < count; p->count++) {
        enum err e = reader_open(file, &p->slots[p->count].reader);
        if (e != ERR_OK) {
            readers_close(p);
            return e;
        }
        p->slots[p->count].cache = place_cache_new();
        p->free[p->free_count++] = &p->slots[p->count];
    }
    *ret = p;
    return ERR_OK;
}

void readers_close(struct readers *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++) {
        reader_close(p->slots[i].reader);
        place_cache_free(p->slots[i].cache);
    }
    pthread_cond_destroy(&p->back);
    pthread_mutex_destroy(&p->lock);
    free(p->free);
    free(p->slots);
    free(p);
}

struct reader_slot *readers_take(struct readers *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->free_count == 0)
        pthread_cond_wait(&p->back, &p->lock);
    struct reader_slot *slot = p->free[--p->free_count];
    pthread_mutex_unlock(&p->lock);
    return slot;
}

void readers_put(struct readers *p, struct reader_slot *slot)
{
    pthread_mutex_lock(&p->lock);
    p->free[p->free_count++] = slot;
    pthread_cond_signal(&p->back);
    pthread_mutex_unlock(&p->lock);
}
