#include "edge/core/lane_mode.h"

#include "edge/core/lane_rule.h"

bool lane_has(const struct lane *l, enum lane_mode m)
{
    return (l->modes >> m) & 1;
}

enum lane_mode lane_mode_of(const struct lane *l)
{
    for (int m = LANE_MODE_LOCAL_STOP; m <= LANE_MODE_LOCK; m++)
        if (lane_has(l, (enum lane_mode)m))
            return (enum lane_mode)m;
    return LANE_MODE_NONE;
}

static bool alarmed(const struct lane *l, enum alarm a)
{
    return (l->alarms >> a) & 1;
}

static bool stopped(const struct lane *l)
{
    return lane_has(l, LANE_MODE_LOCAL_STOP) || lane_has(l, LANE_MODE_LOCAL);
}

bool lane_arm_broken(const struct lane *l)
{
    return alarmed(l, ALARM_ARM_BROKEN);
}

static bool blind(const struct lane *l)
{
    return !l->view.fresh;
}

static bool on_fire(const struct lane *l)
{
    return lane_has(l, LANE_MODE_FIRE) || (l->view.fresh && input_on(l->bits, IN_FIRE));
}

static bool device_closes(const struct lane *l)
{
    return l->config.device_closes;
}

static bool unsafe(const struct lane *l)
{
    return !l->view.safe;
}

/* Both limits at once are lost at once; neither may be a motion, until it has lasted. */
static bool lost(const struct lane *l)
{
    return alarmed(l, ALARM_LIMITS) ||
           (input_on(l->bits, IN_ARM_UP) && input_on(l->bits, IN_ARM_DOWN));
}

static bool held(const struct lane *l)
{
    return lane_has(l, LANE_MODE_HOLD_OPEN);
}

static bool dark_open(const struct lane *l)
{
    return alarmed(l, ALARM_MAINS_LOST) && l->config.mains == LANE_MAINS_OPEN;
}

static bool dark_closed(const struct lane *l)
{
    return alarmed(l, ALARM_MAINS_LOST) && l->config.mains == LANE_MAINS_CLOSED;
}

static bool locked(const struct lane *l)
{
    return lane_has(l, LANE_MODE_LOCK);
}

/* The strongest first (lane.md, "Commands and their priority"): each row says what it forbids to all
 * below it. With a broken arm nothing needs to move for a vehicle to be let through. */
static const struct {
    bool (*holds)(const struct lane *l);
    unsigned forbids;
    enum reason why;
} priorities[] = {
    {stopped, WISH_MOVE | WISH_ADMIT | WISH_ORDER | WISH_RAISE | WISH_CLOSE, REASON_LOCAL},
    {lane_arm_broken, WISH_MOVE | WISH_RAISE | WISH_CLOSE, REASON_ARM_BROKEN},
    {blind, WISH_ADMIT | WISH_ORDER | WISH_CLOSE, REASON_UNAVAILABLE},
    {on_fire, WISH_ADMIT | WISH_ORDER | WISH_CLOSE, REASON_FIRE},
    {device_closes, WISH_CLOSE, REASON_STATE},
    {unsafe, WISH_CLOSE, REASON_UNSAFE},
    {lost, WISH_ADMIT | WISH_CLOSE, REASON_LIMITS},
    {held, WISH_CLOSE, REASON_HELD_OPEN},
    {locked, WISH_ADMIT | WISH_ORDER, REASON_LOCKED},
    {dark_open, WISH_CLOSE, REASON_HELD_OPEN},
    {dark_closed, WISH_ADMIT, REASON_CLOSED},
};

enum reason lane_bar(const struct lane *l, enum lane_wish w)
{
    for (size_t i = 0; i < sizeof priorities / sizeof priorities[0]; i++)
        if ((priorities[i].forbids & w) && priorities[i].holds(l))
            return priorities[i].why;
    return REASON_NONE;
}

bool lane_wants_open(const struct lane *l)
{
    return lane_has(l, LANE_MODE_FIRE) || held(l) || dark_open(l);
}

enum cause mode_cause(const struct lane *l)
{
    if (lane_has(l, LANE_MODE_FIRE))
        return l->fire_cause == CAUSE_EVACUATION ? CAUSE_EVACUATION : CAUSE_FIRE;
    if (held(l))
        return l->ordered_by == CAUSE_MANUAL ? CAUSE_MANUAL : CAUSE_REMOTE;
    return CAUSE_MAINS;
}

void mode_set(struct lane *l, enum lane_mode m, bool on, struct mono_ms now, struct lane_out *out)
{
    if (lane_has(l, m) == on)
        return;
    l->modes ^= 1U << m;
    rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_MODE, .mode = m, .active = on});
    bool opens = m == LANE_MODE_FIRE || m == LANE_MODE_HOLD_OPEN;
    (void)lane_step(l,
                    !on     ? LANE_EV_LET_GO
                    : opens ? LANE_EV_HELD_OPEN
                            : LANE_EV_HELD_SHUT,
                    now, out);
}

void mode_inputs(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    mode_set(l, LANE_MODE_LOCAL_STOP, !input_on(l->bits, IN_LOCAL_STOP_OK), now, out);
    mode_set(l, LANE_MODE_LOCAL, input_on(l->bits, IN_LOCAL_MODE), now, out);
}

void lane_fire(struct lane *l, enum cause cause, struct mono_ms now, struct lane_out *out)
{
    if (lane_has(l, LANE_MODE_FIRE))
        return;
    l->fire_cause = cause;
    mode_set(l, LANE_MODE_FIRE, true, now, out);
}
