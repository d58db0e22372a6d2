/* The read model: pictures of the feed for reports, in a file of their own beside the ledger.
 *
 * W1 A view is a function of the feed's entries and of nothing else: no clock, no chance, no order of rows.
 *    Made again from the first entry it is equal, byte by byte (views_rebuild compares).
 * W2 Entries are applied in their order, each once: how far is written in the transaction that applies them.
 * W3 The ledger's writer never waits: its file is read through a read-only connection, a batch at a time.
 * W4 A file that is damaged, or of another version, is thrown away and made again.
 *
 * Not thread-safe; a reader on another thread opens reports.h. Errors: ERR_IO as in db.h, ERR_UNAVAIL busy. */
#ifndef BOOMGATE_CLOUD_VIEW_VIEWS_H
#define BOOMGATE_CLOUD_VIEW_VIEWS_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct views;

/* Which file a name stands for. */
struct views_file {
    dev_t device;
    ino_t number; /* 0: none */
};
struct views_file views_file_of(const char *file);
bool views_file_same(const struct views_file *a, const char *file);

enum { VIEWS_PATH_SIZE = 512, VIEWS_BATCH = 500 };

/* The file of the views of this ledger. ERR_FULL: too long. */
enum err views_path(const char *database, char *ret, size_t size);

/* `database` is the ledger's file, which must exist with its schema. */
enum err views_open(const char *database, struct views **ret);
void views_close(struct views *v); /* NULL is fine */

/* Applies up to VIEWS_BATCH entries. *ret_more: there are more. */
enum err views_step(struct views *v, bool *ret_more);

/* Somebody removed the file or put another one in its place: what is open leads nowhere. */
bool views_gone(const struct views *v);

/* How far it is, and how far the feed is. */
enum err views_progress(struct views *v, int64_t *ret_seen, int64_t *ret_head);

struct views_check {
    int64_t entries;   /* applied anew */
    bool equal;        /* as they were */
    const char *table; /* the first that differed; NULL if equal */
};

/* Makes them again beside, up to where they are, and puts what came out in their place at once if it
 * differs. `progress` is told now and then; may be NULL. Readers see the old ones meanwhile. */
enum err views_rebuild(struct views *v, void (*progress)(void *arg, int64_t done, int64_t of),
                       void *arg, struct views_check *ret);

/* ---- a thread that follows the feed ---- */

struct views_thread;
enum err views_thread_start(const char *database, struct views_thread **ret);
void views_thread_stop(struct views_thread *t); /* joins and frees; NULL is fine */

#endif
