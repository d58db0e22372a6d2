/* The records of the ledger as values: what the service decides on, the store keeps and the readers
 * show. Money is int64 minor units in the place's currency; times are UTC; "" and 0 mean absent
 * unless said otherwise. The table of the same name in store/schema holds each of them. */
#ifndef BOOMGATE_CLOUD_CORE_RECORDS_H
#define BOOMGATE_CLOUD_CORE_RECORDS_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/tariff/tariff_stay.h"
#include "protocol/wire/command.h"
#include "protocol/wire/credential.h"
#include "protocol/wire/event.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/status.h"
#include "protocol/wire/trace.h"
#include "protocol/wire/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ZONE_NAME_SIZE = 48,
    TITLE_SIZE = 64,
    HOURS_TEXT_SIZE = 512,
    TOKEN_SIZE = 128,      /* a payer account at one provider */
    PROVIDERS_MAX = 4,     /* payment providers of one cloud */
    PAYMENT_KEY_SIZE = 40, /* "<16 hex>:<kind>:<n>" */
    PAYMENT_REASON_SIZE = 96,
    PROVIDER_REF_SIZE = 96,
    ANOMALY_DETAIL_SIZE = 192,
    FACT_TYPE_SIZE = 40,
    FACT_SUBJECT_SIZE = 64,
    LOCATION_SIZE = 160,
    TAG_SIZE = 20,
};

/* What happens at an exit when the provider is unavailable or the outcome unknown. */
enum payment_policy { POLICY_DEFER, POLICY_HOLD };
/* "defer" "hold" */

/* What happens to a vehicle that asks to leave and has no open session. */
enum unmatched_policy { UNMATCHED_OPEN, UNMATCHED_DENY };
/* "open" "deny" */

struct place_settings {
    struct name place;
    char title[TITLE_SIZE];    /* for people; "" means the name */
    int64_t capacity;          /* 1..1000000 */
    char zone[ZONE_NAME_SIZE]; /* IANA */
    struct currency currency;
    struct name tariff; /* rate table, by file name without extension */
    enum payment_policy policy;
    int64_t hold_max_ms;
    int64_t exit_grace_ms;
    enum unmatched_policy unmatched_exit;
    int64_t grant_size;     /* spaces an entry edge should hold; 0: derived from the capacity */
    bool closed;            /* not in operation: entries are denied */
    struct name parent;     /* the place this one is a zone of; "": it is none */
    int64_t stale_after_ms; /* an open stay is flagged after that; 0: never */
    char hours[HOURS_TEXT_SIZE]; /* when it is open (core/hours.h); "": always */
};

/* Both look at every member. The tag of other settings is another one (64 bits): what somebody saw, when
 * they change it. */
bool place_settings_equal(const struct place_settings *a, const struct place_settings *b);
void place_settings_tag(const struct place_settings *s, char ret[TAG_SIZE]);

/* The counters of wire.md's table; see core/ledger.h. */
struct place_row {
    struct place_settings settings;
    int64_t pool, occupied, pending, held, overdraft;
    int64_t open_sessions; /* the second count: by sessions */
    int64_t next_grant;
    bool offers_stopped; /* an anomaly waits for a person */
    bool shut;           /* closed now, by a person or by its hours */
    struct wall_ms changed;
};

struct edge_row {
    struct name place, edge;
    int64_t newest_epoch;
    struct wall_ms hello_at;
    char version[VERSION_SIZE];
};

/* One epoch of one edge. */
struct stream_row {
    int64_t id; /* assigned by the service, > 0 */
    struct name place, edge;
    struct request_id journal;
    int64_t epoch;
    int64_t last;                     /* applied up to here */
    struct digest head;               /* of event `last`; zeros if none */
    int64_t view, pending, overdraft; /* this epoch's share of the place's counters */
    bool frozen;                      /* a fork was seen */
    bool fenced;                      /* a newer epoch exists */
    int64_t bound;                    /* of the view, tied to rights */
    int64_t owed;                     /* recalled, and not yet returned */
    struct wall_ms lease_until;       /* may use its spaces till then at the latest */
    int64_t audited;                  /* the last audit covers its events up to here; 0: none */
};

