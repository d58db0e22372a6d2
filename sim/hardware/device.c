/* See device.h. */
#include "sim/hardware/device.h"

#include "sim/hardware/garble.h"

#include <string.h>

enum {
    PLATE_WRITE_MS = 30, /* how long the sequence stays odd */
    AUTONOMOUS_CLOSE_MS = 3000,
    TICKET_TAKEN_AFTER_MS = 1500,
    TICKET_TAKEN_FOR_MS = 1000,
    BUTTON_FOR_MS = 400,
    LOOKS_AFTER_MS = 2000, /* a driver before an arm that stays down */
    LOOKS_AGAIN_MS = 9000,
    WATCHDOG_DEFAULT_MS = 5000,
    CONFIDENCE = 9600,
    FLAG_APPROACHING = 1,
    FLAG_NO_PLATE = 4,
};

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
                           .faults = d->faults,
                           .history = d->history,
                           .boot_count = (uint16_t)(boots + 1),
                           .booted_ms = d->now_ms,
                           .beat_from_ms = d->now_ms,
                           .now_ms = d->now_ms,
                           .restarted = true};
    fresh.barrier.at_ms = at_ms;
    fresh.barrier.opens = opens;
    fresh.barrier.closes = closes;
    history_note(&fresh.history, &fresh.barrier, d->now_ms);
    fresh.host.watchdog_ms = WATCHDOG_DEFAULT_MS;
    *d = fresh;
}

struct device device_of(const struct device_options *o)
{
    struct device d = {.options = *o, .barrier = barrier_of(o->arm_travel_ms, o->safety_reverses)};
    d.history = history_of(&d.barrier);
    power_up(&d);
    return d;
}

static bool has(const struct device *d, enum fault f)
{
    return faults_has(&d->faults, f);
}

/* One detector: a fault output reads occupied, a blind one nothing. */
static bool loop_reads(const struct device *d, bool covered, enum fault stuck, enum fault blind,
                       enum fault broken)
{
    return has(d, broken) || has(d, stuck) || (covered && !has(d, blind));
}

static struct loops readings(const struct device *d, const struct loops *there)
{
    return (struct loops){
        .a = loop_reads(d, there->a, FAULT_LOOP_A_ON, FAULT_LOOP_A_BLIND, FAULT_LOOP_A),
        .b = loop_reads(d, there->b, FAULT_LOOP_B_ON, FAULT_LOOP_B_BLIND, FAULT_LOOP_B),
        .c = loop_reads(d, there->c, FAULT_LOOP_C_ON, FAULT_LOOP_C_BLIND, FAULT_LOOP_C),
        .beam = there->beam || has(d, FAULT_PHOTOCELL)};
}

static struct barrier_senses senses_of(const struct device *d)
{
    struct loops l = readings(d, &d->loops);
    return (struct barrier_senses){.loop_b = l.b,
                                   .loop_b_fault = has(d, FAULT_LOOP_B),
                                   .photocell_clear = !l.beam,
                                   .edge_ok = !has(d, FAULT_EDGE),
                                   .local_stop_ok = !has(d, FAULT_STOP),
                                   .local_mode = has(d, FAULT_LOCAL),
                                   .fire = has(d, FAULT_FIRE),
                                   .jammed_up = has(d, FAULT_JAMMED) || has(d, FAULT_JAMMED_UP),
                                   .jammed_down = has(d, FAULT_JAMMED) || has(d, FAULT_JAMMED_DOWN),
                                   .no_limits = has(d, FAULT_LIMITS_NONE),
                                   .no_power = has(d, FAULT_MAINS) && has(d, FAULT_BATTERY)};
}

bool device_up(const struct device *d)
{
    return has(d, FAULT_LIMITS_BOTH) || (barrier_up(&d->barrier) && !has(d, FAULT_LIMITS_NONE));
}

bool device_down(const struct device *d)
{
    return has(d, FAULT_LIMITS_BOTH) || (barrier_down(&d->barrier) && !has(d, FAULT_LIMITS_NONE));
}

uint16_t device_heartbeat_of(const struct device *d)
{
    return (uint16_t)((d->now_ms - d->beat_from_ms) / 1000 & 0xFFFF);
}

uint16_t device_last_error(const struct device *d)
{
    enum { BOOM_LOST = 4, LIMITS = 5, LOOP = 7, PHOTOCELL = 8, POWER = 9 };
    if (has(d, FAULT_BOOM))
        return BOOM_LOST;
    if (has(d, FAULT_LIMITS_BOTH))
        return LIMITS;
    if (has(d, FAULT_LOOP_A) || has(d, FAULT_LOOP_B) || has(d, FAULT_LOOP_C))
        return LOOP;
    if (d->barrier.last_error != BARRIER_ERROR_NONE)
        return (uint16_t)d->barrier.last_error;
    if (has(d, FAULT_PHOTOCELL))
        return PHOTOCELL;
    return has(d, FAULT_MAINS) || has(d, FAULT_BATTERY) ? POWER : 0;
}

