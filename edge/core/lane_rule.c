#include "edge/core/lane_rule.h"

static void add_fact(struct lane_out *out, struct lane_fact f)
{
    if (out->count < LANE_FACTS_MAX)
        out->facts[out->count++] = f;
}

void rule_fact(struct lane_out *out, enum lane_fact_kind kind)
{
    add_fact(out, (struct lane_fact){.kind = kind});
}

/* L1: the later motion stands. */
void rule_move(struct lane_out *out, unsigned act)
{
    out->acts = (out->acts & ~(unsigned)(LANE_ACT_OPEN | LANE_ACT_CLOSE)) | act;
}

void rule_alarm_set(struct lane *l, struct lane_out *out, enum alarm alarm, bool active)
{
    uint32_t bit = 1U << alarm;
    if (((l->alarms & bit) != 0) == active)
        return;
    l->alarms ^= bit;
    add_fact(out, (struct lane_fact){.kind = LANE_FACT_ALARM, .alarm = alarm, .active = active});
}

void rule_enter(struct lane *l, enum lane_state s, struct mono_ms timer)
{
    l->state = s;
    l->timer = timer;
}

void rule_end(struct lane *l, struct lane_out *out, enum outcome outcome)
{
    if (l->movement)
        add_fact(out, (struct lane_fact){.kind = LANE_FACT_ENDED, .outcome = outcome});
    l->movement = l->authorised = l->b_seen = l->a_clear_seen = l->c_seen = l->doubt = false;
}

void rule_voided(struct lane_out *out, enum reason reason)
{
    add_fact(out, (struct lane_fact){.kind = LANE_FACT_VOIDED, .reason = reason});
}

void rule_backed_out(struct lane *l, struct lane_out *out)
{
    rule_voided(out, REASON_BACKED_OUT);
    rule_end(l, out, OUTCOME_BACKED_OUT);
}

/* In doubt an entry counts in and an exit does not count out (wire.md, "Spaces"). */
void rule_uncertain(struct lane *l, struct lane_out *out)
{
    if (l->config.direction == DIRECTION_ENTRY)
        rule_fact(out, LANE_FACT_COMPLETED);
    else
        rule_voided(out, REASON_UNCERTAIN);
    rule_end(l, out, OUTCOME_UNCERTAIN);
}

void rule_drove_through(struct lane *l, struct lane_out *out)
{
    rule_fact(out, LANE_FACT_COMPLETED);
    rule_end(l, out, OUTCOME_DROVE_THROUGH);
    l->held = false;
    l->obstructions = 0;
}

/* The arm is down: whatever was wrong with an arm that was not is over. */
void rule_secured(struct lane *l, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_FORCED, false);
    rule_alarm_set(l, out, ALARM_UNAUTHORISED, false);
    rule_alarm_set(l, out, ALARM_OBSTRUCTED, false);
    rule_alarm_set(l, out, ALARM_CLOSE_TIMEOUT, false);
    l->held = l->vended = l->may_close = false;
    l->obstructions = l->close_failures = 0;
}

void rule_present(struct lane *l, struct lane_out *out)
{
    l->movement = true;
    rule_enter(l, LANE_PRESENTED, LANE_NEVER);
    rule_fact(out, LANE_FACT_PRESENTED);
    out->acts |= LANE_ACT_CAMERA;
}

/* Somebody nobody authorised is under an arm that is not down: never drop it on them. */
void rule_crossing(struct lane *l, struct lane_out *out)
{
    l->a_clear_seen = l->c_seen = false;
    l->doubt = !l->view.a;
    rule_enter(l, LANE_CROSSING, LANE_NEVER);
    rule_alarm_set(l, out, ALARM_UNAUTHORISED, true);
}

/* Nobody is authorised and no Movement is open: where does that leave the lane? */
void rule_rest(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.down) {
        rule_secured(l, out);
        rule_enter(l, LANE_IDLE, LANE_NEVER);
        if (l->view.a)
            rule_present(l, out);
    } else if (l->view.b) {
        rule_crossing(l, out);
    } else if (l->may_close && !l->held && !l->config.device_closes) {
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
    if (l->view.fresh && l->view.safe && l->may_close && !l->held && l->view.up &&
        !l->config.device_closes) {
        rule_move(out, LANE_ACT_CLOSE);
        rule_enter(l, LANE_CLOSING, mono_after(now, l->config.close_ms));
        return;
    }
    if (l->view.a && !l->view.b && !l->view.down)
        rule_present(l, out);
    else
        rule_rest(l, now, out);
}

void rule_obstruct(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_move(out, LANE_ACT_OPEN);
    l->opens = 0;
    if (++l->obstructions >= l->config.obstructions_max) {
        l->held = true;
        rule_alarm_set(l, out, ALARM_OBSTRUCTED, true);
    }
    if (l->view.b)
        rule_crossing(l, out);
    else
        l->state = LANE_REOPENING;
    l->timer = mono_after(now, l->config.open_ms);
}

void rule_passing(struct lane *l, struct lane_out *out)
{
    rule_enter(l, LANE_PASSING, LANE_NEVER);
    if (!l->b_seen)
        rule_fact(out, LANE_FACT_STARTED);
    l->b_seen = true;
}

void rule_opened(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    if (l->view.b)
        rule_passing(l, out);
    else
        rule_enter(l, LANE_OPEN, mono_after(now, l->config.hold_open_ms));
}

/* B is clear (and C, where there is one): what did the vehicle do? */
void rule_evaluate(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool three = l->config.loops == 3;
    if (l->view.b || (three && l->view.c))
        return;
    if (three ? l->c_seen : l->a_clear_seen) {
        rule_drove_through(l, out);
    } else if (three && l->a_clear_seen) {
        l->timer = mono_after(now, l->config.c_wait_ms);
        return;
    } else if (l->doubt) {
        rule_uncertain(l, out);
    } else {
        rule_backed_out(l, out);
    }
    l->may_close = true;
    rule_after_passage(l, now, out);
}
