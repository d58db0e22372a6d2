/* Commands from afar: committed before they are begun, carried out by the lane machine, followed to
 * their end. The rules of their life are core/order.h. */
#include "edge/agent/internal.h"

#include "edge/core/lane_mode.h"
#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

/* --- what a command finds --- */

static struct order_view view_of(const struct agent *a, size_t i)
{
    const struct lane *l = &a->live.lanes[i].lane;
    return (struct order_view){
        .fresh = l->view.fresh,
        .a = l->view.fresh && lane_somebody_near(l),
        .up = l->view.up,
        .down = l->view.down,
        .held = lane_has(l, LANE_MODE_HOLD_OPEN),
        .locked = lane_has(l, LANE_MODE_LOCK),
        .fire = lane_has(l, LANE_MODE_FIRE),
        .local = lane_has(l, LANE_MODE_LOCAL) || lane_has(l, LANE_MODE_LOCAL_STOP),
        .fault = l->state == LANE_FAULT,
        .told_time = a->clock != CLOCK_UNSET,
        .trusted_time = a->clock == CLOCK_SYNCED || a->config.remote_open_unsynced,
        .since = a->live.memory.since,
    };
}

/* The index of a lane, or lane_count. */
static size_t lane_named(const struct agent *a, const struct name *lane)
{
    size_t i = 0;
    while (i < a->config.lane_count && !name_equal(&a->config.lanes[i].name, lane))
        i++;
    return i;
}

/* Two attempts at the motion, the pause before it, and the way there and back. */
static struct mono_ms proof_due(const struct agent *a, size_t i, enum action action)
{
    enum { LINK_MS = 2000 };
    const struct lane_config *c = agent_lane_config(a, i);
    int64_t ms = agent_network_ms(a, LINK_MS);
    if (action == ACTION_CLOSE)
        ms += c->close_delay_ms + 2 * c->close_ms;
    else if (order_moves(action))
        ms += 2 * c->open_ms;
    return mono_after(a->now.mono, ms);
}

/* --- what is recorded --- */

static enum err record(struct agent *a, const struct order *o, enum reason why,
                       const struct command *first)
{
    struct order_memory m = {o->id, o->lane, o->action, o->stage, o->not_after};
    struct event_data d = {
        .lane = o->lane, .command = o->id, .action = o->action, .stage = o->stage, .reason = why};
    if (first) {
        d.actor = first->actor;
        memcpy(d.detail, first->reason, sizeof d.detail);
    }
    TRY(agent_transaction(a));
    TRY(a->ports.journal.save_order(a->ports.journal.self, &m));
    a->durable = true;
    log_notice("command.stage", LT("lane", o->lane.text), LT("action", action_word(o->action)),
               LT("stage", stage_word(o->stage)), LT("why", reason_word(why)),
               LT("command", o->id.text));
    return agent_append(a, EVENT_COMMAND_RESULT, &d);
}

/* A hold that failed, as its sender was told, does not come true later. */
static enum err let_go(struct agent *a, size_t i)
{
    enum err result;
    enum reason why;
    return agent_lane_order(a, i, COMMAND_RELEASE, CAUSE_REMOTE, &a->live.lanes[i].command.id,
                            &result, &why);
}

static enum err step(struct agent *a, size_t i, enum order_event e)
{
    struct order *o = &a->live.lanes[i].command;
    enum reason why;
    if (e == ORDER_EVENTS || a->live.crippled || !order_step(o, e, &why))
        return ERR_OK;
    TRY(record(a, o, why, NULL));
    return o->stage == STAGE_FAILED && o->action == ACTION_HOLD_OPEN ? let_go(a, i) : ERR_OK;
}

/* --- a command comes --- */

static enum lane_command motion_of(enum action a)
{
    static const enum lane_command of[] = {
        [ACTION_NONE] = COMMAND_NONE,       [ACTION_OPEN] = COMMAND_OPEN,
        [ACTION_CLOSE] = COMMAND_CLOSE,     [ACTION_HOLD_OPEN] = COMMAND_HOLD_OPEN,
        [ACTION_RELEASE] = COMMAND_RELEASE, [ACTION_LOCK] = COMMAND_LOCK,
        [ACTION_UNLOCK] = COMMAND_UNLOCK,   [ACTION_RESET_FAULT] = COMMAND_RESET_FAULT,
    };
    return of[a];
}

