/* What the service needs from the world, as tables of functions. Adapters (store/, payment/,
 * downlink/, http/, rates.c) implement them; tests implement them with fakes that fail their Nth
 * call.
 *
 * All calls are made on the service thread. store and rates are used inside a batch; everything
 * that leaves the process (downlink, payments, notifier) is called only after COMMIT and never
 * blocks. */
#ifndef BOOMGATE_CLOUD_PORTS_H
#define BOOMGATE_CLOUD_PORTS_H

#include "cloud/core/act.h"
#include "cloud/core/records.h"
#include "protocol/tariff/tariff_stay.h"
#include "protocol/wire/grant.h"

/* ---- store ---- */

/* Receives the state to start from. Rows arrive in this order: places, edges, streams, lanes, open
 * grants, non-final payments and refunds, open commands,
 * pending audits; each is valid during the call only. */
struct store_visitor {
    void *self;
    void (*place)(void *self, const struct place_row *row);
    void (*edge)(void *self, const struct edge_row *row);
    void (*stream)(void *self, const struct stream_row *row);
    void (*lane)(void *self, const struct name *place, const struct name *edge,
                 const struct hello_lane *lane);
    void (*grant)(void *self, const struct grant_row *row);
    void (*payment)(void *self, const struct payment_row *row);
    void (*refund)(void *self, const struct refund_row *row);
    void (*command)(void *self, const struct command_row *row);
    void (*audit)(void *self, const struct audit_row *row); /* pending ones */
};

/* begin..commit brackets one batch. Anything but the codes named at a function means that the
 * storage cannot be trusted; the service ends the process. `save` inserts or replaces by key. */
struct store_port {
    void *self;
    enum err (*begin)(void *self);
    enum err (*commit)(void *self);
    void (*rollback)(void *self);
    enum err (*load)(void *self, const struct store_visitor *v);

    enum err (*save_place)(void *self, const struct place_row *r);
    enum err (*save_edge)(void *self, const struct edge_row *r);
    /* Replaces all lanes of the edge. */
    enum err (*save_lanes)(void *self, const struct name *place, const struct name *edge,
                           const struct hello_lane *lanes, size_t count);
    enum err (*save_stream)(void *self, const struct stream_row *r);
    enum err (*save_grant)(void *self, const struct grant_row *r);
    enum err (*find_grant)(void *self, const struct name *place, int64_t id,
                           struct grant_row *ret); /* ERR_NOTFOUND */
    enum err (*save_live)(void *self, const struct edge_live_row *r);

    enum err (*add_event)(void *self, const struct event_row *r); /* ERR_CONFLICT: (stream, seq) */
    /* Of an event, applied or quarantined. ERR_NOTFOUND */
    enum err (*find_digest)(void *self, int64_t stream, int64_t seq, struct digest *ret);
    enum err (*add_quarantine)(void *self, const struct quarantine_row *r);
    enum err (*add_anomaly)(void *self, const struct anomaly_row *r);
    enum err (*add_fact)(void *self, const struct fact_row *r);
    /* A keyed name takes the place of the plate in all that is kept of up to `max` Movements that were
     * heard of before this instant, whose stays, and any stay of the same plate, are settled since before
     * it. They are named, oldest first. */
    enum err (*forget_plates)(void *self, struct wall_ms before, struct movement_id *ret,
                              size_t max, size_t *ret_count);
    enum err (*resolve_anomalies)(void *self, const struct name *place, struct wall_ms at);
    /* Those of this epoch's events up to `upto`; `edge` NULL: those of no edge, up to now. */
    enum err (*resolve_covered)(void *self, const struct name *place, const struct name *edge,
                                int64_t epoch, int64_t upto, struct wall_ms at);
    /* Is one open that stops offers? */
    enum err (*anomalies_stop)(void *self, const struct name *place, bool *ret);

    /* Changes nothing if the id is another edge's. */
    enum err (*merge_movement)(void *self, const struct movement_row *r);
    enum err (*find_movement)(void *self, const struct movement_id *id,
                              struct movement_row *ret); /* ERR_NOTFOUND */

    enum err (*save_session)(void *self, const struct session_row *r);
    enum err (*find_session)(void *self, const struct movement_id *id,
                             struct session_row *ret); /* ERR_NOTFOUND */
    /* The open session of this plate that started last, but not after `at` if there is one that did
     * not. ERR_NOTFOUND */
    enum err (*find_open_session)(void *self, const struct name *place, const struct plate *plate,
                                  struct wall_ms at, struct session_row *ret);
    /* The session with this credential: of this place before another's, open before ended, the latest.
     * ERR_NOTFOUND */
    enum err (*find_credential_session)(void *self, const struct name *place,
                                        const struct credential_text *credential,
                                        struct session_row *ret);
    /* The unmatched exit of this plate that ended first at or after `from`. ERR_NOTFOUND */
    enum err (*find_unmatched)(void *self, const struct name *place, const struct plate *plate,
                               struct wall_ms from, struct session_row *ret);

