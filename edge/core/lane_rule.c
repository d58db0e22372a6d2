#include "edge/core/lane_rule.h"

#include "edge/core/lane_mode.h"

/* --- facts and acts --- */

void rule_fact_of(const struct lane *l, struct lane_out *out, struct lane_fact f)
{
    if (f.direction == DIRECTION_NONE)
        f.direction = lane_direction(l);
    if (out->count < LANE_FACTS_MAX)
        out->facts[out->count++] = f;
}

void rule_fact(const struct lane *l, struct lane_out *out, enum lane_fact_kind kind)
{
    rule_fact_of(l, out, (struct lane_fact){.kind = kind});
}

void rule_alarm_set(struct lane *l, struct lane_out *out, enum alarm alarm, bool active)
{
    uint32_t bit = 1U << alarm;
    if (((l->alarms & bit) != 0) == active)
        return;
    l->alarms ^= bit;
    rule_fact_of(l, out,
                 (struct lane_fact){.kind = LANE_FACT_ALARM, .alarm = alarm, .active = active});
}

void rule_enter(struct lane *l, enum lane_state s, struct mono_ms timer)
{
    l->state = s;
    l->timer = timer;
}

void rule_move(const struct lane *l, struct lane_out *out, unsigned act)
{
    unsigned motions = LANE_ACT_OPEN | LANE_ACT_CLOSE | LANE_ACT_STOP;
    if (act == LANE_ACT_STOP || lane_bar(l, WISH_MOVE) == REASON_NONE)
        out->acts = (out->acts & ~motions) | act;
}

void rule_raise(struct lane *l, struct lane_out *out, enum cause cause)
{
    if (lane_bar(l, WISH_MOVE) != REASON_NONE)
        return;
    if (l->view.down)
        l->may_close = true;
    l->opens = 0;
    if (!l->view.up)
        rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_OPENED, .cause = cause});
    rule_move(l, out, LANE_ACT_OPEN);
}

/* --- the ends of a Movement --- */

void rule_end(struct lane *l, struct lane_out *out, enum outcome outcome)
{
    if (l->movement)
        rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_ENDED, .outcome = outcome});
    l->movement = l->identified = l->authorised = l->b_seen = l->a_left = l->a_clear_seen = false;
    l->c_seen = l->followed = l->far = l->a_reached = l->doubt = false;
}

void rule_voided(const struct lane *l, struct lane_out *out, enum reason reason)
{
    rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_VOIDED, .reason = reason});
}

void rule_backed_out(struct lane *l, struct lane_out *out)
{
    rule_voided(l, out, REASON_BACKED_OUT);
    rule_end(l, out, OUTCOME_BACKED_OUT);
}

/* In doubt an entry counts in and an exit does not count out (wire.md, "Spaces"). */
void rule_uncertain(struct lane *l, struct lane_out *out)
{
    if (lane_direction(l) == DIRECTION_ENTRY)
        rule_fact(l, out, LANE_FACT_COMPLETED);
    else
        rule_voided(l, out, REASON_UNCERTAIN);
    rule_end(l, out, OUTCOME_UNCERTAIN);
}

/* A Movement nobody saw on A begins with its crossing. Under fire nothing is counted, but who went is
 * remembered. */
void rule_crossed(struct lane *l, struct lane_out *out, enum outcome outcome)
{
    bool fire = lane_has(l, LANE_MODE_FIRE);
    enum direction d = lane_direction(l);
    if (outcome == OUTCOME_WRONG_WAY)
        d = d == DIRECTION_ENTRY ? DIRECTION_EXIT : DIRECTION_ENTRY;
    if (!fire || !l->movement)
        rule_fact_of(l, out,
                     (struct lane_fact){.kind = fire ? LANE_FACT_PRESENTED : LANE_FACT_UNAUTHORISED,
                                        .direction = d});
    l->movement = true;
    rule_end(l, out, fire ? OUTCOME_EVACUATED : outcome);
}

void rule_drove_through(struct lane *l, struct lane_out *out)
{
    bool followed = l->followed;
    rule_fact(l, out, LANE_FACT_COMPLETED);
    rule_end(l, out, OUTCOME_DROVE_THROUGH);
    l->jammed = false;
    l->obstructions = 0;
    if (!followed)
        return;
    /* Somebody left A behind it without a gap on B; whether forwards, nobody can tell. */
    rule_alarm_set(l, out, ALARM_UNAUTHORISED, true);
    if (lane_direction(l) == DIRECTION_ENTRY)
        rule_crossed(l, out, OUTCOME_TAILGATED);
}

/* --- where the lane goes --- */

/* The arm is down: whatever was wrong with an arm that was not is over. */
void rule_secured(struct lane *l, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_FORCED, false);
    rule_alarm_set(l, out, ALARM_UNAUTHORISED, false);
    rule_alarm_set(l, out, ALARM_WRONG_WAY, false);
    rule_alarm_set(l, out, ALARM_OBSTRUCTED, false);
    rule_alarm_set(l, out, ALARM_CLOSE_TIMEOUT, false);
    l->jammed = l->vended = l->may_close = false;
    l->obstructions = l->close_failures = 0;
}

void rule_side(struct lane *l)
{
    const struct debounce *near = l->reversed ? &l->filter.c : &l->filter.a;
    const struct debounce *far = l->reversed ? &l->filter.a : &l->filter.c;
    if (l->config.direction != DIRECTION_REVERSIBLE || l->movement || !far->stable ||
        (near->stable && near->since.v <= far->since.v))
        return;
    l->reversed = !l->reversed;
    l->a_ignored = false;
    l->view.a = far->stable;
    l->view.c = near->stable;
}

