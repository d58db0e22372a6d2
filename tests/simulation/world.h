/* The made-up world around the real code: what is there, as values. sim.h says what it is for. */
#ifndef BOOMGATE_TESTS_SIMULATION_WORLD_H
#define BOOMGATE_TESTS_SIMULATION_WORLD_H

#include "cloud/service.h"
#include "edge/agent.h"
#include "edge/uplink/window.h"
#include "protocol/wire/topic.h"
#include "tests/simulation/calendar.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/store_memory.h"

enum {
    PLACES = 2,
    EDGES = 4,
    TWIN = EDGES, /* the body that is a copy of another one, if there is one */
    BODIES,
    EDGE_LANES = 2,
    PLACE_CARS = 24,
    CARS = PLACES * PLACE_CARS,
    EDGE_INPUTS = 64,
    MESSAGE_BYTES = 1600,
    LANE_BEAT_MS = 10 * 1000, /* an idle lane is scanned so often */
    CLOCK_LIE_MS = 60 * 1000, /* clocks that think they are right are wrong by this at most */
};

/* Ways to break the parts around the real code, to show that the checks see it. */
enum mutation {
    MUTATION_NONE,
    MUTATION_ACK_EARLY,       /* the network acknowledges events that are not committed */
    MUTATION_GRANT_TWICE,     /* the journal forgets which grants were answered */
    MUTATION_COMMIT_LIE,      /* the journal says committed and sometimes is not */
    MUTATION_LEDGER_LIE,      /* the cloud's store does */
    MUTATION_CHARGE_AGAIN,    /* the store forgets open payments in a restart */
    MUTATION_ANSWER_ANEW,     /* the store forgets decisions */
    MUTATION_LANE_LOST,       /* the journal forgets what a lane was doing */
    MUTATION_LOSE_EVENT,      /* the store takes an event for one it has */
    MUTATION_LEASE_LONGER,    /* the network makes leases longer */
    MUTATION_ORDER_FORGOTTEN, /* the journal forgets which commands it began */
    MUTATION_FENCE_FORGOTTEN, /* the store forgets in a restart which epochs are over */
    MUTATION_AUDIT_EARLY,  /* the store says in a restart that edges wrote less before the count */
    MUTATION_RECALL_TWICE, /* the journal forgets which recalls were answered */
    MUTATION_REFUND_LOST,  /* the store forgets open refunds in a restart */
    MUTATIONS
};

/* What goes wrong in a run; each seed has some of them. */
enum fault {
    FAULT_LOSS,
    FAULT_ORDER,
    FAULT_KILL_EDGE,
    FAULT_KILL_CLOUD,
    FAULT_JOURNAL,
    FAULT_FIELD,
    FAULT_MONEY,
    FAULT_DRIVERS,
    FAULT_DISASTERS,
    FAULT_OPERATOR,
    FAULT_LIVES,
    FAULT_COPIES,
    FAULT_RESTORE,
    FAULT_LEASES,
    FAULT_ORDERS,
    FAULT_DEVICES,
    FAULT_AUDITS,
    FAULT_CLOCKS,
    FAULTS
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
    int64_t counted[EDGE_LANES];
};

/* What the checks read of an event, without the codec. */
struct fact {
    enum event_kind kind;
    size_t lane;
    bool entry;
    char movement[MOVEMENT_ID_SIZE];
    int64_t n, repaid, grant;
    bool spent_space, spent_overdraft;
    bool uncertain;
    char command[REQUEST_ID_SIZE];
    enum stage stage; /* STAGE_ACCEPTED, or any other */
};

struct journal_row {
    struct digest digest;
    struct fact fact;
    struct books after;
    int64_t at_ms; /* truly */
    bool replayed; /* told before, in another epoch */
    size_t len;
    char *bytes;
};

struct journal_state {
    struct edge_memory memory;
    struct lane_memory lanes[EDGE_LANES];
    size_t row_count, grant_count, order_count;
};

