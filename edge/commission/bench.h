/* One lane on the test bench: its inputs as they come, orders to it, and a person who answers.
 *
 * B1 Nothing moves the arm but bench_motion, and that asks a person for the word itself first. */
#ifndef BOOMGATE_EDGE_COMMISSION_BENCH_H
#define BOOMGATE_EDGE_COMMISSION_BENCH_H

#include "edge/commission/terminal.h"
#include "edge/ports.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

struct bench {
    struct terminal terminal;
    struct clock_source clock;
    struct field_port field;
    struct mailbox *inputs; /* struct agent_input; wakes wake_fd (an eventfd) */
    int wake_fd;
    size_t lane; /* under test; what others send is dropped */

    struct lane_snapshot io; /* the last one */
    bool heard;
    struct mono_ms changed[LANE_INPUTS]; /* when each input last changed; 0: not since the start */

    struct command_outcome outcome;
    bool answered;
    struct mono_ms ordered_at;
};

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_SKIP, ANSWER_GONE };

struct mono_ms bench_now(const struct bench *b);

/* Inputs are known and not old. */
bool bench_fresh(const struct bench *b);
bool bench_on(const struct bench *b, enum lane_input i);

/* Takes what comes until `done` says so or `ms` of domain time have passed. False: they have. */
bool bench_until(struct bench *b, bool (*done)(const struct bench *b), int64_t ms);

/* A line from the person; false: there is nobody any more. */
bool bench_line(struct bench *b, const char *question, char *ret, size_t size);

/* y, n or s (skip); asks again until it is one of them. */
enum answer bench_ask(struct bench *b, const char *question);

/* B1: orders only if the person types `word`; anything else is ANSWER_SKIP. After ANSWER_YES the
 * device's word is in `outcome` (ERR_TIMEOUT if there is none). */
enum answer bench_motion(struct bench *b, const char *question, const char *word,
                         enum lane_command c);

/* "loop A"; "" out of range. What it means when the input is on, and when it is off. */
const char *bench_input_name(enum lane_input i);
const char *bench_input_word(enum lane_input i, bool on);

#endif
