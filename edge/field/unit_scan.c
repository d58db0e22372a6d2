/* Reading one lane's device and reporting what changed. */
#include "edge/field/unit.h"

#include "protocol/modbus/reference.h"
#include "protocol/support/log.h"

#include <string.h>

enum {
    STATUS_US = 500 * 1000,
    REFRESH_US = 500 * 1000,
    MISFIT_US = 5000 * 1000,
    SKIP_MIN_US = 500 * 1000,
    SKIP_MAX_US = 10000 * 1000,
};

void unit_init(struct unit *u, size_t lane, const struct name *name, uint8_t address,
               struct transport *transport, const struct clock_source *clock,
               struct mailbox *inputs, int64_t stale_ms)
{
    *u = (struct unit){.lane = lane,
                       .name = *name,
                       .address = address,
                       .transport = transport,
                       .clock = clock,
                       .inputs = inputs,
                       .stale_us = stale_ms * 1000};
}

static enum err check_identity(struct unit *u)
{
    uint16_t regs[REF_IDENTITY_COUNT];
    TRY(transport_read_registers(u->transport, u->address, REF_IDENTITY, REF_IDENTITY_COUNT, regs));
    bool misfit = reference_check_identity(regs) != ERR_OK;
    if (misfit && !u->misfit)
        log_error("field.misfit", LT("lane", u->name.text), LN("unit", u->address),
                  LN("magic_high", regs[0]), LN("magic_low", regs[1]), LN("version", regs[2]));
    u->misfit = misfit;
    return misfit ? ERR_DENIED : ERR_OK;
}

enum err unit_read_echo(struct unit *u, uint16_t *ret_sequence, enum command_result *ret_result)
{
    uint16_t regs[REF_ECHO_COUNT];
    TRY(transport_read_registers(u->transport, u->address, REF_ECHO, REF_ECHO_COUNT, regs));
    *ret_sequence = regs[0];
    *ret_result = regs[1] <= RESULT_UNKNOWN ? (enum command_result)regs[1] : RESULT_UNKNOWN;
    return ERR_OK;
}

/* The device may have been replaced or restarted: learn its sequence, say again what to show. */
static enum err take_up(struct unit *u)
{
    uint16_t sequence;
    enum command_result result;
    TRY(unit_read_echo(u, &sequence, &result));
    u->sequence = sequence;
    u->written.lights_set = u->wanted.lights_set ? u->wanted.lights_set - 1 : 0;
    u->written.display_set = u->wanted.display_set ? u->wanted.display_set - 1 : 0;
    u->host_heartbeat_due_us = 0;
    return ERR_OK;
}

enum err unit_read_inputs(struct unit *u)
{
    uint8_t bits[REF_INPUT_COUNT];
    TRY(transport_read_inputs(u->transport, u->address, REF_INPUTS, REF_INPUT_COUNT, bits));
    uint32_t inputs = reference_inputs(bits);
    struct lane_snapshot *s = &u->snapshot;
    bool restarted =
        u->have_inputs && input_on(inputs, IN_RESTARTED) && !input_on(s->inputs, IN_RESTARTED);
    if (!u->have_inputs || inputs != s->inputs) {
        s->lost += u->changed;
        u->changed = true;
    }
    s->inputs = inputs;
    s->read_at = clock_now(u->clock).mono;
    s->link_us = transport_last_us(u->transport);
    u->read_us = real_us();
    u->have_inputs = true;
    return restarted ? take_up(u) : ERR_OK;
}

static enum err read_plate(struct unit *u)
{
    uint16_t regs[REF_PLATE_COUNT];
    TRY(transport_read_registers(u->transport, u->address, REF_PLATE, REF_PLATE_COUNT, regs));
    struct plate_reading plate;
    switch (reference_plate(regs, &plate)) {
    case ERR_OK: break;
    case ERR_UNAVAIL: return ERR_OK; /* being written: the next scan reads it again */
    default:
        /* Impossible registers: a length that no text has lets the agent raise its alarm. */
        plate = (struct plate_reading){.sequence = regs[0], .len = UINT8_MAX};
        if (plate.sequence != u->snapshot.plate.sequence)
            log_warn("field.plate_impossible", LT("lane", u->name.text), LN("sequence", regs[0]),
                     LN("bytes", regs[1]), LN("confidence", regs[2]));
    }
    if (plate.sequence != u->snapshot.plate.sequence) {
        u->snapshot.lost += u->changed && u->snapshot.plate.sequence != u->posted_plate;
        u->changed = true;
    }
    u->snapshot.plate = plate;
    return ERR_OK;
}

