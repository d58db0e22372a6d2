/* The journal's own state, shared by journal.c (life), turn.c (the port) and read.c. */
#ifndef BOOMGATE_EDGE_JOURNAL_INTERNAL_H
#define BOOMGATE_EDGE_JOURNAL_INTERNAL_H

#include "edge/journal/journal.h"
#include "protocol/support/db.h"

enum {
    JOURNAL_PATH_SIZE = 512,
    JOURNAL_PAGE_BYTES = 4096,
    JOURNAL_CHECKPOINT_PAGES = 1000,
    JOURNAL_ASIDE_SIZE = 40
};

struct journal {
    sqlite3 *db;
    int lock_fd;
    struct clock_source clock;
    bool open_turn;       /* between begin and its end */
    bool broken;          /* J4 */
    bool damaged;         /* J5: the file cannot be used */
    bool full;            /* J6: the last failure was for want of room */
    int wal_pages;        /* not yet checkpointed */
    int64_t boot_before;  /* of a new journal: its boot number goes on from a damaged one's */
    int64_t acked;        /* rows up to here are marked */
    int64_t acked_before; /* the turn */
    struct edge_memory memory, memory_turn; /* committed; saved in the open turn */
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *append, *acknowledge, *grant;
    sqlite3_stmt *rewind, *forget, *aside, *next_aside, *drop_aside, *forget_grants;
    sqlite3_stmt *digest_at, *oldest;
    sqlite3_stmt *drop_bound, *add_bound, *prune_grants;
    sqlite3_stmt *save_edge, *save_lane;
    sqlite3_stmt *save_order, *find_order, *open_orders, *prune_orders;
    sqlite3_stmt *read, *backlog, *prune;
    sqlite3_stmt *page_count, *free_count;

    char file[JOURNAL_PATH_SIZE], aside_file[JOURNAL_PATH_SIZE];
    int64_t budget_pages, reserve_pages; /* 0: no budget */
    bool reserve;                        /* exists */
    int checkpoint_pages;
};

/* J4: remembers that a turn cannot be trusted any more, and why. Returns `e`. */
enum err journal_note(struct journal *j, enum err e);

/* journal.c: opens j->file and everything that hangs on it; the reverse. */
enum err journal_connect(struct journal *j);
void journal_disconnect(struct journal *j);

/* storage.c: renames the closed file and its companions (J5). */
enum err journal_put_aside(struct journal *j);

/* storage.c: tells SQLite how many pages it may use. */
enum err journal_apply_budget(struct journal *j);

#endif
