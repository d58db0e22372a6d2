/* What people and pages may read of the ledger: read-only queries on a connection of their own,
 * which never wait for the writer and never make it wait (WAL).
 *
 * D1 Everything between reader_begin and reader_end is one snapshot: counts and lists agree.
 * D2 A reader cannot write: the connection is opened read-only.
 * D3 Every list is bounded by its caller.
 *
 * A reader belongs to one thread at a time. Rows handed to a visitor are valid during the call; ""
 * and 0 mean absent unless said otherwise. Errors: ERR_NOTFOUND where said; ERR_UNAVAIL when the
 * database is busy; ERR_IO when it cannot be read. */
#ifndef BOOMGATE_CLOUD_STORE_READER_H
#define BOOMGATE_CLOUD_STORE_READER_H

#include "cloud/core/act.h"
#include "cloud/core/reconcile.h"
#include "cloud/core/records.h"

struct reader;

/* `file` must exist and have the schema. */
enum err reader_open(const char *file, struct reader **ret);
void reader_close(struct reader *r); /* NULL is fine */

enum err reader_begin(struct reader *r);
void reader_end(struct reader *r);

/* A number that changes with every commit of the writer. It means nothing on another connection. */
enum err reader_version(struct reader *r, int64_t *ret);

struct place_view {
    struct place_row row;
    int64_t at_edges;  /* free spaces at the edges, and offers under way */
    int64_t anomalies; /* open ones */
};

/* In order of their names. */
enum err reader_places(struct reader *r, void (*visit)(void *arg, const struct place_view *p),
                       void *arg);
enum err reader_place(struct reader *r, const struct name *place,
                      struct place_view *ret); /* ERR_NOTFOUND */

/* The zones of a place, in order of their names; not theirs. */
enum err reader_zones(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct name *zone), void *arg);

struct edge_view {
    struct name edge;
    char version[VERSION_SIZE];
    bool frozen;                 /* its newest epoch */
    bool online;                 /* as it said of itself; see `heard` */
    struct wall_ms heard;        /* v == 0: never */
    struct wall_ms telemetry_at; /* v == 0: none; then the rest is 0 */
    int64_t epoch, outbox_depth, outbox_age_ms, free, overdraft;
    char clock[16];
};

struct lane_view {
    struct name edge, lane;
    char direction[12]; /* "entry" "exit" "reversible" */
    char state[16];     /* "" : no telemetry of this lane yet */
    char arm[12];
    bool online; /* inputs fresh, as the edge said */
    bool edge_online;
    int64_t link_us;
    uint32_t inputs;             /* PROTOCOL.md, section 9 */
    struct wall_ms telemetry_at; /* v == 0: none */
};

enum err reader_edges(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct edge_view *e), void *arg);
enum err reader_lanes(struct reader *r, const struct name *place,
                      void (*visit)(void *arg, const struct lane_view *l), void *arg);

struct movement_view {
    struct movement_id id;
    struct name place, edge, lane;
    char direction[8];
    struct plate plate;
    struct credential_text credential;
    char medium[8];
    char basis[12], reason[20], outcome[16];    /* outcome "": still under way */
    struct wall_ms presented, completed, ended; /* v == 0: not (yet) */
    struct wall_ms time;                        /* the latest of them */
    struct wall_ms first;                       /* heard of */
};

/* Behind an entry of a list that is ordered by a number and, where that is the same, by id, both falling. */
struct list_cursor {
    int64_t at;
    char id[48];
};
extern const struct list_cursor list_begin; /* before the first one */

/* Newest first, from behind `from` on. */
enum err reader_movements(struct reader *r, const struct name *place,
                          const struct list_cursor *from, int limit,
                          void (*visit)(void *arg, const struct movement_view *m), void *arg);
enum err reader_movement(struct reader *r, const struct movement_id *id,
                         struct movement_view *ret); /* ERR_NOTFOUND */

/* When the first vehicle was heard of at this place; v == 0: never. */
enum err reader_first_movement(struct reader *r, const struct name *place, struct wall_ms *ret);

/* Crossings that were completed, cut into `count` steps of `step_ms` from `from` on:
 * `ret_entered[i]` and `ret_left[i]` are those in [from + i * step_ms, from + (i + 1) * step_ms).
 */
enum err reader_flow(struct reader *r, const struct name *place, struct wall_ms from,
                     int64_t step_ms, size_t count, int64_t *ret_entered, int64_t *ret_left);

