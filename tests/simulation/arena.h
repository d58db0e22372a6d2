/* Memory with transactions: what is taken from the arena and what is written through arena_write
 * since arena_mark can be undone as a whole. */
#ifndef BOOMGATE_TESTS_SIMULATION_ARENA_H
#define BOOMGATE_TESTS_SIMULATION_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    struct arena_block *mark_block;
    size_t mark_used;
    uint8_t *log; /* old bytes, newest last */
    size_t log_len, log_size;
};

/* Zeroed and aligned for anything. Lives until arena_free, or arena_undo if taken since the mark. */
void *arena_take(struct arena *a, size_t size);

/* Remembers size bytes at `to`, then copies `from` there. */
void arena_write(struct arena *a, void *to, const void *from, size_t size);

void arena_mark(struct arena *a); /* what was done before stays */
void arena_undo(struct arena *a); /* back to the mark */
void arena_free(struct arena *a);

#endif
