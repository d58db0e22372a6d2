/* What one live stream's client has not taken yet: a snapshot to begin with, then a bounded queue of
 * frames that all clients share. Pure; all frames of one hub are used under one lock.
 *
 * F1 A frame enters whole or not at all; what leaves is exactly what entered, in order.
 * F2 A queue that could not take a frame stays full for ever: a client that missed one must be cut, so
 *    that it starts again from a snapshot.
 * F3 Memory is bounded by the frames, not by the clients: each exists once, until the last client took it
 *    or was cut. A single frame of any size is always taken. */
#ifndef BOOMGATE_CLOUD_HTTP_FRAMES_H
#define BOOMGATE_CLOUD_HTTP_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { FRAMES_MAX = 64, FRAMES_BYTES = 512 * 1024 };

struct frame {
    char *bytes; /* heap, owned */
    size_t len;
    int references;
};

/* Takes over `bytes` (heap) and returns a frame with one reference, or NULL when memory is short (the
 * bytes stay the caller's). */
struct frame *frame_new(char *bytes, size_t len);
void frame_put(struct frame *f); /* NULL is fine */

struct frames {
    struct frame *snapshot; /* leaves first; NULL when taken */
    struct frame *queue[FRAMES_MAX];
    size_t first, count;
    size_t at;    /* how much of the frame that is leaving has left */
    size_t bytes; /* of the queue */
    bool overflow;
};

/* Sets the snapshot; takes over the reference. Before the first frames_take. */
void frames_begin(struct frames *f, struct frame *snapshot);

/* Takes a reference of its own. F2: false once it does not fit. */
bool frames_add(struct frames *f, struct frame *frame);

/* Takes up to `max` bytes into ret; 0: nothing waits. */
size_t frames_take(struct frames *f, char *ret, size_t max);

/* Lets go of everything. */
void frames_clear(struct frames *f);

#endif