struct session_view {
    struct movement_id id;
    struct name place;
    char zone[ZONE_NAME_SIZE];
    struct name tariff;
    struct plate plate;
    char state[12];            /* "open" "closed" "unmatched" */
    struct wall_ms start, end; /* v == 0: unknown resp. still open */
    char exit_basis[12];
    struct currency currency;
    int64_t price_minor, paid_minor;
    struct wall_ms paid_at; /* v == 0: never */
    char payment_state[12]; /* of the newest payment; "": none */
    char payment_reason[PAYMENT_REASON_SIZE];
    char debt_state[16];     /* "": none */
    int64_t debt_minor;      /* what is still owed of it */
    struct right_id right;   /* covers it up to `covered`; "": none */
    struct wall_ms covered;  /* v == INT64_MAX: to its end */
    struct plate exit_plate; /* as read at the exit, if it is not `plate` */
    int64_t tariff_version;  /* 0: by the time of entry */
    struct tariff_stay stay; /* as the rate table sees it */
    int64_t refunded_minor;  /* of what was paid */
    bool lost;               /* the ticket is: what that costs is due */
    struct name entry_edge, entry_lane, exit_edge, exit_lane; /* "": not known */
    int64_t stale_after_ms;                                   /* of its place; 0: never */
    struct name parent;                                       /* its place is a zone of that one */
    struct credential_text credential;                        /* ticket, card or code; "": none */
    int64_t exit_grace_ms;                                    /* of the place */
    struct movement_id joined; /* an exit that a person gave to that stay */
};

/* Where a page of sessions ends; zeroed: before the first. */
struct session_cursor {
    int64_t at_ms;
    struct movement_id id;
};

/* Stays with this plate (or the name that took its place; "": none did) or, if that is "", this credential,
 * newest first, after `from`. */
enum err reader_sessions(struct reader *r, const struct plate *plate, const struct plate *alias,
                         const struct credential_text *credential,
                         const struct session_cursor *from, int limit,
                         void (*visit)(void *arg, const struct session_view *s), void *arg);

struct session_filter {
    struct name place;
    enum session_state state;
    struct wall_ms begun_before; /* v == 0: whenever */
};

/* Stays of a place, newest first, after `from`. */
enum err reader_sessions_of_place(struct reader *r, const struct session_filter *f,
                                  const struct session_cursor *from, int limit,
                                  void (*visit)(void *arg, const struct session_view *s),
                                  void *arg);
/* One stay, by its id; the open one of a plate, of a credential at a place. ERR_NOTFOUND */
enum err reader_session(struct reader *r, const struct movement_id *id, struct session_view *ret);
enum err reader_plate_stay(struct reader *r, const struct name *place, const struct plate *plate,
                           struct session_view *ret);
enum err reader_credential_stay(struct reader *r, const struct name *place,
                                const struct credential_text *credential, struct session_view *ret);

enum err reader_pay_link(struct reader *r, const struct pay_token *token,
                         struct pay_link_row *ret); /* ERR_NOTFOUND */

/* Where to go on after `s`. */
struct session_cursor session_cursor_of(const struct session_view *s);

/* What happened at a place since `since` (v == 0: ever). */
struct summary_view {
    int64_t entered, left;
    int64_t turned_away;   /* denied at an entry */
    int64_t charged_minor; /* payments that succeeded */
    int64_t payments_succeeded, payments_declined;
};
enum err reader_summary(struct reader *r, const struct name *place, struct wall_ms since,
                        struct summary_view *ret);

/* What is open at a place now. */
struct open_view {
    int64_t sessions;
    int64_t debts, debts_minor;
    int64_t payments_open;   /* not final: under way or unknown */
    int64_t payments_manual; /* a person must look */
};
enum err reader_open_items(struct reader *r, const struct name *place, struct open_view *ret);

struct audit_view {
    int64_t id, counted, since, before, released, shortfall; /* as in struct audit_row */
    char state[12];                                          /* "pending" "applied" "cancelled" */
    struct name actor;
    char reason[EVENT_DETAIL_SIZE];
    char gone[AUDIT_GONE_MAX * NAME_SIZE]; /* names with spaces between */
    char waits[AUDIT_WAITS_SIZE];
    struct wall_ms made, ended;
};

/* Newest first. */
enum err reader_audits(struct reader *r, const struct name *place, const struct list_cursor *from,
                       int limit, void (*visit)(void *arg, const struct audit_view *a), void *arg);

/* ---- the feed: events of edges and facts of the cloud, in the order of commit ---- */

struct feed_query {
    int64_t after;             /* the number of the last one seen; 0: from the beginning */
    struct name place;         /* "": of all */
    char type[FACT_TYPE_SIZE]; /* "session.closed", or "session" for all its kinds; "": all */
    int limit;
};

struct feed_item {
    int64_t at;                /* its number; they have no gaps */
    bool event;                /* of an edge: `bytes` is the whole event as it sent it */
    char type[FACT_TYPE_SIZE]; /* "": of an edge, and not known here */
    struct name place;
    char subject[FACT_SUBJECT_SIZE]; /* facts only, as `plate` */
    struct plate plate;
    char trace[TRACEPARENT_SIZE]; /* "": none */
    struct wall_ms time;          /* of an edge: by its clock */
    struct wall_ms received;      /* by ours */
    const char *bytes;            /* of a fact: its data, a JSON object */
    size_t len;
};