    enum err (*find_unmatched_credential)(void *self, const struct name *place,
                                          const struct credential_text *credential,
                                          struct wall_ms from, struct session_row *ret);

    /* Up to `max` sessions that are open, or unmatched exits that ended at or after `from`, whose plates
     * a camera may take for this one (plate_fold). */
    enum err (*near_sessions)(void *self, const struct name *place, const struct plate *plate,
                              enum session_state state, struct wall_ms from,
                              struct session_row *ret, size_t max, size_t *ret_count);

    enum err (*add_validation)(void *self,
                               const struct validation_row *r); /* ERR_CONFLICT: its id */
    enum err (*find_validation)(void *self, const char *id,
                                struct validation_row *ret); /* ERR_NOTFOUND */
    /* Up to `max` of a stay, in the order they were given. */
    enum err (*validations_of)(void *self, const struct movement_id *session,
                               struct validation_row *ret, size_t max, size_t *ret_count);
    /* How many a shop gave at this place since then. */
    enum err (*count_validations)(void *self, const struct name *place, const struct name *issuer,
                                  struct wall_ms since, int64_t *ret);

    /* The vehicle that came to this exit last, at or after `from`, and has not crossed. ERR_NOTFOUND */
    enum err (*find_exit_at)(void *self, const struct name *place, const struct name *lane,
                             struct wall_ms from, struct movement_row *ret);

    enum err (*add_pay_link)(void *self,
                             const struct pay_link_row *r); /* ERR_CONFLICT: its token */
    enum err (*find_pay_link)(void *self, const struct pay_token *token,
                              struct pay_link_row *ret); /* ERR_NOTFOUND */
    /* The newest of a stay that has not lapsed at `at`. ERR_NOTFOUND */
    enum err (*pay_link_of)(void *self, const struct movement_id *session, struct wall_ms at,
                            struct pay_link_row *ret);

    enum err (*save_right)(void *self, const struct right_row *r);
    enum err (*find_right)(void *self, const struct name *place, const struct right_id *id,
                           struct right_row *ret); /* ERR_NOTFOUND; removed ones are found */
    /* Up to `max` rights of this plate or of one a camera may take it for, or of this credential (either
     * may be ""): first what bars, then what ends last. */
    enum err (*rights_of)(void *self, const struct name *place, const struct plate *plate,
                          const struct credential_text *credential, struct right *ret, size_t max,
                          size_t *ret_count);
    /* All that changed after version `since`, removals and `deny` first; 0: all there are. */
    enum err (*each_right)(void *self, const struct name *place, int64_t since,
                           void (*visit)(void *arg, const struct right *r), void *arg);
    enum err (*save_right_list)(void *self, const struct right_list_row *r);
    enum err (*find_right_list)(void *self, const struct name *place,
                                struct right_list_row *ret); /* ERR_NOTFOUND */
    enum err (*save_right_applied)(void *self, const struct name *place, const struct name *edge,
                                   int64_t version, struct wall_ms at);
    /* Forgets removals before this instant and raises the list's floor. */
    enum err (*prune_rights)(void *self, const struct name *place, struct wall_ms before);

    enum err (*save_payment)(void *self, const struct payment_row *r);
    enum err (*count_payments)(void *self, const struct movement_id *session, int64_t *ret);
    enum err (*find_payment)(void *self, const char *key,
                             struct payment_row *ret); /* ERR_NOTFOUND */
    /* Up to `max` payments of a stay that have something left to give back, the newest first. */
    enum err (*refundable_payments)(void *self, const struct movement_id *session,
                                    struct payment_row *ret, size_t max, size_t *ret_count);
    enum err (*save_refund)(void *self, const struct refund_row *r);
    enum err (*find_refund)(void *self, const char *key, struct refund_row *ret); /* ERR_NOTFOUND */
    enum err (*count_refunds)(void *self, const struct movement_id *session, int64_t *ret);
    /* Replaces the report of that day. */
    enum err (*save_reconciliation)(void *self, const struct reconciliation_row *r,
                                    const struct mismatch *mismatches, size_t count);
    enum err (*save_debt)(void *self, const struct debt_row *r);
    enum err (*find_debt)(void *self, const struct movement_id *session,
                          struct debt_row *ret); /* ERR_NOTFOUND */
    /* Up to `max` open debts without a reason whose session has no payment that is not final, oldest
     * first. */
    enum err (*collectable_debts)(void *self, struct debt_row *ret, size_t max, size_t *ret_count);
    /* Open debts with exactly this reason lose it. */
    enum err (*retry_debts)(void *self, const char *reason);

