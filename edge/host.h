/* What the edge watches of its own host, once a second: the journal's storage, the wall clock, the
 * uplink. What it sees becomes inputs of the agent, as levels; the agent records changes.
 *
 * H1 Storage: levels of retention.h. From `tight` on acknowledged rows are pruned at once.
 * H2 A simulated clock (--clock-rate, --clock-epoch) is right by definition.
 * H3 An alarm of a clock's step stands for ten minutes, that of a journal set aside for an hour. */
#ifndef BOOMGATE_EDGE_HOST_H
#define BOOMGATE_EDGE_HOST_H

#include "edge/core/clock_watch.h"
#include "edge/core/retention.h"
#include "edge/journal/journal.h"
#include "edge/uplink/uplink.h"

enum { HOST_INPUTS = 8, HOST_LOOK_MS = 1000 };

struct host {
    struct clock_source clock;
    struct clock_watch watch;
    enum storage_level storage;
    int percent;
    int64_t step_ms; /* of the last step */
    struct mono_ms step_until;
    int asides; /* told so far */
    struct mono_ms aside_until;
    bool stalled;
    struct mono_ms prune_due;
    uint64_t looks;           /* at a journal that answered: a sign of life */
    const char *config_fault; /* what is wrong with the configuration on the disk; "": nothing */
};

/* `journal` may be NULL; `config_fault` outlives the host. */
void host_init(struct host *h, const struct clock_source *clock, struct journal *journal,
               const char *config_fault);

/* What to tell the agent; returns how many inputs. `base`: the acknowledged ones. ERR_IO from the
 * journal is left to the caller: *ret_e. `journal` may be NULL. */
size_t host_look(struct host *h, struct journal *journal, const struct uplink *uplink, int64_t base,
                 int asides, struct agent_input ret[HOST_INPUTS], enum err *ret_e);

#endif
