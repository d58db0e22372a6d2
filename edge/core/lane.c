#include "edge/core/lane.h"

#include "edge/core/lane_table.h"

static const struct mono_ms never = {INT64_MAX};

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
        .close_retries = 10,
        .obstructions_max = 3,
    };
}

void lane_init(struct lane *l, const struct lane_config *config,
               const struct lane_restored *restored)
{
    *l = (struct lane){.config = *config, .timer = never};
    l->was = LANE_IDLE;
    if (restored == NULL || !restored->movement)
        return;
    l->was = restored->state;
    l->movement = true;
    l->authorised = restored->authorised;
    l->b_seen = restored->b_seen;
    l->a_clear_seen = restored->a_clear_seen;
    l->c_seen = restored->c_seen;
    l->authorised_at = restored->authorised_at;
}

static bool obstructed(uint32_t bits)
{
    return !input_on(bits, IN_PHOTOCELL_CLEAR) || !input_on(bits, IN_EDGE_OK) ||
           input_on(bits, IN_OBSTRUCTION);
}

/* The view that the filter and the undebounced inputs make. */
static struct lane_view view_of(const struct lane *l, uint32_t bits)
{
    bool up = input_on(bits, IN_ARM_UP), down = input_on(bits, IN_ARM_DOWN);
    struct lane_view v = {
        .fresh = true,
        .a = l->filter.a.stable,
        .b = l->filter.b.stable,
        .c = l->config.loops == 3 && l->filter.c.stable,
        .up = up && !down,
        .down = down && !up,
        .obstructed = obstructed(bits),
    };
    v.safe = !v.b && inputs_safe_to_close(bits) && !(up && down) && !input_on(bits, IN_FIRE);
    return v;
}

/* Turns the difference between two views into events. The order matters when one scan shows several
 * changes: what protects comes first, and A falls before B does, as it does under a vehicle. */
static void edges(struct lane *l, struct lane_view next, struct mono_ms now, struct lane_out *out)
{
    struct lane_view last = l->view;
    l->view = next;
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
        {next.up && !last.up, LANE_EV_ARM_UP},
        {next.down && !last.down, LANE_EV_ARM_DOWN},
        {!next.b && last.b, LANE_EV_B_OFF},
        {!next.c && last.c, LANE_EV_C_OFF},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].happened)
            (void)lane_step(l, steps[i].event, now, out);
}

void lane_inputs(struct lane *l, uint32_t bits, struct mono_ms at, struct mono_ms now,
                 struct lane_out *out)
{
    if (!l->view.fresh) {
        filter_init(&l->filter, l->config.a_debounce_ms, l->config.b_clear_ms, bits, at);
        l->bits = bits;
        l->view = view_of(l, bits);
        (void)lane_step(l, LANE_EV_FRESH, now, out);
        return;
    }
    /* What had become stable before this reading happened before it. */
    filter_tick(&l->filter, at);
    edges(l, view_of(l, l->bits), now, out);
    filter_read(&l->filter, bits, at);
    l->bits = bits;
    edges(l, view_of(l, bits), now, out);
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
    return f.v < l->timer.v ? f : l->timer;
}

bool lane_waiting(const struct lane *l)
{
    return l->state == LANE_PRESENTED || l->state == LANE_DECIDING || l->state == LANE_DENIED;
}

bool lane_green(const struct lane *l)
{
    return l->state == LANE_OPEN || l->state == LANE_PASSING;
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
        [LANE_REOPENING] = "reopening",
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
        [LANE_EV_OBSTRUCTED] = "obstructed",
        [LANE_EV_CREDENTIAL] = "credential",
        [LANE_EV_ALLOWED] = "allowed",
        [LANE_EV_REFUSED] = "refused",
        [LANE_EV_OPEN_FAILED] = "open failed",
        [LANE_EV_CLOSE_FAILED] = "close failed",
        [LANE_EV_REFLEX] = "reflex",
        [LANE_EV_TIMER] = "timer",
    };
    return (unsigned)e < LANE_EVENTS ? words[e] : "";
}
