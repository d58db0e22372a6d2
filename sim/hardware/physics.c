/* See physics.h. Motion is integer arithmetic, so that a run depends on nothing but its seed and the
 * times of the commands; what drivers mean to do is in driver.c. */
#include "sim/hardware/physics.h"

#include "sim/hardware/barrier.h"
#include "sim/hardware/driver.h"

#include <string.h>

enum {
    GAP_MM = 1500,          /* between bumpers in a queue */
    GAP_TAILGATE_MM = 2100, /* a loop of 2 m clears for some 150 ms between the two */
    GAP_FOLLOW_MM = 3500,
    ACCELERATE_MM_S2 = 1500,
    BRAKE_MM_S2 = 3000,
    REVERSE_MM_S = 1200,
    WRONG_STOP_MM = LOOP_B_TO_MM - 300, /* the tail of INTENT_WRONG_WAY stops here */
    FAR_STOP_MM = LOOP_B_TO_MM + 500,   /* ... of INTENT_FAR_SIDE */
    WRONG_WAY_MM_S = 2000,
    BACKED_OUT_MM = LOOP_A_FROM_MM - 500, /* front here or behind: out of the lane */
};

static int32_t gap_mm(const struct vehicle *v)
{
    return v->intent == INTENT_TAILGATE ? GAP_TAILGATE_MM
           : v->intent == INTENT_FOLLOW ? GAP_FOLLOW_MM
                                        : GAP_MM;
}

static struct vehicle newcomer(const struct vehicle *v, int32_t head)
{
    return (struct vehicle){.id = v->id,
                            .intent = v->intent,
                            .length_mm = v->length_mm,
                            .top_speed_mm_s = v->top_speed_mm_s,
                            .plate = v->plate,
                            .country = v->country,
                            .unreadable = v->unreadable,
                            .wants_ticket = v->wants_ticket,
                            .ticket = v->ticket,
                            .brought = v->brought,
                            .tag = v->tag,
                            .patience_ms = v->patience_ms,
                            .phase = PHASE_APPROACHING,
                            .head_um = (int64_t)head * 1000,
                            .speed_mm_s = v->top_speed_mm_s};
}

/* From the far end; only while nobody is past the column. */
static enum err enter_wrong_way(struct lane *l, const struct vehicle *v)
{
    if (l->count > 0 && vehicle_head_mm(&l->vehicles[0]) > STOP_LINE_MM)
        return ERR_FULL;
    memmove(l->vehicles + 1, l->vehicles, l->count * sizeof l->vehicles[0]);
    l->vehicles[0] = newcomer(v, LANE_END_MM + v->length_mm);
    l->count++;
    return ERR_OK;
}

enum err lane_enter(struct lane *l, const struct vehicle *v)
{
    int32_t head = LANE_BEGIN_MM;
    if (l->count == LANE_VEHICLES_MAX)
        return ERR_FULL;
    if (vehicle_comes_back(v))
        return enter_wrong_way(l, v);
    if (l->count > 0) {
        int32_t behind = vehicle_tail_mm(&l->vehicles[l->count - 1]) - gap_mm(v);
        head = behind < head ? behind : head;
    }
    if (head < LANE_ROOM_MM)
        return ERR_FULL;
    struct vehicle *n = &l->vehicles[l->count++];
    *n = newcomer(v, head);
    if (l->count > 1 && head < LANE_BEGIN_MM)
        n->speed_mm_s = 0;
    return ERR_OK;
}

struct loops lane_loops(const struct lane *l)
{
    struct loops s = {0};
    for (size_t i = 0; i < l->count; i++) {
        const struct vehicle *v = &l->vehicles[i];
        s.a |= vehicle_over(v, LOOP_A_FROM_MM, LOOP_A_TO_MM);
        s.b |= vehicle_over(v, LOOP_B_FROM_MM, LOOP_B_TO_MM);
        s.c |= vehicle_over(v, LOOP_C_FROM_MM, LOOP_C_TO_MM);
        s.beam |= vehicle_over(v, BEAM_FROM_MM, BEAM_TO_MM);
    }
    return s;
}

struct vehicle *lane_in_view(struct lane *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct vehicle *v = &l->vehicles[i];
        if (v->intent == INTENT_FAR_SIDE && v->phase == PHASE_WAITING)
            return v; /* a reversible lane has a camera on either side */
        if (vehicle_at_column(v) && !vehicle_comes_back(v))
            return vehicle_head_mm(v) >= VIEW_FROM_MM ? v : NULL;
    }
    return NULL;
}

struct vehicle *lane_at_column(struct lane *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (vehicle_at_column(&l->vehicles[i]) && !vehicle_comes_back(&l->vehicles[i]))
            return &l->vehicles[i];
    return NULL;
}

struct vehicle *lane_find(struct lane *l, uint32_t id)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->vehicles[i].id == id)
            return &l->vehicles[i];
    return NULL;
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

/* The vehicle before: how far it lets the next one come, and whether it comes back. */
struct leader {
    int32_t tail_mm;
    int32_t speed_mm_s;
    bool reverses;
};

/* Who keeps a safe distance reckons with a wall where the leader's bumper is; a tailgater relies on the
 * leader's own way to brake. */
static int64_t trusted_um(const struct vehicle *v, const struct leader *leader)
{
    if ((v->intent != INTENT_TAILGATE && v->intent != INTENT_FOLLOW) || leader->speed_mm_s <= 0)
        return 0;
    return (int64_t)leader->speed_mm_s * leader->speed_mm_s * 1000 / (2 * BRAKE_MM_S2);
}

