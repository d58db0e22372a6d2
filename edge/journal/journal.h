/* What the edge remembers, in one SQLite file: the outbox, its own state, the lanes' states, the
 * grants it answered. Loop thread only.
 *
 * J1 begin..commit is one durable transaction (WAL, synchronous=FULL); a crash before commit
 *    returned leaves nothing of it, a crash afterwards loses nothing.
 * J2 A journal has one random id for life, and each opening raises its boot number by one.
 * J3 After a stop that was not clean and a restart of the machine, the file is checked as a whole
 *    before it is used; a mere kill of the process cannot tear a page.
 * J4 Once a statement of a transaction failed with ERR_IO, its commit fails too.
 * J5 A damaged file is never used and never deleted: it is set aside under a name with its time, the
 *    last three of them are kept, and a new journal begins. What a row says is what was appended:
 *    its digest is checked when it is read.
 * J6 The journal stays within its budget; a sixteenth of it is a reserve that exists on the disk and
 *    is freed when a commit finds no room. */
#ifndef BOOMGATE_EDGE_JOURNAL_JOURNAL_H
#define BOOMGATE_EDGE_JOURNAL_JOURNAL_H

#include "edge/ports.h"
#include "protocol/support/clock_source.h"

struct journal;

/* Opens or creates `file`; one that is damaged or no database is set aside (J5). ERR_IO: cannot be
 * opened or written; ERR_CONFLICT: was written by a newer program; ERR_UNAVAIL: another process has
 * it. */
enum err journal_open(const char *file, const struct clock_source *clock, struct journal **ret);

/* Keeps every agent from the journal without opening it, until close(*ret_fd). ERR_UNAVAIL: one has
 * it; ERR_IO: the lock file cannot be made. */
enum err journal_hold(const char *file, int *ret_fd);

/* Marks the stop as clean. Rolls back an open transaction. NULL is fine. */
void journal_close(struct journal *j);

struct journal_port journal_port(struct journal *j);

/* What was last committed. Lanes come in the order of their names; at most `max` are written to
 * ret_lanes. ERR_FULL: there are more. */
enum err journal_load(struct journal *j, struct edge_memory *ret_edge,
                      struct lane_memory *ret_lanes, size_t max, size_t *ret_count);

/* The edge's memory as last committed (or loaded); valid until the next commit. */
const struct edge_memory *journal_memory(const struct journal *j);

/* Calls `row` for up to `max` outbox rows from seq `from` on, ascending, until it returns false.
 * The bytes are valid during the call. `row` must not call into the journal. */
enum err journal_read(struct journal *j, int64_t from, size_t max,
                      bool (*row)(void *arg, int64_t seq, const void *bytes, size_t len),
                      void *arg);

/* The age of the oldest row after `base` in domain milliseconds; 0 if there is none. */
enum err journal_backlog_age(struct journal *j, int64_t base, struct wall_ms now,
                             int64_t *ret_age_ms);

/* When the newest row was recorded; {0} if there is none. */
enum err journal_last_recorded(struct journal *j, struct wall_ms *ret);

/* Moves the write-ahead log into the file once it has grown. Nobody else does: call it after a
 * turn's acts, so that no arm waits for it. ERR_IO. */
enum err journal_checkpoint(struct journal *j);

/* J6: at most `max_bytes` on the disk from now on; what is there already is not taken away. */
void journal_budget(struct journal *j, int64_t max_bytes);

struct journal_fill {
    int64_t used_bytes;  /* by what is remembered */
    int64_t room_bytes;  /* that may still be written: by the budget and by the disk */
    int64_t limit_bytes; /* what the budget promises; 0: there is none */
    bool reserve;        /* is there */
};

/* ERR_IO. */
enum err journal_fill(struct journal *j, struct journal_fill *ret);

/* Makes the reserve again if the disk has room for it twice. */
void journal_restore_reserve(struct journal *j);

/* After an ERR_IO: ends the open turn; sets a damaged file aside and begins a new journal (another
 * id, no epoch), or frees the reserve if there was no room. ERR_OK: the next turn is worth trying.
 * ERR_IO: it is not. */
enum err journal_recover(struct journal *j);

/* The file that was set aside by journal_open or journal_recover, "" if none was. */
const char *journal_aside(const struct journal *j);

/* Forgets all but the last 1000 grants it answered. Deletes acknowledged rows whose acknowledgement is older than `keep_ms`, at most a thousand per
 * call; and what is remembered of commands that ended and expired a day ago. Its own transactions:
 * not between begin and commit. */
enum err journal_prune(struct journal *j, struct wall_ms now, int64_t keep_ms);

#endif
