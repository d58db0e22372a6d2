/* What the host says of itself: alarms of the edge, the clock's state, how much storage is left. */
#include "edge/agent/internal.h"

#include <stdio.h>
#include <string.h>

static const enum alarm alarms[EDGE_ALARMS] = {ALARM_DISK,           ALARM_JOURNAL,
                                               ALARM_CLOCK,          ALARM_SESSION_TAKEN_OVER,
                                               ALARM_UPLINK_STALLED, ALARM_CONFIGURATION};

/* What is wrong with a configuration may change while the alarm stands; it is told again then. */
void agent_alarm(struct agent *a, const struct edge_alarm_input *in)
{
    for (size_t i = 0; i < EDGE_ALARMS; i++) {
        struct agent_alarm *s = &a->live.alarms[i];
        if (alarms[i] != in->alarm)
            continue;
        if (in->alarm == ALARM_CONFIGURATION && strcmp(s->detail, in->detail) != 0)
            s->told = s->told && !in->active;
        s->active = in->active;
        snprintf(s->detail, sizeof s->detail, "%s", in->detail);
    }
}

static enum err tell(struct agent *a, size_t i)
{
    struct agent_alarm *s = &a->live.alarms[i];
    struct event_data d = {.alarm = alarms[i], .active = s->active};
    memcpy(d.detail, s->detail, sizeof d.detail);
    s->told = s->active;
    return agent_append(a, EVENT_EDGE_ALARM, &d);
}

/* A10: there is room again. */
static enum err tell_left_out(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    char detail[EVENT_DETAIL_SIZE];
    if (s->left_out == 0)
        return ERR_OK;
    snprintf(detail, sizeof detail, "storage nearly full: %lld observations left out",
             (long long)s->left_out);
    s->left_out = 0;
    return agent_gap(a, i, detail);
}

enum err agent_host_tell(struct agent *a)
{
    if (!agent_recording(a))
        return ERR_OK;
    for (size_t i = 0; i < EDGE_ALARMS; i++)
        if (a->live.alarms[i].active != a->live.alarms[i].told)
            TRY(tell(a, i));
    for (size_t i = 0; !a->live.frugal && i < a->config.lane_count; i++)
        TRY(tell_left_out(a, i));
    return ERR_OK;
}

bool agent_leaves_out(struct agent *a, enum event_kind kind, const struct name *lane)
{
    if (!a->live.frugal || !retention_observation(kind))
        return false;
    for (size_t i = 0; i < a->config.lane_count; i++)
        if (name_equal(&a->config.lanes[i].name, lane))
            a->live.lanes[i].left_out += 1;
    return true;
}
