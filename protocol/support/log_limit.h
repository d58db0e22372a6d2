/* The log's memory of repeats, apart from the log so that time can be an argument: pure, not
 * locked.
 *
 * An event opens a window of 10 s; its first 10 records in the window are printed, the rest
 * counted. A window that has ended is taken out with its count and the next record opens a new one.
 */
#ifndef BOOMGATE_SUPPORT_LOG_LIMIT_H
#define BOOMGATE_SUPPORT_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_LIMIT_RECORDS = 10, LOG_LIMIT_WINDOW_MS = 10000, LOG_LIMIT_EVENTS = 128 };

/* Zero-initialised: empty. */
struct log_limit {
    struct log_window {
        const char *event; /* NULL: free. Event names are constants and are not copied */
        int64_t start_ms;
        unsigned printed;
        uint64_t suppressed;
    } windows[LOG_LIMIT_EVENTS];
};

/* True if this record is to be printed. Beyond LOG_LIMIT_EVENTS different events within one window
 * (there are fewer in the source) the newcomers are not limited. */
bool log_limit_admit(struct log_limit *l, const char *event, int64_t now_ms);

/* Takes out one ended window that suppressed something: true, its event and count. Call until
 * false, before log_limit_admit. */
bool log_limit_ended(struct log_limit *l, int64_t now_ms, const char **ret_event,
                     uint64_t *ret_suppressed);

#endif
