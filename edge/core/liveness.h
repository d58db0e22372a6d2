/* Whether every part of the edge still does its work, for the service manager's watchdog. Pure.
 *
 * W1 A part is alive while its count of progress moved within its limit. A part that has nothing to
 *    do counts that as progress; being cut off from something outside is no death either.
 * W2 The watchdog is fed only while all parts are alive: one that hangs brings a restart, which is
 *    the recovery from everything. */
#ifndef BOOMGATE_EDGE_CORE_LIVENESS_H
#define BOOMGATE_EDGE_CORE_LIVENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum liveness_part {
    LIVENESS_LANES,
    LIVENESS_JOURNAL,
    LIVENESS_UPLINK,
    LIVENESS_LINKS /* from here on */
};

enum { LIVENESS_PARTS_MAX = LIVENESS_LINKS + 16 };

struct liveness {
    size_t count;
    struct liveness_state {
        uint64_t progress;
        int64_t moved_us, limit_us;
    } parts[LIVENESS_PARTS_MAX];
};

/* `period_us` is the watchdog's. The uplink has four of them, since sessions take their time, the
 * others one. All parts start alive. */
void liveness_init(struct liveness *w, size_t links, int64_t period_us, int64_t now_us);

void liveness_note(struct liveness *w, size_t part, uint64_t progress, int64_t now_us);

/* W2; on false *ret_part is one that is not alive. */
bool liveness_alive(const struct liveness *w, int64_t now_us, size_t *ret_part);

/* "lanes" "journal" "uplink" "link" */
const char *liveness_part_word(size_t part);

#endif
