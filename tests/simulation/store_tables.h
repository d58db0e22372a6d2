/* Inside of the store in memory: hash tables in an arena, one file of port functions per topic. */
#ifndef BOOMGATE_TESTS_SIMULATION_STORE_TABLES_H
#define BOOMGATE_TESTS_SIMULATION_STORE_TABLES_H

#include "tests/simulation/arena.h"
#include "tests/simulation/store_memory.h"

enum { TABLE_BUCKETS = 4096, STORE_KEY_MAX = 80, NEWS_MAX = 4096 };

/* Comes before the row in memory. */
struct node {
    struct node *chain; /* same bucket */
    struct node *later; /* all rows in order of insertion */
    struct node *list;  /* a list of the table's own: open grants, open debts, live decisions,
                           sessions of one plate, payments of one session */
    size_t key_len;
    char key[STORE_KEY_MAX]; /* a multiple of any alignment, and so is the whole */
};

struct table {
    size_t row_size;
    struct node *first, *last;
    struct node *list; /* head of the list above, if the table has one */
    struct node *buckets[TABLE_BUCKETS];
};

/* Behind one plate: its sessions; behind one session: its payments. */
struct head_row {
    struct node *list;
};

struct right_applied_row {
    struct name place, edge;
    int64_t version;
    struct wall_ms at;
};

struct kept_answer {
    struct answer_row row; /* its `bytes` are below */
    char bytes[1024];
};

struct lanes_row {
    struct name place, edge;
    struct hello_lane lanes[HELLO_LANES_MAX];
    size_t count;
};

struct store_memory {
    void *owner;
    struct arena arena;
    bool open;
    uint64_t version;
    struct table places, edges, lanes, streams, grants, lives, events, movements, sessions, plates,
        payments, payers, refunds, reports, debts, decisions, commands, audits, acts, answers,
        rights, right_lists, rights_applied, validations, pay_links;
    struct store_memory_news news, coming;
    struct node *news_events[NEWS_MAX], *coming_events[NEWS_MAX];
};

/* Through a const node too: only the store's own functions write rows. */
static inline void *row_of(const struct node *n)
{
    return (void *)(uintptr_t)(n + 1);
}

/* A key of one or two parts; NUL-terminated parts of at most 39 bytes. */
struct store_key {
    size_t len;
    char text[STORE_KEY_MAX];
};
struct store_key key_of(const char *a, const char *b);
struct store_key key_of_numbers(int64_t a, int64_t b);

struct node *table_find(const struct table *t, const struct store_key *k);
/* Finds or adds it with a zero row. */
struct node *table_at(struct store_memory *m, struct table *t, const struct store_key *k);
/* Inserts or replaces. */
struct node *table_put(struct store_memory *m, struct table *t, const struct store_key *k,
                       const void *row);
/* Copies the row, or ERR_NOTFOUND. */
enum err table_get(const struct table *t, const struct store_key *k, void *ret);

/* Lists through node.list; each write can be undone. */
void list_add(struct store_memory *m, struct node **head, struct node *n);
void list_drop(struct store_memory *m, struct node **head, struct node *n);
bool list_has(const struct node *head, const struct node *n);

/* The functions of the port; see cloud/ports.h. */
enum err memory_add_event(void *self, const struct event_row *r);
enum err memory_find_digest(void *self, int64_t stream, int64_t seq, struct digest *ret);
enum err memory_merge_movement(void *self, const struct movement_row *r);
enum err memory_find_movement(void *self, const struct movement_id *id, struct movement_row *ret);
enum err memory_save_session(void *self, const struct session_row *r);
enum err memory_find_session(void *self, const struct movement_id *id, struct session_row *ret);
enum err memory_find_open_session(void *self, const struct name *place, const struct plate *plate,
                                  struct wall_ms at, struct session_row *ret);
enum err memory_find_credential_session(void *self, const struct name *place,
                                        const struct credential_text *credential,
                                        struct session_row *ret);
enum err memory_find_unmatched_credential(void *self, const struct name *place,
                                          const struct credential_text *credential,
                                          struct wall_ms from, struct session_row *ret);
