/* Whether every part of the edge still does its work, for the service manager's watchdog. Pure.
 *
 * W1 A part is alive while its count of progress moved within its limit. A part that has nothing to
 *    do counts that as progress; being cut off from something outside is no death either.
 * W2 The watchdog is fed only while all parts are alive: one that hangs brings a restart, which is
 *    the recovery from everything. */
#ifndef BOOMGATE_EDGE_CORE_WATCH_H
#define BOOMGATE_EDGE_CORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum watch_part { WATCH_LANES, WATCH_JOURNAL, WATCH_UPLINK, WATCH_LINKS /* from here on */ };

enum { WATCH_PARTS_MAX = WATCH_LINKS + 16 };

struct watch {
    size_t count;
    struct watch_state {
        uint64_t progress;
        int64_t moved_us, limit_us;
    } parts[WATCH_PARTS_MAX];
};

/* `period_us` is the watchdog's. The uplink has four of them, since sessions take their time, the
 * others one. All parts start alive. */
void watch_init(struct watch *w, size_t links, int64_t period_us, int64_t now_us);

void watch_note(struct watch *w, size_t part, uint64_t progress, int64_t now_us);

/* W2; on false *ret_part is one that is not alive. */
bool watch_alive(const struct watch *w, int64_t now_us, size_t *ret_part);

/* "lanes" "journal" "uplink" "link" */
const char *watch_part_word(size_t part);

#endif
