#include "edge/core/liveness.h"

enum { UPLINK_PERIODS = 4 };

void liveness_init(struct liveness *w, size_t links, int64_t period_us, int64_t now_us)
{
    *w = (struct liveness){.count = LIVENESS_LINKS + links};
    if (w->count > LIVENESS_PARTS_MAX)
        w->count = LIVENESS_PARTS_MAX;
    for (size_t i = 0; i < w->count; i++) {
        w->parts[i].moved_us = now_us;
        w->parts[i].limit_us = i == LIVENESS_UPLINK ? UPLINK_PERIODS * period_us : period_us;
    }
}

void liveness_note(struct liveness *w, size_t part, uint64_t progress, int64_t now_us)
{
    struct liveness_state *p = &w->parts[part];
    if (part >= w->count || p->progress == progress)
        return;
    p->progress = progress;
    p->moved_us = now_us;
}

bool liveness_alive(const struct liveness *w, int64_t now_us, size_t *ret_part)
{
    for (size_t i = 0; i < w->count; i++) {
        if (now_us - w->parts[i].moved_us <= w->parts[i].limit_us)
            continue;
        *ret_part = i;
        return false;
    }
    return true;
}

const char *liveness_part_word(size_t part)
{
    static const char *const words[] = {"lanes", "journal", "uplink", "link"};
    return words[part < LIVENESS_LINKS ? part : LIVENESS_LINKS];
}