void rule_present(struct lane *l, struct lane_out *out)
{
    l->movement = true;
    rule_enter(l, LANE_PRESENTED, LANE_NEVER);
    rule_fact(l, out, LANE_FACT_PRESENTED);
    out->acts |= LANE_ACT_CAMERA;
}

/* Nobody minds who crosses while the arm is held open or a person has the lane. */
static bool minded(const struct lane *l)
{
    return !lane_wants_open(l) && !lane_has(l, LANE_MODE_LOCAL) &&
           !lane_has(l, LANE_MODE_LOCAL_STOP);
}

/* A short vehicle may have left A just before, and a quick one is on B before A is debounced. */
bool rule_from_far(const struct lane *l, struct mono_ms now)
{
    bool on_a = l->view.a || (l->reversed ? l->filter.c.raw : l->filter.a.raw);
    bool near = on_a || mono_diff_ms(now, l->a_off_at) < l->config.a_to_b_ms;
    return !near && (l->config.loops == 2 || l->view.c);
}

/* Somebody nobody authorised is on B: never drop the arm on them. */
void rule_crossing(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->a_clear_seen = l->c_seen = l->a_reached = false;
    l->far = rule_from_far(l, now);
    l->doubt = !l->view.a;
    rule_enter(l, LANE_CROSSING, LANE_NEVER);
    if (minded(l))
        rule_alarm_set(l, out, l->far ? ALARM_WRONG_WAY : ALARM_UNAUTHORISED, true);
}

/* The arm is to stand open and does not: another attempt, supervised. */
static bool stand_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l) || l->view.up || lane_bar(l, WISH_RAISE) != REASON_NONE)
        return false;
    rule_raise(l, out, mode_cause(l));
    rule_enter(l, LANE_RAISING, mono_after(now, l->config.open_ms));
    return true;
}

/* Nobody is authorised and no Movement is open: where does that leave the lane? */
void rule_rest(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.b && !l->view.down) {
        rule_crossing(l, now, out);
        return;
    }
    rule_side(l);
    if (stand_open(l, now, out))
        return;
    if (l->view.down) {
        rule_secured(l, out);
        rule_enter(l, LANE_IDLE, LANE_NEVER);
        if (l->view.a)
            rule_present(l, out);
    } else if (l->may_close && !l->jammed && !lane_wants_open(l) && !l->config.device_closes) {
        rule_enter(l, LANE_UNSECURED, mono_after(now, l->config.close_delay_ms));
    } else {
        rule_enter(l, LANE_UNSECURED, LANE_NEVER);
        if (l->view.a)
            rule_present(l, out);
    }
}

void rule_after_passage(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_rest(l, now, out);
    if (l->state == LANE_UNSECURED && l->timer.v != LANE_NEVER.v)
        l->state = LANE_PASSED;
}

/* L2. An arm that may not be lowered now is tried again; meanwhile nobody is kept waiting. */
void rule_close_due(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->may_close && !l->jammed && l->view.up && lane_bar(l, WISH_CLOSE) == REASON_NONE) {
        rule_move(l, out, LANE_ACT_CLOSE);
        l->sank = false;
        rule_enter(l, LANE_CLOSING, mono_after(now, l->config.close_ms));
        return;
    }
    rule_side(l);
    if (l->view.a && !l->view.b && !l->view.down)
        rule_present(l, out);
    else
        rule_rest(l, now, out);
}

void rule_obstruct(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->sank || !l->view.up)
        rule_fact_of(l, out,
                     (struct lane_fact){.kind = LANE_FACT_OPENED, .cause = CAUSE_OBSTRUCTION});
    rule_move(l, out, LANE_ACT_OPEN);
    l->opens = 0;
    if (++l->obstructions >= l->config.obstructions_max) {
        l->jammed = true;
        rule_alarm_set(l, out, ALARM_OBSTRUCTED, true);
    }
    if (l->view.b)
        rule_crossing(l, now, out);
    else
        l->state = LANE_RAISING;
    l->timer = mono_after(now, l->config.open_ms);
}

/* --- a passage --- */

void rule_passing(struct lane *l, struct lane_out *out)
{
    rule_enter(l, LANE_PASSING, LANE_NEVER);
    if (!l->b_seen)
        rule_fact(l, out, LANE_FACT_STARTED);
    l->b_seen = true;
    l->a_clear_seen = l->a_clear_seen || !l->view.a;
}

void rule_opened(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    if (l->view.b)
        rule_passing(l, out);
    else
        rule_enter(l, LANE_OPEN, mono_after(now, l->config.hold_open_ms));
}

/* With a broken arm there is nothing to open. */
void rule_authorise(struct lane *l, bool manual, enum cause cause, struct mono_ms now,
                    struct lane_out *out)
{
    l->authorised = l->vended = true;
    l->authorised_at = now;
    l->b_seen = l->a_left = l->a_clear_seen = l->c_seen = l->followed = l->doubt = false;
    rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_AUTHORISED, .manual = manual});
    rule_raise(l, out, cause);
    if (l->view.up || lane_arm_broken(l))
        rule_opened(l, now, out);
    else
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
}

/* B is clear (and C, where there is one): what did the vehicle do? With two loops it passed if A was
 * clear while it was on B. If A was clear only before that, it may as well have backed out and
 * another come and gone. */
void rule_evaluate(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool three = l->config.loops == 3, left = l->a_left || l->a_clear_seen;
    if (l->view.b || (three && l->view.c))
        return;
    if (three ? l->c_seen : l->a_clear_seen) {
        rule_drove_through(l, out);
    } else if (three && left) {
        l->timer = mono_after(now, l->config.c_wait_ms);
        return;
    } else if (left || l->doubt) {
        rule_uncertain(l, out);
    } else {
        rule_backed_out(l, out);
    }
    l->may_close = true;
    rule_after_passage(l, now, out);
}
