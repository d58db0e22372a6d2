#include "cloud/http/frames.h"

#include <stdlib.h>
#include <string.h>

struct frame *frame_new(char *bytes, size_t len)
{
    struct frame *f = calloc(1, sizeof *f);
    if (f != NULL)
        *f = (struct frame){bytes, len, 1};
    return f;
}

void frame_put(struct frame *f)
{
    if (f == NULL || --f->references > 0)
        return;
    free(f->bytes);
    free(f);
}

void frames_begin(struct frames *f, struct frame *snapshot)
{
    f->snapshot = snapshot;
}

bool frames_add(struct frames *f, struct frame *frame)
{
    bool many_bytes = f->count > 0 && f->bytes + frame->len > FRAMES_BYTES;
    if (f->overflow || f->count == FRAMES_MAX || many_bytes) {
        f->overflow = true;
        return false;
    }
    frame->references++;
    f->queue[(f->first + f->count++) % FRAMES_MAX] = frame;
    f->bytes += frame->len;
    return true;
}

/* The frame that is leaving; NULL: none. */
static struct frame *leaving(const struct frames *f)
{
    if (f->snapshot != NULL)
        return f->snapshot;
    return f->count > 0 ? f->queue[f->first] : NULL;
}

static void left(struct frames *f)
{
    f->at = 0;
    if (f->snapshot != NULL) {
        frame_put(f->snapshot);
        f->snapshot = NULL;
        return;
    }
    f->bytes -= f->queue[f->first]->len;
    frame_put(f->queue[f->first]);
    f->first = (f->first + 1) % FRAMES_MAX;
    f->count--;
}

size_t frames_take(struct frames *f, char *ret, size_t max)
{
    size_t taken = 0;
    for (struct frame *frame; taken < max && (frame = leaving(f)) != NULL;) {
        size_t rest = frame->len - f->at;
        size_t n = rest < max - taken ? rest : max - taken;
        memcpy(ret + taken, frame->bytes + f->at, n);
        taken += n;
        f->at += n;
        if (f->at == frame->len)
            left(f);
    }
    return taken;
}

void frames_clear(struct frames *f)
{
    while (leaving(f) != NULL)
        left(f);
}
