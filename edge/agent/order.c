/* What holds for whole lanes: the orders of a person, and fire. */
#include "edge/agent/internal.h"
#include "edge/core/lane_mode.h"

static bool fire_anywhere(const struct agent *a)
{
    for (size_t i = 0; i < a->config.lane_count; i++) {
        const struct lane *l = &a->live.lanes[i].lane;
        if (l->view.fresh && input_on(l->bits, IN_FIRE))
            return true;
    }
    return false;
}

enum err agent_lane_order(struct agent *a, size_t i, enum lane_command order, enum cause by,
                          const struct request_id *command, enum err *ret_result,
                          enum reason *ret_why)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct lane_out out = {0};
    enum err result = ERR_DENIED;
    enum reason why = REASON_FIRE;
    if (order != COMMAND_RESET_FAULT || !fire_anywhere(a))
        result = lane_order(&s->lane, order, by, a->now.mono, &out, &why);
    if (result == ERR_OK) {
        if (command != NULL)
            s->order = *command;
        TRY(agent_lane_apply(a, i, &out));
        s->order = (struct request_id){{0}};
        if (order == COMMAND_OPEN)
            agent_lane_welcome(a, i);
    } else if (result == ERR_DENIED) {
        *ret_why = why;
    }
    *ret_result = result;
    return ERR_OK;
}

enum err agent_spread_fire(struct agent *a)
{
    if (!a->live.fire)
        return ERR_OK;
    for (size_t i = 0; i < a->config.lane_count; i++) {
        struct lane_out out = {0};
        lane_fire(&a->live.lanes[i].lane, CAUSE_EVACUATION, a->now.mono, &out);
        TRY(agent_lane_apply(a, i, &out));
    }
    a->live.fire = false;
    return ERR_OK;
}
