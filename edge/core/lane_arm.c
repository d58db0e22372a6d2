/* Handlers of the lane machine for an arm on its way, or not down with nobody authorised. */
#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"
#include "edge/core/lane_table.h"

/* --- closing, and an arm that is not down --- */

void arm_closing_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_CLOSE_TIMEOUT, true);
    l->may_close = false;
    rule_rest(l, now, out);
}

void arm_sinks(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->sank = true;
}

void arm_close_failed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.up) /* it moves after all; the limit switch or the timer will tell */
        return;
    if (++l->close_failures > l->config.close_retries)
        arm_closing_timer(l, now, out);
    else
        rule_enter(l, LANE_PASSED, mono_after(now, l->config.motion_again_ms));
}

void arm_raised(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

void arm_raising_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up) {
        arm_raised(l, now, out);
        return;
    }
    if (l->opens++ < 1) {
        rule_move(l, out, LANE_ACT_OPEN);
        l->timer = mono_after(now, l->config.open_ms);
        return;
    }
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, true);
    if (lane_wants_open(l)) /* it goes on trying, but not without a pause */
        rule_enter(l, LANE_FAULT, mono_after(now, l->config.fault_ms));
    else
        rule_rest(l, now, out);
}

void arm_unsecured_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_side(l);
    if (l->view.a && l->timer.v == LANE_NEVER.v)
        rule_present(l, out);
}

void arm_fault_over(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up)
        rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}
