/* The deterministic simulation: real edge agents and the real cloud service in one process under
 * virtual time, with everything around them made up: journals and ledger in memory, a lossy network
 * with a broker, lanes with arms and cars, a payment provider. One seeded generator drives it all.
 *
 * A process dies by losing everything but what it committed. From the moment of its death none of
 * its calls has an effect any more; the rest of the turn runs on into nothing.
 *
 * What is checked (check.c), after every step that committed anything:
 * I1 The ledger balances and its share of each edge is what the edge's journal says at the event
 *    applied last, plus the offers on their way.
 * I2 What the edges really hold, what is under way, what is inside and what is in the pool add up to
 *    the capacity and the overdraft: no admission can overfill. And truly: no more vehicles are
 *    inside than there is room for, but for those that drove in behind another.
 * I3 Each event is applied exactly once, in order and as the edge wrote it; nothing is acknowledged
 *    that is not committed; nothing is quarantined, no stream freezes, no rule is broken.
 * I4 No key is charged again that may have been charged, and none before it is committed. No stay is
 *    charged more than its price.
 * I5 Nothing is acted inside a transaction; an arm that is down is raised only on a committed
 *    authorisation; it is never told to open and to close in one turn, nor to close on anything.
 * I6 A request gets one final answer.
 * I7 A vehicle that left was not counted before it did; at rest each lane has counted its vehicles,
 *    but for documented doubt: then an entry counts in and an exit does not count out.
 * I8 When the faults stop, everything comes to rest (settle.c). */
#ifndef BOOMGATE_TESTS_SIMULATION_SIM_H
#define BOOMGATE_TESTS_SIMULATION_SIM_H

#include "cloud/service.h"
#include "edge/agent.h"
#include "edge/uplink/window.h"
#include "protocol/wire/topic.h"
#include "tests/simulation/calendar.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/store_memory.h"

#include <stdio.h>

enum {
    PLACES = 2,
    EDGES = 4,
    EDGE_LANES = 2,
    PLACE_CARS = 24,
    CARS = PLACES * PLACE_CARS,
    EDGE_INPUTS = 64,
    MESSAGE_BYTES = 1600,
};

/* Ways to break the parts around the real code, to show that the checks see it. */
enum mutation {
    MUTATION_NONE,
    MUTATION_ACK_EARLY,    /* the network acknowledges events that are not committed */
    MUTATION_GRANT_TWICE,  /* the journal forgets which grants were answered */
    MUTATION_COMMIT_LIE,   /* the journal says committed and sometimes is not */
    MUTATION_LEDGER_LIE,   /* the cloud's store does */
    MUTATION_CHARGE_AGAIN, /* the store forgets open payments in a restart */
    MUTATION_ANSWER_ANEW,  /* the store forgets decisions */
    MUTATION_LANE_LOST,    /* the journal forgets what a lane was doing */
    MUTATION_LOSE_EVENT,   /* the store takes an event for one it has */
    MUTATIONS
};

/* Chances in a million of what goes wrong; changes as the weather does. */
struct weather {
    int64_t lose, duplicate, late, reorder;
    int64_t kill_edge, kill_cloud, journal; /* per turn */
    int64_t deaf, answer_lost;              /* per command of a lane */
    int64_t charge_lost, decline, slow, refuse;
    int64_t rude, reverse, unreadable;
    int64_t disaster_ms; /* mean time between disasters; 0: none */
    int64_t arrival_ms;  /* mean time between arrivals at a place; 0: none */
};

/* ---- edges ---- */

struct books {
    int64_t free, overdraft, pending, occupied;
    int64_t given_back; /* returned or declined, ever */
};

/* What the checks read of an event, without the codec. */
struct fact {
    enum event_kind kind;
    size_t lane;
    bool entry;
    char movement[MOVEMENT_ID_SIZE];
    int64_t n, repaid, grant;
    bool spent_space;
    bool uncertain;
};

struct journal_row {
    struct digest digest;
    struct fact fact;
    struct books after;
    size_t len;
    char *bytes;
};

struct journal_state {
    struct edge_memory memory;
    struct lane_memory lanes[EDGE_LANES];
    size_t row_count, grant_count;
};

struct sim_journal {
    struct journal_state now;
    struct journal_state committed; /* while open: what a rollback restores */
    bool open;
    struct journal_row *rows; /* seq - 1 */
    size_t row_size;
    int64_t *grants; /* answered */
    size_t grant_size;
};

enum arm { ARM_DOWN, ARM_RISING, ARM_UP, ARM_FALLING };

struct car {
    struct plate plate;
    struct sim_place *place;
    enum { CAR_AWAY, CAR_QUEUED, CAR_AT_COLUMN, CAR_UNDER_ARM, CAR_INSIDE } where;
    struct sim_lane *lane;
    bool authorised; /* an authorisation was committed while it stood at the column */
    bool reverses;   /* will back out from under the arm */
    int64_t patience_at;
};

