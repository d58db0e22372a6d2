/* What a person orders. First what the priorities forbid (lane_mode.h), then what the lane is not
 * ready for, then the machine. */
#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"

/* What must not be forbidden, for each order. What only ends a mode moves nothing by itself. */
static enum lane_wish wish_of(enum lane_command order)
{
    switch (order) {
    case COMMAND_OPEN: return WISH_ORDER;
    case COMMAND_CLOSE: return WISH_CLOSE;
    case COMMAND_HOLD_OPEN: return WISH_RAISE;
    default: return 0;
    }
}

bool lane_somebody_near(const struct lane *l)
{
    return l->reversed ? l->filter.c.stable : l->filter.a.stable;
}

static bool fire_seen(const struct lane *l)
{
    return l->view.fresh && input_on(l->bits, IN_FIRE);
}

/* Why this lane is not ready for it, beyond what the priorities forbid. */
static enum reason unready(const struct lane *l, enum lane_command order)
{
    bool told = order == COMMAND_OPEN || order == COMMAND_CLOSE || order == COMMAND_HOLD_OPEN;
    bool fire = lane_has(l, LANE_MODE_FIRE) || fire_seen(l);
    if (told && !l->view.fresh)
        return REASON_UNAVAILABLE;
    if (order == COMMAND_OPEN && !lane_somebody_near(l))
        return REASON_NO_VEHICLE;
    if (order == COMMAND_CLOSE && !l->view.up && !l->view.down)
        return REASON_STATE;
    if ((order == COMMAND_HOLD_OPEN || order == COMMAND_LOCK) && fire)
        return REASON_FIRE;
    if (order == COMMAND_RESET_FAULT && fire_seen(l))
        return REASON_FIRE;
    return REASON_NONE;
}

/* A person looked: what held the lane back is over, and the arm is ours to close again. */
static enum err reset(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->jammed = false;
    l->may_close = l->view.fresh && l->view.up;
    l->obstructions = l->close_failures = 0;
    mode_set(l, LANE_MODE_FIRE, false, now, out);
    return lane_step(l, LANE_EV_ORDER_RESET, now, out);
}

/* A lane that is locked closes, with whoever waits before it. */
static void lock(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->may_close = l->may_close || l->view.up;
    mode_set(l, LANE_MODE_LOCK, true, now, out);
    if (lane_waiting(l) && l->view.up && lane_bar(l, WISH_CLOSE) == REASON_NONE)
        (void)lane_step(l, LANE_EV_ORDER_CLOSE, now, out);
}

static enum err carry_out(struct lane *l, enum lane_command order, struct mono_ms now,
                          struct lane_out *out)
{
    switch (order) {
    case COMMAND_OPEN: rule_side(l); return lane_step(l, LANE_EV_ORDER_OPEN, now, out);
    case COMMAND_CLOSE: return lane_step(l, LANE_EV_ORDER_CLOSE, now, out);
    case COMMAND_HOLD_OPEN: mode_set(l, LANE_MODE_HOLD_OPEN, true, now, out); return ERR_OK;
    case COMMAND_RELEASE:
        if (lane_has(l, LANE_MODE_HOLD_OPEN))
            l->may_close = l->view.fresh;
        mode_set(l, LANE_MODE_HOLD_OPEN, false, now, out);
        return ERR_OK;
    case COMMAND_LOCK: lock(l, now, out); return ERR_OK;
    case COMMAND_UNLOCK: mode_set(l, LANE_MODE_LOCK, false, now, out); return ERR_OK;
    case COMMAND_RESET_FAULT: return reset(l, now, out);
    default: return ERR_INVAL;
    }
}

enum err lane_order(struct lane *l, enum lane_command order, enum cause by, struct mono_ms now,
                    struct lane_out *out, enum reason *ret_why)
{
    enum reason why = lane_bar(l, wish_of(order));
    if (why == REASON_LIMITS)
        why = REASON_UNSAFE;
    if (why == REASON_NONE)
        why = unready(l, order);
    if (why != REASON_NONE) {
        *ret_why = why;
        return ERR_DENIED;
    }
    l->ordered_by = by;
    enum err e = carry_out(l, order, now, out);
    if (e != ERR_CONFLICT)
        return e;
    *ret_why = REASON_STATE;
    return ERR_DENIED;
}
