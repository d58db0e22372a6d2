/* Handlers of the lane machine for what holds the whole lane and for what a person orders. */
#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"
#include "edge/core/lane_table.h"

/* --- modes: what holds the whole lane began or ended --- */

/* The arm goes up around somebody; repeated by the state's timer. */
void hold_raise_here(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l) || l->view.up)
        return;
    rule_raise(l, out, mode_cause(l));
    l->timer = mono_after(now, l->config.open_ms);
}

void hold_waiting_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l) || l->view.up)
        return;
    rule_move(l, out, LANE_ACT_OPEN);
    l->timer = mono_after(now, l->opens++ < 1 ? l->config.open_ms : l->config.fault_ms);
}

/* What is to stand open does not stay where it was. */
void hold_rest_sank(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (lane_wants_open(l))
        rule_rest(l, now, out);
}

void hold_blind_raise(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_raise(l, out, mode_cause(l));
}

/* Whoever has not reached B yet just drives out, and nothing is counted any more. */
void hold_authorised_held_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_has(l, LANE_MODE_FIRE))
        return;
    rule_voided(l, out, REASON_FIRE);
    rule_end(l, out, OUTCOME_EVACUATED);
    rule_rest(l, now, out);
}

/* A close may be on its way even if the arm is still up. */
void hold_closing_held_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_raise(l, out, mode_cause(l));
    rule_enter(l, LANE_RAISING, mono_after(now, l->config.open_ms));
}

/* Somebody at the lane may have moved the arm: it is not ours to close any more. */
static void not_ours(struct lane *l)
{
    if (lane_has(l, LANE_MODE_LOCAL) || lane_has(l, LANE_MODE_LOCAL_STOP))
        l->may_close = false;
}

void hold_rest_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    rule_rest(l, now, out);
}

void hold_moving_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    if (lane_bar(l, WISH_MOVE) != REASON_NONE)
        rule_rest(l, now, out);
}

void hold_opening_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    enum reason why = lane_bar(l, WISH_ORDER);
    if (why == REASON_NONE) {
        if (lane_arm_broken(l))
            rule_opened(l, now, out);
        return;
    }
    rule_voided(l, out, why);
    rule_end(l, out, OUTCOME_DENIED);
    hold_rest_shut(l, now, out);
}

/* The way is open: only a lock takes it back. */
void hold_open_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    if (!lane_has(l, LANE_MODE_LOCK))
        return;
    rule_voided(l, out, REASON_LOCKED);
    rule_end(l, out, OUTCOME_DENIED);
    rule_rest(l, now, out);
}

/* --- orders; what may forbid them was asked before (lane_order.c) --- */

void hold_order_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool closing = l->state == LANE_CLOSING;
    l->a_ignored = false;
    l->view.a = true;
    if (!l->movement)
        rule_present(l, out);
    rule_authorise(l, true, l->ordered_by, now, out);
    if (closing) /* told to close, an arm that is still up is not open */
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
}

void hold_order_close(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.up)
        return;
    if (l->authorised)
        rule_voided(l, out, REASON_CLOSED);
    rule_end(l, out, OUTCOME_DENIED);
    l->may_close = true;
    l->jammed = false;
    l->obstructions = l->close_failures = 0;
    rule_close_due(l, now, out);
}

void hold_order_reset(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}
