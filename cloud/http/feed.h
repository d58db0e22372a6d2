/* GET /v1/events: the feed of all that happened (PROTOCOL.md, "The feed"), read by cursor.
 *
 * F1 A cursor is the number of an entry in the order of commit. Entries never change their number, so
 *    whoever goes on with `next` misses none and sees none twice; after a crash of the reader it goes on
 *    with the last `next` it kept, and may see again what came since (at least once).
 * F2 An answer is bounded by `limit` and by ANSWER_BYTES; a filter that finds nothing in a long stretch
 *    answers with no events, a later `next` and `more` true.
 * F3 Who waits is answered as soon as something for it is committed, at its time, or when the server
 *    stops; no thread is held meanwhile. */
#ifndef BOOMGATE_CLOUD_HTTP_FEED_H
#define BOOMGATE_CLOUD_HTTP_FEED_H

#include "cloud/http/server.h"

/* What a request asks for; the caller's places bound it further. */
struct feed_request {
    struct feed_query query;
    struct principal principal;
    int wait_s;
};

struct feed_page {
    char *body; /* heap: the whole answer */
    size_t len;
    size_t count;
    int64_t seen;
    bool more;
};

/* Reads one page. ERR_CONFLICT: the cursor is ahead of everything. */
enum err feed_read(struct reader *reader, const struct feed_request *q, struct feed_page *ret);

/* The reply for a page, which it takes over, or for the error of reading it. */
void feed_reply(struct http_reply *r, enum err e, struct feed_page *page);

struct feed_wait;
/* A thread that watches for commits, with a reader of its own. Errors as reader_open. */
enum err feed_wait_new(const char *database, size_t max, struct feed_wait **ret);
/* Answers all that wait and ends the thread; later requests are not taken. */
void feed_wait_stop(struct feed_wait *w);
void feed_wait_free(struct feed_wait *w); /* NULL is fine; stopped first */
/* Suspends the exchange and answers it later. False: too many wait, or the server stops. */
bool feed_wait_add(struct feed_wait *w, struct exchange *x, const struct feed_request *q);

#endif
