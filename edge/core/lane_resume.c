/* A lane whose inputs go away and come back: what was left open is resolved from what is seen now. */
#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"
#include "edge/core/lane_table.h"

void lane_stale(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    (void)now;
    if (l->state != LANE_UNAVAILABLE) {
        l->was = l->state;
        l->was_down = l->view.down;
    }
    rule_enter(l, LANE_UNAVAILABLE, LANE_NEVER);
    l->view.fresh = false;
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
    l->a_left = l->a_left || l->a_clear_seen || !l->view.a || l->stranger;
    bool waits = l->view.down && l->was == LANE_OPENING && !l->b_seen && !l->a_left && young;
    bool once = l->once;
    l->once = false;
    if (waits && once) {
        rule_voided(l, out, REASON_RESTARTED);
        rule_end(l, out, OUTCOME_UNCERTAIN);
        rule_rest(l, now, out);
        return;
    }
    if (waits && lane_bar(l, WISH_ORDER) == REASON_NONE) {
        rule_move(l, out, LANE_ACT_OPEN);
        l->opens = 0;
        l->may_close = l->vended = true;
        rule_enter(l, LANE_OPENING, mono_after(now, l->config.open_ms));
        return;
    }
    l->doubt = true;
    l->vended = !l->view.down;
    if (!l->view.down && l->view.b) {
        l->a_clear_seen = l->a_clear_seen || l->stranger;
        rule_passing(l, out);
        return;
    }
    /* Under an arm that was up while nobody looked the vehicle may have gone through, and who stands
     * there now may be the next one: it does not inherit the authorisation, or two drive in on one
     * space. */
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
        if (lane_direction(l) == DIRECTION_ENTRY || lane_has(l, LANE_MODE_FIRE))
            rule_crossed(l, out, OUTCOME_UNCERTAIN);
        else
            rule_end(l, out, OUTCOME_UNCERTAIN);
    }
    rule_rest(l, now, out);
}

static void resume_waiting(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool waited = l->was == LANE_DECIDING || l->was == LANE_DENIED;
    rule_enter(l, waited ? l->was : LANE_PRESENTED, LANE_NEVER);
    out->acts |= LANE_ACT_CAMERA;
    (void)lane_step(l, LANE_EV_LET_GO, now, out); /* what is to stand open is raised */
}

/* The arm was down when it was last seen, and nobody was to have it opened. */
static bool moved_meanwhile(const struct lane *l)
{
    return l->was_down && !l->view.down && !l->authorised && !lane_wants_open(l) &&
           !lane_arm_broken(l);
}

void lane_fresh(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    bool forced = moved_meanwhile(l);
    rule_alarm_set(l, out, ALARM_DEVICE_SILENT, false);
    if (l->gap)
        rule_fact(l, out, LANE_FACT_GAP);
    l->gap = l->may_close = l->was_down = false;
    if (l->view.down && !l->authorised)
        rule_secured(l, out);
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
        rule_crossing(l, now, out);
    } else {
        resume_waiting(l, now, out);
    }
    l->stranger = false;
    if (forced)
        vehicle_forced(l, now, out);
}