struct sim_lane {
    struct sim *sim;
    struct sim_edge *edge;
    struct sim_place *place;
    size_t index;
    struct name name;
    bool entry;
    int loops;

    uint32_t bits;
    enum arm arm;
    int64_t arm_token;
    bool green;
    bool silent, heard_silence; /* the device does not answer; the agent was told */
    int64_t disturbed_ms;       /* last time that edge or device were not there */
    bool scan_planned;
    struct plate_reading plate;
    unsigned motions; /* of this turn: 1 open, 2 close */

    struct car *queue[CARS];
    size_t queued;
    struct car *car; /* at the column or under the arm */
    int64_t car_token;
    int64_t b_since_ms, free_since_ms;
    bool left_open; /* raised for a vehicle that backed away; until the arm is down */

    /* I7 */
    int64_t crossed, counted; /* truth, and what the journal's events say */
    int64_t doubt, missed;    /* since the last time at rest */
    int64_t base;             /* counted - crossed then */
    char last_counted[MOVEMENT_ID_SIZE];
};

struct sim_edge {
    struct sim *sim;
    struct sim_place *place;
    size_t index;
    struct name name;
    struct agent agent;
    struct agent_config config;
    struct sim_journal journal;
    struct sim_lane lanes[EDGE_LANES];
    size_t lane_count;

    bool running;
    bool dead;    /* during a turn: no call has an effect any more */
    int64_t doom; /* port calls until death; below zero: none */
    int64_t incarnation;
    int64_t wake_token, wake_at_ms;
    struct agent_input inputs[EDGE_INPUTS];
    size_t input_count;

    bool connected, partitioned;
    int64_t sessions;  /* of this process */
    int64_t session;   /* unique */
    int64_t partition; /* counts them */
    struct window window;
    int64_t telemetry_ms;
    int64_t order_up_ms, order_down_ms; /* the last delivery in each direction */
    struct message *retained;           /* its status at the broker */
    int64_t applied;                    /* by the cloud, committed */
};

/* ---- the middle ---- */

struct message {
    struct message *next; /* in the pool */
    enum topic_kind kind;
    bool up; /* to the cloud */
    struct sim_edge *edge;
    int64_t generation, session;
    uint8_t correlation[16];
    size_t len;
    char bytes[MESSAGE_BYTES];
};

struct broker {
    bool up;
    int64_t generation; /* a restart loses what is under way */
    int64_t sessions;
};

/* ---- cloud ---- */

enum doom { DOOM_NONE, DOOM_BEFORE_COMMIT, DOOM_AFTER_COMMIT };

struct answered {
    struct request_id id;
    struct passage_answer answer;
};

struct sim_cloud {
    struct sim *sim;
    struct store_memory *store;
    struct store_port inner; /* of the store, behind the one that can die */
    struct service *service; /* NULL: not running */
    struct metrics metrics;
    bool connected;
    bool dead;
    enum doom doom;
    int64_t effects_left;
    int64_t incarnation;
    int64_t wake_token, wake_at_ms;
    struct account accounts[CARS];
    uint64_t checked; /* version of the store */
    struct answered *answers;
    size_t answer_count, answer_size;
};

/* ---- provider ---- */

enum knowledge { CHARGE_NEVER_CALLED, CHARGE_CALLED, CHARGE_KNOWN_ABSENT };

struct charge {
    char key[PAYMENT_KEY_SIZE];
    int64_t minor;
    bool made, declined;
    enum knowledge known; /* what the cloud may believe */
};

struct provider {
    struct charge *charges;
    size_t count, size;
    bool down, open_breaker;
    int64_t mode_token;
};

/* ---- the whole ---- */

struct sim_place {
    struct sim *sim;
    size_t index;
    struct name name;
    int64_t capacity; /* truly */
    int64_t ledger;   /* told to the cloud: capacity and the phantoms found since */
    int64_t inside;   /* truly */
    int64_t intruded; /* ever */
    bool closed;
};

struct totals {
    int64_t ms, entered, left, turned_away, edge_deaths, cloud_deaths, charges, events, debts;
};

struct sim {
    uint64_t seed, step;
    struct chance chance;
    struct now now;
    int64_t start_ms;
    struct calendar calendar;
    struct message *pool;
    bool trace, leaving;
    bool dirty; /* something was committed since the last check */
    enum mutation mutation;
    unsigned faults; /* kinds of this seed, bits of enum fault */
    struct weather weather;
    struct broker broker;
    struct sim_place places[PLACES];
    struct sim_edge edges[EDGES];
    struct car cars[CARS];
    struct sim_cloud cloud;
    struct provider provider;
    struct totals totals;
    char unrest[200];
};

