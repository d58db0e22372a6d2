/* What each event does in each state. The handlers are short because the rules they share carry the
 * substance (lane_rule.c); the table stands at the end. */
#include "edge/core/lane_table.h"

#include "edge/core/lane_rule.h"

void lane_ignore(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

void lane_refuse(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

/* --- going away and coming back --- */

static void on_stale(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (l->state != LANE_UNAVAILABLE)
        l->was = l->state;
    rule_enter(l, LANE_UNAVAILABLE, LANE_NEVER);
    l->view.fresh = l->may_close = false;
    l->gap = true;
    rule_alarm_set(l, out, ALARM_DEVICE_SILENT, true);
}

static void resume_authorised(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    /* C may have come on while nobody looked; its edge will not come again. */
    if (l->config.loops == 3 && l->view.c && (l->view.b || l->b_seen))
        l->c_seen = true;
    /* All but the fall of B, which nobody saw. */
    bool passed = l->b_seen && (l->config.loops == 3 ? l->c_seen : l->a_clear_seen);
    bool young = mono_diff_ms(now, l->authorised_at) < l->config.reissue_ms;
    l->a_clear_seen = l->a_clear_seen || !l->view.a || l->stranger;
    if (l->view.down && l->was == LANE_OPENING && !l->b_seen && !l->a_clear_seen && young) {
        rule_move(out, LANE_ACT_OPEN);
        l->opens = 0;
        l->may_close = l->vended = true;
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
        return;
    }
    l->doubt = true;
    l->vended = !l->view.down;
    if (!l->view.down && l->view.b) {
        rule_passing(l, out);
        return;
    }
    /* Under an arm that was up while nobody looked the vehicle may have gone through, and who stands there
     * now may be the next one: it does not inherit the authorisation, or two drive in on one space. */
    if (passed)
        rule_drove_through(l, out);
    else
        rule_uncertain(l, out);
    rule_rest(l, now, out);
}

/* An unauthorised crossing whose end nobody saw. */
static void resume_crossing(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.b || l->view.down) {
        if (l->config.direction == DIRECTION_ENTRY) {
            l->movement = true;
            rule_fact(out, LANE_FACT_UNAUTHORISED);
        }
        rule_end(l, out, OUTCOME_UNCERTAIN);
    }
    rule_rest(l, now, out);
}

static void on_fresh(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_DEVICE_SILENT, false);
    if (l->gap)
        rule_fact(out, LANE_FACT_GAP);
    l->gap = l->may_close = false;
    if (l->authorised) {
        resume_authorised(l, now, out);
    } else if (l->was == LANE_CROSSING) {
        resume_crossing(l, now, out);
    } else if (!l->movement) {
        rule_rest(l, now, out);
    } else if (!l->view.a) {
        rule_end(l, out, l->was == LANE_DENIED ? OUTCOME_DENIED : OUTCOME_BACKED_OUT);
        rule_rest(l, now, out);
    } else if (l->view.b && !l->view.down) {
        rule_crossing(l, out);
    } else {
        bool waited = l->was == LANE_DECIDING || l->was == LANE_DENIED;
        rule_enter(l, waited ? l->was : LANE_PRESENTED, LANE_NEVER);
        out->acts |= LANE_ACT_CAMERA;
    }
    l->stranger = false;
}

/* --- idle, and a vehicle that waits --- */

static void idle_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_present(l, out);
}

/* Nobody told it to open. Not closed by us before a vehicle went through (L2). */
static void forced(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_FORCED, true);
    l->may_close = false;
    if (l->view.b)
        rule_crossing(l, out);
    else if (!l->movement)
        rule_rest(l, now, out);
}

/* Off loop A and onto B under an arm that is down: it is on its way through, broken boom or not. */
static void waiting_left(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.b) {
        rule_crossing(l, out);
        l->a_clear_seen = true;
        l->doubt = false;
        return;
    }
    rule_end(l, out, l->state == LANE_DENIED ? OUTCOME_DENIED : OUTCOME_BACKED_OUT);
    rule_rest(l, now, out);
}

static void under_arm(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (!l->view.down)
        rule_crossing(l, out);
}

/* On B and on C at once: through, whatever the arm says. */
static void reached_far_side(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (!l->view.b)
        return;
    rule_crossing(l, out);
    l->c_seen = true;
}

static void arm_secured(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_secured(l, out);
}

