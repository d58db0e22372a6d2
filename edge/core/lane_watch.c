#include "edge/core/lane_watch.h"

#include "edge/core/lane_mode.h"
#include "edge/core/lane_rule.h"

#include <assert.h>

static const struct mono_ms never = {INT64_MAX};

/* Nobody has been identified, authorised or seen on B: it may be no vehicle at all. A vehicle that
 * waits before a full place was read, and may wait for hours; while nobody can be let through, time
 * proves nothing. */
static bool a_stuck(const struct lane *l)
{
    bool near_on = l->reversed ? l->filter.c.stable : l->filter.a.stable;
    bool known = (l->alarms >> ALARM_LOOP_A_STUCK) & 1;
    return near_on && !l->identified && !l->authorised && l->state != LANE_CROSSING &&
           (known || lane_bar(l, WISH_ADMIT) == REASON_NONE);
}

static bool b_stuck(const struct lane *l)
{
    return l->view.b && !l->view.down;
}

static bool loop_fault(const struct lane *l)
{
    return input_on(l->bits, IN_FAULT_A) || input_on(l->bits, IN_FAULT_B) ||
           (l->config.loops == 3 && input_on(l->bits, IN_FAULT_C));
}

static bool broken(const struct lane *l)
{
    return !input_on(l->bits, IN_ARM_ATTACHED);
}

static bool limits(const struct lane *l)
{
    bool up = input_on(l->bits, IN_ARM_UP), down = input_on(l->bits, IN_ARM_DOWN);
    bool moves = l->state == LANE_OPENING || l->state == LANE_CLOSING || l->state == LANE_RAISING;
    bool neither =
        !up && !down && !moves && !l->config.device_closes; /* it may have no lower one */
    return !broken(l) && ((up && down) || neither);
}

static bool mains(const struct lane *l)
{
    return !input_on(l->bits, IN_MAINS_OK);
}

static bool battery(const struct lane *l)
{
    return !input_on(l->bits, IN_BATTERY_OK);
}

static bool cabinet(const struct lane *l)
{
    return !input_on(l->bits, IN_CABINET_CLOSED);
}

static bool ticket(const struct lane *l)
{
    return input_on(l->bits, IN_TICKET_LOW);
}

static bool help(const struct lane *l)
{
    return input_on(l->bits, IN_HELP_BUTTON);
}

static bool fire(const struct lane *l)
{
    return input_on(l->bits, IN_FIRE);
}

/* --- what follows --- */

static void ignore_a(struct lane *l, bool on, struct mono_ms now, struct lane_out *out)
{
    if (!on || !l->view.a)
        return;
    l->a_ignored = true;
    l->view.a = false;
    (void)lane_step(l, LANE_EV_A_OFF, now, out);
}

static void doubt_b(struct lane *l, bool on, struct mono_ms now, struct lane_out *out)
{
    (void)now, (void)out;
    if (on && l->authorised)
        l->doubt = true;
}

static void arm_gone(struct lane *l, bool on, struct mono_ms now, struct lane_out *out)
{
    if (on) {
        rule_move(l, out, LANE_ACT_STOP);
        l->view.up = l->view.down = false; /* where the motor is says nothing of the boom */
    }
    (void)lane_step(l, on ? LANE_EV_HELD_SHUT : LANE_EV_LET_GO, now, out);
}

static void power(struct lane *l, bool on, struct mono_ms now, struct lane_out *out)
{
    if (l->config.mains != LANE_MAINS_IN_PLACE)
        (void)lane_step(l,
                        !on                                  ? LANE_EV_LET_GO
                        : l->config.mains == LANE_MAINS_OPEN ? LANE_EV_HELD_OPEN
                                                             : LANE_EV_HELD_SHUT,
                        now, out);
}

static void burns(struct lane *l, bool on, struct mono_ms now, struct lane_out *out)
{
    if (on)
        lane_fire(l, CAUSE_FIRE, now, out);
}

/* ALARM_NONE: no alarm of its own, a mode tells. `after` is a member of struct lane_config. */
#define AFTER(member) offsetof(struct lane_config, member)
#define AT_ONCE       SIZE_MAX
static const struct {
    enum alarm alarm;
    bool (*holds)(const struct lane *l);
    size_t after;
    void (*then)(struct lane *l, bool on, struct mono_ms now, struct lane_out *out);
} rows[] = {
    {ALARM_NONE, fire, AFTER(fire_ms), burns},
    {ALARM_ARM_BROKEN, broken, AT_ONCE, arm_gone},
    {ALARM_LOOP_A_STUCK, a_stuck, AFTER(a_stuck_ms), ignore_a},
    {ALARM_LOOP_B_STUCK, b_stuck, AFTER(b_stuck_ms), doubt_b},
    {ALARM_LOOP_FAULT, loop_fault, AFTER(service_ms), NULL},
    {ALARM_LIMITS, limits, AFTER(limits_ms), NULL},
    {ALARM_MAINS_LOST, mains, AFTER(service_ms), power},
    {ALARM_BATTERY_LOW, battery, AFTER(service_ms), NULL},
    {ALARM_CABINET_OPEN, cabinet, AFTER(service_ms), NULL},
    {ALARM_TICKET_LOW, ticket, AFTER(service_ms), NULL},
    {ALARM_HELP, help, AFTER(service_ms), NULL},
};
static_assert(sizeof rows / sizeof rows[0] == LANE_WATCHES, "one clock for each row");

static int64_t after_ms(const struct lane *l, size_t i)
{
    const char *config = (const char *)&l->config;
    if (rows[i].after == AT_ONCE)
        return 0;
    return *(const int64_t *)(const void *)(config + rows[i].after);
}

void watch_init(struct lane_watch *w)
{
    for (size_t i = 0; i < LANE_WATCHES; i++)
        w->since[i] = never;
}

static bool told(const struct lane *l, size_t i)
{
    return rows[i].alarm == ALARM_NONE ? lane_has(l, LANE_MODE_FIRE)
                                       : (l->alarms >> rows[i].alarm) & 1;
}

static void change(struct lane *l, size_t i, bool on, struct mono_ms now, struct lane_out *out)
{
    if (rows[i].alarm != ALARM_NONE)
        rule_alarm_set(l, out, rows[i].alarm, on);
    if (rows[i].then != NULL)
        rows[i].then(l, on, now, out);
}

void watch_look(struct lane *l, struct mono_ms now, struct lane_out *out)
{
    for (size_t i = 0; i < LANE_WATCHES; i++) {
        struct mono_ms *since = &l->watch.since[i];
        bool holds = l->view.fresh && rows[i].holds(l);
        if (!holds)
            *since = never;
        else if (since->v == never.v)
            *since = now;
        if (holds && !told(l, i) && mono_diff_ms(now, *since) >= after_ms(l, i))
            change(l, i, true, now, out);
        else if (!holds && l->view.fresh && rows[i].alarm != ALARM_NONE && told(l, i))
            change(l, i, false, now, out);
    }
}

struct mono_ms watch_deadline(const struct lane *l)
{
    struct mono_ms first = never;
    for (size_t i = 0; i < LANE_WATCHES; i++) {
        if (l->watch.since[i].v == never.v || told(l, i))
            continue;
        struct mono_ms due = mono_after(l->watch.since[i], after_ms(l, i));
        first = due.v < first.v ? due : first;
    }
    return first;
}
