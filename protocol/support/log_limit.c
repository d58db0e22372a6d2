#include "protocol/support/log_limit.h"

#include <stddef.h>
#include <string.h>

static bool ended(const struct log_window *w, int64_t now_ms)
{
    return now_ms - w->start_ms >= LOG_LIMIT_WINDOW_MS;
}

bool log_limit_admit(struct log_limit *l, const char *event, int64_t now_ms)
{
    struct log_window *unused = NULL;
    for (struct log_window *w = l->windows; w < l->windows + LOG_LIMIT_EVENTS; w++) {
        if (!w->event) {
            unused = unused ? unused : w;
            continue;
        }
        if (strcmp(w->event, event) != 0)
            continue;
        if (w->printed < LOG_LIMIT_RECORDS) {
            w->printed++;
            return true;
        }
        w->suppressed++;
        return false;
    }
    if (unused)
        *unused = (struct log_window){.event = event, .start_ms = now_ms, .printed = 1};
    return true;
}

bool log_limit_ended(struct log_limit *l, int64_t now_ms, const char **ret_event,
                     uint64_t *ret_suppressed)
{
    for (struct log_window *w = l->windows; w < l->windows + LOG_LIMIT_EVENTS; w++) {
        if (!w->event || !ended(w, now_ms))
            continue;
        struct log_window was = *w;
        *w = (struct log_window){0};
        if (was.suppressed > 0) {
            *ret_event = was.event;
            *ret_suppressed = was.suppressed;
            return true;
        }
    }
    return false;
}
