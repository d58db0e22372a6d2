/* A few read-only connections that HTTP threads borrow for one request. */
#ifndef BOOMGATE_CLOUD_HTTP_READERS_H
#define BOOMGATE_CLOUD_HTTP_READERS_H

#include "cloud/store/reader.h"

struct readers;
struct place_cache;

/* What a thread borrows: a connection, and what was built from it (places.c). Both are the borrower's
 * alone until they are put back. */
struct reader_slot {
    struct reader *reader;
    struct place_cache *cache;
};

/* Opens `count` connections. Errors as reader_open. */
enum err readers_open(const char *file, size_t count, struct readers **ret);
void readers_close(struct readers *p); /* NULL is fine; all must be back */

/* Waits until one is free: `count` is the number of threads that may ask, so nobody waits long. */
struct reader_slot *readers_take(struct readers *p);
void readers_put(struct readers *p, struct reader_slot *slot);

#endif