static void credential(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->state = LANE_DECIDING;
}

static void allowed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->authorised = l->vended = true;
    l->authorised_at = now;
    l->b_seen = l->a_clear_seen = l->c_seen = l->doubt = false;
    l->opens = 0;
    if (l->view.down)
        l->may_close = true;
    rule_fact(out, LANE_FACT_AUTHORISED);
    rule_move(out, LANE_ACT_OPEN);
    if (l->view.up)
        rule_opened(l, now, out);
    else
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
}

static void refused(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    l->state = LANE_DENIED;
    rule_fact(out, LANE_FACT_REFUSED);
}

/* --- authorised --- */

static void a_cleared(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = true;
}

static void c_reached(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    if (l->view.b || l->state == LANE_PASSING) {
        l->c_seen = true;
        if (l->state == LANE_PASSING)
            l->timer = LANE_NEVER;
    }
}

/* A quick vehicle passes under an arm that has not reached its limit yet. */
static void opening_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.down || !l->a_clear_seen)
        return;
    rule_passing(l, out);
    rule_evaluate(l, now, out);
}

static void opening_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->opens++ < 1) {
        rule_move(out, LANE_ACT_OPEN);
        l->timer = mono_after(now, l->config.open_ms);
        return;
    }
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, true);
    rule_voided(out, REASON_OPEN_TIMEOUT);
    rule_end(l, out, OUTCOME_DENIED);
    if (l->view.down)
        rule_enter(l, LANE_FAULT, mono_after(now, l->config.fault_ms));
    else
        rule_rest(l, now, out);
}

static void hurry(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)out;
    struct mono_ms soon = mono_after(now, l->config.motion_again_ms);
    if (soon.v < l->timer.v)
        l->timer = soon;
}

static void open_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_passing(l, out);
}

/* The vehicle never came to B; the arm may even be down again. */
static void not_entered(struct lane *l, struct mono_ms now, struct lane_out *out)
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
static void hold_due(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->may_close && l->view.a && !l->a_clear_seen)
        l->timer = mono_after(now, l->config.hold_open_ms);
    else
        not_entered(l, now, out);
}

static void passing_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    l->timer = LANE_NEVER;
    if (l->c_seen) { /* the first vehicle is through, this is another */
        rule_drove_through(l, out);
        l->may_close = true;
        rule_crossing(l, out);
    }
}

static void c_missed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_uncertain(l, out);
    l->may_close = true;
    rule_after_passage(l, now, out);
}

/* --- closing, and an arm that is not down --- */

static void closing_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_CLOSE_TIMEOUT, true);
    l->may_close = false;
    rule_rest(l, now, out);
}

static void close_failed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.up) /* it moves after all; the limit switch or the timer will tell */
        return;
    if (++l->close_failures > l->config.close_retries)
        closing_timer(l, now, out);
    else
        rule_enter(l, LANE_PASSED, mono_after(now, l->config.motion_again_ms));
}

static void reopening_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->opens++ < 1) {
        rule_move(out, LANE_ACT_OPEN);
        l->timer = mono_after(now, l->config.open_ms);
        return;
    }
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, true);
    rule_rest(l, now, out);
}

static void reopened(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

static void unsecured_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (l->timer.v == LANE_NEVER.v)
        rule_present(l, out);
}

static void crossing_a_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = l->a_clear_seen || l->view.b;
}

/* As for an authorised vehicle, as far as it can be told; `doubt`: A was clear when B came on. */
static void crossing_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool crossed = l->config.loops == 3 ? l->c_seen : l->a_clear_seen || (l->doubt && !l->view.a);
    bool unclear = !crossed && (l->a_clear_seen || l->doubt);
    if (crossed || (unclear && l->config.direction == DIRECTION_ENTRY)) {
        l->movement = true;
        rule_fact(out, LANE_FACT_UNAUTHORISED);
    }
    rule_end(l, out,
             unclear     ? OUTCOME_UNCERTAIN
             : !crossed  ? OUTCOME_BACKED_OUT
             : l->vended ? OUTCOME_TAILGATED
                         : OUTCOME_MANUAL);
    l->may_close = true;
    rule_rest(l, now, out);
}

static void crossing_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up || l->opens++ >= 1)
        return;
    rule_move(out, LANE_ACT_OPEN);
    l->timer = mono_after(now, l->config.open_ms);
}

