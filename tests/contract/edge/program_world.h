/* The real boomgate-edge between a scripted gate, a real broker and a double of the cloud. The edge has
 * an entry in-1 (unit 1) and an exit out-1 (unit 2) behind one link. */
#ifndef BOOMGATE_TESTS_PROGRAM_WORLD_H
#define BOOMGATE_TESTS_PROGRAM_WORLD_H

#include "protocol/modbus/lane_io.h"
#include "tests/contract/edge/cloud_double.h"
#include "tests/contract/edge/modbus_server.h"
#include "tests/support/broker.h"

#include <sys/types.h>

struct world {
    struct broker *broker;
    struct cloud_double *cloud;
    struct modbus_server *gate;
    char folder[32], config[64];
    pid_t edge;
    size_t answered; /* requests */
    int64_t acked;
    bool cut; /* there is no broker: the cloud says nothing */
};

/* Of the next edges. */
struct world_options {
    const char *program;
    const char *clock_rate;     /* NULL: real time */
    const char *links;          /* added to the list of links; NULL: none */
    const char *settings;       /* added to the configuration, after the lanes; NULL: none */
    const char *environment[4]; /* "NAME=value", up to a NULL */
};
extern struct world_options world_options;

int64_t test_ms(void);

/* cmocka's fixtures: everything, and the edge started in a folder of its own. `world_begin` is the
 * same in an empty `folder` that exists, without starting the edge. */
int world_set_up(void **state);
int world_tear_down(void **state);
struct world *world_begin(const char *folder);

void start_edge(struct world *w);
int end_edge(struct world *w, int how); /* with this signal; returns the status */

/* Waits, answering hellos and acknowledging events meanwhile; fails after 15 s. */
void wait_until(struct world *w, bool (*holds)(struct world *w, const void *arg), const void *arg);

/* What a cloud does: answers each hello with epoch 1, acknowledges what arrived in order. */
void be_the_cloud(struct world *w);

/* For wait_until: an event contains this text. */
bool saw(struct world *w, const void *part);

/* For wait_until: the unit has executed so many commands, and this one last. */
struct command {
    uint16_t code;
    size_t executed;
    int unit;
};
bool executed(struct world *w, const void *arg);

void set_unit_inputs(struct world *w, int unit, uint32_t on, uint32_t off);
void set_inputs(struct world *w, uint32_t on, uint32_t off); /* of unit 1 */

enum {
    A = 1 << IN_LOOP_A,
    B = 1 << IN_LOOP_B,
    C = 1 << IN_LOOP_C,
    UP = 1 << IN_ARM_UP,
    DOWN = 1 << IN_ARM_DOWN
};

/* An edge with an epoch and five spaces. */
void give_spaces(struct world *w);

/* A vehicle comes to the entry and backs out, again and again: events without end. */
void make_events(struct world *w);

#endif
