#include "edge/core/lane.h"

#include "edge/core/lane_mode.h"
#include "edge/core/lane_table.h"

static const struct mono_ms never = {INT64_MAX}, long_ago = {INT64_MIN / 2};

struct lane_config lane_config_default(enum direction direction, int loops)
{
    return (struct lane_config){
        .direction = direction,
        .loops = loops,
        .a_debounce_ms = 100,
        .b_clear_ms = 200,
        .open_ms = 6000,
        .hold_open_ms = 20000,
        .close_delay_ms = 1000,
        .close_ms = 8000,
        .motion_again_ms = 500,
        .c_wait_ms = 5000,
        .fault_ms = 60000,
        .reissue_ms = 30000,
        .a_to_b_ms = 3000,
        .a_stuck_ms = 300000,
        .b_stuck_ms = 120000,
        .limits_ms = 10000,
        .fire_ms = 100,
        .service_ms = 500,
        .close_retries = 10,
        .obstructions_max = 3,
    };
}

void lane_init(struct lane *l, const struct lane_config *config,
               const struct lane_restored *restored)
{
    *l = (struct lane){.config = *config, .timer = never, .a_off_at = long_ago};
    l->was = LANE_IDLE;
    watch_init(&l->watch);
    if (restored == NULL)
        return;
    l->modes = restored->modes;
    l->alarms = restored->alarms;
    l->a_ignored = (l->alarms >> ALARM_LOOP_A_STUCK) & 1;
    if (!restored->movement)
        return;
    l->reversed = restored->reversed && config->direction == DIRECTION_REVERSIBLE;
    l->was = restored->state;
    l->movement = true;
    l->identified = restored->identified;
    l->authorised = restored->authorised;
    l->b_seen = restored->b_seen;
    l->a_clear_seen = restored->a_clear_seen;
    l->c_seen = restored->c_seen;
    l->once = restored->once;
    l->authorised_at = restored->authorised_at;
}

static bool obstructed(uint32_t bits)
{
    return !input_on(bits, IN_PHOTOCELL_CLEAR) || !input_on(bits, IN_EDGE_OK) ||
           input_on(bits, IN_OBSTRUCTION);
}

/* The view that the filter and the undebounced inputs make. */
static struct lane_view view_of(struct lane *l, uint32_t bits)
{
    bool attached = input_on(bits, IN_ARM_ATTACHED);
    bool up = attached && input_on(bits, IN_ARM_UP), down = attached && input_on(bits, IN_ARM_DOWN);
    bool near = l->reversed ? l->filter.c.stable : l->filter.a.stable;
    bool far = l->reversed ? l->filter.a.stable : l->filter.c.stable;
    l->a_ignored = l->a_ignored && near;
    return (struct lane_view){
        .fresh = true,
        .a = near && !l->a_ignored,
        .b = l->filter.b.stable,
        .c = l->config.loops == 3 && far,
        .up = up && !down,
        .down = down && !up,
        .safe = !l->filter.b.stable && inputs_safe_to_close(bits),
        .obstructed = obstructed(bits),
    };
}

/* Turns the difference between two views into events. The order matters when one scan shows several
 * changes: what protects comes first, and A falls before B does, as it does under a vehicle. */
static void edges(struct lane *l, struct lane_view next, struct mono_ms now, struct lane_out *out)
{
    struct lane_view last = l->view;
    l->view = next;
    if (last.a && !next.a)
        l->a_off_at = now;
    const struct {
        bool happened;
        enum lane_event event;
    } steps[] = {
        {next.b && !last.b, LANE_EV_B_ON},
        {next.obstructed && !last.obstructed, LANE_EV_OBSTRUCTED},
        {next.c && !last.c, LANE_EV_C_ON},
        {!next.a && last.a, LANE_EV_A_OFF},
        {next.a && !last.a, LANE_EV_A_ON},
        {!next.down && last.down, LANE_EV_ARM_LEFT},
        {!next.up && last.up, LANE_EV_ARM_SANK},
        {next.up && !last.up, LANE_EV_ARM_UP},
        {next.down && !last.down, LANE_EV_ARM_DOWN},
        {!next.b && last.b, LANE_EV_B_OFF},
        {!next.c && last.c, LANE_EV_C_OFF},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].happened)
            (void)lane_step(l, steps[i].event, now, out);
}

/* What holds the lane first, then what the vehicles do, then what has lasted too long by now. */
static void look(struct lane *l, uint32_t bits, struct mono_ms now, struct lane_out *out)
{
    l->bits = bits;
    mode_inputs(l, now, out);
    watch_look(l, now, out);
    edges(l, view_of(l, bits), now, out);
    watch_look(l, now, out);
}

void lane_inputs(struct lane *l, uint32_t bits, struct mono_ms at, struct mono_ms now,
                 struct lane_out *out)
{
    if (!l->view.fresh) {
        int64_t c_ms = l->config.direction == DIRECTION_REVERSIBLE ? l->config.a_debounce_ms : 0;
        filter_init(&l->filter, l->config.a_debounce_ms, l->config.b_clear_ms, c_ms, bits, at);
        l->bits = bits;
        mode_inputs(l, now, out);
        l->view = view_of(l, bits);
        watch_look(l, now, out);
        (void)lane_step(l, LANE_EV_FRESH, now, out);
        return;
    }
    /* What had become stable before this reading happened before it. */
    filter_tick(&l->filter, at);
    edges(l, view_of(l, l->bits), now, out);
    filter_read(&l->filter, bits, at);
    look(l, bits, now, out);
}

