/* The application: one thread, the only writer. Everybody else posts work; a turn drains the queue
 * into one transaction and only after COMMIT releases acknowledgements, answers and calls.
 *
 * C1 nothing leaves the process before the COMMIT of the batch that decided it.
 * C2 a failed COMMIT, a broken invariant of ours or an error of the store ends the process (abort);
 *    bad input never does.
 * C3 an event is acknowledged only when it is committed: applied, quarantined or stored raw.
 * C4 a payment's key is committed before its first call; a payment whose call may have reached the
 *    provider is never charged again before a query said "not found".
 * C5 a request id gets one decision; a retry gets the same answer.
 * C6 so does a command with an idempotency key: its answer is committed with its effect. */
#ifndef BOOMGATE_CLOUD_SERVICE_H
#define BOOMGATE_CLOUD_SERVICE_H

#include "cloud/core/issuer.h"
#include "cloud/metrics.h"
#include "cloud/ports.h"
#include "protocol/support/clock_source.h"

struct service;

/* ---- work ---- */

enum work_kind {
    WORK_EVENT,   /* from the event topic of place/edge */
    WORK_REQUEST, /* `correlation` is set */
    WORK_STATUS,  /* birth or will */
    WORK_TELEMETRY,
    WORK_BROKER,  /* the connection to the broker came or went */
    WORK_PAYMENT, /* the result of one provider call */
    WORK_ADMIN,   /* an operator's command */
};

enum admin_kind {
    ADMIN_PLACE_PUT,    /* create or change `place` */
    ADMIN_PLACE_CREATE, /* the same values again change nothing; ERR_CONFLICT: it has others */
    ADMIN_PLACE_RESUME, /* a person looked: resolve the anomalies of place.place, offer again */
    ADMIN_RIGHTS_NEUTRAL, /* of `place.place`: the right whose struct right_id is in the work's bytes, or
                             all (no bytes), may come in again whatever anti-passback knows */
    ADMIN_RIGHTS,  /* the rights in the work's bytes: an array of struct right of `place.place` */
    ADMIN_COMMAND, /* `order`: tell a lane; the same id again changes nothing, ERR_CONFLICT: it
                           meant something else */
    ADMIN_EDGE_RELEASE, /* a person looked: the frozen stream of `stream.edge` ends, the next hello
                           begins a new epoch. ERR_CONFLICT: it is not frozen */
    ADMIN_AUDIT, /* `audit`: takes effect when all of it is certain. ERR_CONFLICT: one is pending */
    ADMIN_BIND, /* `bind`: a space for the vehicle of one right, at one edge. ERR_CONFLICT: none left */
    ADMIN_UNBIND,       /* `bind`: it is wanted back */
    ADMIN_PAY,          /* `pay`: charges what is due now. ERR_UNAVAIL: nothing was charged */
    ADMIN_PAY_LINK,     /* `pay.stay`: an address where the driver can pay */
    ADMIN_LOST_TICKET,  /* `lost`: who stands there pays what a lost ticket costs */
    ADMIN_VALIDATE,     /* `validation`: the same id again changes nothing */
    ADMIN_AUDIT_CANCEL, /* `cancel`; ERR_CONFLICT: it is not pending */
    ADMIN_RECONCILED,   /* the work's bytes: a struct reconciliation_row and its mismatches */
    ADMIN_MONEY,        /* `money`; ERR_CONFLICT: its state does not allow it */
    ADMIN_CORRECT,      /* `act`: the count is wrong by act.delta. ERR_CONFLICT: it cannot be */
    /* `act`, see service/session_order.h. Close: the exit of act.session was seen by nobody. Match:
     * act.other, an unmatched exit, is that of the open act.session. Split: it is another vehicle's.
     * ERR_CONFLICT: they are not in such a state. */
    ADMIN_SESSION_CLOSE,
    ADMIN_SESSION_MATCH,
    ADMIN_SESSION_SPLIT,
    ADMIN_ACT_UNDO, /* `act`: undo act.id by another act. ERR_CONFLICT: that is impossible (now) */
};

/* What a person does to the ledger, and why (core/act.h). */
struct act_order {
    struct name place, actor;
    char reason[EVENT_DETAIL_SIZE];
    int64_t delta;                     /* ADMIN_CORRECT */
    int64_t id;                        /* ADMIN_ACT_UNDO */
    struct movement_id session, other; /* ADMIN_SESSION_* */
    struct wall_ms end;                /* ADMIN_SESSION_CLOSE: v == 0: now */
    bool free;                         /* ADMIN_SESSION_CLOSE: nothing more is to be paid */
    bool dry_run; /* ADMIN_SESSION_*: only say what would come of it; nothing is done or written */
};

