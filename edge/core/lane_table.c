/* What each event does in each state. The handlers are short because the rules they share carry the
 * substance (lane_rule.c, lane_mode.c); the table stands at the end. */
#include "edge/core/lane_table.h"

#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"

void lane_ignore(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

void lane_refuse(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)l, (void)now, (void)out;
}

/* --- idle, and a vehicle that waits --- */

static void idle_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_side(l);
    rule_present(l, out);
}

/* Somebody on the far loop: of a reversible lane the next to go, of another one nobody's business
 * unless on B as well. */
static void idle_c_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_side(l);
    if (l->view.a)
        rule_present(l, out);
    else
        lane_reached_far_side(l, now, out);
}

/* Nobody on A, and A was not just left: from the wrong side, before an arm that stays down. */
static void idle_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.down || (rule_from_far(l, now) && !input_on(l->bits, IN_FAULT_B)))
        rule_crossing(l, now, out);
}

/* Not by us, as nobody waits for it. Not closed by us before a vehicle went through (L2). */
static void arm_left(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l))
        lane_forced(l, now, out);
}

void lane_forced(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool by_hand = lane_has(l, LANE_MODE_LOCAL) || lane_has(l, LANE_MODE_LOCAL_STOP);
    rule_fact_of(l, out,
                 (struct lane_fact){.kind = LANE_FACT_OPENED,
                                    .cause = by_hand ? CAUSE_MANUAL : CAUSE_FORCED});
    if (!by_hand)
        rule_alarm_set(l, out, ALARM_FORCED, true);
    l->may_close = false;
    if (l->view.b)
        rule_crossing(l, now, out);
    else if (!l->movement)
        rule_rest(l, now, out);
}

/* Off loop A and onto B under an arm that is down: it is on its way through, broken boom or not. */
static void waiting_left(struct lane *l, struct mono_ms now, struct lane_out *out)
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

static void under_arm(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.down)
        rule_crossing(l, now, out);
}

/* On B and on C at once: through, whatever the arm says. */
void lane_reached_far_side(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!l->view.b)
        return;
    rule_crossing(l, now, out);
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
    l->identified = true;
    l->state = LANE_DECIDING;
}

static void read_again(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->identified = true;
}

/* A vehicle was read where a loop A that does not clear is ignored: there is one after all. */
static void rearm(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (!l->a_ignored)
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

static void refused(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    refuse(l, out, REASON_NONE);
}

/* With a broken arm there is nothing to open. */
static void authorise(struct lane *l, bool manual, enum cause cause, struct mono_ms now,
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

/* L3 */
static void allowed(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    enum reason why = lane_bar(l, WISH_ADMIT);
    if (why == REASON_NONE)
        authorise(l, false, CAUSE_NONE, now, out);
    else
        refuse(l, out, why);
}

/* --- authorised --- */

static void a_cleared(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    if (l->view.b || l->state == LANE_PASSING) { /* B may fall in the same scan, but after it */
        l->followed = l->followed || (l->view.b && l->a_clear_seen);
        l->a_clear_seen = true;
    }
    l->a_left = true;
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

static void opening_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = l->a_clear_seen || !l->view.a;
}

/* A quick vehicle passes under an arm that has not reached its limit yet. */
static void opening_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.down || !l->a_clear_seen)
        return;
    rule_passing(l, out);
    rule_evaluate(l, now, out);
}

/* Nobody gets in or out by an arm that does not open. */
static void opening_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
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
    if (!l->may_close && l->view.a && !l->a_left)
        l->timer = mono_after(now, l->config.hold_open_ms);
    else
        not_entered(l, now, out);
}

static void passing_b_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    l->timer = LANE_NEVER;
    if (l->c_seen) { /* the first vehicle is through, this is another */
        rule_drove_through(l, out);
        l->may_close = true;
        rule_crossing(l, now, out);
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

static void raised(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

static void raising_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up) {
        raised(l, now, out);
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

static void unsecured_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_side(l);
    if (l->view.a && l->timer.v == LANE_NEVER.v)
        rule_present(l, out);
}

static void fault_over(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up)
        rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

/* --- somebody unauthorised on B --- */

static void crossing_a_on(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_reached = l->a_reached || l->far;
}

static void crossing_a_off(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    l->a_clear_seen = l->a_clear_seen || (l->view.b && !l->far);
}

/* As for an authorised vehicle, as far as it can be told; `doubt`: A was clear when B came on. */
static void crossing_b_off(struct lane *l, struct mono_ms now, struct lane_out *out)
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

static void crossing_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.up || l->opens++ >= 1)
        return;
    rule_move(l, out, LANE_ACT_OPEN);
    l->timer = mono_after(now, l->config.open_ms);
}

