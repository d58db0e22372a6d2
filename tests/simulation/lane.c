/* The hardware of one lane, and the link to it: an arm that takes its time, inputs that are scanned,
 * commands that arrive late, get lost or lose their answer, a device that falls silent. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"

#include <string.h>

enum {
    RISE_MS = 1500,
    FALL_MS = 2000,
    NOTICE_SILENCE_MS = 2000, /* then the link reports it */
    WATCHDOG_MS = 5000,       /* a host that is not heard: lights go red */
};

static void bit(struct sim_lane *l, enum lane_input i, bool on)
{
    l->bits = on ? l->bits | 1U << i : l->bits & ~(1U << i);
}

/* ---- scanning ---- */

void lane_scan(struct sim_lane *l)
{
    if (l->scan_planned || !l->edge->running)
        return;
    l->scan_planned = true;
    sim_in(l->sim, between(l->sim, 2, 20), lane_show, l, l->edge->incarnation);
}

void lane_set(struct sim_lane *l, enum lane_input i, bool on)
{
    bit(l, i, on);
    lane_scan(l);
}

void lane_show(struct sim *s, void *lane, int64_t incarnation)
{
    struct sim_lane *l = lane;
    if (incarnation != l->edge->incarnation)
        return;
    l->scan_planned = false;
    if (!l->edge->running || l->silent)
        return;
    struct agent_input in = {.kind = INPUT_IO, .lane = l->index};
    in.io = (struct lane_snapshot){.fresh = true,
                                   .inputs = device_inputs(l),
                                   .plate = l->plate,
                                   .read_at = s->now.mono,
                                   .link_us = 2000};
    edge_input(l->edge, &in);
}

void lane_beat(struct sim *s, void *lane, int64_t what)
{
    struct sim_lane *l = lane;
    if (!l->scan_planned)
        lane_show(s, l, l->edge->incarnation);
    sim_in(s, LANE_BEAT_MS, lane_beat, l, what);
}

/* ---- silence ---- */

static void silence_noticed(struct sim *s, void *lane, int64_t what)
{
    struct sim_lane *l = lane;
    (void)s, (void)what;
    if (!l->silent)
        return;
    struct agent_input in = {.kind = INPUT_IO, .lane = l->index};
    in.io = (struct lane_snapshot){.fresh = false, .inputs = device_inputs(l)};
    edge_input(l->edge, &in);
}

static void silence_over(struct sim *s, void *lane, int64_t what)
{
    struct sim_lane *l = lane;
    (void)what;
    TRACE(s, "%s/%s speaks again", l->edge->name.text, l->name.text);
    l->silent = false;
    lane_disturbed(l);
    lane_scan(l);
}

void lane_silence(struct sim_lane *l, int64_t ms)
{
    if (l->silent)
        return;
    TRACE(l->sim, "%s/%s is silent for %lld ms", l->edge->name.text, l->name.text, (long long)ms);
    l->silent = true;
    lane_disturbed(l);
    sim_in(l->sim, NOTICE_SILENCE_MS, silence_noticed, l, 0);
    sim_in(l->sim, ms, silence_over, l, 0);
}

static void lights_out(struct sim *s, void *lane, int64_t incarnation)
{
    struct sim_lane *l = lane;
    (void)s;
    if (!l->edge->running && incarnation == l->edge->incarnation)
        l->green = false;
}

void lane_disturbed(struct sim_lane *l)
{
    l->disturbed_ms = sim_ms(l->sim);
    l->scan_planned = false;
    if (!l->edge->running)
        sim_in(l->sim, WATCHDOG_MS, lights_out, l, l->edge->incarnation);
}

/* ---- the arm ---- */

static void arrived(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->arm_token)
        return;
    l->arm = l->arm == ARM_RISING ? ARM_UP : ARM_DOWN;
    l->left_open &= l->arm == ARM_UP;
    lane_set(l, l->arm == ARM_UP ? IN_ARM_UP : IN_ARM_DOWN, true);
    if (l->arm == ARM_UP && l->car)
        sim_in(s, between(s, 300, 2000), traffic_look, l, l->car_token);
}

