#include "edge/keeper.h"

#include "protocol/support/log.h"

#include <string.h>
#include <time.h>

enum { COMMIT_AGAIN_US = 1000 * 1000, OPEN_AGAIN_US = 5 * 1000 * 1000 };

int64_t keeper_real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void again_later(struct keeper *k)
{
    k->again_us = keeper_real_us() + (k->journal ? COMMIT_AGAIN_US : OPEN_AGAIN_US);
}

static void cripple(struct keeper *k)
{
    if (!agent_crippled(k->agent))
        log_error("edge.crippled",
                  LT("why", k->journal ? "the journal cannot commit" : "there is no journal"),
                  LT("journal", k->file));
    agent_cripple(k->agent, clock_now(&k->clock));
    again_later(k);
}

void keeper_init(struct keeper *k, const struct clock_source *clock, struct agent *agent,
                 struct journal *journal, const char *file, bool started)
{
    *k = (struct keeper){.clock = *clock, .agent = agent, .journal = journal, .file = file};
    k->asides = journal && journal_aside(journal)[0] != '\0' ? 1 : 0;
    if (!journal || !started)
        cripple(k);
}

/* True if the journal is worth another try; notes whether it is another one now. */
static bool recover(struct keeper *k, bool *ret_replaced)
{
    struct request_id before = agent_memory(k->agent)->journal;
    k->tries++;
    if (!k->journal || journal_recover(k->journal) != ERR_OK)
        return false;
    *ret_replaced = strcmp(before.text, journal_memory(k->journal)->journal.text) != 0;
    k->asides += *ret_replaced ? 1 : 0;
    return true;
}

static void heal(struct keeper *k)
{
    if (agent_heal(k->agent, journal_memory(k->journal), clock_now(&k->clock)) != ERR_OK)
        return;
    log_notice("edge.healed", LT("journal", k->file), LN("epoch", agent_memory(k->agent)->epoch));
    k->again_us = 0;
}

/* The turn failed: what can be done about it at once? */
static void help(struct keeper *k)
{
    bool replaced = false;
    bool recovered = recover(k, &replaced);
    if (recovered && !replaced)
        return;
    cripple(k);
    if (recovered)
        heal(k);
}

void keeper_turn(struct keeper *k, const struct agent_input *in, size_t n)
{
    for (int tries = 0; tries < 2; tries++) {
        if (agent_turn(k->agent, in, n, clock_now(&k->clock)) == ERR_OK)
            return;
        if (tries == 0)
            help(k);
    }
    cripple(k);
    if (agent_turn(k->agent, in, n, clock_now(&k->clock)) != ERR_OK)
        log_error("edge.turn_lost", LN("inputs", n));
}

void keeper_failed(struct keeper *k, const char *what)
{
    bool replaced = false;
    log_error("edge.journal_failed", LT("at", what));
    if (!recover(k, &replaced) || !replaced)
        return;
    cripple(k);
    heal(k);
}

/* K3: whatever it is then, the next start finds out. */
static void try_open(struct keeper *k)
{
    struct journal *j = NULL;
    k->tries++;
    if (journal_open(k->file, &k->clock, &j) != ERR_OK)
        return;
    journal_close(j);
    log_notice("edge.journal_back", LT("journal", k->file));
    k->back = true;
}

void keeper_tick(struct keeper *k)
{
    bool replaced;
    if (!agent_crippled(k->agent) || keeper_real_us() < k->again_us)
        return;
    again_later(k);
    if (!k->journal)
        try_open(k);
    else if (recover(k, &replaced))
        heal(k);
}

int64_t keeper_deadline_us(const struct keeper *k)
{
    return agent_crippled(k->agent) ? k->again_us : INT64_MAX;
}
