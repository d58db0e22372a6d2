/* A bounded queue of fixed-size values between threads: any thread posts a copy, the one owner
 * drains. This is the only way into the edge's loop and the cloud's service thread.
 *
 * M1 a post never blocks on the owner's work: it copies under a short lock, or answers ERR_FULL.
 * M2 values leave in the order of the posts of each thread.
 * M3 `wake` is called after a post that made the queue non-empty, outside the lock. */
#ifndef BOOMGATE_SUPPORT_MAILBOX_H
#define BOOMGATE_SUPPORT_MAILBOX_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct mailbox;

/* Ends the process when memory is short: a mailbox is made at start. `wake` may be NULL. */
struct mailbox *mailbox_new(size_t item_size, size_t capacity, void (*wake)(void *arg), void *arg);
void mailbox_free(struct mailbox *m); /* NULL is fine; drops what is inside */

/* ERR_FULL: nothing was stored, and the drop is counted. */
enum err mailbox_post(struct mailbox *m, const void *item);

/* Moves up to `max` values into `items` (oldest first) and returns how many. An owner that gets
 * `max` drains again: posts to a mailbox that is not empty do not wake it. */
size_t mailbox_drain(struct mailbox *m, void *items, size_t max);

uint64_t mailbox_dropped(const struct mailbox *m);
size_t mailbox_depth(const struct mailbox *m);

#endif