/* What an act does to the price of a stay. */
struct session_change {
    struct movement_id session, other;
    int64_t before_minor, after_minor; /* as it was priced last; as it is then */
    int64_t paid_minor, due_minor, refund_minor;
    struct currency currency;
    const char *why; /* MATCH: a constant word, see core/match.h */
};

/* Somebody counted what is inside. */
struct audit_order {
    struct name place, actor;
    int64_t counted;
    char reason[EVENT_DETAIL_SIZE];
    struct name
        gone[AUDIT_GONE_MAX]; /* edges whose devices, but for one that still speaks, are gone */
    size_t gone_count;
};

/* What a person decides about money. */
enum money_action {
    MONEY_REFUND, /* `minor` of payment `key`, or of the newest payments of `session`; 0: all that
                        is left. Of a stay that ended it is forgiven, else owed again */
    MONEY_WAIVE,  /* the open debt of `session`: nobody is asked for it any more */
    MONEY_WRITE_OFF, /* the open debt of `session` is lost; what comes in later is taken */
    MONEY_COLLECT,   /* the open debt of `session` is tried again, whatever stopped it */
    MONEY_SUCCEEDED, /* `key`, which waits for a person: the money moved */
    MONEY_FAILED,    /* `key`, which waits for a person: it did not */
    MONEY_ACTIONS
};
/* "refund" "waive" "write_off" "collect" "succeeded" "failed" */
const char *money_action_word(enum money_action a);

struct money_order {
    enum money_action action;
    struct movement_id session;
    char key[PAYMENT_KEY_SIZE]; /* of a payment or of a refund */
    int64_t minor;
    struct name actor;
    char reason[EVENT_DETAIL_SIZE];
};

/* Whose stay an order means. */
struct stay_name {
    struct movement_id session; /* or, if "": */
    struct name place;
    struct plate plate; /* or, if "": */
    struct credential_text credential;
};

/* A shop's discount. */
struct validation_order {
    struct stay_name stay;
    struct validation_row row; /* id, issuer, what, actor */
};

/* The driver at an exit has no ticket any more. */
struct lost_order {
    struct name place, lane, actor;
    struct plate plate; /* as the attendant reads it; "": unknown */
    char reason[EVENT_DETAIL_SIZE];
};

/* A driver pays. */
struct pay_order {
    struct pay_token token; /* of a link, or, if "": */
    struct stay_name stay;
    struct payer payer; /* count 0: the account linked to the plate */
};

struct admin_result {
    enum err err; /* ERR_OK; ERR_INVAL, ERR_NOTFOUND, ERR_CONFLICT: `reason` says why */
    char reason[160];
    bool changed;     /* not as struct seen says (ERR_CONFLICT); nothing was done */
    bool seen_needed; /* ERR_CONFLICT: it exists, and nothing was said of what was seen */
    bool key_reused;  /* the key of struct once was used for another request; nothing was done */
    bool created;
    int64_t audit;               /* its id */
    int64_t act;                 /* its id */
    int64_t occupied;            /* ADMIN_CORRECT: as counted now */
    char key[PAYMENT_KEY_SIZE];  /* MONEY_REFUND: of the refund made last */
    struct place_settings place; /* not for ADMIN_COMMAND */
    /* of orders for a stay: */
    struct movement_id session;
    struct currency currency;
    int64_t price_minor, paid_minor, due_minor;
    char payment[PAYMENT_KEY_SIZE]; /* ADMIN_PAY: under way now; "": nothing was due */
    struct pay_token pay_token;     /* ADMIN_PAY_LINK */
    int64_t rights_version;         /* ADMIN_RIGHTS: of the list that holds them */
    int64_t rights_changed;         /* how many were not so already */
    /* ADMIN_SESSION_* */
    struct session_change change;
};

/* A request that may come twice and has one effect: its answer is stored in the transaction of the
 * effect, and given again to the same request. Both functions are called inside the batch, `done`
 * follows after COMMIT: once the answer is made nothing may leave before that. */
struct once {
    struct digest key;     /* of who asks, and the key; "": none, the rest is not used */
    struct digest request; /* of what is asked: another one with this key is refused */
    /* What will be answered to `r`; status, location, bytes and len, which stay until `done`. */
    void (*keep)(void *arg, const struct admin_result *r, struct answer_row *ret);
    /* What was answered before; `done` is then called with ERR_OK. */
    void (*again)(void *arg, const struct answer_row *row);
};