static enum err read_status(struct unit *u, int64_t now_us)
{
    uint16_t regs[REF_STATUS_COUNT];
    TRY(transport_read_registers(u->transport, u->address, REF_STATUS, REF_STATUS_COUNT, regs));
    struct lane_status status;
    u->status_due_us = now_us + STATUS_US;
    if (reference_status(regs, &status) != ERR_OK) {
        log_warn("field.status_impossible", LT("lane", u->name.text), LN("gate", regs[0]),
                 LN("position", regs[1]));
        u->changed = u->changed || u->snapshot.status.gate != GATE_UNKNOWN;
        u->snapshot.status.gate = GATE_UNKNOWN;
        u->snapshot.status.position = 255;
        return ERR_OK; /* the rest is not believed either; the heartbeat grows old (F3) */
    }
    if (!u->ready && status.gate == GATE_CLOSING)
        u->closing = true; /* F5: whoever began it may be gone */
    const struct lane_status *before = &u->snapshot.status;
    if (!u->have_status || status.heartbeat != before->heartbeat)
        u->heartbeat_us = now_us;
    bool restarted = u->have_status && status.boot_count != before->boot_count;
    if (!u->have_status || restarted || status.gate != before->gate ||
        status.last_error != before->last_error)
        u->changed = true;
    u->snapshot.status = status;
    u->have_status = true;
    return restarted ? take_up(u) : ERR_OK;
}

enum err unit_scan(struct unit *u, int64_t now_us)
{
    if (!u->ready) {
        TRY(check_identity(u));
        TRY(take_up(u));
    }
    TRY(unit_read_inputs(u));
    TRY(unit_reflex(u, now_us));
    TRY(read_plate(u));
    if (now_us >= u->status_due_us)
        TRY(read_status(u, now_us));
    if (u->failures > 0 && u->skip_until_us > 0)
        log_notice("field.unit_back", LT("lane", u->name.text), LN("failures", u->failures));
    u->failures = 0;
    u->skip_until_us = 0;
    u->ready = true;
    return ERR_OK;
}

void unit_disconnected(struct unit *u)
{
    u->ready = false;
    u->status_due_us = 0;
}

void unit_failed(struct unit *u, int64_t now_us, bool isolate)
{
    u->failures++;
    u->ready = false;
    if (u->misfit) {
        u->skip_until_us = now_us + MISFIT_US;
        return;
    }
    if (!isolate || u->failures < 2)
        return;
    int doublings = u->failures - 2 < 5 ? u->failures - 2 : 5;
    int64_t skip_us = (int64_t)SKIP_MIN_US << doublings;
    if (skip_us > SKIP_MAX_US)
        skip_us = SKIP_MAX_US;
    u->skip_until_us = now_us + skip_us;
    log_warn("field.unit_skipped", LT("lane", u->name.text), LN("failures", u->failures),
             LN("skip_ms", skip_us / 1000), LT("reason", transport_reason(u->transport)));
}

static bool is_fresh(const struct unit *u, int64_t now_us)
{
    return u->have_inputs && u->have_status && !u->misfit && now_us - u->read_us <= u->stale_us &&
           now_us - u->heartbeat_us <= u->stale_us;
}

static bool post(struct unit *u, const struct agent_input *input)
{
    return mailbox_post(u->inputs, input) == ERR_OK;
}

void unit_outcome(struct unit *u, enum lane_command c, enum command_result r, enum err e)
{
    if (u->outcome_count == OUTCOME_QUEUE) {
        log_error("field.outcome_lost", LT("lane", u->name.text), LN("command", c));
        return;
    }
    u->outcomes[u->outcome_count++] = (struct command_outcome){.command = c, .result = r, .err = e};
}

static void report_outcomes(struct unit *u)
{
    size_t sent = 0;
    while (sent < u->outcome_count) {
        struct agent_input input = {.kind = INPUT_COMMAND_RESULT, .lane = u->lane};
        input.command = u->outcomes[sent];
        if (!post(u, &input))
            break;
        sent++;
    }
    u->outcome_count -= sent;
    memmove(u->outcomes, u->outcomes + sent, u->outcome_count * sizeof u->outcomes[0]);
}

void unit_report(struct unit *u, int64_t now_us)
{
    if (u->outcome_count > 0)
        report_outcomes(u);
    bool fresh = is_fresh(u, now_us);
    if (fresh != u->snapshot.fresh) {
        u->changed = true;
        log_notice("field.fresh", LT("lane", u->name.text), LN("fresh", fresh));
    }
    u->snapshot.fresh = fresh;
    /* On a common grid: the loop wakes once for the refreshes of all links. */
    if (!u->changed && now_us / REFRESH_US == u->posted_us / REFRESH_US)
        return;
    struct agent_input input = {.kind = INPUT_IO, .lane = u->lane};
    input.io = u->snapshot;
    if (!post(u, &input))
        return;
    u->changed = false;
    u->posted_us = now_us;
    u->posted_plate = u->snapshot.plate.sequence;
    u->snapshot.lost = 0;
}
