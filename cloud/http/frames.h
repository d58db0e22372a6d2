/* The bytes of one live stream that its client has not taken yet: a snapshot at the beginning, then a
 * bounded queue of events. Pure.
 *
 * F1 An event enters whole or not at all; what leaves is exactly what entered, in order.
 * F2 A queue that cannot take an event stays full for ever: a client that missed one must be cut, so
 *    that it starts again from a snapshot. */
#ifndef BOOMGATE_CLOUD_HTTP_FRAMES_H
#define BOOMGATE_CLOUD_HTTP_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { FRAMES_BYTES = 64 * 1024 };

struct frames {
    char *snapshot; /* heap, owned; NULL when taken */
    size_t snapshot_len, snapshot_at;
    bool overflow;
    size_t begin, len; /* of the ring */
    char ring[FRAMES_BYTES];
};

/* F2: false once it does not fit. */
bool frames_add(struct frames *f, const char *bytes, size_t len);

/* Takes up to `max` bytes into ret; 0: nothing waits. Frees the snapshot once it is taken. */
size_t frames_take(struct frames *f, char *ret, size_t max);

void frames_clear(struct frames *f);

#endif