static void move(struct vehicle *v, const struct leader *leader, int32_t dt_ms)
{
    int32_t limit_mm = leader->tail_mm - gap_mm(v);
    if (v->phase == PHASE_REVERSING) {
        v->speed_mm_s = -REVERSE_MM_S;
        v->head_um += (int64_t)v->speed_mm_s * dt_ms;
        return;
    }
    if (leader->reverses && vehicle_head_mm(v) > limit_mm) {
        v->speed_mm_s = 0; /* gives way: he rolls back with the vehicle before him */
        v->head_um = (int64_t)limit_mm * 1000;
        return;
    }
    int32_t stop_mm = driver_stop_mm(v);
    int64_t way_um = (int64_t)(stop_mm < limit_mm ? stop_mm : limit_mm) * 1000 - v->head_um;
    int32_t top_mm_s = v->top_speed_mm_s;
    if (v->intent == INTENT_TAILGATE && leader->speed_mm_s > top_mm_s)
        top_mm_s = leader->speed_mm_s; /* he keeps up */
    int64_t brake_mm = (way_um + (limit_mm < stop_mm ? trusted_um(v, leader) : 0)) / 1000;
    int32_t wanted = 0;
    if (way_um > 0) {
        wanted = brake_mm > 10000 ? top_mm_s : integer_root(2 * BRAKE_MM_S2 * brake_mm);
        wanted = wanted > top_mm_s ? top_mm_s : wanted;
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
    bool backwards = vehicle_comes_back(v);
    if (!v->passing && v->phase != PHASE_REVERSING &&
        (backwards ? v->phase == PHASE_CROSSING : vehicle_head_mm(v) > LOOP_B_FROM_MM)) {
        v->passing = true;
        reports_add(ret, REPORT_PASSING, v->id);
    }
    if (!v->crossed &&
        (backwards ? vehicle_head_mm(v) < LOOP_B_FROM_MM : vehicle_tail_mm(v) > LOOP_B_TO_MM)) {
        v->crossed = true;
        reports_add(ret, REPORT_CROSSED, v->id);
    }
    if (!v->hurt && arm->percent < STRIKE_PERCENT && vehicle_over(v, -1, 1)) {
        v->hurt = true;
        reports_add(ret, arm->falling ? REPORT_STRUCK : REPORT_FORCED, v->id);
    }
}

static bool leaves(const struct vehicle *v, struct reports *ret)
{
    if (vehicle_comes_back(v)) {
        if (vehicle_head_mm(v) >= BACKED_OUT_MM)
            return false;
        reports_add(ret, REPORT_GONE, v->id);
        return true;
    }
    if (vehicle_tail_mm(v) > LANE_END_MM) {
        reports_add(ret, REPORT_GONE, v->id);
        return true;
    }
    if (v->phase == PHASE_REVERSING && vehicle_head_mm(v) < BACKED_OUT_MM) {
        reports_add(ret, v->intent == INTENT_DRIVE ? REPORT_TURNED_AWAY : REPORT_BACKED_OUT, v->id);
        return true;
    }
    return false;
}

/* From the far end: to his line, and through when the arm is up and nobody faces him. */
static void wrong_way_step(const struct lane *l, struct vehicle *v, const struct arm_view *arm,
                           int32_t dt_ms, struct reports *ret)
{
    int32_t stop_mm = v->intent == INTENT_FAR_SIDE ? FAR_STOP_MM : WRONG_STOP_MM;
    int64_t way_um = v->head_um - (int64_t)(stop_mm + v->length_mm) * 1000;
    bool through = v->phase == PHASE_CROSSING;
    if (v->phase == PHASE_APPROACHING && way_um <= 0) {
        v->phase = PHASE_WAITING;
        reports_add(ret, REPORT_AT_COLUMN, v->id);
    }
    if (v->phase == PHASE_WAITING && arm->percent >= BARRIER_PERCENT_OPEN && l->count == 1)
        v->phase = PHASE_CROSSING;
    int64_t by_um = (int64_t)WRONG_WAY_MM_S * dt_ms;
    if (!through)
        by_um = by_um < way_um ? by_um : way_um > 0 ? way_um : 0;
    v->head_um -= by_um;
    v->speed_mm_s = by_um > 0 ? -WRONG_WAY_MM_S : 0;
}

void lane_step(struct lane *l, const struct arm_view *arm, int32_t dt_ms, struct reports *ret)
{
    bool first = true; /* nobody before him is still to go */
    struct leader leader = {.tail_mm = DRIVER_FAR_MM};
    for (size_t i = 0; i < l->count; i++) {
        struct vehicle *v = &l->vehicles[i];
        bool was_crossing = v->phase == PHASE_CROSSING;
        if (vehicle_comes_back(v)) {
            wrong_way_step(l, v, arm, dt_ms, ret);
            was_crossing = false; /* nobody drives towards him */
        } else {
            driver_step(l, v, arm, first && vehicle_at_column(v), dt_ms, ret);
            move(v, &leader, dt_ms);
        }
        observe(v, arm, ret);
        first = first && was_crossing;
        leader.reverses |= v->phase == PHASE_REVERSING || v->speed_mm_s < 0;
        leader.tail_mm = vehicle_tail_mm(v);
        leader.speed_mm_s = v->speed_mm_s;
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
