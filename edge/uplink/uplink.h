/* The edge's way to the cloud: sessions on protocol/mqtt, the outbox through the window, questions
 * and answers, birth and will, telemetry.
 *
 * U1 Everything here runs on the loop thread, except the MQTT handlers: those decode, post a value
 *    into a bounded mailbox and call `wake`. A full mailbox drops the message and counts it;
 *    whoever sent it sends it again.
 * U2 Rows are sent in order of seq, from base + 1 at each session start, resync or stall
 *    (window.h). On a session's start the agent gets INPUT_UPLINK_UP, and its hello precedes the
 *    first row.
 * U3 A message that cannot be decoded is logged and counted, never fatal.
 * U4 A session taken over means a clone of this edge: an error is logged and nothing reconnects for
 *    a minute. Five sessions in a row that end within a minute, without a failed attempt between
 *    them, mean the same where the broker does not say so: an error, and the longest wait of the
 *    backoff.
 * U5 Progress is: nothing to send, an acknowledgement, a message the broker took, a wait for the next
 *    attempt, an attempt that is not overdue. A session without any for a minute is given up. */
#ifndef BOOMGATE_EDGE_UPLINK_UPLINK_H
#define BOOMGATE_EDGE_UPLINK_UPLINK_H

#include "edge/journal/journal.h"
#include "edge/ports.h"
#include "protocol/support/clock_source.h"
#include "protocol/wire/status.h"

struct uplink_config {
    struct name place, edge;
    const char *host;
    uint16_t port;
    const char *username; /* NULL: none */
    const char *password;
    uint32_t reconnect_min_ms, reconnect_max_ms; /* real time */
};

struct uplink;

/* Copies the configuration. Without a journal (NULL) there is nothing to send. `wake(arg)` is called on any thread when uplink_drain has work. Does
 * not connect: the first uplink_tick does. */
enum err uplink_create(const struct uplink_config *c, const struct clock_source *clock,
                       struct journal *journal, void (*wake)(void *arg), void *arg,
                       struct uplink **ret);

struct uplink_port uplink_port(struct uplink *u);

/* Hands what arrived to `take`, in order. */
void uplink_drain(struct uplink *u, void (*take)(void *arg, const struct agent_input *input),
                  void *arg);

/* After a turn: connects when it is time; with `rows`, sends what the window allows of those before
 * `m->next`, all committed. ERR_IO: the journal cannot be read. */
enum err uplink_tick(struct uplink *u, const struct edge_memory *m, bool rows);

/* Real microseconds (CLOCK_MONOTONIC) at which uplink_tick has work even if nothing arrives;
 * INT64_MAX: none. */
int64_t uplink_deadline_us(const struct uplink *u);

/* U4: another client seems to use this edge's identity; until a session has lasted a minute. */
bool uplink_taken_over(const struct uplink *u);

/* Counts progress (U5): a sign of life. */
uint64_t uplink_progress(const struct uplink *u);

bool uplink_connected(const struct uplink *u);

/* QoS 0; dropped without a session. */
void uplink_telemetry(struct uplink *u, const struct telemetry *t);

/* Says goodbye (status offline) and frees. NULL is fine. */
void uplink_close(struct uplink *u);

#endif