static enum err turn_away(struct agent *a, const struct command *c, enum reason why)
{
    struct order o = {.id = c->id,
                      .lane = c->lane,
                      .action = c->action,
                      .stage = why == REASON_LATE ? STAGE_EXPIRED : STAGE_REJECTED,
                      .not_after = c->not_after};
    return record(a, &o, why == REASON_LATE ? REASON_NONE : why, c);
}

static enum err begin(struct agent *a, size_t i, const struct command *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    enum err result;
    enum reason why = REASON_STATE;
    TRY(agent_lane_order(a, i, motion_of(c->action), CAUSE_REMOTE, &c->id, &result, &why));
    if (result != ERR_OK)
        return turn_away(a, c, why);
    s->command = (struct order){.id = c->id,
                                .lane = c->lane,
                                .action = c->action,
                                .stage = STAGE_ACCEPTED,
                                .not_after = c->not_after,
                                .deadline = proof_due(a, i, c->action)};
    return record(a, &s->command, REASON_NONE, c);
}

enum err agent_command(struct agent *a, const struct command *c)
{
    struct order_memory known;
    if (!agent_recording(a)) /* it cannot be remembered; it comes again */
        return ERR_OK;
    TRY(agent_transaction(a));
    enum err e = a->ports.journal.find_order(a->ports.journal.self, &c->id, &known);
    if (e != ERR_NOTFOUND) /* its events are on their way */
        return e;
    size_t i = lane_named(a, &c->lane);
    if (i == a->config.lane_count)
        return turn_away(a, c, REASON_NO_LANE);
    struct order_view v = view_of(a, i);
    enum reason why = order_bar(c, &v, order_under_way(&a->live.lanes[i].command), a->now.wall);
    return why != REASON_NONE ? turn_away(a, c, why) : begin(a, i, c);
}

/* --- and goes on --- */

/* Only the device's own word counts: what expired on the way or was held back the machine tries again,
 * and the limit switch or the deadline will tell. */
enum err agent_command_outcome(struct agent *a, size_t i, const struct command_outcome *o)
{
    enum lane_command motion = motion_of(a->live.lanes[i].command.action);
    bool raise = motion == COMMAND_OPEN || motion == COMMAND_HOLD_OPEN;
    bool ours = o->command == motion || (raise && o->command == COMMAND_OPEN);
    if (!ours || motion == COMMAND_NONE || o->err != ERR_OK)
        return ERR_OK;
    return step(a, i, o->result == RESULT_ACCEPTED ? ORDER_EV_TAKEN : ORDER_EV_REFUSED);
}

enum err agent_command_tick(struct agent *a, size_t i)
{
    struct order_view v = view_of(a, i);
    return step(a, i, order_look(&a->live.lanes[i].command, &v, a->now.mono));
}

struct mono_ms agent_command_deadline(const struct agent *a, size_t i)
{
    const struct order *o = &a->live.lanes[i].command;
    bool due = order_under_way(o) && !a->live.crippled;
    return due ? o->deadline : (struct mono_ms){INT64_MAX};
}

/* What a lane goes on with, its command goes on with; an arm is not moved once more on an old word. */
static enum err take_up(struct agent *a, const struct order_memory *m)
{
    size_t i = lane_named(a, &m->lane);
    struct order o = {.id = m->id,
                      .lane = m->lane,
                      .action = m->action,
                      .stage = m->stage,
                      .not_after = m->not_after};
    enum reason why;
    if (i < a->config.lane_count && order_lasts(m->action)) {
        o.deadline = proof_due(a, i, m->action);
        a->live.lanes[i].command = o;
        return ERR_OK;
    }
    (void)order_step(&o, ORDER_EV_RESTARTED, &why);
    return record(a, &o, why, NULL);
}

enum err agent_commands_restarted(struct agent *a)
{
    struct order_memory open[AGENT_LANES_MAX];
    size_t count;
    if (!agent_recording(a)) /* nothing was ever begun, or there is no journal now */
        return ERR_OK;
    TRY(a->ports.journal.open_orders(a->ports.journal.self, open, AGENT_LANES_MAX, &count));
    for (size_t k = 0; k < count; k++)
        TRY(take_up(a, &open[k]));
    return ERR_OK;
}