enum audit_state { AUDIT_PENDING, AUDIT_APPLIED, AUDIT_CANCELLED };
/* "pending" "applied" "cancelled" */

enum { AUDIT_STREAMS_MAX = 128, AUDIT_GONE_MAX = 16, AUDIT_WAITS_SIZE = 192 };

/* A count by a person. */
struct audit_row {
    struct name place;
    int64_t id; /* unique per place, among its grants */
    enum audit_state state;
    int64_t counted; /* vehicles inside */
    struct name actor;
    char reason[EVENT_DETAIL_SIZE];
    size_t gone_count;
    struct name
        gone[AUDIT_GONE_MAX]; /* edges whose older devices are no more, as the person says */
    size_t position_count;
    struct audit_position {
        int64_t stream;
        int64_t seq; /* the count covers its events up to here */
    } positions[AUDIT_STREAMS_MAX];
    char waits[AUDIT_WAITS_SIZE]; /* what for, in words; "": nothing */
    int64_t since;                /* net entries applied after those positions */
    int64_t before;               /* what the ledger had counted */
    int64_t released;             /* spaces of epochs that are over */
    int64_t shortfall;            /* the pool is below zero by that much */
    struct wall_ms made, ended;   /* ended v == 0: pending */
};

enum grant_state { GRANT_OPEN, GRANT_ACCEPTED, GRANT_DECLINED };
/* "open" "accepted" "declined" */

struct grant_row {
    struct name place;
    enum grant_kind kind;
    int64_t id; /* unique per place */
    int64_t stream;
    int64_t epoch;
    int64_t n;
    struct right_id right; /* "": any vehicle's */
    enum grant_state state;
    struct wall_ms made;
};

struct event_row {
    int64_t stream;
    int64_t seq;
    struct digest digest;
    const char *kind; /* "passage.completed"; "" for an unknown type */
    struct movement_id movement;
    struct wall_ms time;
    struct wall_ms received;
    const void *bytes;
    size_t len;
};

struct quarantine_row {
    struct name place, edge;
    int64_t stream, epoch, seq; /* 0: not readable */
    struct digest digest;
    const char *reason;
    struct wall_ms received;
    const void *bytes;
    size_t len;
};

struct anomaly_row {
    struct name place, edge;
    const char *kind; /* constant word, e.g. "fork" */
    int64_t epoch, seq;
    bool stops_offers;
    char detail[ANOMALY_DETAIL_SIZE];
    struct wall_ms at;
};

/* What is known of a Movement so far. In an update, absent members leave the record as it is. */
struct movement_row {
    struct movement_id id;
    struct name place, edge, lane;
    enum direction direction;
    struct plate plate;
    struct plate_raw raw;
    int64_t confidence; /* -1: absent */
    enum basis basis;
    enum reason reason;
    enum outcome outcome;
    struct request_id request;
    struct credential_text credential; /* shown beside the plate, or the ticket it was given */
    enum medium medium;
    struct wall_ms first; /* of the event it was first heard of by; an update does not change it */
    struct wall_ms presented, authorised, started, completed, ended; /* v == 0: not yet */
};

enum session_state { SESSION_OPEN, SESSION_CLOSED, SESSION_UNMATCHED };
/* "open" "closed" "unmatched" (an exit whose entry is not known) */

