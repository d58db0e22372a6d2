/* See physics.h. The driver is a table of phases and percepts; motion is integer arithmetic, so
 * that a run depends on nothing but its seed and the times of the commands. */
#include "sim/hardware/physics.h"

#include "sim/hardware/barrier.h"

#include <string.h>

enum {
    GAP_MM = 1500, /* between bumpers in a queue */
    ACCELERATE_MM_S2 = 1500,
    BRAKE_MM_S2 = 3000,
    REVERSE_MM_S = 1200,
    BEFORE_STOP_MM = LOOP_A_FROM_MM + 800, /* INTENT_BACK_OUT_BEFORE stops here */
    UNDER_STOP_MM = LOOP_B_FROM_MM + 800,  /* INTENT_BACK_OUT_UNDER stops here */
    BACKED_OUT_MM = LOOP_A_FROM_MM - 500,  /* front here or behind: out of the lane */
    REACTION_MS = 600,
    BEFORE_PAUSE_MS = 400,
    AFTER_PAUSE_MS = 1500,
    UNDER_PAUSE_MS = 1500,
    FAR_MM = 1000000,
};

/* What makes a driver change phase. */
enum percept {
    PERCEPT_STANDS,     /* stopped where he meant to */
    PERCEPT_INVITED,    /* P2 */
    PERCEPT_READY,      /* reaction time over */
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
    [PHASE_UNDER] = {[PERCEPT_GIVES_UP] = TO(PHASE_REVERSING)},
    [PHASE_REVERSING] = {0},
};

static int32_t head_mm(const struct vehicle *v)
{
    return (int32_t)(v->head_um / 1000);
}

static int32_t tail_mm(const struct vehicle *v)
{
    return head_mm(v) - v->length_mm;
}

static bool over(const struct vehicle *v, int32_t from_mm, int32_t to_mm)
{
    return head_mm(v) > from_mm && tail_mm(v) < to_mm;
}

static bool at_column(const struct vehicle *v)
{
    return v->phase == PHASE_APPROACHING || v->phase == PHASE_WAITING || v->phase == PHASE_STARTING;
}

enum err lane_enter(struct lane *l, const struct vehicle *v)
{
    int32_t head = LANE_BEGIN_MM;
    if (l->count == LANE_VEHICLES_MAX)
        return ERR_FULL;
    if (l->count > 0) {
        int32_t behind = tail_mm(&l->vehicles[l->count - 1]) - GAP_MM;
        head = behind < head ? behind : head;
    }
    if (head < LANE_ROOM_MM)
        return ERR_FULL;
    struct vehicle *n = &l->vehicles[l->count++];
    *n = (struct vehicle){.id = v->id,
                          .intent = v->intent,
                          .length_mm = v->length_mm,
                          .top_speed_mm_s = v->top_speed_mm_s,
                          .plate = v->plate,
                          .country = v->country,
                          .patience_ms = v->patience_ms,
                          .phase = PHASE_APPROACHING,
                          .head_um = (int64_t)head * 1000,
                          .speed_mm_s = v->top_speed_mm_s};
    if (l->count > 1 && head < LANE_BEGIN_MM)
        n->speed_mm_s = 0;
    return ERR_OK;
}

struct loops lane_loops(const struct lane *l)
{
    struct loops s = {0};
    for (size_t i = 0; i < l->count; i++) {
        const struct vehicle *v = &l->vehicles[i];
        s.a |= over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM);
        s.b |= over(v, LOOP_B_FROM_MM, LOOP_B_TO_MM);
        s.c |= over(v, LOOP_C_FROM_MM, LOOP_C_TO_MM);
        s.beam |= over(v, BEAM_FROM_MM, BEAM_TO_MM);
    }
    return s;
}

struct vehicle *lane_in_view(struct lane *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct vehicle *v = &l->vehicles[i];
        if (at_column(v))
            return head_mm(v) >= VIEW_FROM_MM ? v : NULL;
    }
    return NULL;
}

struct vehicle *lane_find(struct lane *l, uint32_t id)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->vehicles[i].id == id)
            return &l->vehicles[i];
    return NULL;
}

static void report(struct reports *r, enum report_kind kind, uint32_t vehicle)
{
    if (r->count < REPORTS_MAX)
        r->items[r->count++] = (struct report){kind, vehicle};
}

static int32_t stop_point_mm(const struct vehicle *v)
{
    switch (v->phase) {
    case PHASE_APPROACHING:
    case PHASE_WAITING:
    case PHASE_STARTING: return v->intent == INTENT_BACK_OUT_BEFORE ? BEFORE_STOP_MM : STOP_LINE_MM;
    case PHASE_CROSSING: return v->intent == INTENT_BACK_OUT_UNDER ? UNDER_STOP_MM : FAR_MM;
    case PHASE_UNDER:
    case PHASE_REVERSING:
    case PHASES: break;
    }
    return head_mm(v);
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
    case INTENT_DRIVE:
    case INTENT_BACK_OUT_UNDER:
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
        if (starts(l, v, arm, first) && over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM))
            return PERCEPT_INVITED;
        return v->speed_mm_s == 0 && head_mm(v) >= stop_point_mm(v) - 100 ? PERCEPT_STANDS
                                                                          : PERCEPT_NOTHING;
    case PHASE_WAITING: return starts(l, v, arm, first) ? PERCEPT_INVITED : PERCEPT_NOTHING;
    case PHASE_STARTING:
        if (!arm_open && v->intent != INTENT_FORCE)
            return PERCEPT_ARM_LEAVES;
        return v->phase_ms > REACTION_MS && v->intent != INTENT_BACK_OUT_AFTER ? PERCEPT_READY
                                                                               : PERCEPT_NOTHING;
    case PHASE_CROSSING:
        if (!arm_open && head_mm(v) < LOOP_B_FROM_MM && v->intent != INTENT_FORCE)
            return PERCEPT_ARM_LEAVES;
        return v->intent == INTENT_BACK_OUT_UNDER && v->speed_mm_s == 0 &&
                       head_mm(v) >= UNDER_STOP_MM - 100
                   ? PERCEPT_IS_UNDER
                   : PERCEPT_NOTHING;
    case PHASE_UNDER:
    case PHASE_REVERSING:
    case PHASES: break;
    }
    return PERCEPT_NOTHING;
}

