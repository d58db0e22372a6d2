/* Writing to one lane's device: motion, the reflex, outputs. */
#include "edge/field/unit.h"

#include "protocol/modbus/reference.h"
#include "protocol/support/log.h"

#include <string.h>

enum { REFLEX_AGAIN_US = 200 * 1000, HOST_HEARTBEAT_US = 1000 * 1000 };

static bool expired(const struct unit *u, const struct motion *m)
{
    return mono_diff_ms(clock_now(u->clock).mono, m->expires) >= 0;
}

void unit_order(struct unit *u, enum lane_command c, struct mono_ms expires)
{
    if (u->motion_count == MOTION_QUEUE) {
        unit_outcome(u, c, RESULT_NONE, ERR_FULL);
        return;
    }
    u->motions[u->motion_count++] = (struct motion){.command = c, .expires = expires};
}

static void drop_motion(struct unit *u, size_t at)
{
    u->motion_count--;
    memmove(u->motions + at, u->motions + at + 1, (u->motion_count - at) * sizeof u->motions[0]);
}

void unit_expire(struct unit *u)
{
    for (size_t i = 0; i < u->motion_count;) {
        if (!expired(u, &u->motions[i])) {
            i++;
            continue;
        }
        log_warn("field.command_expired", LT("lane", u->name.text),
                 LN("command", u->motions[i].command), LN("in_doubt", u->motions[i].in_doubt));
        unit_outcome(u, u->motions[i].command, RESULT_NONE, ERR_TIMEOUT);
        drop_motion(u, i);
    }
}

/* What a confirmed result means for the reflex. */
static void settle(struct unit *u, enum lane_command c, enum command_result r)
{
    bool done = r == RESULT_ACCEPTED;
    if (c == COMMAND_CLOSE
            ? !done
            : done && (c == COMMAND_OPEN || c == COMMAND_STOP || c == COMMAND_HOLD_OPEN))
        u->closing = false;
}

/* Writes the command under m->sequence and reads its echo. *ret_known: the device confirmed it. */
static enum err write_motion(struct unit *u, struct motion *m, bool *ret_known,
                             enum command_result *ret_result)
{
    uint16_t regs[REF_COMMAND_COUNT];
    reference_command(m->command, m->sequence, regs);
    u->sequence =
        m->sequence; /* a repeat's is from before the echo was learnt again (unit_scan.c) */
    u->closing = u->closing || m->command == COMMAND_CLOSE; /* it may execute from now on */
    m->in_doubt = true;
    TRY(transport_write_registers(u->transport, u->address, REF_COMMAND, REF_COMMAND_COUNT, regs));
    uint16_t sequence;
    TRY(unit_read_echo(u, &sequence, ret_result));
    *ret_known = sequence == m->sequence;
    return ERR_OK;
}

/* F4, on inputs read just now. */
static bool may_close(const struct unit *u)
{
    uint32_t in = u->snapshot.inputs;
    return u->snapshot.fresh && inputs_safe_to_close(in) && !input_on(in, IN_FIRE);
}

/* Executes the first queued command as far as it goes. *ret_done: it is finished and reported. */
static enum err execute(struct unit *u, bool *ret_done)
{
    struct motion *m = &u->motions[0];
    enum command_result result = RESULT_NONE;
    bool known = false;
    if (m->in_doubt) {
        uint16_t sequence;
        TRY(unit_read_echo(u, &sequence, &result));
        known = sequence == m->sequence;
    }
    if (!known && m->command == COMMAND_CLOSE) {
        TRY(unit_read_inputs(u));
        if (!may_close(u)) {
            unit_outcome(u, m->command, RESULT_NONE, ERR_DENIED);
            *ret_done = true;
            return ERR_OK;
        }
    }
    if (!known && expired(u, m)) {
        unit_outcome(u, m->command, RESULT_NONE, ERR_TIMEOUT);
        *ret_done = true;
        return ERR_OK;
    }
    if (!known) {
        if (!m->in_doubt)
            m->sequence = ++u->sequence;
        TRY(write_motion(u, m, &known, &result));
    }
    if (known) {
        settle(u, m->command, result);
        unit_outcome(u, m->command, result, ERR_OK);
    }
    *ret_done = known; /* else the device is slow to echo: asked again in the next scan */
    return ERR_OK;
}

