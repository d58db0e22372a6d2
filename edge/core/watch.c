#include "edge/core/watch.h"

enum { UPLINK_PERIODS = 4 };

void watch_init(struct watch *w, size_t links, int64_t period_us, int64_t now_us)
{
    *w = (struct watch){.count = WATCH_LINKS + links};
    if (w->count > WATCH_PARTS_MAX)
        w->count = WATCH_PARTS_MAX;
    for (size_t i = 0; i < w->count; i++) {
        w->parts[i].moved_us = now_us;
        w->parts[i].limit_us = i == WATCH_UPLINK ? UPLINK_PERIODS * period_us : period_us;
    }
}

void watch_note(struct watch *w, size_t part, uint64_t progress, int64_t now_us)
{
    struct watch_state *p = &w->parts[part];
    if (part >= w->count || p->progress == progress)
        return;
    p->progress = progress;
    p->moved_us = now_us;
}

bool watch_alive(const struct watch *w, int64_t now_us, size_t *ret_part)
{
    for (size_t i = 0; i < w->count; i++) {
        if (now_us - w->parts[i].moved_us <= w->parts[i].limit_us)
            continue;
        *ret_part = i;
        return false;
    }
    return true;
}

const char *watch_part_word(size_t part)
{
    static const char *const words[] = {"lanes", "journal", "uplink", "link"};
    return words[part < WATCH_LINKS ? part : WATCH_LINKS];
}
