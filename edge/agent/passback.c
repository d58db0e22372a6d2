/* Anti-passback at this edge: where each right was seen last, by its own crossings. What it cannot know
 * (another edge's lanes) the cloud is asked for. A store that fails costs the rule, never a lane. */
#include "edge/agent/internal.h"

#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

/* Nobody is told apart at a lane that is held open. */
static bool suspended(const struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    return s->lane.modes & (1U << LANE_MODE_HOLD_OPEN | 1U << LANE_MODE_FIRE);
}

static enum passback_policy policy_of(const struct agent *a, size_t i)
{
    bool off = a->ports.rights.side == NULL || suspended(a, i);
    return off ? PASSBACK_OFF : a->config.lanes[i].passback;
}

/* A policy of the entries needs to know who left, whatever the exits' own is. */
static bool wanted(const struct agent *a)
{
    for (size_t i = 0; i < a->config.lane_count; i++)
        if (a->config.lanes[i].passback != PASSBACK_OFF)
            return a->ports.rights.set_side != NULL;
    return false;
}

struct right_found agent_lane_right(struct agent *a, size_t i, const struct credential *c)
{
    struct right_found f = agent_right_of(a, c);
    enum direction d = a->live.lanes[i].movement.direction;
    enum passback_policy policy = policy_of(a, i);
    enum side side = SIDE_NEUTRAL;
    if (f.verdict != RIGHT_HONOURED || policy == PASSBACK_OFF)
        return f;
    if (a->ports.rights.side(a->ports.rights.self, &f.id, &side) != ERR_OK)
        log_error("agent.rights_unreadable", LT("why", "anti-passback is not judged"));
    f.again = side_contradicts(side, d);
    if (f.again)
        f.verdict = passback_verdict(policy, d);
    return f;
}

bool agent_sees_both_sides(const struct agent *a)
{
    bool in = false, out = false;
    for (size_t i = 0; i < a->config.lane_count; i++) {
        enum direction d = a->config.lanes[i].lane.direction;
        in = in || d != DIRECTION_EXIT;
        out = out || d != DIRECTION_ENTRY;
    }
    return in && out;
}

/* A right that is let through although it is on that side already: told, and over at once. */
enum err agent_passback_alarm(struct agent *a, size_t i)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    struct event_data d = {.lane = a->config.lanes[i].name, .alarm = ALARM_PASSBACK};
    if (!m->right.again)
        return ERR_OK;
    snprintf(d.detail, sizeof d.detail, "%s", m->right.id.text);
    d.active = true;
    TRY(agent_append(a, EVENT_LANE_ALARM, &d));
    d.active = false;
    return agent_append(a, EVENT_LANE_ALARM, &d);
}

static void set_side(struct agent *a, size_t i, enum side side)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    const struct rights_port *port = &a->ports.rights;
    if (m->right.id.text[0] == '\0' || !wanted(a) || suspended(a, i))
        return;
    if (port->set_side(port->self, &m->right.id, side) != ERR_OK)
        log_error("agent.passback_not_kept", LT("right", m->right.id.text));
}

void agent_passback_crossed(struct agent *a, size_t i)
{
    set_side(a, i, side_after(a->live.lanes[i].movement.direction));
}

void agent_passback_uncertain(struct agent *a, size_t i)
{
    set_side(a, i, SIDE_NEUTRAL);
}

void agent_passback_neutral(struct agent *a)
{
    const struct rights_port *port = &a->ports.rights;
    if (port->clear_sides != NULL && port->clear_sides(port->self) != ERR_OK)
        log_error("agent.passback_not_cleared", LT("why", "the store failed"));
}
