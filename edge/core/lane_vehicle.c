/* Handlers of the lane machine for the vehicle: one that waits, one that is authorised, one that nobody
 * authorised. */
#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"
#include "edge/core/lane_table.h"

/* --- idle, and a vehicle that waits --- */

void vehicle_idle_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_side(l);
    rule_present(l, out);
}

/* Somebody on the far loop: of a reversible lane the next to go, of another one nobody's business
 * unless on B as well. */
void vehicle_idle_c_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_side(l);
    if (l->view.a)
        rule_present(l, out);
    else
        vehicle_far_side(l, now, out);
}

/* Nobody on A, and A was not just left: from the wrong side, before an arm that stays down. */
void vehicle_idle_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.down || (rule_from_far(l, now) && !input_on(l->bits, IN_FAULT_B)))
        rule_crossing(l, now, out);
}

static bool by_hand(const struct lane *l)
{
    return lane_has(l, LANE_MODE_LOCAL) || lane_has(l, LANE_MODE_LOCAL_STOP);
}

/* Is there a reason for an arm that leaves its lower end? A barrier that moves on its own fire input leaves
 * nothing to debounce. */
static bool explained(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (lane_wants_open(l))
        return true;
    if (!by_hand(l) && input_on(l->bits, IN_FIRE)) {
        lane_fire(l, CAUSE_FIRE, now, out);
        return true;
    }
    return false;
}

static void tell_forced(struct lane *l, struct lane_out *out)
{
    rule_fact_of(l, out,
                 (struct lane_fact){.kind = LANE_FACT_OPENED,
                                    .cause = by_hand(l) ? CAUSE_MANUAL : CAUSE_FORCED});
    if (!by_hand(l))
        rule_alarm_set(l, out, ALARM_FORCED, true);
}

/* Not by us, as nobody waits for it. Not closed by us before a vehicle went through (L2). */
void vehicle_arm_left(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!explained(l, now, out))
        vehicle_forced(l, now, out);
}

void vehicle_forced(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    tell_forced(l, out);
    l->may_close = false;
    if (l->view.b)
        rule_crossing(l, now, out);
    else if (!l->movement)
        rule_rest(l, now, out);
}

/* Over a vehicle that stands there; a running timer says that we raise it ourselves. */
void vehicle_crossing_arm_left(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->timer.v == LANE_NEVER.v && !explained(l, now, out))
        tell_forced(l, out);
}

/* Off loop A and onto B under an arm that is down: it is on its way through, broken boom or not. */
void vehicle_waiting_left(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.b) {
        rule_crossing(l, now, out);
        l->a_clear_seen = true;
        l->doubt = false;
        return;
    }
    rule_end(l, out, l->state == LANE_DENIED ? OUTCOME_DENIED : OUTCOME_BACKED_OUT);
    rule_rest(l, now, out);
}

void vehicle_under_arm(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.down)
        rule_crossing(l, now, out);
}

/* On B and on C at once: through, whatever the arm says. */
void vehicle_far_side(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.b)
        return;
    rule_crossing(l, now, out);
    l->c_seen = true;
}

void vehicle_arm_secured(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_secured(l, out);
}

void vehicle_credential(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->identified = true;
    l->state = LANE_DECIDING;
}

void vehicle_read_again(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->identified = true;
}

/* A vehicle was read where a loop A that does not clear is ignored: there is one after all. */
void vehicle_rearm(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (!l->a_ignored || (l->alarms & (1U << ALARM_LOOP_A_STUCK)) == 0) /* or it is leaving */
        return;
    l->a_ignored = false;
    l->view.a = true;
    rule_present(l, out);
}

static void refuse(struct lane *l, struct lane_out *out, enum reason why)
{
    l->state = LANE_DENIED;
    rule_fact_of(l, out, (struct lane_fact){.kind = LANE_FACT_REFUSED, .reason = why});
}

void vehicle_refused(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    refuse(l, out, REASON_NONE);
}

/* L3 */
void vehicle_allowed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    enum reason why = lane_bar(l, WISH_ADMIT);
    if (why == REASON_NONE)
        rule_authorise(l, false, CAUSE_NONE, now, out);
    else
        refuse(l, out, why);
}

/* --- authorised --- */