struct session_row {
    struct movement_id id; /* the movement known first: the entry's, or the exit's */
    struct name place;
    struct plate plate;
    enum session_state state;
    struct wall_ms start; /* v == 0: unknown (unmatched) */
    struct wall_ms end;   /* v == 0: still open */
    struct name entry_edge, entry_lane, exit_edge, exit_lane;
    struct movement_id exit_movement;
    enum basis exit_basis;
    struct currency currency;
    struct name tariff;     /* the rate table in force when it began (unmatched: when it ended) */
    int64_t tariff_version; /* of it; 0: by the time of entry */
    int64_t price_minor;    /* of the last quote, of the whole stay once closed */
    int64_t paid_minor;
    int64_t refunded_minor;    /* of it, given back or about to be */
    int64_t waived_minor;      /* of the price, forgiven */
    struct wall_ms paid_at;    /* v == 0: never */
    bool lost;                 /* the ticket is: nobody knows when it began */
    struct wall_ms settled_at; /* the last instant for which all was paid, v == 0: none; ... */
    int64_t settled_minor;     /* ... when the stay cost this */
    struct wall_ms quote_at;   /* v == 0: none */
    struct request_id quote_request;
    struct right_id right;   /* covers the stay up to `covered`; "": none */
    struct wall_ms covered;  /* v == INT64_MAX: to its end */
    struct plate exit_plate; /* as read, if it is not `plate`: one confused character, or found by
                                the credential */
    struct credential_text credential; /* ticket, card or code of the entry; "": none */
    struct movement_id joined; /* an exit whose entry a person found: the stay it belongs to */
};

/* A payment link (core/pay_link.h). */
enum { PAY_TOKEN_SIZE = 17 };

struct pay_token {
    char text[PAY_TOKEN_SIZE];
};

struct pay_link_row {
    struct pay_token token;
    struct movement_id session;
    bool at_exit; /* shown at a lane, to who waits there */
    struct wall_ms made, until;
};

enum { VALIDATION_ID_SIZE = 33 };

/* A discount that a shop gave to a stay. */
struct validation_row {
    char id[VALIDATION_ID_SIZE]; /* chosen by who gives it: the same id is the same validation */
    struct movement_id session;
    struct name place;
    struct name issuer; /* the shop */
    struct tariff_validation what;
    struct name actor; /* whose token it came with */
    struct wall_ms at;
};

/* A right of a place. A removed one keeps only its id (right.removed). */
struct right_row {
    struct name place;
    struct right right;
    int64_t version; /* of the list that it last changed in */
    struct wall_ms changed;
};

/* The version of a place's list, raised by every change. */
struct right_list_row {
    struct name place;
    int64_t version; /* 0: no right was ever given */
    int64_t floor;   /* the changes since an older version are no longer all known */
};

/* What a payment is for; part of its key. */
enum payment_kind {
    PAYMENT_KIND_EXIT,   /* charged to the account: when the vehicle asks to leave, or deferred */
    PAYMENT_KIND_PREPAY, /* before the exit */
    PAYMENT_KIND_LINK,   /* by the driver, on the page of a link */
    PAYMENT_KIND_DEBT,   /* charged for the debt because a person wanted it */
    PAYMENT_KINDS
};
/* "exit" "prepay" "link" "debt" */

enum payment_state {
    PAYMENT_CREATED,  /* committed, certainly not at the provider */
    PAYMENT_SENT,     /* handed to the provider's worker */
    PAYMENT_UNKNOWN,  /* no answer: ask before anything else */
    PAYMENT_QUERYING, /* the question is under way */
    PAYMENT_SUCCEEDED,
    PAYMENT_DECLINED,
    PAYMENT_MANUAL, /* a person must look */
    PAYMENT_VOID,   /* never sent, and not wanted any more */
    PAYMENT_STATES
};
/* "created" "sent" "unknown" "querying" "succeeded" "declined" "manual" "void" */

/* A payer: an account at each of some providers. Tokens only, never card data. */
struct payer {
    size_t count;
    struct payer_token {
        struct name provider;
        char token[TOKEN_SIZE];
    } tokens[PROVIDERS_MAX];
};

struct payment_row {
    char key[PAYMENT_KEY_SIZE]; /* idempotency key, reused on every retry */
    struct movement_id session;
    struct name place;
    enum payment_kind kind;
    struct name provider; /* who has it, or may have it; committed before the first call */
    char token[TOKEN_SIZE];
    struct money amount;
    enum payment_state state;
    int64_t attempts;
    struct wall_ms created, changed;
    char provider_ref[PROVIDER_REF_SIZE];
    char reason[PAYMENT_REASON_SIZE];
    int64_t refunded_minor;       /* given back or about to be */
    struct name actor;            /* who resolved it; "": nobody had to */
    char note[EVENT_DETAIL_SIZE]; /* why, in the actor's words */
};