static void fault_over(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up)
        rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

/* clang-format off */
#define __ lane_ignore
#define NO lane_refuse
#define ROW(state, stale, fresh, a_on, a_off, b_on, b_off, c_on, c_off, up, down, left,           \
            obstructed, cred, allow, refuse, open_failed, close_failed, reflex, timer)            \
    [state] = {[LANE_EV_STALE] = stale, [LANE_EV_FRESH] = fresh, [LANE_EV_A_ON] = a_on,           \
               [LANE_EV_A_OFF] = a_off, [LANE_EV_B_ON] = b_on, [LANE_EV_B_OFF] = b_off,           \
               [LANE_EV_C_ON] = c_on, [LANE_EV_C_OFF] = c_off, [LANE_EV_ARM_UP] = up,             \
               [LANE_EV_ARM_DOWN] = down, [LANE_EV_ARM_LEFT] = left,                              \
               [LANE_EV_OBSTRUCTED] = obstructed, [LANE_EV_CREDENTIAL] = cred,                    \
               [LANE_EV_ALLOWED] = allow, [LANE_EV_REFUSED] = refuse,                             \
               [LANE_EV_OPEN_FAILED] = open_failed, [LANE_EV_CLOSE_FAILED] = close_failed,        \
               [LANE_EV_REFLEX] = reflex, [LANE_EV_TIMER] = timer}

lane_handler *const lane_table[LANE_STATES][LANE_EVENTS] = {
ROW(LANE_UNAVAILABLE, on_stale, on_fresh, __, __, __, __,
    __, __, __, __, __, __,
    NO, NO, NO, __, __, __, __),
ROW(LANE_IDLE, on_stale, __, idle_a_on, __, under_arm, __,
    reached_far_side, __, __, __, forced, __,
    NO, NO, NO, __, __, __, __),
ROW(LANE_PRESENTED, on_stale, __, __, waiting_left, under_arm, __,
    reached_far_side, __, __, arm_secured, forced, __,
    credential, allowed, refused, __, __, __, __),
ROW(LANE_DECIDING, on_stale, __, __, waiting_left, under_arm, __,
    reached_far_side, __, __, arm_secured, forced, __,
    __, allowed, refused, __, __, __, __),
ROW(LANE_DENIED, on_stale, __, __, waiting_left, under_arm, __,
    reached_far_side, __, __, arm_secured, forced, __,
    __, allowed, refused, __, __, __, __),
ROW(LANE_OPENING, on_stale, __, __, a_cleared, __, opening_b_off,
    c_reached, __, rule_opened, __, __, __,
    NO, NO, NO, hurry, __, __, opening_timer),
ROW(LANE_OPEN, on_stale, __, __, a_cleared, open_b_on, __,
    __, __, __, not_entered, __, __,
    NO, NO, NO, __, __, __, hold_due),
ROW(LANE_PASSING, on_stale, __, __, a_cleared, passing_b_on, rule_evaluate,
    c_reached, rule_evaluate, __, __, __, __,
    NO, NO, NO, __, __, __, c_missed),
ROW(LANE_PASSED, on_stale, __, __, __, under_arm, __,
    __, __, __, rule_rest, __, __,
    NO, NO, NO, __, __, __, rule_close_due),
ROW(LANE_CLOSING, on_stale, __, __, __, rule_obstruct, __,
    __, __, rule_obstruct, rule_rest, __, rule_obstruct,
    NO, NO, NO, __, close_failed, rule_obstruct, closing_timer),
ROW(LANE_REOPENING, on_stale, __, __, __, under_arm, __,
    __, __, reopened, rule_rest, __, __,
    NO, NO, NO, hurry, __, __, reopening_timer),
ROW(LANE_UNSECURED, on_stale, __, unsecured_a_on, __, under_arm, __,
    __, __, __, rule_rest, __, __,
    NO, NO, NO, __, __, __, rule_close_due),
ROW(LANE_CROSSING, on_stale, __, __, crossing_a_off, __, crossing_b_off,
    c_reached, __, __, __, __, __,
    NO, NO, NO, hurry, __, __, crossing_timer),
ROW(LANE_FAULT, on_stale, __, __, __, under_arm, __,
    reached_far_side, __, fault_over, __, fault_over, __,
    NO, NO, NO, __, __, __, fault_over),
};
/* clang-format on */
