/* What the host says of itself: alarms of the edge, the clock's state, how much storage is left. */
#include "edge/agent/internal.h"

#include <stdio.h>
#include <string.h>

static struct agent_alarm *alarm_of(struct agent *a, enum alarm alarm)
{
    return &a->live.alarms[alarm - ALARM_DISK];
}

void agent_alarm(struct agent *a, const struct edge_alarm_input *in)
{
    if (in->alarm < ALARM_DISK || in->alarm > ALARM_UPLINK_STALLED)
        return;
    struct agent_alarm *s = alarm_of(a, in->alarm);
    s->active = in->active;
    snprintf(s->detail, sizeof s->detail, "%s", in->detail);
}

static enum err tell(struct agent *a, enum alarm alarm)
{
    struct agent_alarm *s = alarm_of(a, alarm);
    struct event_data d = {.alarm = alarm, .active = s->active};
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
    for (int alarm = ALARM_DISK; alarm <= ALARM_UPLINK_STALLED; alarm++)
        if (alarm_of(a, (enum alarm)alarm)->active != alarm_of(a, (enum alarm)alarm)->told)
            TRY(tell(a, (enum alarm)alarm));
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
