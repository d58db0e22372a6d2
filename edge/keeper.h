/* Keeps the agent turning whatever becomes of its journal (lane.md, "edge cannot commit").
 *
 * K1 No input is lost to the journal: a turn that cannot be committed is done again, at once with
 *    the reserve freed or in a new journal, else without a journal (agent.h, A9).
 * K2 While the agent is crippled a commit is tried once a second, and once more whenever something
 *    else of the journal is asked for.
 * K3 An edge that started without a journal tries to open it every five seconds. Then the process
 *    has to end: its start is what takes a journal up. */
#ifndef BOOMGATE_EDGE_KEEPER_H
#define BOOMGATE_EDGE_KEEPER_H

#include "edge/agent.h"
#include "edge/journal/journal.h"

struct keeper {
    struct clock_source clock;
    struct agent *agent;
    struct journal *journal; /* NULL: it could not be opened (K3) */
    const char *file;
    int64_t again_us; /* when to try again: K2, K3 */
    int asides;       /* damaged journals that were set aside since the start, or at it */
    bool back;        /* K3 */
    uint64_t tries;   /* counts what was tried: a sign of life */
};

/* The agent has been started; if that failed with ERR_IO, or there is no journal, it is crippled.
 * `file` must outlive the keeper. */
void keeper_init(struct keeper *k, const struct clock_source *clock, struct agent *agent,
                 struct journal *journal, const char *file, bool started);

/* One turn: drain, decide, commit, act. It cannot fail. */
void keeper_turn(struct keeper *k, const struct agent_input *in, size_t n);

/* Something else than a turn found the journal failing. */
void keeper_failed(struct keeper *k, const char *what);

/* Tries again if it is time. */
void keeper_tick(struct keeper *k);

/* CLOCK_MONOTONIC microseconds when keeper_tick has work; INT64_MAX: never. */
int64_t keeper_deadline_us(const struct keeper *k);

/* CLOCK_MONOTONIC microseconds. */
int64_t keeper_real_us(void);

#endif
