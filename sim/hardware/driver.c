/* See driver.h. A table of phases and percepts. */
#include "sim/hardware/driver.h"

#include "sim/hardware/barrier.h"

enum {
    BEFORE_STOP_MM = LOOP_A_FROM_MM + 800, /* INTENT_BACK_OUT_BEFORE stops here */
    UNDER_STOP_MM = LOOP_B_FROM_MM + 800,  /* INTENT_BACK_OUT_UNDER stops here */
    STAND_STOP_MM = 600,                   /* INTENT_STAND_UNDER stops here */
    REACTION_MS = 600,
    BEFORE_PAUSE_MS = 400,
    AFTER_PAUSE_MS = 1500,
    UNDER_PAUSE_MS = 1500,
};

/* What makes a driver change phase. */
enum percept {
    PERCEPT_STANDS,     /* stopped where he meant to */
    PERCEPT_INVITED,    /* P2 */
    PERCEPT_READY,      /* reaction time over, or told to go on */
    PERCEPT_ARM_LEAVES, /* P3 */
    PERCEPT_IS_UNDER,   /* stopped on loop B as meant */
    PERCEPT_GIVES_UP,
    PERCEPTS,
    PERCEPT_NOTHING = PERCEPTS
};

/* The next phase plus one; 0: the percept changes nothing. */
#define TO(phase) ((phase) + 1)
static const uint8_t phase_table[PHASES][PERCEPTS] = {
    [PHASE_APPROACHING] =
        {[PERCEPT_STANDS] = TO(PHASE_WAITING), [PERCEPT_INVITED] = TO(PHASE_CROSSING)},
    [PHASE_WAITING] =
        {[PERCEPT_INVITED] = TO(PHASE_STARTING), [PERCEPT_GIVES_UP] = TO(PHASE_REVERSING)},
    [PHASE_STARTING] = {[PERCEPT_READY] = TO(PHASE_CROSSING),
                        [PERCEPT_ARM_LEAVES] = TO(PHASE_WAITING),
                        [PERCEPT_GIVES_UP] = TO(PHASE_REVERSING)},
    [PHASE_CROSSING] =
        {[PERCEPT_ARM_LEAVES] = TO(PHASE_APPROACHING), [PERCEPT_IS_UNDER] = TO(PHASE_UNDER)},
    [PHASE_UNDER] =
        {[PERCEPT_READY] = TO(PHASE_CROSSING), [PERCEPT_GIVES_UP] = TO(PHASE_REVERSING)},
    [PHASE_REVERSING] = {0},
};

int32_t vehicle_head_mm(const struct vehicle *v)
{
    return (int32_t)(v->head_um / 1000);
}

int32_t vehicle_tail_mm(const struct vehicle *v)
{
    return vehicle_head_mm(v) - v->length_mm;
}

bool vehicle_over(const struct vehicle *v, int32_t from_mm, int32_t to_mm)
{
    return vehicle_head_mm(v) > from_mm && vehicle_tail_mm(v) < to_mm;
}

bool vehicle_at_column(const struct vehicle *v)
{
    return v->phase == PHASE_APPROACHING || v->phase == PHASE_WAITING || v->phase == PHASE_STARTING;
}

bool vehicle_comes_back(const struct vehicle *v)
{
    return v->intent == INTENT_WRONG_WAY || v->intent == INTENT_FAR_SIDE;
}

void reports_add(struct reports *r, enum report_kind kind, uint32_t vehicle)
{
    if (r->count < REPORTS_MAX)
        r->items[r->count++] = (struct report){kind, vehicle};
}

int32_t driver_stop_mm(const struct vehicle *v)
{
    switch (v->phase) {
    case PHASE_APPROACHING:
    case PHASE_WAITING:
    case PHASE_STARTING: return v->intent == INTENT_BACK_OUT_BEFORE ? BEFORE_STOP_MM : STOP_LINE_MM;
    case PHASE_CROSSING:
        return v->intent == INTENT_BACK_OUT_UNDER ? UNDER_STOP_MM
               : v->intent == INTENT_STAND_UNDER  ? STAND_STOP_MM
                                                  : DRIVER_FAR_MM;
    case PHASE_UNDER:
    case PHASE_REVERSING:
    case PHASES: break;
    }
    return vehicle_head_mm(v);
}

