/* Inside of the service: its state and the functions its files share. Only service*.c include this.
 * Everything here runs on the service thread, inside a batch unless said otherwise. */
#ifndef BOOMGATE_CLOUD_SERVICE_STATE_H
#define BOOMGATE_CLOUD_SERVICE_STATE_H

#include "cloud/core/exit_decision.h"
#include "cloud/core/ledger.h"
#include "cloud/core/payment_machine.h"
#include "cloud/core/restamp.h"
#include "cloud/core/session.h"
#include "cloud/core/stream.h"
#include "cloud/service.h"
#include "cloud/service_map.h"
#include "protocol/support/mailbox.h"

#include <pthread.h>

/* ---- what the service knows ---- */

struct place {
    struct place_row row; /* its counters are written from `ledger` when saved */
    struct place_ledger ledger;
    struct edge **edges;
    size_t edge_count;
    bool dirty;
    bool plan;  /* look whether an edge needs spaces */
    bool shown; /* `occupancy` was published */
    struct occupancy occupancy;
};

/* An offer that waits for its answer. */
struct open_grant {
    struct grant_row row;
    struct mono_ms resend_at;
};

/* One epoch of one edge. */
struct stream {
    struct stream_row row; /* position and shares are written from the members below when saved */
    struct stream_state state;
    struct space_view view;
    struct edge *edge;
    struct work **stage; /* STREAM_STAGE_MAX slots by seq, made when first needed */
    size_t staged;
    bool dirty;
};

struct edge {
    char key[2 * NAME_SIZE]; /* "place/edge" */
    struct edge_row row;
    struct place *place;
    struct stream **streams; /* ascending epoch; the last one is the newest */
    size_t stream_count;
    struct hello_lane lanes[HELLO_LANES_MAX];
    size_t lane_count;
    struct open_grant *grants;
    size_t grant_count;
    bool asked; /* stands with no space in hand */
    bool ack_due;
    struct edge_clock clock;
    struct edge_live_row live;
    bool live_dirty;
    struct mono_ms live_saved;
};

/* A payment that is not final. */
struct payment {
    struct payment_row row;
    bool in_flight; /* the worker owes a result */
    bool wanted;    /* a question or a debt waits for it: may be charged */
    struct mono_ms next_try;
};

/* An exit question whose answer was not final yet. */
struct exit_case {
    struct decision_row decision; /* request, edge, movement and the answer so far */
    uint8_t correlation[16];
    struct movement_id session;
    int64_t price_minor;
    struct currency currency;
    bool said_pending;
    bool failed, declined;
    struct mono_ms wait_until; /* for a result of this attempt */
    struct mono_ms retry_at;   /* held: the next attempt */
    struct mono_ms hold_until;
};

/* What leaves after COMMIT, in this order within one batch. */
enum effect_kind {
    EFFECT_ACK,
    EFFECT_RESPOND,
    EFFECT_OFFER,
    EFFECT_OCCUPANCY,
    EFFECT_RESYNC,
    EFFECT_PAYMENT,
    EFFECT_ADMIN,
    EFFECT_NOTICE
};

struct effect {
    enum effect_kind kind;
    struct name place, edge;
    union {
        struct {
            int64_t epoch, upto;
        } ack;
        struct {
            uint8_t correlation[16];
            struct response response;
        } respond;
        struct grant offer;
        struct occupancy occupancy;
        struct payment_call payment;
        struct {
            void (*done)(void *arg, const struct admin_result *r);
            void *arg;
            struct admin_result result;
        } admin;
        struct {
            enum notice notice;
            char *json; /* owned */
        } notice;
    };
};

struct service {
    struct service_options options;
    struct service_ports ports;
    struct map accounts; /* plate -> struct account */
    struct account *account_list;

    struct mailbox *inbox; /* struct work * */
    struct work **batch;
    int wake_fd;
    pthread_t thread;
    bool running;
    _Atomic bool stopping;

    struct now now; /* of this turn */
    struct place **places;
    size_t place_count;
    struct map place_by_name; /* place -> struct place */
    struct map edge_by_name;  /* "place/edge" -> struct edge */
    struct stream **streams;
    size_t stream_count;
    int64_t next_stream;
    struct stream **dirty_streams;
    size_t dirty_stream_count;
    struct edge **ack_edges;
    size_t ack_edge_count;

    struct map payments; /* session -> struct payment */
    struct payment **payment_list;
    size_t payment_count;
    struct exit_case **cases;
    size_t case_count;
    struct refused_call {
        char key[PAYMENT_KEY_SIZE];
        bool never; /* the provider has no words for it */
    } * refused;    /* calls the payments port refused after the last COMMIT */
    size_t refused_count;
    bool provider_was_available;

    bool live_changed; /* of some edge */
    struct mono_ms live_at;
    struct mono_ms collect_at, resend_at, prune_at, resync_allowed_at;
    bool offers_changed; /* some place wants a plan */

    struct effect *effects;
    size_t effect_count, effect_size;
};

/* ---- service_state.c ---- */

/* Ends the process: the store failed or our own state is broken (C2). */
void service_die(const char *what, enum err e) __attribute__((noreturn));

