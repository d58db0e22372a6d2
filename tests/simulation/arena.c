#include "tests/simulation/arena.h"

#include "protocol/support/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 256 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t used, size;
    alignas(max_align_t) uint8_t bytes[];
};

/* Follows the old bytes in the log. */
struct undo {
    void *to;
    size_t size;
};

static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

void *arena_take(struct arena *a, size_t size)
{
    struct arena_block *b = a->blocks;
    size = aligned(size);
    if (!b || b->size - b->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        b = mem_alloc(sizeof *b + room);
        b->size = room;
        b->older = a->blocks;
        a->blocks = b;
    }
    void *p = b->bytes + b->used;
    b->used += size;
    memset(p, 0, size);
    return p;
}

static void log_push(struct arena *a, const void *bytes, size_t size)
{
    if (a->log_len + size > a->log_size) {
        a->log_size = (a->log_len + size) * 2;
        a->log = mem_resize(a->log, a->log_size);
    }
    memcpy(a->log + a->log_len, bytes, size);
    a->log_len += size;
}

void arena_write(struct arena *a, void *to, const void *from, size_t size)
{
    struct undo u = {to, size};
    log_push(a, to, size);
    log_push(a, &u, sizeof u);
    memcpy(to, from, size);
}

void arena_mark(struct arena *a)
{
    a->mark_block = a->blocks;
    a->mark_used = a->blocks ? a->blocks->used : 0;
    if (!a->keeping)
        a->log_len = 0;
    a->log_mark = a->log_len;
}

void arena_undo(struct arena *a)
{
    while (a->log_len > a->log_mark) {
        struct undo u;
        a->log_len -= sizeof u;
        memcpy(&u, a->log + a->log_len, sizeof u);
        a->log_len -= u.size;
        memcpy(u.to, a->log + a->log_len, u.size);
    }
    while (a->blocks != a->mark_block) {
        struct arena_block *b = a->blocks;
        a->blocks = b->older;
        free(b);
    }
    if (a->blocks)
        a->blocks->used = a->mark_used;
}

void arena_keep(struct arena *a)
{
    a->keeping = false;
    arena_mark(a);
    a->keeping = true;
    a->keep_block = a->mark_block;
    a->keep_used = a->mark_used;
}

void arena_return(struct arena *a)
{
    a->mark_block = a->keep_block;
    a->mark_used = a->keep_used;
    a->log_mark = 0;
    arena_undo(a);
    a->keeping = false;
}

void arena_free(struct arena *a)
{
    a->mark_block = NULL;
    a->log_len = a->log_mark = 0;
    arena_undo(a);
    free(a->log);
    *a = (struct arena){0};
}
