/* A service on a real store with everything around it faked and recorded, driven turn by turn on a
 * clock of the test's own. Edges are value types that write proper event chains. */
#ifndef BOOMGATE_TESTS_UNIT_CLOUD_WORLD_H
#define BOOMGATE_TESTS_UNIT_CLOUD_WORLD_H

#include "cloud/service.h"
#include "cloud/store/sqlite.h"
#include "protocol/wire/event_codec.h"

enum { RECORDS_MAX = 4096, COMMANDS_MAX = 256, EDGE_LOG = 512, PARTS_MAX = 4096 };

struct ack_record {
    struct name edge;
    int64_t epoch, upto;
};

struct offer_record {
    struct name edge;
    struct grant grant;
};

struct command_record {
    struct name edge;
    struct command command;
};

struct world {
    char file[64];
    struct store *store;
    struct store_port (*wrap)(struct world *w, struct store_port p); /* NULL: as it is */
    struct service *service;
    struct metrics metrics;
    struct now now;
    struct account accounts[4];
    size_t account_count;

    struct ack_record acks[RECORDS_MAX];
    size_t ack_count;
    struct response responses[RECORDS_MAX];
    size_t response_count;
    struct offer_record offers[RECORDS_MAX];
    size_t offer_count;
    struct command_record commands[COMMANDS_MAX];
    size_t command_count;
    struct part_record {
        char *bytes;
        size_t len;
    } parts[PARTS_MAX]; /* of rights lists */
    size_t part_count;
    struct wall_ms rest_from;   /* of the last piece priced without free minutes */
    struct occupancy occupancy; /* the last one */
    size_t occupancy_count, resync_count;
    struct payment_call calls[RECORDS_MAX];
    size_t call_count;
    int64_t charged_minor; /* results say that this was charged; 0: what was asked for */
    enum err start_answer; /* of payments.start */
    bool unavailable;      /* of payments.available */
    bool second_provider;  /* "toss" behind "stripe"; set before opening */
    struct name down;      /* this one alone is not available; "": none */
    void (*on_call)(const struct payment_call *c); /* sees each call that was taken; may be NULL */
    bool deaf;                                     /* of notifier.listening */
    size_t notices[NOTICES];
    char last_notice[NOTICES][1024];
    const char *pay_url; /* NULL: no payment links */
    const struct issuer *issuers;
    size_t issuer_count;
    int64_t plate_retention_ms;
    struct pseudonym_key pseudonym_key; /* all zeros, but set */
    int64_t price_per_minute;
    bool no_price;
    struct tariff rates;   /* what was found last */
    int64_t ask_ahead_ms;  /* questions come from a clock that is so far ahead */
    enum err sign_answer;  /* of signer.sign */
    const char *no_tariff; /* this rate table is gone; may be NULL */
    struct admin_result admin;
    size_t admin_count;
};

/* The state of an edge as far as its event stream goes. */
struct test_edge {
    struct name place, edge;
    struct request_id journal;
    int64_t epoch, seq; /* of the last event */
    struct digest head;
    int64_t movements;
    int64_t base, oldest;         /* as its hello says; 0 */
    struct digest log[EDGE_LOG];  /* of its events, seq - 1 */
    struct hello_answer answered; /* the last one */
    const char *shown;            /* the credential of whoever comes next; NULL: none */
};

/* Zero everything but `accounts`, `wrap` and `on_call` before. */
void world_open(struct world *w);
/* The same in steps, for processes that die in between: a file and a clock, then a service on it. */
void world_prepare(struct world *w);
void world_reopen(struct world *w);
/* The prices, for others than the service. */
struct rates_port world_rates(struct world *w);
void world_remove(struct world *w);
void world_restart(struct world *w);
void world_keep_copy(struct world *w); /* of the database */
void world_set_back(struct world *w);  /* to that copy */
void world_close(struct world *w);

/* For cmocka: *state is an open world with place a of ten. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* Turns until nothing is left to do now. */
void world_run(struct world *w);
void world_pass_ms(struct world *w, int64_t ms);

void world_place(struct world *w, const char *name, int64_t capacity, enum payment_policy policy);
/* For commands of a test's own; arg is the world. */
void world_admin_done(void *arg, const struct admin_result *r);
struct place_settings world_settings(const char *name, int64_t capacity);

struct test_edge edge_of(const char *place, const char *name, uint64_t journal);
/* Says hello with the lanes given ("e" entry, "x" exit, "ex" both, "r" reversible), answers what it is
 * asked, and takes the answer's epoch, an empty one if it is new. Runs. Returns false if there was no
 * answer. */
bool edge_hello(struct world *w, struct test_edge *e, const char *lanes);
/* Only says it; `asked` "" or the hello whose probe it answers. Returns the answer, NULL if none came. */
const struct response *edge_say_hello(struct world *w, const struct test_edge *e, const char *lanes,
                                      const struct response *asked);

/* An event of this edge, next in its chain, filled with the envelope. */
struct event edge_event(const struct world *w, const struct test_edge *e, enum event_kind kind);
/* Encodes it into ret[EVENT_BYTES_MAX] and advances the chain. */
size_t edge_write(struct test_edge *e, const struct event *event, char *ret);
void world_post_event(struct world *w, const struct test_edge *e, const void *bytes, size_t len);
/* edge_write and post. */
void edge_send(struct world *w, struct test_edge *e, const struct event *event);

/* Answers the newest offer made to this edge; 0 if there is none. Returns its spaces. */
int64_t edge_accept(struct world *w, struct test_edge *e);
/* presented .. completed of one entry resp. exit; returns the movement. */
struct movement_id edge_enter(struct world *w, struct test_edge *e, const char *plate);
struct movement_id edge_leave(struct world *w, struct test_edge *e, const char *plate,
                              enum basis basis, const struct request_id *request);

/* Asks and runs; the request id is made from `n`. */
struct request_id edge_ask(struct world *w, struct test_edge *e, enum request_kind kind,
                           const char *plate, bool no_space, uint64_t n);

/* The last answer under this id; NULL if none. */
const struct passage_answer *world_answer(const struct world *w, const struct request_id *id);
size_t world_answers(const struct world *w, const struct request_id *id);

/* A provider's result for call `i`. Runs. */
void world_result(struct world *w, size_t i, enum payment_outcome outcome);

/* The single integer a query answers, on a connection of its own. */
int64_t world_sql(const struct world *w, const char *sql);

int64_t world_last_ack(const struct world *w, const char *edge);

#endif
