/* The service's memory: places, edges, their streams, payments and questions under way. Only the
 * files of this folder include it. Everything here runs on the service thread, inside a batch
 * unless said otherwise. */
#ifndef BOOMGATE_CLOUD_SERVICE_STATE_H
#define BOOMGATE_CLOUD_SERVICE_STATE_H

#include "cloud/core/hours.h"
#include "cloud/core/ledger.h"
#include "cloud/core/restamp.h"
#include "cloud/core/session.h"
#include "cloud/core/stream.h"
#include "cloud/service.h"
#include "cloud/service/map.h"
#include "protocol/support/mailbox.h"

#include <pthread.h>

/* ---- what the service knows ---- */

enum { RIGHTS_SETS = 3 };

struct rights_set;

/* Rules for opening, and the clock they are meant by. */
struct place_hours {
    struct hours rules;
    struct zone_table zone;
};

struct place {
    struct place_hours *hours; /* NULL: open around the clock */
    struct place_row row;      /* its counters are written from `ledger` when saved */
    struct place_ledger ledger;
    struct edge **edges;
    size_t edge_count;
    bool dirty;
    bool plan;               /* look whether an edge needs spaces */
    struct audit_row *audit; /* pending; NULL: none */
    bool audit_dirty;
    bool told_below; /* that the count is below zero and stays */
    bool shown;      /* `occupancy` was published */
    struct occupancy occupancy;
    struct right_list_row rights; /* once `rights_known` */
    bool rights_known;
    struct rights_set *sets[RIGHTS_SETS]; /* lists on their way to edges; NULL: free */
};

/* An offer that waits for its answer. */
struct open_grant {
    struct grant_row row;
    struct mono_ms resend_at;
};

/* A hello whose answer asked for more. */
struct probe {
    struct request_id hello, journal;
    int64_t epoch;
    struct hello_search search;
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
    bool awaited; /* known from before this start, and has not said hello since */
    bool asked;   /* stands with no space in hand */
    bool used;    /* somebody drove in, last at: */
    struct mono_ms used_at;
    struct probe probe;
    struct mono_ms begun; /* the newest epoch, if this process began it */
    bool begun_known;
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
    /* Providers by their place in the port's order: a charge that was never in doubt may move on. */
    struct payer payer; /* empty after a restart: it stays where it is */
    bool doubted;       /* its provider may have seen the key */
    unsigned declined;  /* by these, for the same money */
    unsigned unsent;    /* these were not reached since it was last driven */
    struct mono_ms next_try;
    struct trace trace; /* of the question, or else of the stay */
};

/* A refund that is not final. */
struct refund {
    struct refund_row row;
    bool in_flight; /* the worker owes a result */
    bool doubted;   /* its provider may have seen the key */
    struct mono_ms next_try;
};

/* An exit question whose answer was not final yet. */
struct exit_case {
    struct decision_row decision; /* request, edge, movement and the answer so far */
    uint8_t correlation[16];
    struct movement_id session;
    enum stay_known known;
    int64_t price_minor;
    struct currency currency;
    bool said_pending;
    bool paying;       /* a payment link is shown, until wait_until */
    bool pay_over;     /* ... for long enough */
    bool pay_declined; /* as the link was shown last */
    bool failed, declined;
    struct mono_ms wait_until; /* for a result of this attempt */
    struct mono_ms retry_at;   /* held: the next attempt */
    struct mono_ms hold_until;
};

/* A command without an end. */
struct open_command {
    struct command_row row;
    struct mono_ms resend_at;
};

struct effect;

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

    struct now now;     /* of this turn */
    struct trace trace; /* what this work is part of (feed.h, feed_cause); "": nothing at a gate */
    struct span_id span;
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

    struct movement_row *movements; /* of this batch, see movement.h */
    size_t movement_count;
    struct map movement_by_id;

    struct map payments; /* session -> struct payment */
    struct payment **payment_list;
    size_t payment_count;
    struct refund **refunds;
    size_t refund_count;
    struct open_command *commands;
    size_t command_count;
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
    struct mono_ms collect_at, resend_at, prune_at, forget_at;
    bool hello_wanted;         /* of somebody */
    struct mono_ms resync_at;  /* not before */
    int64_t resync_pause_ms;   /* after the last one, real time */
    bool offers_changed;       /* some place wants a plan */
    struct mono_ms hear_until; /* awaited edges hold back offers until then; 0: not started yet */

    struct effect *effects;
    size_t effect_count, effect_size;
};

/* ---- functions ---- */

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

void state_free(struct service *s);
struct place *state_place(struct service *s, const struct name *place);
struct place *state_add_place(struct service *s, const struct place_row *row);
struct edge *state_edge(struct service *s, const struct name *place, const struct name *edge);
struct edge *state_add_edge(struct service *s, const struct edge_row *row);
struct stream *state_add_stream(struct service *s, struct edge *e, const struct stream_row *row);
struct stream *edge_newest(const struct edge *e); /* NULL: none */

/* Appends a pointer to a list that grows. */
#define PUSH(list, count, item)                                                                    \
    do {                                                                                           \
        (list) = mem_resize((list), ((count) + 1) * sizeof *(list));                               \
        (list)[(count)++] = (item);                                                                \
    } while (0)

static inline bool reached(struct mono_ms now, struct mono_ms at)
{
    return mono_diff_ms(now, at) >= 0;
}

static inline int64_t real_ms(const struct service *s, int64_t ms)
{
    return clock_network_ms(&s->options.clock, ms);
}

#endif
