/* Memory with transactions: what is taken from the arena and what is written through arena_write
 * since arena_mark can be undone as a whole; and so can all that was done since arena_keep. */
#ifndef BOOMGATE_TESTS_SIMULATION_ARENA_H
#define BOOMGATE_TESTS_SIMULATION_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    struct arena_block *mark_block;
    size_t mark_used;
    bool keeping;
    struct arena_block *keep_block;
    size_t keep_used;
    uint8_t *log; /* old bytes, newest last */
    size_t log_len, log_size;
    size_t log_mark; /* arena_undo goes back to here */
};

/* Zeroed and aligned for anything. Lives until arena_free, or arena_undo if taken since the mark. */
void *arena_take(struct arena *a, size_t size);

/* Remembers size bytes at `to`, then copies `from` there. */
void arena_write(struct arena *a, void *to, const void *from, size_t size);

void arena_mark(struct arena *a); /* what was done before stays */
void arena_undo(struct arena *a); /* back to the mark */

/* Not between a mark and its undo. */
void arena_keep(struct arena *a);   /* in place of the one kept before */
void arena_return(struct arena *a); /* back to the one kept, which is kept no longer */

void arena_free(struct arena *a);

#endif
