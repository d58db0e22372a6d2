/* Inside of the store on SQLite: the connection, its statements and the functions of the port, one
 * file per topic. Nobody but store/ *.c includes this. */
#ifndef BOOMGATE_CLOUD_STORE_STORE_H
#define BOOMGATE_CLOUD_STORE_STORE_H

#include "cloud/ports.h"
#include "cloud/store/columns.h"
#include "cloud/store/statements.h"
#include "protocol/support/pseudonym.h"

struct store {
    sqlite3 *db;
    sqlite3_stmt *st[STATEMENTS];
    int64_t feed_head; /* the last number given to an event or a fact */
    int64_t feed_committed;
    struct pseudonym_key pseudonym_key;
};

/* store_forget.c: the functions pseudonym() and blank() of its statements, then the port's. */
enum err store_forget_init(struct store *s);
enum err store_forget_plates(void *self, struct wall_ms before, struct movement_id *ret, size_t max,
                             size_t *ret_count);

/* store_load.c */
enum err store_load(void *self, const struct store_visitor *v);
void take_grant(struct take *t, struct grant_row *ret);
void take_payment(struct take *t, struct payment_row *ret);
void take_refund(struct take *t, struct refund_row *ret);
void take_command(struct take *t, struct command_row *ret);
void take_audit(struct take *t, struct audit_row *ret);

/* store_place.c */
enum err store_save_place(void *self, const struct place_row *r);
enum err store_save_edge(void *self, const struct edge_row *r);
enum err store_save_lanes(void *self, const struct name *place, const struct name *edge,
                          const struct hello_lane *lanes, size_t count);
enum err store_save_stream(void *self, const struct stream_row *r);
enum err store_save_grant(void *self, const struct grant_row *r);
enum err store_find_grant(void *self, const struct name *place, int64_t id, struct grant_row *ret);
enum err store_save_live(void *self, const struct edge_live_row *r);

/* store_event.c */
enum err store_add_event(void *self, const struct event_row *r);
enum err store_find_digest(void *self, int64_t stream, int64_t seq, struct digest *ret);
enum err store_add_quarantine(void *self, const struct quarantine_row *r);
enum err store_add_anomaly(void *self, const struct anomaly_row *r);
enum err store_add_fact(void *self, const struct fact_row *r);
enum err store_resolve_anomalies(void *self, const struct name *place, struct wall_ms at);
enum err store_resolve_covered(void *self, const struct name *place, const struct name *edge,
                               int64_t epoch, int64_t upto, struct wall_ms at);
enum err store_anomalies_stop(void *self, const struct name *place, bool *ret);
enum err store_merge_movement(void *self, const struct movement_row *r);
enum err store_find_movement(void *self, const struct movement_id *id, struct movement_row *ret);
enum err store_find_exit_at(void *self, const struct name *place, const struct name *lane,
                            struct wall_ms from, struct movement_row *ret);

/* store_session.c */
enum err store_save_session(void *self, const struct session_row *r);
enum err store_find_session(void *self, const struct movement_id *id, struct session_row *ret);
enum err store_find_open_session(void *self, const struct name *place, const struct plate *plate,
                                 struct wall_ms at, struct session_row *ret);
enum err store_find_credential_session(void *self, const struct name *place,
                                       const struct credential_text *credential,
                                       struct session_row *ret);
enum err store_find_unmatched_credential(void *self, const struct name *place,
                                         const struct credential_text *credential,
                                         struct wall_ms from, struct session_row *ret);
enum err store_find_unmatched(void *self, const struct name *place, const struct plate *plate,
                              struct wall_ms from, struct session_row *ret);
enum err store_near_sessions(void *self, const struct name *place, const struct plate *plate,
                             enum session_state state, struct wall_ms from, struct session_row *ret,
                             size_t max, size_t *ret_count);