/* What somebody saw of a thing before they ask to change it (RFC 9110, 13.1). Only for ADMIN_PLACE_PUT and
 * ADMIN_RIGHTS of one right; any other command with it is refused. */
struct seen {
    enum seen_kind {
        SEEN_NOTHING,
        SEEN_TAG,    /* it must still have `tag` */
        SEEN_IT,     /* it must exist */
        SEEN_NONE,   /* it must not exist */
        SEEN_NEEDED, /* nothing was said, and a change needs it */
    } kind;
    char tag[TAG_SIZE];
};

struct admin_command {
    enum admin_kind kind;
    struct seen seen;
    struct once once;
    union {
        struct place_settings place;
        struct {
            struct name place;
            struct command command; /* not_after 0: the default */
        } order;
        struct {
            struct name place, edge;
        } stream; /* ADMIN_EDGE_RELEASE */
        struct audit_order audit;
        struct act_order act;
        struct money_order money;
        struct validation_order validation;
        struct lost_order lost;
        struct pay_order pay; /* ADMIN_PAY, ADMIN_PAY_LINK */
        struct {
            struct name place, edge;
            struct right_id right;
        } bind;
        struct {
            struct name place, actor;
            int64_t id;
        } cancel; /* ADMIN_AUDIT_CANCEL */
    };
    /* Called once on the service thread, after COMMIT or refusal; also when the service stops
     * (ERR_UNAVAIL). Must not block. May be NULL. */
    void (*done)(void *arg, const struct admin_result *r);
    void *arg;
};

/* Made by the poster with work_new; the service owns it after a successful post. */
struct work {
    enum work_kind kind;
    struct name place, edge; /* from the topic, never from the payload */
    uint8_t correlation[16];
    union {
        struct {
            bool up;
            uint16_t receive_max;
        } broker;
        struct payment_result payment;
        struct admin_command admin;
    };
    size_t len;
    uint8_t bytes[]; /* `len` of them */
};

/* Zeroed, with a copy of bytes[0..len). Ends the process when memory is short. */
struct work *work_new(enum work_kind kind, const void *bytes, size_t len);
void work_free(struct work *w); /* NULL is fine */

/* ---- service ---- */

/* A payer account linked to a plate. */
struct account {
    struct plate plate; /* normalised */
    struct payer payer;
};

/* Zero members take the defaults named. */
struct service_options {
    struct clock_source clock;
    const struct account *accounts; /* copied; duplicates: the last one counts */
    size_t account_count;
    size_t queue_max;        /* 16384 works */
    size_t batch_max;        /* 256 works per transaction: a question waits for one batch at most */
    int64_t lease_ms;        /* 72 h, domain time */
    int64_t payment_wait_ms; /* 2000, real time: no result by then is "unavailable" */
    int64_t hold_retry_ms;   /* 5000, domain time */
    int64_t collect_ms;      /* 1000, real time: pause between rounds of debt collection */
    int64_t offer_resend_ms; /* 2000, real time */
    int64_t plate_retention_ms; /* domain time, after a stay is settled; 0: plates are kept */
    struct metrics *metrics;    /* may be NULL; must outlive the service */
    const char *pay_url;        /* before the token of a payment link; NULL or "": there are none */
    const struct issuer *issuers; /* must outlive the service */
    size_t issuer_count;
};

/* All tables are copied; what their `self` point to must outlive the service. */
struct service_ports {
    struct store_port store;
    struct downlink_port downlink;
    struct payments_port payments;
    struct notifier_port notifier;
    struct rates_port rates;
    struct signer_port signer; /* sign NULL: nobody can correct anything */
};

/* Loads the state from the store. ERR_IO: it could not be read or breaks the invariant. */
enum err service_create(const struct service_options *o, const struct service_ports *p,
                        struct service **ret);

/* Starts the thread. */
enum err service_start(struct service *s);

/* Any thread. ERR_FULL: the queue is full, the work stays the caller's (drop it if the sender
 * resends, try again if it does not). */
enum err service_post(struct service *s, struct work *w);

/* Finishes what is queued, then joins the thread. */
void service_stop(struct service *s);

void service_free(struct service *s); /* NULL is fine; stopped first */

/* One turn on the caller's thread, for tests and simulation: drains up to one batch, fires timers,
 * commits, releases. Returns how many works were taken. Never beside service_start. */
size_t service_turn(struct service *s, struct now now);

/* Domain milliseconds until the next timer is due, at most 60000. */
int64_t service_next_timer_ms(const struct service *s, struct now now);

#endif