/* The number of the last one committed. */
enum err reader_feed_head(struct reader *r, int64_t *ret);

/* Up to `limit` of those after `after`, oldest first, within a bounded stretch; `visit` returns false to
 * take no more (the one it was shown counts as not seen). *ret_seen: the number to go on after; all that
 * fits the query up to it was shown. ERR_CONFLICT: `after` is ahead of everything. */
enum err reader_feed(struct reader *r, const struct feed_query *q,
                     bool (*visit)(void *arg, const struct feed_item *i), void *arg,
                     int64_t *ret_seen);
struct act_view {
    struct act_row row;
    int64_t undone_by; /* 0: nobody */
};

/* Acts of people, newest first, before act `before` (0: from the newest). `kind` "": all of them. */
enum err reader_acts(struct reader *r, const struct name *place, const char *kind, int64_t before,
                     int limit, void (*visit)(void *arg, const struct act_view *a), void *arg);
enum err reader_act(struct reader *r, const struct name *place, int64_t id,
                    struct act_view *ret); /* ERR_NOTFOUND */

/* One day for core/reconcile.h: payments and refunds that succeeded in [from, to), stays that ended and exits
 * that were completed in it. */
enum err reader_day_money(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct reconcile_row *row), void *arg);
enum err reader_day_stays(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct reconcile_stay *stay), void *arg);
enum err reader_day_exits(struct reader *r, const struct name *place, struct wall_ms from,
                          struct wall_ms to,
                          void (*visit)(void *arg, const struct movement_id *id, bool ends_stay),
                          void *arg);

/* Reports of days before `before` ("": of all), the latest first. */
enum err reader_reconciliations(struct reader *r, const struct name *place, const char *before,
                                int limit,
                                void (*visit)(void *arg, const struct reconciliation_row *row),
                                void *arg);
enum err reader_reconciliation(struct reader *r, const struct name *place, const char *day,
                               struct reconciliation_row *ret); /* ERR_NOTFOUND */
/* What did not agree; of many, the first ones. */
enum err reader_mismatches(struct reader *r, const struct name *place, const char *day,
                           void (*visit)(void *arg, const struct mismatch *m), void *arg);

/* Which payments, refunds or debts of a place: in this state and of this stay ("": any), newest first,
 * after the one that changed (a debt: was made) at `at_ms` with `key` (0: from the first). */
struct money_filter {
    struct name place;
    char state[16];
    struct movement_id session;
    int64_t at_ms;
    char key[PAYMENT_KEY_SIZE];
    int limit;
};

/* Tokens are left out. */
enum err reader_payments(struct reader *r, const struct money_filter *f,
                         void (*visit)(void *arg, const struct payment_row *row), void *arg);
enum err reader_refunds(struct reader *r, const struct money_filter *f,
                        void (*visit)(void *arg, const struct refund_row *row), void *arg);
enum err reader_debts(struct reader *r, const struct money_filter *f,
                      void (*visit)(void *arg, const struct debt_row *row), void *arg);
enum err reader_payment(struct reader *r, const char *key,
                        struct payment_row *ret); /* ERR_NOTFOUND */
enum err reader_refund(struct reader *r, const char *key,
                       struct refund_row *ret); /* ERR_NOTFOUND */
enum err reader_debt(struct reader *r, const struct movement_id *session,
                     struct debt_row *ret); /* ERR_NOTFOUND */
/* Where a stay is. ERR_NOTFOUND */
enum err reader_place_of_session(struct reader *r, const struct movement_id *session,
                                 struct name *ret);

/* Commands to a lane, newest first. */
enum err reader_commands(struct reader *r, const struct name *place, const struct name *lane,
                         const struct list_cursor *from, int limit,
                         void (*visit)(void *arg, const struct command_row *c), void *arg);
enum err reader_command(struct reader *r, const struct request_id *id,
                        struct command_row *ret); /* ERR_NOTFOUND */

/* Rights in the order of their names, after `after` ("": from the first); removed ones are left out. */
enum err reader_rights(struct reader *r, const struct name *place, const struct right_id *after,
                       int limit, void (*visit)(void *arg, const struct right_row *row), void *arg);
enum err reader_right(struct reader *r, const struct name *place, const struct right_id *id,
                      struct right_row *ret); /* ERR_NOTFOUND */

struct right_count {
    int64_t version; /* of the list; 0: none was ever given */
    int64_t count;
};
enum err reader_right_count(struct reader *r, const struct name *place, struct right_count *ret);

/* The version each edge last said it has in force. */
enum err reader_rights_applied(struct reader *r, const struct name *place,
                               void (*visit)(void *arg, const struct name *edge, int64_t version,
                                             struct wall_ms at),
                               void *arg);

#endif
