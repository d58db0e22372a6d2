/* A journal in a folder of its own, and turns as the agent makes them. */
#ifndef BOOMGATE_TESTS_JOURNAL_FIXTURE_H
#define BOOMGATE_TESTS_JOURNAL_FIXTURE_H

#include "edge/journal/journal.h"

struct place {
    char folder[32];
    char file[64];
    struct clock_source clock;
};

/* cmocka's fixtures: *state is a struct place. */
int journal_set_up(void **state);
int journal_tear_down(void **state);

struct journal *open_journal(const struct place *p);
struct edge_memory load(struct journal *j);

/* A row says "event SEQ"; its digest. */
struct digest digest_for(int64_t seq);

/* One row and the memory after it, within a transaction. */
enum err write_row(const struct journal_port *p, struct edge_memory *m);
/* A turn of `count` rows. */
void write_rows(struct journal *j, int count);

struct reading {
    int64_t first, last;
    size_t count, stop_at;
    bool contiguous;
};

/* At most `max` rows from `from` on, or until `stop_at` were read (0: all). */
struct reading read_rows(struct journal *j, int64_t from, size_t max, size_t stop_at);

/* Beside the journal's owner. */
void run_sql(const char *file, const char *sql);

#endif
