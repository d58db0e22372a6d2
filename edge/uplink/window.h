/* The sliding window over the outbox (PROTOCOL.md, "Stream"): go-back-N on cumulative
 * acknowledgement. Pure; times are real microseconds, since the network's are.
 *
 * W1 A row is sent only if every row between base and it was sent in this session: order is kept.
 * W2 base < row <= base + limit for every row sent, and at most `limit` messages are in the client.
 * W3 Only an acknowledgement moves base; the broker's PUBACK frees the client's buffer, nothing
 *    else.
 * W4 Without progress for wait_ms everything after base is sent again; wait_ms is 1 s, doubles with
 *    each repetition to 30 s (plus up to a quarter of jitter) and returns to 1 s with progress. */
#ifndef BOOMGATE_EDGE_UPLINK_WINDOW_H
#define BOOMGATE_EDGE_UPLINK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum { WINDOW_MAX = 64, WINDOW_WAIT_MIN_MS = 1000, WINDOW_WAIT_MAX_MS = 30000 };

struct window {
    int64_t epoch; /* of the rows */
    int64_t base;  /* acknowledged */
    int64_t sent;  /* last one sent, >= base */
    int64_t next;  /* rows up to next - 1 exist */
    int64_t limit;
    int64_t wait_ms;
    int64_t deadline_us; /* 0: nothing is waited for */
};

/* A new session: nothing of it was sent. `receive_max` is the broker's, 1..65535. */
void window_open(struct window *w, uint16_t receive_max);

/* What the journal holds now. A new epoch starts over. Returns true if base moved. */
bool window_update(struct window *w, int64_t epoch, int64_t base, int64_t next, int64_t now_us);

/* How many rows may follow w->sent, given how many messages the client still holds. */
int64_t window_room(const struct window *w, int64_t in_client);

/* Row w->sent + 1 was handed over. */
void window_sent(struct window *w, int64_t now_us, uint64_t random);

/* True if the wait is over: everything after base is to be sent again. */
bool window_expired(struct window *w, int64_t now_us);

/* Sends again from base + 1, at once (a resync). */
void window_go_back(struct window *w);

#endif
