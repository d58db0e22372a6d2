/* See barrier.h. */
#include "sim/hardware/barrier.h"

struct barrier barrier_of(int32_t travel_ms, bool safety_reverses)
{
    return (struct barrier){.travel_ms = travel_ms, .safety_reverses = safety_reverses};
}

int barrier_percent(const struct barrier *b)
{
    return (int)((int64_t)b->at_ms * 100 / b->travel_ms);
}

bool barrier_up(const struct barrier *b)
{
    return b->at_ms == b->travel_ms;
}

bool barrier_down(const struct barrier *b)
{
    return b->at_ms == 0;
}

bool barrier_way_clear(const struct barrier_senses *senses)
{
    return !senses->loop_b && !senses->loop_b_fault && senses->photocell_clear && senses->edge_ok;
}

static void set_motion(struct barrier *b, enum barrier_motion motion, enum barrier_cause cause)
{
    if (b->motion == motion)
        return;
    b->motion = motion;
    b->motion_ms = 0;
    b->cause = cause;
}

static enum barrier_answer order_open(struct barrier *b)
{
    if (b->locked)
        return BARRIER_REFUSED;
    if (!barrier_up(b))
        set_motion(b, BARRIER_OPENING, BARRIER_BY_ORDER);
    return BARRIER_ACCEPTED;
}

static enum barrier_answer order_close(struct barrier *b, const struct barrier_senses *senses)
{
    if (senses->fire || b->hold_open || !barrier_way_clear(senses))
        return BARRIER_REFUSED;
    if (!barrier_down(b))
        set_motion(b, BARRIER_CLOSING, BARRIER_BY_ORDER);
    return BARRIER_ACCEPTED;
}

enum barrier_answer barrier_order(struct barrier *b, uint16_t code,
                                  const struct barrier_senses *senses)
{
    if (code < BARRIER_OPEN || code > BARRIER_RESET_FAULT)
        return BARRIER_NOT_KNOWN;
    if (!senses->local_stop_ok || senses->local_mode)
        return BARRIER_REFUSED;
    switch ((enum barrier_command)code) {
    case BARRIER_OPEN: return order_open(b);
    case BARRIER_CLOSE: return order_close(b, senses);
    case BARRIER_STOP: set_motion(b, BARRIER_STILL, BARRIER_BY_ORDER); return BARRIER_ACCEPTED;
    case BARRIER_HOLD_OPEN: b->hold_open = true; return BARRIER_ACCEPTED;
    case BARRIER_RELEASE: b->hold_open = false; return BARRIER_ACCEPTED;
    case BARRIER_LOCK: b->locked = true; return BARRIER_ACCEPTED;
    case BARRIER_UNLOCK: b->locked = false; return BARRIER_ACCEPTED;
    case BARRIER_RESET_FAULT:
        b->obstruction = false;
        b->last_error = BARRIER_ERROR_NONE;
        return BARRIER_ACCEPTED;
    }
    return BARRIER_NOT_KNOWN;
}

enum barrier_answer barrier_key(struct barrier *b, enum barrier_motion motion,
                                const struct barrier_senses *senses)
{
    if (!senses->local_mode || !senses->local_stop_ok)
        return BARRIER_REFUSED;
    if (motion == BARRIER_CLOSING && !barrier_way_clear(senses))
        return BARRIER_REFUSED;
    if (motion == BARRIER_OPENING ? !barrier_up(b) : !barrier_down(b))
        set_motion(b, motion, BARRIER_BY_KEY);
    return BARRIER_ACCEPTED;
}

void barrier_push_up(struct barrier *b)
{
    if (!barrier_up(b))
        set_motion(b, BARRIER_OPENING, BARRIER_BY_HAND);
}

/* What drives the arm apart from orders, strongest will first (B4). */
static void decide_motion(struct barrier *b, const struct barrier_senses *senses)
{
    if (!senses->local_stop_ok) {
        set_motion(b, BARRIER_STILL, BARRIER_BY_STOP);
        return;
    }
    if (b->motion == BARRIER_CLOSING && !barrier_way_clear(senses)) {
        b->obstruction = true;
        b->last_error = BARRIER_ERROR_OBSTRUCTION;
        if (b->safety_reverses)
            set_motion(b, BARRIER_OPENING, BARRIER_BY_SAFETY);
    }
    if (senses->local_mode || barrier_up(b))
        return;
    if (senses->fire)
        set_motion(b, BARRIER_OPENING, BARRIER_BY_FIRE);
    else if (b->hold_open)
        set_motion(b, BARRIER_OPENING, BARRIER_BY_HOLD);
}

/* Against its stop the drive of a blind limit switch goes on until its own timer ends it. */
static void turn(struct barrier *b, const struct barrier_senses *senses, int32_t dt_ms)
{
    bool opening = b->motion == BARRIER_OPENING;
    if (senses->no_power || (opening ? senses->jammed_up : senses->jammed_down))
        return;
    b->at_ms += opening ? dt_ms : -dt_ms;
    bool arrived = opening ? b->at_ms >= b->travel_ms : b->at_ms <= 0;
    if (!arrived)
        return;
    b->at_ms = opening ? b->travel_ms : 0;
    if (senses->no_limits)
        return;
    b->opens += opening;
    b->closes += !opening;
    b->obstruction &= opening;
    b->motion = BARRIER_STILL; /* for the cause it began for */
    b->motion_ms = 0;
}

static void move(struct barrier *b, const struct barrier_senses *senses, int32_t dt_ms)
{
    if (b->motion == BARRIER_STILL)
        return;
    b->motion_ms += dt_ms;
    turn(b, senses, dt_ms);
    if (b->motion != BARRIER_STILL && b->motion_ms > 2 * b->travel_ms) {
        b->last_error =
            b->motion == BARRIER_OPENING ? BARRIER_ERROR_OPEN_TIMEOUT : BARRIER_ERROR_CLOSE_TIMEOUT;
        set_motion(b, BARRIER_STILL, BARRIER_BY_TIMEOUT);
    }
}

bool barrier_step(struct barrier *b, const struct barrier_senses *senses, int32_t dt_ms)
{
    int before = barrier_percent(b);
    decide_motion(b, senses);
    move(b, senses, dt_ms);
    return before < BARRIER_PERCENT_OPEN && barrier_percent(b) >= BARRIER_PERCENT_OPEN;
}