static void drive_step(const struct lane *l, struct vehicle *v, const struct arm_view *arm,
                       bool first, int32_t dt_ms, struct reports *ret)
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
    if (arm->rose && first && over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM))
        v->invited = true;

    enum percept p = perceive(l, v, arm, first);
    if (p == PERCEPT_NOTHING || phase_table[v->phase][p] == 0)
        return;
    v->phase = (enum phase)(phase_table[v->phase][p] - 1);
    v->phase_ms = 0;
    if (v->phase == PHASE_WAITING && p == PERCEPT_STANDS) {
        v->closed_ms = 0;
        v->open_ms = 0;
        report(ret, REPORT_AT_COLUMN, v->id);
    }
}

static int32_t integer_root(int64_t square)
{
    int64_t low = 0;
    int64_t high = 100000;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (middle * middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return (int32_t)low;
}

/* `limit_mm`: the furthest the front may come, from the vehicle before. */
static void move(struct vehicle *v, int32_t limit_mm, bool leader_reverses, int32_t dt_ms)
{
    if (v->phase == PHASE_REVERSING) {
        v->speed_mm_s = -REVERSE_MM_S;
        v->head_um += (int64_t)v->speed_mm_s * dt_ms;
        return;
    }
    if (leader_reverses && head_mm(v) > limit_mm) {
        v->speed_mm_s = 0; /* gives way: he rolls back with the vehicle before him */
        v->head_um = (int64_t)limit_mm * 1000;
        return;
    }
    int32_t stop_mm = stop_point_mm(v);
    int64_t way_um = (int64_t)(stop_mm < limit_mm ? stop_mm : limit_mm) * 1000 - v->head_um;
    int32_t wanted = 0;
    if (way_um > 0) {
        wanted = way_um / 1000 > 10000 ? v->top_speed_mm_s
                                       : integer_root(2 * BRAKE_MM_S2 * (way_um / 1000));
        wanted = wanted > v->top_speed_mm_s ? v->top_speed_mm_s : wanted;
        wanted = wanted < 50 ? 50 : wanted; /* creeps the last millimetres */
    }
    int32_t faster = v->speed_mm_s + ACCELERATE_MM_S2 * dt_ms / 1000;
    int32_t slower = v->speed_mm_s - 2 * BRAKE_MM_S2 * dt_ms / 1000;
    v->speed_mm_s = wanted > faster ? faster : wanted < slower ? slower : wanted;
    int64_t by_um = (int64_t)v->speed_mm_s * dt_ms;
    if (way_um >= 0 && by_um >= way_um) {
        by_um = way_um;
        v->speed_mm_s = 0;
    }
    v->head_um += by_um;
}

static void observe(struct vehicle *v, const struct arm_view *arm, struct reports *ret)
{
    if (!v->passing && v->phase != PHASE_REVERSING && head_mm(v) > LOOP_B_FROM_MM) {
        v->passing = true;
        report(ret, REPORT_PASSING, v->id);
    }
    if (!v->crossed && tail_mm(v) > LOOP_B_TO_MM) {
        v->crossed = true;
        report(ret, REPORT_CROSSED, v->id);
    }
    if (!v->hurt && arm->percent < STRIKE_PERCENT && over(v, -1, 1)) {
        v->hurt = true;
        report(ret, arm->falling ? REPORT_STRUCK : REPORT_FORCED, v->id);
    }
}

static bool leaves(const struct vehicle *v, struct reports *ret)
{
    if (tail_mm(v) > LANE_END_MM) {
        report(ret, REPORT_GONE, v->id);
        return true;
    }
    if (v->phase == PHASE_REVERSING && head_mm(v) < BACKED_OUT_MM) {
        report(ret, v->intent == INTENT_DRIVE ? REPORT_TURNED_AWAY : REPORT_BACKED_OUT, v->id);
        return true;
    }
    return false;
}

void lane_step(struct lane *l, const struct arm_view *arm, int32_t dt_ms, struct reports *ret)
{
    bool first = true; /* nobody before him is still to go */
    int32_t limit_mm = FAR_MM;
    bool leader_reverses = false;
    for (size_t i = 0; i < l->count; i++) {
        struct vehicle *v = &l->vehicles[i];
        bool was_crossing = v->phase == PHASE_CROSSING;
        drive_step(l, v, arm, first && at_column(v), dt_ms, ret);
        move(v, limit_mm, leader_reverses, dt_ms);
        observe(v, arm, ret);
        first = first && was_crossing;
        leader_reverses |= v->phase == PHASE_REVERSING;
        limit_mm = tail_mm(v) - GAP_MM;
    }
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (leaves(&l->vehicles[i], ret))
            continue;
        if (kept != i)
            l->vehicles[kept] = l->vehicles[i];
        kept++;
    }
    l->count = kept;
}
