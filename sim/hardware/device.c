/* See device.h. */
#include "sim/hardware/device.h"

#include <string.h>

enum {
    PLATE_WRITE_MS = 30, /* how long the sequence stays odd */
    AUTONOMOUS_CLOSE_MS = 3000,
    TICKET_TAKEN_AFTER_MS = 1500,
    TICKET_TAKEN_FOR_MS = 1000,
    WATCHDOG_DEFAULT_MS = 5000,
    CONFIDENCE = 9600,
    FLAG_APPROACHING = 1,
    FLAG_NO_PLATE = 4,
};

static const char *const fault_words[DEVICE_FAULTS] = {
    [FAULT_NONE] = "none",       [FAULT_SILENT] = "silent", [FAULT_CUT] = "cut",
    [FAULT_RESTART] = "restart", [FAULT_LOOP_B] = "loop_b", [FAULT_PHOTOCELL] = "photocell",
    [FAULT_FIRE] = "fire",       [FAULT_JAMMED] = "jammed",
};

enum err device_fault_parse(const char *word, enum device_fault *ret)
{
    for (int f = 0; f < DEVICE_FAULTS; f++) {
        if (strcmp(word, fault_words[f]) == 0) {
            *ret = (enum device_fault)f;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

const char *device_fault_word(enum device_fault f)
{
    return fault_words[f];
}

/* Everything a controller forgets at a restart, and what it starts with. */
static void power_up(struct device *d)
{
    int32_t at_ms = d->barrier.at_ms; /* the arm stays where it is */
    uint32_t opens = d->barrier.opens;
    uint32_t closes = d->barrier.closes;
    uint16_t boots = d->boot_count;
    struct device fresh = {.options = d->options,
                           .barrier =
                               barrier_of(d->options.arm_travel_ms, d->options.safety_reverses),
                           .loops = d->loops,
                           .boot_count = (uint16_t)(boots + 1),
                           .booted_ms = d->now_ms,
                           .now_ms = d->now_ms,
                           .restarted = true};
    fresh.barrier.at_ms = at_ms;
    fresh.barrier.opens = opens;
    fresh.barrier.closes = closes;
    fresh.host.watchdog_ms = WATCHDOG_DEFAULT_MS;
    *d = fresh;
}

struct device device_of(const struct device_options *o)
{
    struct device d = {.options = *o};
    power_up(&d);
    return d;
}

static struct barrier_senses senses_of(const struct device *d)
{
    return (struct barrier_senses){.loop_b = d->loops.b || d->fault == FAULT_LOOP_B,
                                   .loop_b_fault = d->fault == FAULT_LOOP_B,
                                   .photocell_clear = !d->loops.beam && d->fault != FAULT_PHOTOCELL,
                                   .edge_ok = true,
                                   .local_stop_ok = true,
                                   .fire = d->fault == FAULT_FIRE,
                                   .jammed = d->fault == FAULT_JAMMED};
}

uint32_t device_inputs(const struct device *d)
{
    struct barrier_senses s = senses_of(d);
    bool taken = d->printer.taken_from_ms > 0 && d->now_ms >= d->printer.taken_from_ms;
    const bool on[DEVICE_INPUTS] = {
        [INPUT_LOOP_A] = d->loops.a,
        [INPUT_LOOP_B] = s.loop_b,
        [INPUT_LOOP_C] = d->options.has_loop_c && d->loops.c,
        [INPUT_ARM_UP] = barrier_up(&d->barrier),
        [INPUT_ARM_DOWN] = barrier_down(&d->barrier),
        [INPUT_ARM_ATTACHED] = true,
        [INPUT_PHOTOCELL_CLEAR] = s.photocell_clear,
        [INPUT_EDGE_OK] = s.edge_ok,
        [INPUT_FIRE] = s.fire,
        [INPUT_LOCAL_STOP_OK] = s.local_stop_ok,
        [INPUT_MAINS_OK] = true,
        [INPUT_BATTERY_OK] = true,
        [INPUT_CABINET_CLOSED] = true,
        [INPUT_FAULT_B] = s.loop_b_fault,
        [INPUT_OBSTRUCTION] = d->barrier.obstruction,
        [INPUT_LOCAL_MODE] = s.local_mode,
        [INPUT_TICKET_TAKEN] = taken,
        [INPUT_READER_OK] = true,
        [INPUT_CAMERA_OK] = true,
        [INPUT_WATCHDOG_TRIPPED] = d->watchdog_tripped,
        [INPUT_RESTARTED] = d->restarted,
    };
    uint32_t bits = 0;
    for (int i = 0; i < DEVICE_INPUTS; i++)
        bits |= (uint32_t)on[i] << i;
    return bits;
}

void device_command(struct device *d, uint16_t code, uint16_t sequence)
{
    d->host.command = code;
    d->host.command_sequence = sequence;
    if (sequence == d->done_sequence)
        return;
    struct barrier_senses s = senses_of(d);
    d->done_result = (uint16_t)barrier_order(&d->barrier, code, &s);
    d->done_sequence = sequence;
}

void device_heartbeat(struct device *d, uint16_t value)
{
    if (value == d->host.heartbeat)
        return;
    d->host.heartbeat = value;
    d->watchdog_tripped = false;
    d->watchdog_due_ms = d->now_ms + d->host.watchdog_ms * d->options.network_rate;
}

void device_trigger_camera(struct device *d)
{
    d->camera.requested = true;
}

void device_issue_ticket(struct device *d)
{
    if (!barrier_down(&d->barrier))
        return;
    d->printer.issued++;
    d->printer.sequence = (uint16_t)(d->printer.sequence + 2);
    d->printer.taken_from_ms = d->now_ms + TICKET_TAKEN_AFTER_MS;
}

void device_set_fault(struct device *d, enum device_fault f)
{
    if (f == FAULT_RESTART)
        power_up(d);
    else
        d->fault = f;
}

void device_display(const struct device *d, char *ret)
{
    for (int i = 0; i < DEVICE_DISPLAY_REGISTERS; i++) {
        ret[2 * i] = (char)(d->host.display[i] >> 8);
        ret[2 * i + 1] = (char)(d->host.display[i] & 0xFF);
    }
    ret[2 * DEVICE_DISPLAY_REGISTERS] = '\0';
}

static void write_plate(struct device *d, const struct vehicle *v)
{
    struct device_camera *c = &d->camera;
    size_t bytes = strlen(v->plate.text);
    c->plate = v->plate;
    c->bytes = (uint16_t)bytes;
    c->confidence = bytes > 0 ? CONFIDENCE : 0;
    c->flags = FLAG_APPROACHING | (bytes > 0 ? 0 : FLAG_NO_PLATE);
    c->country = v->country;
    c->captured_ms = d->options.started.v + d->now_ms;
    c->sequence |= 1; /* was even */
    c->steady_ms = d->now_ms + PLATE_WRITE_MS;
}

/* A vehicle is read once when it comes into view, and again whenever the host asks. */
static void camera_step(struct device *d, struct lane *lane)
{
    struct device_camera *c = &d->camera;
    if (c->steady_ms > 0 && d->now_ms >= c->steady_ms) {
        c->sequence++; /* even again */
        c->steady_ms = 0;
    }
    struct vehicle *v = lane_in_view(lane);
    if (v == NULL) {
        c->due_ms = 0;
        c->requested &= d->loops.a;
        return;
    }
    if (c->due_ms == 0 && (!v->seen || c->requested)) {
        c->due_ms = d->now_ms + d->options.plate_delay_ms;
        c->requested = false;
        v->seen = true;
    }
    if (c->due_ms > 0 && d->now_ms >= c->due_ms && c->steady_ms == 0) {
        write_plate(d, v);
        c->due_ms = 0;
    }
}

/* Counts by direction as a controller does, and notices a finished passage for D3. */
static void loops_step(struct device *d, const struct loops *now)
{
    const struct loops was = d->loops;
    d->loops = *now;
    if (!was.b && now->b) {
        d->b_from_front = now->a && !now->c;
        d->c_seen = false;
    }
    d->c_seen |= now->b && now->c;
    if (was.b && !now->b) {
        bool forward = d->options.has_loop_c ? d->c_seen : !now->a;
        if (d->b_from_front && forward)
            d->forward++;
        else if (!d->b_from_front && now->a)
            d->reverse++;
        d->close_due_ms = d->now_ms + AUTONOMOUS_CLOSE_MS;
    }
}

static void watchdog_step(struct device *d, const struct barrier_senses *s)
{
    if (d->watchdog_due_ms == 0 || d->now_ms < d->watchdog_due_ms)
        return;
    d->watchdog_tripped = true;
    switch ((enum device_fallback)d->host.fallback) {
    case FALLBACK_AUTONOMY:
        if (d->close_due_ms > 0 && d->now_ms >= d->close_due_ms &&
            barrier_order(&d->barrier, BARRIER_CLOSE, s) == BARRIER_ACCEPTED)
            d->close_due_ms = 0;
        break;
    case FALLBACK_HOLD_OPEN:
        if (!barrier_up(&d->barrier))
            barrier_order(&d->barrier, BARRIER_OPEN, s);
        break;
    case FALLBACK_FREEZE:
    case FALLBACKS: break;
    }
}

bool device_idle(const struct device *d, int64_t now_ms)
{
    return d->barrier.motion == BARRIER_STILL && d->fault == FAULT_NONE &&
           d->camera.steady_ms == 0 && d->printer.taken_from_ms == 0 && !d->loops.a &&
           !d->loops.b && !d->loops.c && !d->barrier.hold_open && !d->watchdog_tripped &&
           (d->watchdog_due_ms == 0 || now_ms < d->watchdog_due_ms);
}

struct arm_view device_step(struct device *d, struct lane *lane, int64_t now_ms, int32_t dt_ms)
{
    d->now_ms = now_ms;
    struct loops seen = lane_loops(lane);
    loops_step(d, &seen);
    camera_step(d, lane);
    if (d->printer.taken_from_ms > 0 && now_ms >= d->printer.taken_from_ms + TICKET_TAKEN_FOR_MS)
        d->printer.taken_from_ms = 0;
    struct barrier_senses s = senses_of(d);
    watchdog_step(d, &s);
    bool falls = d->barrier.motion == BARRIER_CLOSING;
    bool rose = barrier_step(&d->barrier, &s, dt_ms);
    if (barrier_down(&d->barrier))
        d->close_due_ms = 0; /* whoever closed it: that passage is over */
    return (struct arm_view){.percent = barrier_percent(&d->barrier),
                             .rose = rose,
                             .held_open = d->barrier.hold_open || s.fire,
                             .falling = falls};
}