    enum err (*save_decision)(void *self, const struct decision_row *r);
    enum err (*find_decision)(void *self, const struct request_id *id,
                              struct decision_row *ret); /* ERR_NOTFOUND */
    enum err (*prune_decisions)(void *self, struct wall_ms before);
    /* Up to `max` each: answered grants made, commands and audits ended before these instants. */
    enum err (*prune_history)(void *self, struct wall_ms grants, struct wall_ms orders, size_t max);
    /* Up to `max` rights that ended before this instant. */
    enum err (*expired_rights)(void *self, const struct name *place, struct wall_ms before,
                               struct right_id *ret, size_t max, size_t *ret_count);

    enum err (*add_answer)(void *self, const struct answer_row *r); /* ERR_CONFLICT: its key */
    /* The row is valid during the call only. ERR_NOTFOUND */
    enum err (*find_answer)(void *self, const struct digest *key,
                            void (*visit)(void *arg, const struct answer_row *r), void *arg);
    /* Up to `max` older ones, oldest first. */
    enum err (*prune_answers)(void *self, struct wall_ms before, size_t max);

    enum err (*save_audit)(void *self, const struct audit_row *r);
    /* When the last one that was applied was made. ERR_NOTFOUND */
    enum err (*last_audit)(void *self, const struct name *place, struct wall_ms *ret);

    enum err (*add_act)(void *self, const struct act_row *r); /* ERR_CONFLICT: (place, id) */
    enum err (*find_act)(void *self, const struct name *place, int64_t id,
                         struct act_row *ret); /* ERR_NOTFOUND */
    /* The newest of the place. ERR_NOTFOUND */
    enum err (*last_act)(void *self, const struct name *place, struct act_row *ret);
    /* The one that undoes `id`. ERR_NOTFOUND */
    enum err (*find_undoing)(void *self, const struct name *place, int64_t id, struct act_row *ret);

    enum err (*save_command)(void *self, const struct command_row *r);
    enum err (*find_command)(void *self, const struct request_id *id,
                             struct command_row *ret); /* ERR_NOTFOUND */
};

/* ---- downlink ---- */

struct downlink_port {
    void *self;
    void (*ack)(void *self, const struct name *place, const struct name *edge, int64_t epoch,
                int64_t upto);
    void (*respond)(void *self, const struct name *place, const struct name *edge,
                    const uint8_t correlation[16], const struct response *r);
    void (*offer)(void *self, const struct name *place, const struct name *edge,
                  const struct grant *g);
    void (*occupancy)(void *self, const struct name *place, const struct occupancy *o);
    /* Asks every edge to resend from its base and to say hello again. */
    void (*resync)(void *self);
    void (*command)(void *self, const struct name *place, const struct name *edge,
                    const struct command *c);
    /* A part of the rights list as it goes on the wire. */
    void (*rights)(void *self, const struct name *place, const struct name *edge, const char *bytes,
                   size_t len);
};

/* ---- payments ---- */

enum payment_call_kind {
    PAYMENT_CALL_CHARGE,
    PAYMENT_CALL_QUERY,        /* what became of the charge `key`? */
    PAYMENT_CALL_REFUND,       /* gives `amount` of the charge `charge_ref` back */
    PAYMENT_CALL_REFUND_QUERY, /* what became of the refund `key`? */
    PAYMENT_CALL_KINDS
};

/* One charge or refund, or one question about it. Copied by start(). */
struct payment_call {
    enum payment_call_kind kind;
    char key[PAYMENT_KEY_SIZE]; /* of the charge or of the refund: its idempotency key */
    struct movement_id session;
    struct name place;
    struct name provider;               /* one of the port's; a key never changes its provider */
    char token[TOKEN_SIZE];             /* charge: the payer's account there */
    char charge_ref[PROVIDER_REF_SIZE]; /* provider_ref of the charge; a charge has none yet */
    struct money amount;
    char traceparent[TRACEPARENT_SIZE]; /* of this payment's span; "": none */
};

enum payment_outcome {
    PAYMENT_RESULT_SUCCEEDED,
    PAYMENT_RESULT_DECLINED,
    PAYMENT_RESULT_UNKNOWN,   /* it may have reached the provider */
    PAYMENT_RESULT_NOT_SENT,  /* it certainly never reached the provider */
    PAYMENT_RESULT_NOT_FOUND, /* query: the provider has no such charge or refund */
    PAYMENT_RESULTS
};