/* --- modes: what holds the whole lane began or ended --- */

/* The arm goes up around somebody; repeated by the state's timer. */
static void raise_here(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l) || l->view.up)
        return;
    rule_raise(l, out, mode_cause(l));
    l->timer = mono_after(now, l->config.open_ms);
}

static void waiting_timer(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_wants_open(l) || l->view.up)
        return;
    rule_move(l, out, LANE_ACT_OPEN);
    l->timer = mono_after(now, l->opens++ < 1 ? l->config.open_ms : l->config.fault_ms);
}

/* What is to stand open does not stay where it was. */
static void rest_sank(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (lane_wants_open(l))
        rule_rest(l, now, out);
}

static void blind_raise(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    rule_raise(l, out, mode_cause(l));
}

/* Whoever has not reached B yet just drives out, and nothing is counted any more. */
static void authorised_held_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (!lane_has(l, LANE_MODE_FIRE))
        return;
    rule_voided(l, out, REASON_FIRE);
    rule_end(l, out, OUTCOME_EVACUATED);
    rule_rest(l, now, out);
}

/* A close may be on its way even if the arm is still up. */
static void closing_held_open(struct lane *l, struct mono_ms now, struct lane_out *out)
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

static void rest_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    rule_rest(l, now, out);
}

static void moving_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    if (lane_bar(l, WISH_MOVE) != REASON_NONE)
        rule_rest(l, now, out);
}

static void opening_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    enum reason why = lane_bar(l, WISH_ORDER);
    if (why == REASON_NONE) {
        if (lane_arm_broken(l))
            rule_opened(l, now, out);
        return;
    }
    rule_voided(l, out, why);
    rule_end(l, out, OUTCOME_DENIED);
    rest_shut(l, now, out);
}

/* The way is open: only a lock takes it back. */
static void open_shut(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    not_ours(l);
    if (!lane_has(l, LANE_MODE_LOCK))
        return;
    rule_voided(l, out, REASON_LOCKED);
    rule_end(l, out, OUTCOME_DENIED);
    rule_rest(l, now, out);
}

/* --- orders; what may forbid them was asked before (lane_order.c) --- */

static void order_open(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool closing = l->state == LANE_CLOSING;
    l->a_ignored = false;
    l->view.a = true;
    if (!l->movement)
        rule_present(l, out);
    authorise(l, true, l->ordered_by, now, out);
    if (closing) /* told to close, an arm that is still up is not open */
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
}

static void order_close(struct lane *l, struct mono_ms now, struct lane_out *out)
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

static void order_reset(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    rule_alarm_set(l, out, ALARM_OPEN_TIMEOUT, false);
    rule_rest(l, now, out);
}

/* clang-format off */
#define __ lane_ignore
#define NO lane_refuse
#define ROW(state, fresh, a_on, a_off, b_on, b_off, c_on, c_off, up, down, left, sank, obstructed, \
            cred, allow, refuse, open_failed, close_failed, reflex, timer,                        \
            held_open, held_shut, let_go, again, o_open, o_close, o_reset)                        \
    [state] = {[LANE_EV_STALE] = lane_stale, [LANE_EV_FRESH] = fresh, [LANE_EV_A_ON] = a_on,      \
               [LANE_EV_A_OFF] = a_off, [LANE_EV_B_ON] = b_on, [LANE_EV_B_OFF] = b_off,           \
               [LANE_EV_C_ON] = c_on, [LANE_EV_C_OFF] = c_off, [LANE_EV_ARM_UP] = up,             \
               [LANE_EV_ARM_DOWN] = down, [LANE_EV_ARM_LEFT] = left, [LANE_EV_ARM_SANK] = sank,  \
               [LANE_EV_OBSTRUCTED] = obstructed, [LANE_EV_CREDENTIAL] = cred,                    \
               [LANE_EV_ALLOWED] = allow, [LANE_EV_REFUSED] = refuse,                             \
               [LANE_EV_OPEN_FAILED] = open_failed, [LANE_EV_CLOSE_FAILED] = close_failed,        \
               [LANE_EV_REFLEX] = reflex, [LANE_EV_TIMER] = timer,                                \
               [LANE_EV_HELD_OPEN] = held_open, [LANE_EV_HELD_SHUT] = held_shut,                  \
               [LANE_EV_LET_GO] = let_go, [LANE_EV_REARM] = again,                                \
               [LANE_EV_ORDER_OPEN] = o_open, [LANE_EV_ORDER_CLOSE] = o_close,                    \
               [LANE_EV_ORDER_RESET] = o_reset}

