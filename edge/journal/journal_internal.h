/* The journal's own state, shared by journal.c (life), turn.c (the port) and read.c. */
#ifndef BOOMGATE_EDGE_JOURNAL_INTERNAL_H
#define BOOMGATE_EDGE_JOURNAL_INTERNAL_H

#include "edge/journal/journal.h"
#include "protocol/support/db.h"

struct journal {
    sqlite3 *db;
    int lock_fd;
    struct clock_source clock;
    bool open_turn;                         /* between begin and its end */
    bool broken;                            /* J4 */
    int wal_pages;                          /* not yet checkpointed */
    int64_t acked;                          /* rows up to here are marked */
    int64_t acked_before;                   /* the turn */
    struct edge_memory memory, memory_turn; /* committed; saved in the open turn */
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *append, *acknowledge, *grant;
    sqlite3_stmt *rewind, *forget, *aside, *next_aside, *drop_aside, *forget_grants;
    sqlite3_stmt *digest_at, *oldest;
    sqlite3_stmt *save_edge, *save_lane;
    sqlite3_stmt *read, *backlog, *prune;
};

/* J4: remembers that a turn cannot be trusted any more. Returns `e`. */
enum err journal_note(struct journal *j, enum err e);

#endif