enum refund_cause { REFUND_OVERPAID, REFUND_PERSON };
/* "overpaid" "person" */

/* Money on its way back; its states are those of a payment. */
struct refund_row {
    char key[PAYMENT_KEY_SIZE]; /* "<session>:refund:<n>" */
    struct movement_id session;
    struct name place;
    char payment[PAYMENT_KEY_SIZE]; /* the charge it is of */
    struct name provider;           /* who has the charge */
    char charge_ref[PROVIDER_REF_SIZE];
    struct money amount;
    enum refund_cause cause;
    bool forgiven; /* the price went down with it (core/books.h, B4) */
    enum payment_state state;
    int64_t attempts;
    struct wall_ms created, changed;
    char provider_ref[PROVIDER_REF_SIZE]; /* of the refund */
    char reason[PAYMENT_REASON_SIZE];
    struct name actor;            /* who wanted or resolved it; "": nobody */
    char note[EVENT_DETAIL_SIZE]; /* why, in the actor's words */
};

enum debt_state { DEBT_OPEN, DEBT_PAID, DEBT_WAIVED, DEBT_WRITTEN_OFF };
/* "open" "paid" "waived" "written_off" */

struct debt_row {
    struct movement_id session;
    struct name place;
    struct plate plate;
    struct money amount; /* as recorded at the exit, or after a change of the price */
    int64_t paid_minor;
    int64_t waived_minor, written_off_minor;
    enum debt_state state;
    char reason[PAYMENT_REASON_SIZE]; /* why it is still open */
    struct wall_ms created, settled;
    struct name actor;            /* who waived it or wrote it off */
    char note[EVENT_DETAIL_SIZE]; /* why, in the actor's words */
};

/* What does not agree, and how. Ours: the ledger; theirs: a provider. */
enum mismatch_class {
    MISMATCH_UNKNOWN_HERE,    /* booked there, unknown here */
    MISMATCH_NOT_DONE_HERE,   /* booked there, not succeeded here */
    MISMATCH_MISSING_THERE,   /* succeeded here, not booked there */
    MISMATCH_AMOUNT,          /* another amount there */
    MISMATCH_CURRENCY,        /* another currency there */
    MISMATCH_TWICE_THERE,     /* booked there more than once */
    MISMATCH_LATE,            /* booked there long after it succeeded here */
    MISMATCH_WITHOUT_SESSION, /* an exit that ends no stay */
    MISMATCH_WITHOUT_EXIT,    /* a stay that ended without a completed exit */
    MISMATCH_UNPAID,          /* a stay whose price is neither paid nor owed nor given up */
    MISMATCH_PAYMENTS_DIFFER, /* a stay whose payments are not what it says it paid */
    MISMATCH_REFUNDS_DIFFER,  /* a stay whose refunds are not what it says went back */
    MISMATCH_NOT_GIVEN_BACK,  /* a stay that was paid more than its price */
    MISMATCH_CLASSES
};
/* "unknown_here" "not_done_here" "missing_there" "amount" "currency" "twice_there" "late"
 * "without_session" "without_exit" "unpaid" "payments_differ" "refunds_differ" "not_given_back" */

enum mismatch_noun {
    MISMATCH_OF_PAYMENT,
    MISMATCH_OF_REFUND,
    MISMATCH_OF_SESSION,
    MISMATCH_OF_EXIT,
    MISMATCH_NOUNS
};
/* "payment" "refund" "session" "exit" */

struct mismatch {
    enum mismatch_class class;
    enum mismatch_noun of;
    char key
        [PROVIDER_REF_SIZE]; /* of the payment or refund; the provider's where it is not ours; the
                                    stay or the movement */
    struct movement_id session; /* "": not known */
    struct money ours, theirs;  /* currency "": there is none */
};

