/* A world around the agent made of fakes: a journal in memory that keeps only what was committed,
 * lanes whose inputs are switched by hand, a cloud that is typed in. What the agent does is
 * collected as words: events as "#in presented", then acts as "in:OPEN", "ask:entry", "hello",
 * "wake".
 *
 * The fakes check what must hold always: nothing is acted inside a transaction (A1), seq is
 * contiguous, prev is the digest of the bytes before (E1, E2), a turn leaves no deadline in the
 * past, what the events say of the spaces is what the edge holds, a Movement ends once and an
 * authorisation ends once, completed or void. Call number `fail_at` of the journal fails. */
#ifndef BOOMGATE_TESTS_AGENT_WORLD_H
#define BOOMGATE_TESTS_AGENT_WORLD_H

#include "edge/agent.h"

enum {
    WORLD_GRANTS = 2048,
    WORLD_ORDERS = 32,
    WORLD_SAID = 262144,
    WORLD_ROWS = 4096,
    WORLD_ROW_BYTES = 768
};

/* A row of the outbox. */
struct world_row {
    struct digest digest;
    size_t len;
    char bytes[WORLD_ROW_BYTES];
};

/* What the events of a lane's last Movement said. */
struct world_movement {
    struct movement_id id;
    bool open, authorised;
};

struct world_books {
    struct edge_memory memory;
    struct lane_memory lanes[AGENT_LANES_MAX];
    size_t lane_count;
    struct {
        int64_t epoch, grant;
    } grants[WORLD_GRANTS];
    size_t grant_count;
    struct order_memory orders[WORLD_ORDERS];
    size_t order_count;
    int64_t acknowledged;
    int64_t rows;
    int64_t oldest; /* earlier ones were pruned */
    bool rechained; /* an epoch began anew: a movement may have begun before it */
    /* As a cloud would keep them, from the events alone. */
    int64_t view, bound, overdraft, pending, occupied;
    struct world_movement movements[AGENT_LANES_MAX];
};

struct world {
    struct agent agent;
    struct agent_config config;
    struct now now;

    struct world_books committed, working;
    struct world_row rows[WORLD_ROWS], aside[WORLD_ROWS]; /* seq - 1; before a replay */
    bool replayed;                                        /* in this transaction */
    bool in_transaction;
    int commits, rollbacks;
    int journal_calls, fail_at; /* 0: never */

    uint32_t inputs[AGENT_LANES_MAX];
    struct plate_reading plate[AGENT_LANES_MAX];
    struct credential_reading shown[AGENT_LANES_MAX];
    int moves;                   /* motion commands taken */
    enum err field_answer;       /* of command() */
    enum err uplink_answer;      /* of ask() */
    struct quote_port quote;     /* the same */
    struct rights_port rights;   /* none unless a test sets it and restarts */
    struct request asked;        /* the last one */
    struct mono_ms expires;      /* of the last motion command */
    enum clock_state last_clock; /* of the last event */
    int64_t minted;
    char said[WORLD_SAID];
    char pending_said[WORLD_SAID]; /* events of the open transaction */
};

/* Lanes named by `layout`: "in", "out" or "in out". Fresh journal, no epoch, no inputs yet. */
void world_init(struct world *w, const char *layout);

/* The same with epoch 1, the uplink up and `free` spaces granted; nothing said; inputs fresh. */
void world_ready(struct world *w, const char *layout, int64_t free);

/* Kills the agent and starts it from what was committed. */
void world_restart(struct world *w);

enum err world_turn(struct world *w, const struct agent_input *in, size_t n);
void world_io(struct world *w, size_t lane); /* one snapshot */
void world_on(struct world *w, size_t lane, enum lane_input i);
void world_off(struct world *w, size_t lane, enum lane_input i);
struct agent_input world_snapshot(struct world *w, size_t lane);

/* A plate appears in the device's registers (and is seen). */
void world_plate(struct world *w, size_t lane, const char *text);
void world_set_plate(struct world *w, size_t lane, const char *text);

/* A reader beside the camera reads something. */
void world_show(struct world *w, size_t lane, enum credential_type type, const char *text);

/* The ticket button is pressed and let go. */
void world_press(struct world *w, size_t lane);

/* Lets time pass with every deadline and a snapshot per lane each 500 ms. */
void world_wait(struct world *w, int64_t ms);

void world_uplink(struct world *w, bool up);
void world_hello_answer(struct world *w, int64_t epoch, int64_t upto);
/* The same with whatever the answer says. */
void world_hello_says(struct world *w, const struct hello_answer *h);
void world_grant(struct world *w, int64_t id, int64_t n);
void world_bound(struct world *w, int64_t id, const char *right);
void world_recall(struct world *w, int64_t id, int64_t n);
void world_ack(struct world *w, int64_t upto);
void world_answer(struct world *w, enum verdict v, enum basis b, enum reason r,
                  const char *display); /* to the last question */

/* Exactly this was said since the last call. */
void world_said(struct world *w, const char *words);

/* What a vehicle does in one go. */
void world_arrive(struct world *w, size_t lane, const char *plate);
void world_arm_up(struct world *w, size_t lane);
void world_drive_through(struct world *w, size_t lane);
void world_arm_down(struct world *w, size_t lane);

#endif