void vehicle_a_cleared(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    if (l->view.b || l->state == LANE_PASSING) { /* B may fall in the same scan, but after it */
        l->followed = l->followed || (l->view.b && l->a_clear_seen);
        l->a_clear_seen = true;
    }
    l->a_left = true;
}

void vehicle_c_reached(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    if (l->view.b || l->state == LANE_PASSING) {
        l->c_seen = true;
        if (l->state == LANE_PASSING)
            l->timer = LANE_NEVER;
    }
}

void vehicle_opening_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = l->a_clear_seen || !l->view.a;
}

/* A quick vehicle passes under an arm that has not reached its limit yet. */
void vehicle_opening_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.down || !l->a_clear_seen)
        return;
    rule_passing(l, out);
    rule_evaluate(l, now, out);
}

/* Nobody gets in or out by an arm that does not open. */
void vehicle_opening_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up) {
        rule_opened(l, now, out);
        return;
    }
    if (l->opens++ < 1) {
        rule_move(l, out, LANE_ACT_OPEN);
        l->timer = mono_after(now, l->config.open_ms);
        return;
    }
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, true);
    rule_voided(l, out, REASON_OPEN_TIMEOUT);
    rule_end(l, out, OUTCOME_DENIED);
    if (l->view.down)
        rule_enter(l, LANE_FAULT, mono_after(now, l->config.fault_ms));
    else
        rule_rest(l, now, out);
}

void vehicle_hurry(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)out;
    struct mono_ms soon = mono_after(now, l->config.motion_again_ms);
    if (soon.v < l->timer.v)
        l->timer = soon;
}

void vehicle_open_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_passing(l, out);
}

/* The vehicle never came to B; the arm may even be down again. */
void vehicle_not_entered(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->doubt)
        rule_uncertain(l, out);
    else
        rule_backed_out(l, out);
    if (l->view.down)
        rule_rest(l, now, out);
    else
        rule_close_due(l, now, out);
}

/* An arm that we may not lower can as well stay up for a vehicle that never left the column. */
void vehicle_hold_due(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->may_close && l->view.a && !l->a_left)
        l->timer = mono_after(now, l->config.hold_open_ms);
    else
        vehicle_not_entered(l, now, out);
}

void vehicle_passing_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->timer = LANE_NEVER;
    if (l->c_seen) { /* the first vehicle is through, this is another */
        rule_drove_through(l, out);
        l->may_close = true;
        rule_crossing(l, now, out);
    }
}

void vehicle_c_missed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_uncertain(l, out);
    l->may_close = true;
    rule_after_passage(l, now, out);
}

/* --- somebody unauthorised on B --- */

void vehicle_crossing_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_reached = l->a_reached || l->far;
}

void vehicle_crossing_a_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = l->a_clear_seen || (l->view.b && !l->far);
}

/* As for an authorised vehicle, as far as it can be told; `doubt`: A was clear when B came on. */
void vehicle_crossing_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool three = l->config.loops == 3, wrong = l->far && l->a_reached;
    bool crossed = !l->far && (three ? l->c_seen : l->a_clear_seen || (l->doubt && !l->view.a));
    bool unclear =
        !wrong && !crossed && (l->far ? !three && !l->view.down : l->a_clear_seen || l->doubt);
    bool follows = l->vended && !lane_wants_open(l);
    bool counts = wrong || crossed || (unclear && lane_direction(l) == DIRECTION_ENTRY);
    enum outcome outcome = wrong      ? OUTCOME_WRONG_WAY
                           : unclear  ? OUTCOME_UNCERTAIN
                           : !crossed ? OUTCOME_BACKED_OUT
                           : follows  ? OUTCOME_TAILGATED
                                      : OUTCOME_MANUAL;
    if (counts || (unclear && lane_has(l, LANE_MODE_FIRE)))
        rule_crossed(l, out, outcome);
    else
        rule_end(l, out, outcome);
    if (wrong && l->view.a) { /* it is still leaving */
        l->a_ignored = true;
        l->view.a = false;
    }
    l->may_close = true;
    rule_rest(l, now, out);
}

void vehicle_crossing_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up || l->opens++ >= 1)
        return;
    rule_move(l, out, LANE_ACT_OPEN);
    l->timer = mono_after(now, l->config.open_ms);
}
