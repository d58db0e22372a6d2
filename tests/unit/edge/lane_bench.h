/* One lane on a bench: inputs are switched, time passes, and what the machine says is collected as
 * words, so that a test reads like the tables of lane.md. Facts first, then acts in capitals. */
#ifndef BOOMGATE_TESTS_LANE_BENCH_H
#define BOOMGATE_TESTS_LANE_BENCH_H

#include "edge/core/lane.h"

struct bench {
    struct lane lane;
    uint32_t bits;
    int64_t t;
    char said[2048];
};

/* Arm down, nobody there, all well; fresh inputs, nothing said. */
void bench_init(struct bench *b, enum direction direction, int loops);

/* And a vehicle has come to stand on A. */
void bench_present(struct bench *b, enum direction direction, int loops);

/* As bench_init, but nothing is known of the inputs and `restored` comes from before a restart. */
void bench_restart(struct bench *b, enum direction direction, int loops,
                   const struct lane_restored *restored);

/* Switches an input and lets the machine see it. */
void bench_on(struct bench *b, enum lane_input i);
void bench_off(struct bench *b, enum lane_input i);
void bench_see(struct bench *b);

/* Lets time pass, with every deadline on the way. */
void bench_wait(struct bench *b, int64_t ms);

/* A remote order: carried out, or refused for this reason. */
void bench_order(struct bench *b, enum lane_command order);
void bench_refused(struct bench *b, enum lane_command order, enum reason why);

void bench_event(struct bench *b, enum lane_event e);

/* The arm travels: leaves its limit, and after 2 s reaches the other. */
void bench_arm_up(struct bench *b);
void bench_arm_down(struct bench *b);

/* A vehicle on A, allowed, arm up; and over B and away. */
void bench_let_in(struct bench *b);
void bench_drive_through(struct bench *b);

/* What was said since the last call must be exactly this; and the state. */
void bench_said(struct bench *b, enum lane_state s, const char *words);

#endif
