#include "cloud/store/sqlite.h"

#include "cloud/store/schema.h"
#include "cloud/store/store.h"
#include "protocol/support/db.h"
#include "protocol/support/memory.h"

#include <stdlib.h>

enum err store_open(const char *file, struct store **ret)
{
    struct store *s = mem_alloc(sizeof *s);
    enum err e = db_open(file, &s->db);
    if (e == ERR_OK)
        e = db_check(s->db);
    if (e == ERR_OK)
        e = db_migrate(s->db, store_migrations, store_migration_count);
    if (e == ERR_OK)
        e = store_forget_init(s);
    for (int i = 0; i < STATEMENTS && e == ERR_OK; i++)
        e = db_prepare(s->db, store_sql[i], &s->st[i]);
    struct take t;
    if (e == ERR_OK && (e = take_one(s->st[ST_FEED_HEAD], &t)) == ERR_OK) {
        s->feed_head = s->feed_committed = take_int(&t);
        e = take_done(&t);
    }
    if (e != ERR_OK) {
        store_close(s);
        return e;
    }
    *ret = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->st[i]);
    db_close(s->db);
    free(s);
}

static enum err begin(void *self)
{
    struct store *s = self;
    return db_run(s->st[ST_BEGIN]);
}

static enum err commit(void *self)
{
    struct store *s = self;
    TRY(db_run(s->st[ST_COMMIT]));
    s->feed_committed = s->feed_head;
    return ERR_OK;
}

static void rollback(void *self)
{
    struct store *s = self;
    if (!sqlite3_get_autocommit(s->db))
        (void)db_run(s->st[ST_ROLLBACK]);
    s->feed_head = s->feed_committed;
}

struct store_port store_port(struct store *s)
{
    return (struct store_port){
        .self = s,
        .begin = begin,
        .commit = commit,
        .rollback = rollback,
        .load = store_load,
        .save_place = store_save_place,
        .save_edge = store_save_edge,
        .save_lanes = store_save_lanes,
        .save_stream = store_save_stream,
        .save_grant = store_save_grant,
        .find_grant = store_find_grant,
        .save_live = store_save_live,
        .add_event = store_add_event,
        .find_digest = store_find_digest,
        .add_quarantine = store_add_quarantine,
        .add_anomaly = store_add_anomaly,
        .add_fact = store_add_fact,
        .forget_plates = store_forget_plates,
        .resolve_anomalies = store_resolve_anomalies,
        .resolve_covered = store_resolve_covered,
        .anomalies_stop = store_anomalies_stop,
        .prune_history = store_prune_history,
        .expired_rights = store_expired_rights,
        .merge_movement = store_merge_movement,
        .find_movement = store_find_movement,
        .save_session = store_save_session,
        .find_session = store_find_session,
        .find_open_session = store_find_open_session,
        .find_credential_session = store_find_credential_session,
        .find_unmatched = store_find_unmatched,
        .find_unmatched_credential = store_find_unmatched_credential,
        .near_sessions = store_near_sessions,
        .find_exit_at = store_find_exit_at,
        .add_pay_link = store_add_pay_link,
        .find_pay_link = store_find_pay_link,
        .pay_link_of = store_pay_link_of,
        .add_validation = store_add_validation,
        .find_validation = store_find_validation,
        .validations_of = store_validations_of,
        .count_validations = store_count_validations,
        .save_right = store_save_right,
        .find_right = store_find_right,
        .rights_of = store_rights_of,
        .each_right = store_each_right,
        .save_right_list = store_save_right_list,
        .find_right_list = store_find_right_list,
        .save_right_applied = store_save_right_applied,
        .prune_rights = store_prune_rights,
        .save_payment = store_save_payment,
        .find_payment = store_find_payment,
        .refundable_payments = store_refundable_payments,
        .save_refund = store_save_refund,
        .find_refund = store_find_refund,
        .count_refunds = store_count_refunds,
        .count_payments = store_count_payments,
        .save_reconciliation = store_save_reconciliation,
        .save_debt = store_save_debt,
        .find_debt = store_find_debt,
        .collectable_debts = store_collectable_debts,
        .retry_debts = store_retry_debts,
        .save_decision = store_save_decision,
        .find_decision = store_find_decision,
        .prune_decisions = store_prune_decisions,
        .add_answer = store_add_answer,
        .find_answer = store_find_answer,
        .prune_answers = store_prune_answers,
        .save_audit = store_save_audit,
        .add_act = store_add_act,
        .find_act = store_find_act,
        .last_audit = store_last_audit,
        .last_act = store_last_act,
        .find_undoing = store_find_undoing,
        .save_command = store_save_command,
        .find_command = store_find_command,
    };
}
