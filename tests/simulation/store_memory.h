/* A store in memory: store_port with transactions, and what the checks want to see of it. It keeps
 * the same contract as the one on SQLite (test_store_memory.c runs it). A process that dies leaves
 * what was committed: store_memory_die. */
#ifndef BOOMGATE_TESTS_SIMULATION_STORE_MEMORY_H
#define BOOMGATE_TESTS_SIMULATION_STORE_MEMORY_H

#include "cloud/ports.h"

struct store_memory;

/* `owner` is for functions of a port that stand before the store's own: they get the store as self. */
struct store_memory *store_memory_new(void *owner);
void *store_memory_owner(const struct store_memory *m);
void store_memory_free(struct store_memory *m); /* NULL is fine */
struct store_port store_memory_port(struct store_memory *m);

/* Ends an open transaction without effect. */
void store_memory_die(struct store_memory *m);

/* A backup: restoring goes back to it, once. Not within a transaction. */
void store_memory_backup(struct store_memory *m);
void store_memory_restore(struct store_memory *m);

/* Counts commits that changed something. */
uint64_t store_memory_version(const struct store_memory *m);

/* Each calls `row` for all rows of its kind, oldest first. */
void store_memory_places(const struct store_memory *m,
                         void (*row)(void *arg, const struct place_row *r), void *arg);
void store_memory_streams(const struct store_memory *m,
                          void (*row)(void *arg, const struct stream_row *r), void *arg);
void store_memory_open_grants(const struct store_memory *m,
                              void (*row)(void *arg, const struct grant_row *r), void *arg);
void store_memory_sessions(const struct store_memory *m,
                           void (*row)(void *arg, const struct session_row *r), void *arg);
void store_memory_refunds(const struct store_memory *m,
                          void (*row)(void *arg, const struct refund_row *r), void *arg);
void store_memory_payments(const struct store_memory *m,
                           void (*row)(void *arg, const struct payment_row *r), void *arg);
void store_memory_audits(const struct store_memory *m,
                         void (*row)(void *arg, const struct audit_row *r), void *arg);
void store_memory_debts(const struct store_memory *m,
                        void (*row)(void *arg, const struct debt_row *r), void *arg);

/* NULL if there is none. */
const struct refund_row *store_memory_refund(const struct store_memory *m, const char *key);
const struct payment_row *store_memory_payment(const struct store_memory *m, const char *key);

/* What the transaction that was committed last added. */
struct store_memory_news {
    size_t events;
    size_t quarantined;
    size_t stopping; /* anomalies that stop offers */
    const struct event_row *(*event)(const struct store_memory *m, size_t i);
    struct anomaly_row anomaly; /* the last of those */
};
const struct store_memory_news *store_memory_news(const struct store_memory *m);

#endif