static bool gives_up(const struct vehicle *v)
{
    switch (v->intent) {
    case INTENT_DRIVE:
        return v->phase == PHASE_WAITING && v->patience_ms > 0 && v->closed_ms > v->patience_ms;
    case INTENT_BACK_OUT_BEFORE: return v->phase == PHASE_WAITING && v->phase_ms > BEFORE_PAUSE_MS;
    case INTENT_BACK_OUT_AFTER: return v->phase == PHASE_STARTING && v->phase_ms > AFTER_PAUSE_MS;
    case INTENT_BACK_OUT_UNDER: return v->phase == PHASE_UNDER && v->phase_ms > UNDER_PAUSE_MS;
    case INTENT_WAIT:
    case INTENT_FORCE:
    case INTENT_STAND_UNDER:
    case INTENT_TAILGATE:
    case INTENT_FOLLOW:
    case INTENT_WRONG_WAY:
    case INTENT_FAR_SIDE:
    case INTENTS: break;
    }
    return false;
}

/* P2; a driver who wants to stop first is not invited on the move. */
static bool starts(const struct lane *l, const struct vehicle *v, const struct arm_view *arm,
                   bool first)
{
    switch (v->intent) {
    case INTENT_WAIT:
    case INTENT_BACK_OUT_BEFORE: return false;
    case INTENT_FORCE: return v->phase == PHASE_WAITING && first;
    case INTENT_BACK_OUT_AFTER:
        if (v->phase == PHASE_APPROACHING)
            return false;
        break;
    case INTENT_TAILGATE:
    case INTENT_FOLLOW:
        if (v != l->vehicles && v[-1].phase == PHASE_CROSSING &&
            arm->percent >= BARRIER_PERCENT_OPEN)
            return true;
        break;
    case INTENT_DRIVE:
    case INTENT_BACK_OUT_UNDER:
    case INTENT_STAND_UNDER:
    case INTENT_WRONG_WAY:
    case INTENT_FAR_SIDE:
    case INTENTS: break;
    }
    if (!first || arm->percent < BARRIER_PERCENT_OPEN)
        return false;
    return v->invited || arm->held_open || v->open_ms > l->assume_open_ms;
}

static enum percept perceive(const struct lane *l, const struct vehicle *v,
                             const struct arm_view *arm, bool first)
{
    bool arm_open = arm->percent >= BARRIER_PERCENT_OPEN;
    if (gives_up(v))
        return PERCEPT_GIVES_UP;
    switch (v->phase) {
    case PHASE_APPROACHING:
        if (starts(l, v, arm, first) && vehicle_over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM))
            return PERCEPT_INVITED;
        return v->speed_mm_s == 0 && vehicle_head_mm(v) >= driver_stop_mm(v) - 100
                   ? PERCEPT_STANDS
                   : PERCEPT_NOTHING;
    case PHASE_WAITING: return starts(l, v, arm, first) ? PERCEPT_INVITED : PERCEPT_NOTHING;
    case PHASE_STARTING:
        if (!arm_open && v->intent != INTENT_FORCE)
            return PERCEPT_ARM_LEAVES;
        return v->phase_ms > REACTION_MS && v->intent != INTENT_BACK_OUT_AFTER ? PERCEPT_READY
                                                                               : PERCEPT_NOTHING;
    case PHASE_CROSSING:
        if (!arm_open && vehicle_head_mm(v) < LOOP_B_FROM_MM && v->intent != INTENT_FORCE)
            return PERCEPT_ARM_LEAVES;
        return v->speed_mm_s == 0 && vehicle_head_mm(v) >= driver_stop_mm(v) - 100
                   ? PERCEPT_IS_UNDER
                   : PERCEPT_NOTHING;
    case PHASE_UNDER:
        return v->intent == INTENT_DRIVE || v->intent == INTENT_FORCE ? PERCEPT_READY
                                                                      : PERCEPT_NOTHING;
    case PHASE_REVERSING:
    case PHASES: break;
    }
    return PERCEPT_NOTHING;
}

void driver_step(const struct lane *l, struct vehicle *v, const struct arm_view *arm, bool first,
                 int32_t dt_ms, struct reports *ret)
{
    v->phase_ms += dt_ms;
    if (arm->percent < BARRIER_PERCENT_OPEN)
        v->invited = false;
    if (v->phase == PHASE_WAITING && arm->percent < BARRIER_PERCENT_OPEN) {
        v->closed_ms += dt_ms;
        v->open_ms = 0;
    } else if (v->phase == PHASE_WAITING) {
        v->open_ms += dt_ms;
    }
    if (arm->rose && first && vehicle_over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM))
        v->invited = true;

    enum percept p = perceive(l, v, arm, first);
    if (p == PERCEPT_NOTHING || phase_table[v->phase][p] == 0)
        return;
    v->phase = (enum phase)(phase_table[v->phase][p] - 1);
    v->phase_ms = 0;
    if (v->phase == PHASE_WAITING && p == PERCEPT_STANDS) {
        v->closed_ms = 0;
        v->open_ms = 0;
        reports_add(ret, REPORT_AT_COLUMN, v->id);
    }
}