uint32_t device_inputs(const struct device *d)
{
    struct barrier_senses s = senses_of(d);
    struct loops l = readings(d, &d->loops);
    bool taken = d->printer.taken_from_ms > 0 && d->now_ms >= d->printer.taken_from_ms;
    const bool on[DEVICE_INPUTS] = {
        [INPUT_LOOP_A] = l.a,
        [INPUT_LOOP_B] = l.b,
        [INPUT_LOOP_C] = d->options.has_loop_c && l.c,
        [INPUT_ARM_UP] = device_up(d),
        [INPUT_ARM_DOWN] = device_down(d),
        [INPUT_ARM_ATTACHED] = !has(d, FAULT_BOOM),
        [INPUT_PHOTOCELL_CLEAR] = s.photocell_clear,
        [INPUT_EDGE_OK] = s.edge_ok,
        [INPUT_FIRE] = s.fire,
        [INPUT_LOCAL_STOP_OK] = s.local_stop_ok,
        [INPUT_MAINS_OK] = !has(d, FAULT_MAINS),
        [INPUT_BATTERY_OK] = !has(d, FAULT_BATTERY),
        [INPUT_CABINET_CLOSED] = !has(d, FAULT_CABINET),
        [INPUT_FAULT_A] = has(d, FAULT_LOOP_A),
        [INPUT_FAULT_B] = has(d, FAULT_LOOP_B),
        [INPUT_FAULT_C] = d->options.has_loop_c && has(d, FAULT_LOOP_C),
        [INPUT_OBSTRUCTION] = d->barrier.obstruction,
        [INPUT_LOCAL_MODE] = s.local_mode,
        [INPUT_TICKET_BUTTON] = has(d, FAULT_TICKET) || d->printer.pressed_ms > 0,
        [INPUT_TICKET_TAKEN] = taken,
        [INPUT_TICKET_LOW] = has(d, FAULT_TICKET_LOW),
        [INPUT_HELP_BUTTON] = has(d, FAULT_HELP),
        [INPUT_READER_OK] = !has(d, FAULT_READER),
        [INPUT_CAMERA_OK] = !has(d, FAULT_CAMERA),
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
    history_note(&d->history, &d->barrier, d->now_ms);
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
    for (int i = 0; i < DEVICE_TICKET_REGISTERS; i++) {
        d->printer.text[2 * i] = (char)(d->host.ticket[i] >> 8);
        d->printer.text[2 * i + 1] = (char)(d->host.ticket[i] & 0xFF);
    }
    d->printer.issued++;
    d->printer.taken_from_ms = d->now_ms + TICKET_TAKEN_AFTER_MS;
}

void device_show(struct device *d, enum device_medium medium, const char *text)
{
    struct device_reader *r = &d->reader;
    size_t bytes = strlen(text) < sizeof r->text ? strlen(text) : sizeof r->text;
    if (has(d, FAULT_READER) || r->steady_ms > 0)
        return;
    memset(r->text, 0, sizeof r->text);
    memcpy(r->text, text, bytes);
    r->type = (uint16_t)medium;
    r->bytes = (uint16_t)bytes;
    r->sequence |= 1;
    r->steady_ms = d->now_ms + PLATE_WRITE_MS;
}

void device_set_fault(struct device *d, enum fault f, const struct fault_plan *plan)
{
    faults_set(&d->faults, f, plan, d->now_ms);
}

void device_clear_fault(struct device *d, enum fault f)
{
    faults_clear(&d->faults, f);
}

/* All counters of the map just before they begin again at 0. */
static void wrap_soon(struct device *d)
{
    enum { BEFORE = 2, BEAT_MODULUS_S = 65536 };
    d->forward = d->reverse = d->barrier.opens = UINT32_MAX - BEFORE;
    d->beat_from_ms = d->now_ms - (int64_t)(BEAT_MODULUS_S - BEFORE) * 1000;
}

enum err device_mishap(struct device *d, enum mishap m)
{
    struct barrier_senses s = senses_of(d);
    enum barrier_answer answer = BARRIER_ACCEPTED;
    switch (m) {
    case MISHAP_RESTART: power_up(d); break;
    case MISHAP_KEY_OPEN: answer = barrier_key(&d->barrier, BARRIER_OPENING, &s); break;
    case MISHAP_KEY_CLOSE: answer = barrier_key(&d->barrier, BARRIER_CLOSING, &s); break;
    case MISHAP_PUSHED_UP: barrier_push_up(&d->barrier); break;
    case MISHAP_WRAP: wrap_soon(d); break;
    case MISHAPS: break;
    }
    history_note(&d->history, &d->barrier, d->now_ms);
    return answer == BARRIER_ACCEPTED ? ERR_OK : ERR_CONFLICT;
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
    size_t bytes = v->unreadable ? 0 : strlen(v->plate.text);
    memset(c->text, 0, sizeof c->text);
    memcpy(c->text, v->plate.text, bytes);
    if (has(d, FAULT_PLATE_EUC_KR))
        bytes = garble_euc_kr(v->plate.text, c->text);
    if (has(d, FAULT_PLATE_SWAPPED))
        garble_swap(c->text, sizeof c->text);
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
    struct vehicle *v = has(d, FAULT_CAMERA) ? NULL : lane_in_view(lane);
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

/* The button is let go, a reading is whole, a ticket is pulled out; the driver at the column takes it. */
static void printer_step(struct device *d, struct lane *lane)
{
    struct device_printer *p = &d->printer;
    struct device_reader *r = &d->reader;
    struct vehicle *v = lane_at_column(lane);
    if (p->pressed_ms > 0 && d->now_ms >= p->pressed_ms)
        p->pressed_ms = 0;
    if (r->steady_ms > 0 && d->now_ms >= r->steady_ms) {
        r->sequence++;
        r->steady_ms = 0;
    }
    if (p->taken_from_ms > 0 && d->now_ms >= p->taken_from_ms && v != NULL && v->wants_ticket) {
        memcpy(v->ticket.text, p->text, sizeof v->ticket.text);
        v->wants_ticket = false;
    }
    if (p->taken_from_ms > 0 && d->now_ms >= p->taken_from_ms + TICKET_TAKEN_FOR_MS)
        p->taken_from_ms = 0;
}

/* D5 */
static void driver_acts(struct device *d, struct lane *lane, int32_t dt_ms)
{
    struct vehicle *v = lane_at_column(lane);
    bool brings = v != NULL && v->ticket.text[0] != '\0' && v->brought;
    if (v == NULL)
        return;
    if (v->tag.text[0] != '\0' && !v->tagged && d->loops.a) {
        device_show(d, MEDIUM_TAG, v->tag.text);
        v->tagged = true;
    }
    if (v->phase != PHASE_WAITING || !(v->wants_ticket || brings))
        return;
    v->asked_ms -= v->asked_ms > 0 ? dt_ms : 0;
    if (v->closed_ms < LOOKS_AFTER_MS || v->asked_ms > 0)
        return;
    v->asked_ms = LOOKS_AGAIN_MS;
    if (v->wants_ticket)
        d->printer.pressed_ms = d->now_ms + BUTTON_FOR_MS;
    else
        device_show(d, MEDIUM_CODE, v->ticket.text);
}

/* Counts by direction as a controller does, and notices a finished passage for D3. */
static void loops_step(struct device *d, const struct loops *there)
{
    const struct loops was = readings(d, &d->loops);
    const struct loops seen = readings(d, there);
    const struct loops *now = &seen;
    d->loops = *there;
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
    enum barrier_motion before = d->barrier.motion;
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
    if (d->barrier.motion != before)
        d->barrier.cause = BARRIER_BY_HOST;
}

bool device_idle(const struct device *d, int64_t now_ms)
{
    return d->barrier.motion == BARRIER_STILL && faults_none(&d->faults) &&
           d->camera.steady_ms == 0 && d->reader.steady_ms == 0 && d->printer.taken_from_ms == 0 &&
           d->printer.pressed_ms == 0 && !d->loops.a && !d->loops.b && !d->loops.c &&
           !d->barrier.hold_open && !d->watchdog_tripped &&
           (d->watchdog_due_ms == 0 || now_ms < d->watchdog_due_ms);
}

/* X2: what the last step brought about. */
static unsigned moments(const struct device *d, const struct loops *there, int before_percent)
{
    enum { THIRD = 33 };
    int percent = barrier_percent(&d->barrier);
    unsigned m = 0;
    if (before_percent <= THIRD && percent > THIRD)
        m |= 1U << MOMENT_OPENING;
    if (before_percent >= 100 - THIRD && percent < 100 - THIRD)
        m |= 1U << MOMENT_CLOSING;
    if (!d->loops.beam && there->beam)
        m |= 1U << MOMENT_UNDER;
    return m;
}

struct arm_view device_step(struct device *d, struct lane *lane, int64_t now_ms, int32_t dt_ms)
{
    struct loops there = lane_loops(lane);
    int percent = barrier_percent(&d->barrier);
    d->beat_from_ms += has(d, FAULT_HEARTBEAT) ? now_ms - d->now_ms : 0;
    d->now_ms = now_ms;
    unsigned seen = moments(d, &there, d->before_percent);
    d->before_percent = percent;
    loops_step(d, &there);
    faults_step(&d->faults, seen, now_ms);
    camera_step(d, lane);
    printer_step(d, lane);
    driver_acts(d, lane, dt_ms);
    struct barrier_senses s = senses_of(d);
    watchdog_step(d, &s);
    bool falls = d->barrier.motion == BARRIER_CLOSING;
    bool rose = barrier_step(&d->barrier, &s, dt_ms);
    history_note(&d->history, &d->barrier, now_ms);
    if (barrier_down(&d->barrier))
        d->close_due_ms = 0; /* whoever closed it: that passage is over */
    bool gone = has(d, FAULT_BOOM);
    return (struct arm_view){.percent = gone ? 100 : barrier_percent(&d->barrier),
                             .rose = rose,
                             .held_open = d->barrier.hold_open || s.fire,
                             .falling = falls && !gone};
}