struct payment_result {
    enum payment_call_kind kind;
    char key[PAYMENT_KEY_SIZE];
    struct name provider;
    enum payment_outcome outcome;
    char provider_ref[PROVIDER_REF_SIZE]; /* of the charge or of the refund */
    char reason[PAYMENT_REASON_SIZE];
    /* Query that found the charge: what was charged under the key, in the currency asked about; 0: the
     * amount asked about. */
    int64_t charged_minor;
    int64_t latency_ms; /* real time */
};

enum { SETTLEMENT_CURSOR_SIZE = 96, SETTLEMENT_LINES_MAX = 100 };

/* One page of what a provider booked in [from, to). */
struct settlement_call {
    struct name provider;
    struct wall_ms from, to;
    char cursor[SETTLEMENT_CURSOR_SIZE]; /* "": the first page; else `next` of the page before */
};

struct settlement_line {
    bool refund;
    char key[PAYMENT_KEY_SIZE];           /* "": not one of ours */
    char provider_ref[PROVIDER_REF_SIZE]; /* of the charge or of the refund */
    struct money amount;                  /* > 0, before fees */
    struct wall_ms booked;
};

struct settlement_page {
    struct settlement_call call; /* as asked */
    bool answered;               /* false: `reason` says why; ask again later */
    char reason[PAYMENT_REASON_SIZE];
    char next[SETTLEMENT_CURSOR_SIZE]; /* "": this was the last page */
    size_t count;
    struct settlement_line lines[SETTLEMENT_LINES_MAX];
};

struct payments_port {
    void *self;
    /* In the order in which they are to be tried; constant. */
    size_t provider_count;
    struct name providers[PROVIDERS_MAX];
    /* Never blocks. After ERR_OK exactly one WORK_PAYMENT with the same kind and key follows (the
     * worker posts again while the service's queue is full). ERR_FULL: queue full; ERR_UNAVAIL:
     * breaker open; ERR_INVAL: the provider has no words for it, or there is no such provider. */
    enum err (*start)(void *self, const struct payment_call *c);
    /* Would start() be taken now by this provider (NULL: by any)? A hint, no promise. */
    bool (*available)(void *self, const struct name *provider);
    /* Any thread. After ERR_OK exactly one page follows, to whoever made the port. Errors as start. */
    enum err (*settlement)(void *self, const struct settlement_call *c);
};

/* ---- notifier ---- */

enum notice {
    NOTICE_PLACE,
    NOTICE_MOVEMENT,
    NOTICE_SESSION,
    NOTICE_PAYMENT,
    NOTICE_EDGE,
    NOTICE_ANOMALY,
    NOTICE_COMMAND,
    NOTICES
};
/* "place" "movement" "session" "payment" "edge" "anomaly" "command" */

struct notifier_port {
    void *self;
    /* Compact JSON object, NUL-terminated, valid during the call. `place` may be NULL. The members
     * of each kind are listed in service/notice.c. */
    void (*publish)(void *self, enum notice n, const struct name *place, const char *json);
    /* False: nobody would hear it now, and nothing need be written. */
    bool (*listening)(void *self);
};

/* ---- signer ---- */

struct signer_port {
    void *self;
    /* The JSON object in text[0..len) with `key` and `signature` as its last members
     * (protocol/support/signed_json.h) into ret[size], NUL-terminated. Any error: there is no
     * signature now (the reason is logged). */
    enum err (*sign)(void *self, const char *text, size_t len, char *ret, size_t size,
                     size_t *ret_len);
};

/* ---- rates ---- */

/* Which rates rule a stay. */
struct rate_ref {
    struct name tariff;
    int64_t version;  /* 0, or one that is gone: the version in force at entry */
    const char *zone; /* of the place */
};

struct rates_port {
    void *self;
    /* ERR_NOTFOUND: no such rate table or zone; ERR_CONFLICT: another currency. `ret_reason` (160
     * bytes) is written on failure. */
    enum err (*check)(void *self, const struct name *tariff, const char *zone,
                      const struct currency *currency, char *ret_reason);
    /* The rate table and the zone themselves, which live as long as the port: for those who explain.
     * ERR_NOTFOUND: no such rate table or zone. */
    enum err (*find)(void *self, const struct rate_ref *ref, struct wall_ms entry,
                     const struct tariff **ret_tariff, const struct zone_table **ret_zone);
    /* Price of a stay in minor units of the table's currency, >= 0. ERR_NOTFOUND as above. */
    enum err (*price)(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                      struct wall_ms end, int64_t *ret_minor);
};

#endif