static void move(struct sim_lane *l, enum arm arm, int64_t ms)
{
    l->arm = arm;
    l->stopped = false;
    bit(l, IN_ARM_UP, false);
    lane_set(l, IN_ARM_DOWN, false);
    sim_in(l->sim, ms, arrived, l, ++l->arm_token);
}

static void raise(struct sim_lane *l)
{
    if (l->arm == ARM_DOWN || l->arm == ARM_FALLING || l->stopped)
        move(l, ARM_RISING, RISE_MS);
}

void lane_hardware_opens(struct sim_lane *l)
{
    raise(l);
}

static bool occupied(const struct sim_lane *l)
{
    return input_on(l->bits, IN_LOOP_B);
}

/* The barrier's own safety chain: it does not fall on what it feels. */
static void protect(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->arm_token || l->arm != ARM_FALLING)
        return;
    if (occupied(l))
        raise(l);
    else
        sim_in(s, 100, protect, l, token);
}

static void lower(struct sim_lane *l)
{
    if (l->arm != ARM_UP && l->arm != ARM_RISING && !l->stopped)
        return;
    if (occupied(l))
        sim_fail(l->sim, "%s/%s: the arm falls on a vehicle", l->edge->name.text, l->name.text);
    move(l, ARM_FALLING, FALL_MS);
    sim_in(l->sim, 50, protect, l, l->arm_token);
}

static void halt(struct sim_lane *l)
{
    if (l->arm != ARM_RISING && l->arm != ARM_FALLING)
        return;
    l->arm_token++;
    l->stopped = true;
}

void lane_arm_put_back(struct sim_lane *l)
{
    if (!l->stopped)
        return;
    l->stopped = false;
    l->arm = occupied(l) ? ARM_UP : ARM_DOWN;
    lane_set(l, l->arm == ARM_UP ? IN_ARM_UP : IN_ARM_DOWN, true);
}

/* ---- commands: (command, expiry, incarnation) travel in one number ---- */

enum { EXPIRY_BITS = 24, COMMAND_BITS = 4, INCARNATION_BITS = 16 };

static int64_t pack(enum lane_command c, int64_t left_ms, int64_t incarnation)
{
    return (left_ms << (COMMAND_BITS + INCARNATION_BITS)) | ((int64_t)c << INCARNATION_BITS) |
           (incarnation & ((1 << INCARNATION_BITS) - 1));
}

static void report(struct sim_lane *l, enum lane_command c, enum command_result result, enum err e)
{
    struct agent_input in = {.kind = INPUT_COMMAND_RESULT, .lane = l->index};
    in.command = (struct command_outcome){.command = c, .result = result, .err = e};
    edge_input(l->edge, &in);
}

/* What the link thread does with a command: drops it if it is late or its host is gone, checks a
 * close against inputs read anew. */
static void executed(struct sim *s, void *lane, int64_t packed)
{
    struct sim_lane *l = lane;
    enum lane_command c =
        (enum lane_command)((packed >> INCARNATION_BITS) & ((1 << COMMAND_BITS) - 1));
    int64_t left_ms = packed >> (COMMAND_BITS + INCARNATION_BITS);
    if ((packed & ((1 << INCARNATION_BITS) - 1)) !=
        (l->edge->incarnation & ((1 << INCARNATION_BITS) - 1)))
        return;
    if (left_ms < 0 || l->silent || hits(s, s->weather.deaf)) {
        report(l, c, RESULT_NONE, ERR_TIMEOUT);
        return;
    }
    uint32_t bits = device_inputs(l);
    if (c == COMMAND_CLOSE && (!inputs_safe_to_close(bits) || input_on(bits, IN_FIRE))) {
        report(l, c, RESULT_NONE, ERR_DENIED);
        return;
    }
    if (c == COMMAND_OPEN)
        raise(l);
    else if (c == COMMAND_CLOSE)
        lower(l);
    else
        halt(l);
    bool lost = hits(s, s->weather.answer_lost);
    report(l, c, lost ? RESULT_NONE : RESULT_ACCEPTED, lost ? ERR_TIMEOUT : ERR_OK);
}