/* Three lines each: loops and arm; decisions, results and the timer; modes and orders. */
lane_handler *const lane_table[LANE_STATES][LANE_EVENTS] = {
ROW(LANE_UNAVAILABLE,
    lane_fresh, __, __, __, __, __, __, __, __, __, __, __,
    NO, NO, NO, __, __, __, __,
    blind_raise, __, __, __, NO, NO, __),
ROW(LANE_IDLE,
    __, idle_a_on, __, idle_b_on, __, idle_c_on, __, __, __, arm_left, __, __,
    NO, NO, NO, __, __, __, __,
    rule_rest, rest_shut, rule_rest, rearm, order_open, __, __),
ROW(LANE_PRESENTED,
    __, __, waiting_left, under_arm, __, lane_reached_far_side, __, __, arm_secured, arm_left, raise_here, __,
    credential, allowed, refused, __, __, __, waiting_timer,
    raise_here, __, raise_here, __, order_open, order_close, __),
ROW(LANE_DECIDING,
    __, __, waiting_left, under_arm, __, lane_reached_far_side, __, __, arm_secured, arm_left, raise_here, __,
    read_again, allowed, refused, __, __, __, waiting_timer,
    raise_here, __, raise_here, __, order_open, order_close, __),
ROW(LANE_DENIED,
    __, __, waiting_left, under_arm, __, lane_reached_far_side, __, __, arm_secured, arm_left, raise_here, __,
    read_again, allowed, refused, __, __, __, waiting_timer,
    raise_here, __, raise_here, __, order_open, order_close, __),
ROW(LANE_OPENING,
    __, __, a_cleared, opening_b_on, opening_b_off, c_reached, __, rule_opened, __, __, __, __,
    NO, NO, NO, hurry, __, __, opening_timer,
    authorised_held_open, opening_shut, __, __, __, NO, __),
ROW(LANE_OPEN,
    __, __, a_cleared, open_b_on, __, __, __, __, not_entered, __, __, __,
    NO, NO, NO, __, __, __, hold_due,
    authorised_held_open, open_shut, __, __, __, order_close, __),
ROW(LANE_PASSING,
    __, __, a_cleared, passing_b_on, rule_evaluate, c_reached, rule_evaluate, __, __, __, __, __,
    NO, NO, NO, __, __, __, c_missed,
    __, __, __, __, NO, NO, __),
ROW(LANE_PASSED,
    __, __, __, under_arm, __, __, __, __, rule_rest, __, rest_sank, __,
    NO, NO, NO, __, __, __, rule_close_due,
    rule_rest, rest_shut, rule_rest, __, order_open, order_close, __),
ROW(LANE_CLOSING,
    __, __, __, rule_obstruct, __, __, __, rule_obstruct, rule_rest, __, __, rule_obstruct,
    NO, NO, NO, __, close_failed, rule_obstruct, closing_timer,
    closing_held_open, moving_shut, __, __, order_open, __, __),
ROW(LANE_RAISING,
    __, __, __, under_arm, __, __, __, raised, rule_rest, __, __, __,
    NO, NO, NO, hurry, __, __, raising_timer,
    __, moving_shut, __, __, order_open, NO, __),
ROW(LANE_UNSECURED,
    __, unsecured_on, __, under_arm, __, unsecured_on, __, __, rule_rest, __, rest_sank, __,
    NO, NO, NO, __, __, __, rule_close_due,
    rule_rest, rest_shut, rule_rest, rearm, order_open, order_close, order_reset),
ROW(LANE_CROSSING,
    __, crossing_a_on, crossing_a_off, __, crossing_b_off, c_reached, __, __, __, __, raise_here, __,
    NO, NO, NO, hurry, __, __, crossing_timer,
    raise_here, __, raise_here, __, NO, NO, __),
ROW(LANE_FAULT,
    __, __, __, under_arm, __, lane_reached_far_side, __, fault_over, __, fault_over, __, __,
    NO, NO, NO, __, __, __, fault_over,
    rule_rest, moving_shut, __, __, order_open, __, order_reset),
};
/* clang-format on */
