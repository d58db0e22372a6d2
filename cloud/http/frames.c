#include "cloud/http/frames.h"

#include <stdlib.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool frames_add(struct frames *f, const char *bytes, size_t len)
{
    if (f->overflow || len > FRAMES_BYTES - f->len) {
        f->overflow = true;
        return false;
    }
    size_t end = (f->begin + f->len) % FRAMES_BYTES;
    size_t first = smaller(len, FRAMES_BYTES - end);
    memcpy(f->ring + end, bytes, first);
    memcpy(f->ring, bytes + first, len - first);
    f->len += len;
    return true;
}

static size_t take_snapshot(struct frames *f, char *ret, size_t max)
{
    size_t n = smaller(max, f->snapshot_len - f->snapshot_at);
    memcpy(ret, f->snapshot + f->snapshot_at, n);
    f->snapshot_at += n;
    if (f->snapshot_at == f->snapshot_len) {
        free(f->snapshot);
        f->snapshot = NULL;
    }
    return n;
}

size_t frames_take(struct frames *f, char *ret, size_t max)
{
    if (f->snapshot != NULL && f->snapshot_len > 0)
        return take_snapshot(f, ret, max);
    size_t n = smaller(max, f->len);
    size_t first = smaller(n, FRAMES_BYTES - f->begin);
    memcpy(ret, f->ring + f->begin, first);
    memcpy(ret + first, f->ring, n - first);
    f->begin = (f->begin + n) % FRAMES_BYTES;
    f->len -= n;
    return n;
}

void frames_clear(struct frames *f)
{
    free(f->snapshot);
    f->snapshot = NULL;
}