/* store_pay_link.c */
enum err store_add_pay_link(void *self, const struct pay_link_row *r);
enum err store_find_pay_link(void *self, const struct pay_token *token, struct pay_link_row *ret);
enum err store_pay_link_of(void *self, const struct movement_id *session, struct wall_ms at,
                           struct pay_link_row *ret);

/* store_validation.c */
enum err store_add_validation(void *self, const struct validation_row *r);
enum err store_find_validation(void *self, const char *id, struct validation_row *ret);
enum err store_validations_of(void *self, const struct movement_id *session,
                              struct validation_row *ret, size_t max, size_t *ret_count);
enum err store_count_validations(void *self, const struct name *place, const struct name *issuer,
                                 struct wall_ms since, int64_t *ret);

/* store_right.c */
enum err store_save_right(void *self, const struct right_row *r);
enum err store_find_right(void *self, const struct name *place, const struct right_id *id,
                          struct right_row *ret);
enum err store_rights_of(void *self, const struct name *place, const struct plate *plate,
                         const struct credential_text *credential, struct right *ret, size_t max,
                         size_t *ret_count);
enum err store_each_right(void *self, const struct name *place, int64_t since,
                          void (*visit)(void *arg, const struct right *r), void *arg);
enum err store_save_right_list(void *self, const struct right_list_row *r);
enum err store_find_right_list(void *self, const struct name *place, struct right_list_row *ret);
enum err store_save_right_applied(void *self, const struct name *place, const struct name *edge,
                                  int64_t version, struct wall_ms at);
enum err store_prune_rights(void *self, const struct name *place, struct wall_ms before);

/* store_money.c */
enum err store_find_payment(void *self, const char *key, struct payment_row *ret);
enum err store_refundable_payments(void *self, const struct movement_id *session,
                                   struct payment_row *ret, size_t max, size_t *ret_count);
enum err store_save_refund(void *self, const struct refund_row *r);
enum err store_find_refund(void *self, const char *key, struct refund_row *ret);
enum err store_count_refunds(void *self, const struct movement_id *session, int64_t *ret);
enum err store_save_payment(void *self, const struct payment_row *r);
enum err store_count_payments(void *self, const struct movement_id *session, int64_t *ret);
enum err store_save_reconciliation(void *self, const struct reconciliation_row *r,
                                   const struct mismatch *mismatches, size_t count);
enum err store_save_debt(void *self, const struct debt_row *r);
enum err store_find_debt(void *self, const struct movement_id *session, struct debt_row *ret);
enum err store_collectable_debts(void *self, struct debt_row *ret, size_t max, size_t *ret_count);
enum err store_retry_debts(void *self, const char *reason);
enum err store_save_decision(void *self, const struct decision_row *r);
enum err store_find_decision(void *self, const struct request_id *id, struct decision_row *ret);
enum err store_prune_decisions(void *self, struct wall_ms before);

/* store_age.c */
enum err store_prune_history(void *self, struct wall_ms grants, struct wall_ms orders, size_t max);
enum err store_expired_rights(void *self, const struct name *place, struct wall_ms before,
                              struct right_id *ret, size_t max, size_t *ret_count);

/* store_answer.c */
enum err store_add_answer(void *self, const struct answer_row *r);
enum err store_find_answer(void *self, const struct digest *key,
                           void (*visit)(void *arg, const struct answer_row *r), void *arg);
enum err store_prune_answers(void *self, struct wall_ms before, size_t max);

/* store_audit.c */
enum err store_save_audit(void *self, const struct audit_row *r);
enum err store_last_audit(void *self, const struct name *place, struct wall_ms *ret);

/* store_act.c */
enum err store_add_act(void *self, const struct act_row *r);
enum err store_find_act(void *self, const struct name *place, int64_t id, struct act_row *ret);
enum err store_last_act(void *self, const struct name *place, struct act_row *ret);
enum err store_find_undoing(void *self, const struct name *place, int64_t id, struct act_row *ret);

/* store_command.c */
enum err store_save_command(void *self, const struct command_row *r);
enum err store_find_command(void *self, const struct request_id *id, struct command_row *ret);

#endif