enum err memory_find_unmatched(void *self, const struct name *place, const struct plate *plate,
                               struct wall_ms from, struct session_row *ret);
enum err memory_near_sessions(void *self, const struct name *place, const struct plate *plate,
                              enum session_state state, struct wall_ms from,
                              struct session_row *ret, size_t max, size_t *ret_count);
enum err memory_find_exit_at(void *self, const struct name *place, const struct name *lane,
                             struct wall_ms from, struct movement_row *ret);
enum err memory_add_pay_link(void *self, const struct pay_link_row *r);
enum err memory_find_pay_link(void *self, const struct pay_token *token, struct pay_link_row *ret);
enum err memory_pay_link_of(void *self, const struct movement_id *session, struct wall_ms at,
                            struct pay_link_row *ret);
enum err memory_add_validation(void *self, const struct validation_row *r);
enum err memory_find_validation(void *self, const char *id, struct validation_row *ret);
enum err memory_validations_of(void *self, const struct movement_id *session,
                               struct validation_row *ret, size_t max, size_t *ret_count);
enum err memory_count_validations(void *self, const struct name *place, const struct name *issuer,
                                  struct wall_ms since, int64_t *ret);
enum err memory_save_right(void *self, const struct right_row *r);
enum err memory_find_right(void *self, const struct name *place, const struct right_id *id,
                           struct right_row *ret);
enum err memory_rights_of(void *self, const struct name *place, const struct plate *plate,
                          const struct credential_text *credential, struct right *ret, size_t max,
                          size_t *ret_count);
enum err memory_each_right(void *self, const struct name *place, int64_t since,
                           void (*visit)(void *arg, const struct right *r), void *arg);
enum err memory_save_right_list(void *self, const struct right_list_row *r);
enum err memory_find_right_list(void *self, const struct name *place, struct right_list_row *ret);
enum err memory_save_right_applied(void *self, const struct name *place, const struct name *edge,
                                   int64_t version, struct wall_ms at);
enum err memory_expired_rights(void *self, const struct name *place, struct wall_ms before,
                               struct right_id *ret, size_t max, size_t *ret_count);
enum err memory_prune_rights(void *self, const struct name *place, struct wall_ms before);
enum err memory_find_payment(void *self, const char *key, struct payment_row *ret);
enum err memory_refundable_payments(void *self, const struct movement_id *session,
                                    struct payment_row *ret, size_t max, size_t *ret_count);
enum err memory_save_refund(void *self, const struct refund_row *r);
enum err memory_find_refund(void *self, const char *key, struct refund_row *ret);
enum err memory_count_refunds(void *self, const struct movement_id *session, int64_t *ret);
enum err memory_save_reconciliation(void *self, const struct reconciliation_row *r,
                                    const struct mismatch *mismatches, size_t count);
enum err memory_save_payment(void *self, const struct payment_row *r);
enum err memory_count_payments(void *self, const struct movement_id *session, int64_t *ret);
enum err memory_save_debt(void *self, const struct debt_row *r);
enum err memory_find_debt(void *self, const struct movement_id *session, struct debt_row *ret);
enum err memory_collectable_debts(void *self, struct debt_row *ret, size_t max, size_t *ret_count);
enum err memory_retry_debts(void *self, const char *reason);
enum err memory_save_decision(void *self, const struct decision_row *r);
enum err memory_find_decision(void *self, const struct request_id *id, struct decision_row *ret);
enum err memory_prune_decisions(void *self, struct wall_ms before);
enum err memory_add_answer(void *self, const struct answer_row *r);
enum err memory_find_answer(void *self, const struct digest *key,
                            void (*visit)(void *arg, const struct answer_row *r), void *arg);
enum err memory_prune_answers(void *self, struct wall_ms before, size_t max);
enum err memory_add_act(void *self, const struct act_row *r);
enum err memory_find_act(void *self, const struct name *place, int64_t id, struct act_row *ret);
enum err memory_last_act(void *self, const struct name *place, struct act_row *ret);
enum err memory_find_undoing(void *self, const struct name *place, int64_t id, struct act_row *ret);
enum err memory_save_command(void *self, const struct command_row *r);
enum err memory_find_command(void *self, const struct request_id *id, struct command_row *ret);

#endif