/* Ends the process with seed, step and the reason. */
void sim_fail(const struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void sim_say(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define TRACE(s, ...)                                                                              \
    do {                                                                                           \
        if ((s)->trace)                                                                            \
            sim_say(s, __VA_ARGS__);                                                               \
    } while (0)

static inline int64_t sim_ms(const struct sim *s)
{
    return s->now.mono.v;
}

static inline void sim_in(struct sim *s, int64_t ms, happening h, void *who, int64_t what)
{
    calendar_plan(&s->calendar, sim_ms(s) + ms, h, who, what);
}

static inline int64_t between(struct sim *s, int64_t low, int64_t high)
{
    return chance_between(&s->chance, low, high);
}

static inline bool hits(struct sim *s, int64_t ppm)
{
    return chance_hits(&s->chance, ppm);
}

/* sim.c: a whole run. `steps` of weather, then the faults stop and everything must come to rest. */
struct sim_options {
    uint64_t seed, steps;
    bool trace;
    enum mutation mutation;
};
struct totals sim_run(const struct sim_options *o);

/* weather.c */
void weather_begin(struct sim *s);
void weather_end(struct sim *s); /* for good */

/* settle.c */
void settle(struct sim *s);
bool sim_step(struct sim *s);

/* journal.c */
struct journal_port journal_port_of(struct sim_edge *e);
void journal_begin_life(struct sim_edge *e); /* a fresh journal */
void journal_drop(struct sim_edge *e);       /* an open transaction is lost */
void journal_release(struct sim_edge *e);    /* its memory */
bool journal_answered(const struct sim_edge *e, int64_t grant);
struct books journal_books(const struct sim_edge *e, int64_t seq); /* 0: before the first */

/* edge.c */
void edge_setup(struct sim_edge *e);
void edge_start(struct sim *s, void *edge, int64_t what);
void edge_kill(struct sim_edge *e, int64_t down_ms);
void edge_input(struct sim_edge *e, const struct agent_input *in);
void edge_wake(struct sim_edge *e, int64_t at_ms);
bool edge_dies_here(struct sim_edge *e); /* a port call: true if it has no effect */

/* uplink.c */
struct uplink_port uplink_port_of(struct sim_edge *e);
void uplink_try(struct sim *s, void *edge, int64_t incarnation);
void uplink_lost(struct sim_edge *e); /* the session ended */
void uplink_send(struct sim_edge *e); /* rows, telemetry */
void uplink_receive(struct sim_edge *e, const struct message *m);

/* lane.c */
struct field_port field_port_of(struct sim_edge *e);
void lane_setup(struct sim_lane *l, struct sim_edge *e, size_t index, bool entry, int loops);
void lane_set(struct sim_lane *l, enum lane_input i, bool on);
void lane_scan(struct sim_lane *l);                             /* something changed: soon */
void lane_show(struct sim *s, void *lane, int64_t incarnation); /* one snapshot to the agent */
void lane_beat(struct sim *s, void *lane, int64_t what);        /* one now and then */
void lane_silence(struct sim_lane *l, int64_t ms);
void lane_disturbed(struct sim_lane *l);

/* traffic.c */
void traffic_begin(struct sim *s);
void traffic_leave(struct sim *s); /* everybody inside heads for an exit */
void traffic_look(struct sim *s, void *lane, int64_t token);
void traffic_authorised(struct sim_lane *l, bool authorised);

/* network.c */
struct message *message_new(struct sim *s, enum topic_kind kind, struct sim_edge *e);
void network_up(struct message *m);   /* from the edge */
void network_down(struct message *m); /* from the cloud */
void network_will(struct sim_edge *e);
void network_retain(struct sim_edge *e, const struct message *m);
void network_birth(struct sim *s); /* retained messages to a cloud that subscribed */
void broker_restart(struct sim *s, int64_t down_ms);
void network_free(struct sim *s);

/* cloud.c, cloud_ports.c */
void cloud_setup(struct sim *s);
void cloud_start(struct sim *s, void *cloud, int64_t what);
void cloud_kill(struct sim_cloud *c, int64_t down_ms);
void cloud_connect(struct sim *s, void *cloud, int64_t incarnation);
void cloud_disconnect(struct sim_cloud *c, int64_t down_ms);
void cloud_post(struct sim_cloud *c, struct work *w);
void cloud_put_place(struct sim_cloud *c, const struct sim_place *p);
void cloud_free(struct sim_cloud *c);
struct service_ports cloud_ports(struct sim_cloud *c);

/* provider.c */
struct payments_port provider_port(struct sim_cloud *c);
void provider_free(struct sim *s);
int64_t provider_charged(const struct sim *s, const char *session);

/* check.c */
void check_step(struct sim *s);
void check_lane_at_rest(struct sim_lane *l);
void check_news(struct sim *s);                            /* after a commit of the cloud */
void check_fact(struct sim_lane *l, const struct fact *f); /* committed by the edge */
void check_open(struct sim_lane *l);
void check_close(struct sim_lane *l);
void check_answer(struct sim_cloud *c, const struct response *r);
void check_end(struct sim *s);
const char *check_unrest(struct sim *s); /* NULL: at rest */

#endif
