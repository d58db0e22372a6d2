/* Three books of one day at one place held against each other: completed exits, stays, and what the
 * providers booked (domain.md, "Payment"). Pure; whoever calls it brings all rows.
 *
 * R1 every difference has a class and names what it is about; no difference is counted as two.
 * R2 what lies at the edge of the day is judged once: on the day on which we count it as done, or, if
 *    we do not, on the day on which the provider booked it.
 * R3 the same rows give the same report, in whatever order they were found. */
#ifndef BOOMGATE_CLOUD_CORE_RECONCILE_H
#define BOOMGATE_CLOUD_CORE_RECONCILE_H

#include "cloud/core/records.h"

/* One booking of a provider. */
struct reconcile_line {
    bool refund;
    char key[PAYMENT_KEY_SIZE];           /* "": not one of ours */
    char provider_ref[PROVIDER_REF_SIZE]; /* of the charge or of the refund */
    struct money amount;                  /* > 0, before fees */
    struct wall_ms booked;
};

/* One of our payments or refunds. */
struct reconcile_row {
    char key[PAYMENT_KEY_SIZE];
    bool refund;
    bool done; /* succeeded, as far as we know */
    struct movement_id session;
    struct money amount;
    struct wall_ms at; /* when we learned of it */
};

/* A stay that ended on the day, with what its rows add up to. */
struct reconcile_stay {
    struct session_row row; /* id, state, amounts, exit_movement */
    bool owes;
    struct debt_row debt;
    int64_t payments_minor; /* of its payments that succeeded */
    int64_t refunds_minor;  /* of its refunds that were not refused */
};

/* Writes into a bounded list; `total` counts what did not fit, too. */
struct mismatch_list {
    struct mismatch *rows;
    size_t size, count;
    int64_t total;
};

/* The stay's own books: adds to the sums, and what is wrong. */
void reconcile_stay(const struct reconcile_stay *stay, struct reconciliation_sums *sums,
                    struct mismatch_list *out);

/* By key; for qsort. */
int reconcile_row_order(const void *a, const void *b);
int reconcile_line_order(const void *a, const void *b);

/* Compares both, which are in that order. `lines` are those of all providers, from a day before to a day after
 * the day; `rows` are ours of the day, and those of other days that a line names. */
void reconcile_money(const struct reconcile_row *rows, size_t row_count,
                     const struct reconcile_line *lines, size_t line_count, struct wall_ms from,
                     struct wall_ms to, struct reconciliation_sums *sums,
                     struct mismatch_list *out);

void mismatch_add(struct mismatch_list *out, enum mismatch_class class, enum mismatch_noun of,
                  const char *key, const struct movement_id *session, struct money ours,
                  struct money theirs);

#endif