void lane_tick(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    if (l->view.fresh) {
        filter_tick(&l->filter, now);
        edges(l, view_of(l, l->bits), now, out);
    }
    if (l->timer.v <= now.v) {
        l->timer = never;
        (void)lane_step(l, LANE_EV_TIMER, now, out);
    }
    watch_look(l, now, out);
}

enum err lane_step(struct lane *l, enum lane_event e, struct mono_ms now, struct lane_out *out)
{
    lane_handler *handler = lane_table[l->state][e];
    if (handler == lane_refuse)
        return ERR_CONFLICT;
    handler(l, now, out);
    return ERR_OK;
}

struct mono_ms lane_deadline(const struct lane *l)
{
    struct mono_ms f = l->view.fresh ? filter_deadline(&l->filter) : never;
    struct mono_ms w = watch_deadline(l);
    f = f.v < w.v ? f : w;
    return f.v < l->timer.v ? f : l->timer;
}

bool lane_waiting(const struct lane *l)
{
    return l->state == LANE_PRESENTED || l->state == LANE_DECIDING || l->state == LANE_DENIED;
}

bool lane_quiet(const struct lane *l)
{
    bool rests = l->state == LANE_IDLE || l->state == LANE_UNAVAILABLE || l->state == LANE_FAULT ||
                 (l->state == LANE_UNSECURED && l->timer.v == never.v);
    bool on_a = l->filter.a.raw && !l->a_ignored;
    bool on_b = !l->view.down && (l->filter.b.raw || l->filter.b.stable);
    return rests && !l->movement && !(l->view.fresh && (on_a || on_b));
}

enum direction lane_direction(const struct lane *l)
{
    if (l->config.direction != DIRECTION_REVERSIBLE)
        return l->config.direction;
    return l->reversed ? DIRECTION_EXIT : DIRECTION_ENTRY;
}

bool lane_degraded(const struct lane *l)
{
    return (l->alarms & (1U << ALARM_LOOP_A_STUCK | 1U << ALARM_LOOP_B_STUCK)) != 0;
}

bool lane_green(const struct lane *l)
{
    bool out_free = lane_has(l, LANE_MODE_FIRE) && lane_direction(l) == DIRECTION_EXIT;
    return l->state == LANE_OPEN || l->state == LANE_PASSING || (out_free && l->view.up);
}

const char *lane_arm_word(const struct lane *l)
{
    if (!l->view.fresh)
        return "unknown";
    return l->view.up ? "up" : l->view.down ? "down" : "moving";
}

const char *lane_state_word(enum lane_state s)
{
    static const char *const words[LANE_STATES] = {
        [LANE_UNAVAILABLE] = "unavailable",
        [LANE_IDLE] = "idle",
        [LANE_PRESENTED] = "presented",
        [LANE_DECIDING] = "deciding",
        [LANE_DENIED] = "denied",
        [LANE_OPENING] = "opening",
        [LANE_OPEN] = "open",
        [LANE_PASSING] = "passing",
        [LANE_PASSED] = "passed",
        [LANE_CLOSING] = "closing",
        [LANE_RAISING] = "raising",
        [LANE_UNSECURED] = "unsecured",
        [LANE_CROSSING] = "crossing",
        [LANE_FAULT] = "fault",
    };
    return (unsigned)s < LANE_STATES ? words[s] : "";
}

const char *lane_event_word(enum lane_event e)
{
    static const char *const words[LANE_EVENTS] = {
        [LANE_EV_STALE] = "stale",
        [LANE_EV_FRESH] = "fresh",
        [LANE_EV_A_ON] = "a on",
        [LANE_EV_A_OFF] = "a off",
        [LANE_EV_B_ON] = "b on",
        [LANE_EV_B_OFF] = "b off",
        [LANE_EV_C_ON] = "c on",
        [LANE_EV_C_OFF] = "c off",
        [LANE_EV_ARM_UP] = "arm up",
        [LANE_EV_ARM_DOWN] = "arm down",
        [LANE_EV_ARM_LEFT] = "arm left",
        [LANE_EV_ARM_SANK] = "arm sank",
        [LANE_EV_OBSTRUCTED] = "obstructed",
        [LANE_EV_CREDENTIAL] = "credential",
        [LANE_EV_ALLOWED] = "allowed",
        [LANE_EV_REFUSED] = "refused",
        [LANE_EV_OPEN_FAILED] = "open failed",
        [LANE_EV_CLOSE_FAILED] = "close failed",
        [LANE_EV_REFLEX] = "reflex",
        [LANE_EV_TIMER] = "timer",
        [LANE_EV_HELD_OPEN] = "held open",
        [LANE_EV_HELD_SHUT] = "held shut",
        [LANE_EV_LET_GO] = "let go",
        [LANE_EV_REARM] = "rearm",
        [LANE_EV_ORDER_OPEN] = "order open",
        [LANE_EV_ORDER_CLOSE] = "order close",
        [LANE_EV_ORDER_RESET] = "order reset",
    };
    return (unsigned)e < LANE_EVENTS ? words[e] : "";
}