enum err unit_move(struct unit *u)
{
    while (u->ready && u->motion_count > 0 && u->outcome_count < MOTION_QUEUE) {
        bool done = false;
        enum err e = execute(u, &done);
        if (e == ERR_DENIED) { /* the device answers with an exception: it was not executed */
            log_warn("field.command_exception", LT("lane", u->name.text),
                     LN("command", u->motions[0].command),
                     LT("reason", transport_reason(u->transport)));
            unit_outcome(u, u->motions[0].command, RESULT_NONE, ERR_DENIED);
            done = true;
        } else if (e != ERR_OK) {
            return e;
        }
        if (!done)
            break;
        drop_motion(u, 0);
    }
    return ERR_OK;
}

enum err unit_reflex(struct unit *u, int64_t now_us)
{
    uint32_t in = u->snapshot.inputs;
    if (!u->closing)
        return ERR_OK;
    if (input_on(in, IN_ARM_DOWN) && !input_on(in, IN_ARM_UP)) {
        u->closing = false;
        u->reflex_told = false;
        return ERR_OK;
    }
    if (inputs_safe_to_close(in) || now_us < u->reflex_after_us)
        return ERR_OK;

    struct motion open = {.command = COMMAND_OPEN, .sequence = ++u->sequence};
    enum command_result result = RESULT_NONE;
    bool known = false;
    u->reflex_after_us = now_us + REFLEX_AGAIN_US; /* a refusal is asked again, not hammered */
    TRY(write_motion(u, &open, &known, &result));
    if (!u->reflex_told) {
        log_notice("field.reflex", LT("lane", u->name.text), LN("inputs", in),
                   LN("result", result));
        unit_outcome(u, COMMAND_OPEN, known ? result : RESULT_NONE, known ? ERR_OK : ERR_TIMEOUT);
    }
    u->reflex_told = true;
    if (known)
        settle(u, COMMAND_OPEN, result);
    if (!u->closing)
        u->reflex_told = false;
    return ERR_OK;
}

static enum err write_lights(struct unit *u)
{
    TRY(transport_write_coil(u->transport, u->address, REF_COIL_GREEN, u->wanted.green));
    return transport_write_coil(u->transport, u->address, REF_COIL_FULL_SIGN, u->wanted.full_sign);
}

static enum err write_display(struct unit *u)
{
    uint16_t regs[REF_DISPLAY_COUNT];
    TRY(reference_display(u->wanted.display, regs));
    return transport_write_registers(u->transport, u->address, REF_DISPLAY, REF_DISPLAY_COUNT,
                                     regs);
}

static enum err write_camera(struct unit *u)
{
    return transport_write_coil(u->transport, u->address, REF_COIL_TRIGGER_CAMERA, true);
}

static enum err write_restart(struct unit *u)
{
    return transport_write_coil(u->transport, u->address, REF_COIL_ACK_RESTART, true);
}

static enum err write_heartbeat(struct unit *u)
{
    uint16_t value = ++u->host_heartbeat;
    return transport_write_registers(u->transport, u->address, REF_HOST_HEARTBEAT, 1, &value);
}

/* An output the device refuses is logged and given up: it is no reason to lose the lane. */
static enum err tolerate(const struct unit *u, const char *what, enum err e)
{
    if (e == ERR_TIMEOUT || e == ERR_UNAVAIL)
        return e;
    if (e != ERR_OK)
        log_warn("field.output_refused", LT("lane", u->name.text), LT("output", what),
                 LT("reason", transport_reason(u->transport)));
    return ERR_OK;
}

enum err unit_write_outputs(struct unit *u, int64_t now_us)
{
    static const struct {
        const char *what;
        size_t set; /* offset of the counter in struct outputs */
        enum err (*write)(struct unit *u);
    } table[] = {
        {"camera", offsetof(struct outputs, camera_set), write_camera},
        {"lights", offsetof(struct outputs, lights_set), write_lights},
        {"display", offsetof(struct outputs, display_set), write_display},
        {"restart", offsetof(struct outputs, restart_set), write_restart},
    };
    if (!u->ready)
        return ERR_OK;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t wanted, written;
        memcpy(&wanted, (const char *)&u->wanted + table[i].set, sizeof wanted);
        memcpy(&written, (const char *)&u->written + table[i].set, sizeof written);
        if (wanted == written)
            continue;
        TRY(tolerate(u, table[i].what, table[i].write(u)));
        memcpy((char *)&u->written + table[i].set, &wanted, sizeof wanted);
    }
    if (now_us < u->host_heartbeat_due_us)
        return ERR_OK;
    u->host_heartbeat_due_us = now_us + HOST_HEARTBEAT_US;
    return tolerate(u, "heartbeat", write_heartbeat(u));
}
