/* Openings nobody could record when they happened: without an epoch, or while nothing can be
 * committed. They are remembered with their times and told before anything else once there is a
 * record again; those for which there is no room are counted and told as a gap of their lane. */
#include "edge/agent/internal.h"

#include <stdio.h>

void agent_owe_opening(struct agent *a, size_t i, enum cause cause)
{
    struct agent_state *s = &a->live;
    agent_unrecorded(a, i, event_kind_word(EVENT_ARM_OPENED));
    if (s->openings == AGENT_OPENINGS_MAX) {
        s->lanes[i].openings_beyond += 1;
        return;
    }
    a->openings[s->openings++] = (struct agent_opening){
        .lane = i, .cause = cause, .time = a->now.wall, .mono = a->now.mono, .clock = a->clock};
}

static enum err tell_beyond(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    char detail[EVENT_DETAIL_SIZE];
    if (s->openings_beyond == 0)
        return ERR_OK;
    snprintf(detail, sizeof detail, "%lld openings that could not be recorded",
             (long long)s->openings_beyond);
    s->openings_beyond = 0;
    return agent_gap(a, i, detail);
}

enum err agent_tell_openings(struct agent *a)
{
    struct agent_state *s = &a->live;
    for (size_t k = 0; k < s->openings; k++) {
        const struct agent_opening *o = &a->openings[k];
        struct event e = {.kind = EVENT_ARM_OPENED,
                          .time = o->time,
                          .boot = s->memory.boot,
                          .mono = o->mono,
                          .clock = o->clock,
                          .data = {.lane = a->config.lanes[o->lane].name, .cause = o->cause}};
        TRY(agent_append_event(a, &e));
    }
    s->openings = 0;
    for (size_t i = 0; i < a->config.lane_count; i++)
        TRY(tell_beyond(a, i));
    return ERR_OK;
}