/* One history of an edge: what it wrote in one life of its journal. */
struct sim_journal {
    struct sim_journal
        *older;           /* of the same body: over, kept because the cloud may go on with it */
    int64_t applied;      /* the cloud has committed it up to here */
    int64_t applied_most; /* ... ever */
    struct journal_state now;
    struct journal_state committed; /* while open: what a rollback restores */
    bool open;
    struct journal_row *rows; /* seq - 1 */
    size_t row_size;
    bool trial;                         /* a new epoch that is not committed yet */
    const struct journal_row *replayed; /* by the append that comes; NULL: none is */
    int64_t *grants;                    /* answered */
    size_t grant_size;
    struct order_memory *orders; /* every word said of one, see orders.c */
    size_t order_size;
};

/* What was committed at some time. */
struct backup {
    const struct sim_journal *journal; /* NULL: there is none */
    struct journal_state state;
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
    bool stopped; /* on its way, by command */
    bool green;
    bool silent, heard_silence;     /* the device does not answer; the agent was told */
    uint32_t forced_on, forced_off; /* inputs, by a fault of the device */
    bool faulty;
    int64_t fault;        /* counts them */
    int64_t disturbed_ms; /* last time that edge or device were not there */
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
    int64_t a_since_ms;
    int64_t crossed, counted; /* truth, and what the events of its edge say */
    int64_t doubt, missed;    /* since the last time at rest */
    int64_t again;            /* movements a copied journal may end once more, ever */
    int64_t base;             /* counted - crossed then */
    char last_counted[MOVEMENT_ID_SIZE];
};

/* Two of them have one name when one was made from a copy of the other's journal. */
struct sim_edge {
    struct sim *sim;
    struct sim_edge *twin_of; /* NULL: an original */
    struct sim_place *place;
    size_t index;
    struct name name;
    struct agent agent;
    struct agent_config config;
    struct sim_journal *journal;
    struct backup backup;
    struct sim_lane lanes[EDGE_LANES];
    size_t lane_count;

    bool running;
    bool gone;    /* for good, or not there yet */
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
    int64_t epoch_since_ms;             /* recorded from then on */
    int64_t wall_off_ms;                /* what its clock is wrong by */
    enum clock_state clock;             /* what it thinks of it */
    bool frugal;                        /* its storage is nearly full */
    char hello[REQUEST_ID_SIZE];        /* the one it said last, */
    int64_t hello_ms;                   /* and when */
    int64_t lease_until_ms;             /* by the answers that arrived */
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

/* One epoch of one edge, as the cloud has committed it. */
struct sim_stream {
    int64_t id;
    struct sim_edge *edge;
    struct request_id journal;
    int64_t epoch;
    int64_t applied;
    struct books after; /* the event applied last */
    bool fenced;
    bool released; /* what it held went back to the pool with an audit */
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
    struct answered *answers;
    size_t answer_count, answer_size;
    struct sim_stream *streams;
    size_t stream_count;
    int64_t wall_off_ms; /* what its clock is wrong by */
    bool misled;         /* by hours or more, at some time */
    int64_t lease_ms;
    bool backed_up; /* the store */
    size_t backup_answers;
};

/* ---- provider ---- */

enum knowledge { CHARGE_NEVER_CALLED, CHARGE_CALLED, CHARGE_KNOWN_ABSENT };

struct charge {
    char key[PAYMENT_KEY_SIZE];
    int64_t minor;
    bool made, declined;
    bool forgotten;       /* since a database was restored */
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
    int64_t phantoms; /* as counted last */

    /* audit.c */
    bool counting; /* nobody crosses */
    bool spoiled;  /* a journal or the database changed meanwhile */
    int64_t counting_until_ms;
    int64_t counted;     /* truly */
    int64_t rows[EDGES]; /* committed then, of each edge */
    int64_t audited;     /* the last audit that took effect */
    int64_t corrected;   /* what audits changed in the ledger, beside the events */
    struct audit_row audit;
    int64_t inside;   /* truly */
    int64_t intruded; /* ever */
    int64_t doubled;  /* spaces that journals which were set back or copied may spend again */
    bool closed;
};

struct totals {
    int64_t ms, entered, left, turned_away, edge_deaths, cloud_deaths, charges, refunds, events,
        debts;
    int64_t replaced, gone, set_back, copied, restored, crippled, orders;
    int64_t device_faults, audits, frugal;
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
    struct sim_edge edges[BODIES];
    struct car cars[CARS];
    struct sim_cloud cloud;
    struct provider provider;
    struct request_id *begun; /* commands */
    size_t begun_count;
    struct totals totals;
    char unrest[200];
};

#endif