/* Of one day at one place, in minor units of its currency. */
struct reconciliation_sums {
    int64_t exits, sessions, payments, refunds, lines;
    int64_t priced_minor, paid_minor, refunded_minor, waived_minor, written_off_minor, owed_minor,
        excess_minor;                        /* of the stays that ended on the day */
    int64_t charged_minor, given_back_minor; /* as we learned of them on the day */
    int64_t booked_minor, booked_back_minor; /* as the providers booked them on the day */
};

enum { DAY_SIZE = 11 };

/* The report of one day; a later one of the same day replaces it. */
struct reconciliation_row {
    struct name place;
    char day[DAY_SIZE]; /* "2026-11-20", the place's */
    struct currency currency;
    struct wall_ms from, to, made;
    bool partial; /* the day, or the day after it, was not over yet */
    struct reconciliation_sums sums;
    int64_t mismatches;
};

/* The answer stored under a request id. */
struct decision_row {
    struct request_id request;
    struct name place, edge;
    struct movement_id movement;
    struct response response;
    struct wall_ms at;
};

/* What was answered to a request that carried an idempotency key. */
struct answer_row {
    struct digest key;            /* of who asked, and the key */
    struct digest request;        /* of what was asked */
    int64_t status;               /* of HTTP */
    char location[LOCATION_SIZE]; /* of what was made; "": nothing */
    const void *bytes;            /* the body, `len` of them */
    size_t len;
    struct wall_ms at;
};

/* A command to a lane and what is known of it. */
struct command_row {
    struct command command;
    struct name place, edge;
    enum stage stage; /* STAGE_NONE: no word from the edge yet */
    enum reason why;
    bool presumed;                             /* the stage is the cloud's own guess: overdue */
    struct wall_ms accepted, executing, ended; /* v == 0: not (yet) */
};

/* What an edge last said of itself; not a fact of the ledger. */
struct edge_live_row {
    struct name place, edge;
    bool online;
    int64_t boot, session;
    struct wall_ms heard;        /* any message */
    struct wall_ms telemetry_at; /* cloud's receive time; v == 0: none yet */
    struct telemetry telemetry;
};

/* What happened in the cloud itself, for the feed, where it stands between the events of edges in the
 * order of commit. No plate stands in `data`: it must be possible to forget it. */
struct fact_row {
    const char *type; /* constant words, "session.opened" */
    struct name place;
    char subject[FACT_SUBJECT_SIZE]; /* the session, payment, ... it is about */
    struct plate plate;
    char trace[TRACEPARENT_SIZE]; /* "": nobody's at a gate */
    struct wall_ms at;
    const char *data; /* a compact JSON object of `len` bytes */
    size_t len;
};

/* Spellings used in the tables and in JSON; never NULL. */
const char *payment_policy_word(enum payment_policy v);
const char *unmatched_policy_word(enum unmatched_policy v);
const char *audit_state_word(enum audit_state v);
const char *grant_state_word(enum grant_state v);
const char *session_state_word(enum session_state v);
const char *payment_kind_word(enum payment_kind v);
const char *payment_state_word(enum payment_state v);
const char *refund_cause_word(enum refund_cause v);
const char *mismatch_class_word(enum mismatch_class v);
const char *mismatch_noun_word(enum mismatch_noun v);
const char *debt_state_word(enum debt_state v);

/* ERR_NOTFOUND for a word that is not in the list. */
enum err payment_policy_parse(const char *text, enum payment_policy *ret);
enum err unmatched_policy_parse(const char *text, enum unmatched_policy *ret);
enum err audit_state_parse(const char *text, enum audit_state *ret);
enum err grant_state_parse(const char *text, enum grant_state *ret);
enum err session_state_parse(const char *text, enum session_state *ret);
enum err payment_kind_parse(const char *text, enum payment_kind *ret);
enum err payment_state_parse(const char *text, enum payment_state *ret);
enum err refund_cause_parse(const char *text, enum refund_cause *ret);
enum err mismatch_class_parse(const char *text, enum mismatch_class *ret);
enum err mismatch_noun_parse(const char *text, enum mismatch_noun *ret);
enum err debt_state_parse(const char *text, enum debt_state *ret);

#endif