static enum err command(void *self, size_t lane, enum lane_command c, struct mono_ms expires)
{
    struct sim_edge *e = self;
    if (edge_dies_here(e))
        return ERR_OK;
    struct sim_lane *l = &e->lanes[lane];
    TRACE(e->sim, "%s/%s %s", e->name.text, l->name.text,
          c == COMMAND_OPEN    ? "OPEN"
          : c == COMMAND_CLOSE ? "CLOSE"
                               : "STOP");
    if (c == COMMAND_OPEN)
        check_open(l);
    else if (c == COMMAND_CLOSE)
        check_close(l);
    int64_t ms = between(e->sim, 2, 30);
    int64_t left = mono_diff_ms(expires, e->sim->now.mono) - ms;
    sim_in(e->sim, ms, executed, l, pack(c, left < -1 ? -1 : left, e->incarnation));
    return ERR_OK;
}

/* ---- the rest of the field ---- */

static enum err lights(void *self, size_t lane, bool green, bool full_sign)
{
    struct sim_edge *e = self;
    (void)full_sign;
    if (edge_dies_here(e))
        return ERR_OK;
    struct sim_lane *l = &e->lanes[lane];
    if (e->journal->open)
        sim_fail(e->sim, "%s: acts within a transaction", e->name.text);
    if (green && !l->green && l->car)
        sim_in(e->sim, between(e->sim, 300, 2000), traffic_look, l, l->car_token);
    l->green = green;
    return ERR_OK;
}

static enum err display(void *self, size_t lane, const char *text)
{
    struct sim_edge *e = self;
    if (!edge_dies_here(e) && strlen(text) >= DISPLAY_SIZE)
        sim_fail(e->sim, "%s/%zu: a display too long", e->name.text, lane);
    return ERR_OK;
}

static enum err pulse(void *self, size_t lane)
{
    (void)lane;
    edge_dies_here(self);
    return ERR_OK;
}

static enum err print(void *self, size_t lane, const char *text)
{
    (void)text;
    return pulse(self, lane);
}

static enum err acknowledge_restart(void *self, size_t lane)
{
    struct sim_edge *e = self;
    if (!edge_dies_here(e))
        device_acknowledged(&e->lanes[lane]);
    return ERR_OK;
}

static void alive(void *self, size_t lane)
{
    (void)self;
    (void)lane;
}

struct field_port field_port_of(struct sim_edge *e)
{
    return (struct field_port){e,     command, lights, display, pulse, acknowledge_restart,
                               alive, print};
}

void lane_setup(struct sim_lane *l, struct sim_edge *e, size_t index, bool entry, int loops)
{
    *l = (struct sim_lane){.sim = e->sim,
                           .edge = e,
                           .place = e->place,
                           .index = index,
                           .entry = entry,
                           .loops = loops};
    struct buf name = buf_of(l->name.text, sizeof l->name.text);
    buf_addf(&name, "%s-%zu", entry ? "in" : "out", edge_root(e)->index + 1);
    static const enum lane_input at_rest[] = {
        IN_ARM_DOWN,   IN_ARM_ATTACHED,  IN_PHOTOCELL_CLEAR, IN_EDGE_OK,   IN_MAINS_OK,
        IN_BATTERY_OK, IN_LOCAL_STOP_OK, IN_READER_OK,       IN_CAMERA_OK, IN_CABINET_CLOSED};
    for (size_t i = 0; i < sizeof at_rest / sizeof at_rest[0]; i++)
        bit(l, at_rest[i], true);
    lane_disturbed(l);
}