/* A store call that must succeed. */
#define STORE(s, function, ...)                                                                    \
    do {                                                                                           \
        enum err store_ = (s)->ports.store.function((s)->ports.store.self, __VA_ARGS__);           \
        if (store_ != ERR_OK)                                                                      \
            service_die(#function, store_);                                                        \
    } while (0)

/* A store look-up: true if it was there. */
#define FOUND(s, function, ...)                                                                    \
    service_found(#function, (s)->ports.store.function((s)->ports.store.self, __VA_ARGS__))
bool service_found(const char *what, enum err e);

enum err state_load(struct service *s);
void state_free(struct service *s);
struct place *state_place(struct service *s, const struct name *place);
struct place *state_add_place(struct service *s, const struct place_row *row);
struct edge *state_edge(struct service *s, const struct name *place, const struct name *edge);
struct edge *state_add_edge(struct service *s, const struct edge_row *row);
struct stream *state_add_stream(struct service *s, struct edge *e, const struct stream_row *row);
struct stream *edge_newest(const struct edge *e); /* NULL: none */
void stream_touch(struct service *s, struct stream *st);
void place_touch(struct service *s, struct place *p);
void edge_ack(struct service *s, struct edge *e);
/* L1 and L2 of every touched place, then writes what is dirty. */
void state_flush(struct service *s);
void state_check_place(const struct place *p);

void anomaly_record(struct service *s, struct place *p, const struct stream *st, int64_t seq,
                    const char *kind, bool stops_offers, const char *detail);

/* ---- service_effect.c ---- */

struct effect *effect_add(struct service *s, enum effect_kind kind, const struct name *place,
                          const struct name *edge);
void effects_release(struct service *s); /* after COMMIT */

/* ---- service_notice.c ---- */

void notice_place(struct service *s, const struct place *p);
void notice_movement(struct service *s, const struct event *e);
void notice_session(struct service *s, const struct session_row *r);
void notice_payment(struct service *s, const struct payment_row *r);
void notice_edge(struct service *s, const struct edge_live_row *r);
void notice_anomaly(struct service *s, const struct anomaly_row *r);

/* ---- service_event.c, service_apply.c ---- */

/* Takes over `w` if it stays staged (returns true). */
bool event_take(struct service *s, struct work *w);
void event_apply(struct service *s, struct stream *st, const struct event *e,
                 const struct digest *digest, const struct work *w);

/* ---- service_stay.c ---- */

void stay_enter(struct service *s, struct place *p, const struct crossing *entry);
void stay_leave(struct service *s, struct place *p, const struct crossing *exit,
                const struct request_id *request);
/* Price of a stay up to `at`; false: it cannot be priced (recorded as an anomaly). */
bool stay_price(struct service *s, struct place *p, const struct session_row *r, struct wall_ms at,
                int64_t *ret_minor);

/* ---- service_request.c, service_hello.c, service_exit.c ---- */

void request_take(struct service *s, const struct work *w);
void respond(struct service *s, const struct decision_row *d, const uint8_t correlation[16]);
void hello_take(struct service *s, const struct work *w, const struct request *r);
void exit_ask(struct service *s, const struct work *w, struct place *p, const struct request *r);
/* The question is still open in this process. */
bool exit_case_known(struct service *s, const struct request_id *id);
/* Something about a payment of this session changed. */
void exit_payment_changed(struct service *s, const struct movement_id *session, unsigned acts);
void exit_timers(struct service *s);

/* ---- service_payment.c ---- */

struct payment *payment_of(struct service *s, const struct movement_id *session);
struct payment *payment_load(struct service *s, const struct payment_row *row);
/* Commits a new payment of the session and hands it over. The session must have none open. */
void payment_create(struct service *s, const struct movement_id *session, const struct name *place,
                    const char *token, struct money amount);
/* Hands it over now unless a call is under way: a charge or, in doubt, a query. */
void payment_drive(struct service *s, struct payment *p);
void payment_take(struct service *s, const struct payment_result *r);
void payment_refused(struct service *s);
void payment_timers(struct service *s);
const struct account *account_of(const struct service *s, const struct plate *plate);
void debt_open(struct service *s, const struct session_row *r, int64_t due_minor);

/* ---- service_offer.c ---- */

void offer_want(struct service *s, struct place *p);
void offer_flush(struct service *s); /* plans for all places that want it */
void offer_resend(struct service *s, struct edge *e, bool all);
void offer_timers(struct service *s);
/* The grant an edge answered; takes it off the list. */
enum grant_fact offer_answered(struct service *s, struct stream *st, int64_t id, bool accepted,
                               int64_t *ret_n);
void offer_keep(struct service *s, struct edge *e, const struct grant_row *row);

/* ---- service_live.c, service_admin.c ---- */

void live_status(struct service *s, const struct work *w);
void live_telemetry(struct service *s, const struct work *w);
void live_broker(struct service *s, bool up);
void live_heard(struct service *s, struct edge *e, bool online);
void live_timers(struct service *s);
void occupancy_publish(struct service *s, struct place *p, bool always);
void admin_take(struct service *s, const struct admin_command *c);

static inline bool reached(struct mono_ms now, struct mono_ms at)
{
    return mono_diff_ms(now, at) >= 0;
}

static inline int64_t real_ms(const struct service *s, int64_t ms)
{
    return clock_network_ms(&s->options.clock, ms);
}

#endif
