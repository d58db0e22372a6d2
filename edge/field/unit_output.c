/* Writing to one lane's device what is not motion: the ends of pulses, lights, display, camera, and the
 * heartbeat its watchdog lives on. */
#include "edge/field/unit.h"

#include "protocol/support/log.h"

#include <string.h>

enum { HOST_HEARTBEAT_US = 1000 * 1000 };

/* --- pulses --- */

static enum err end_pulse(struct unit *u, const struct profile_command *c, int64_t *end_us)
{
    TRY(transport_write_coil(u->transport, u->address[c->device], c->address, false));
    *end_us = 0;
    return ERR_OK;
}

/* Ends the first pulse that is due. *ret_some: there was one. */
static enum err end_pulses(struct unit *u, int64_t now_us, bool *ret_some)
{
    for (int i = 0; i < PROFILE_COMMANDS + PROFILE_OUTPUTS; i++) {
        bool motion = i < PROFILE_COMMANDS;
        int64_t *end_us = motion ? &u->pulse_end_us[i] : &u->output_end_us[i - PROFILE_COMMANDS];
        if (*end_us == 0 || now_us < *end_us)
            continue;
        *ret_some = true;
        return end_pulse(
            u, motion ? &u->profile.commands[i] : &u->profile.outputs[i - PROFILE_COMMANDS],
            end_us);
    }
    return ERR_OK;
}

bool unit_release_coil(struct unit *u, size_t step, enum err *ret)
{
    size_t at = 0;
    for (int i = 0; i < PROFILE_COMMANDS + PROFILE_OUTPUTS; i++) {
        bool motion = i < PROFILE_COMMANDS;
        const struct profile_command *c =
            motion ? &u->profile.commands[i] : &u->profile.outputs[i - PROFILE_COMMANDS];
        if (c->act != ACT_PULSE || c->pulse_ms == 0 || at++ != step)
            continue;
        *ret =
            end_pulse(u, c, motion ? &u->pulse_end_us[i] : &u->output_end_us[i - PROFILE_COMMANDS]);
        return true;
    }
    return false;
}

/* --- outputs --- */

static enum err write_output(struct unit *u, enum profile_output o, bool on)
{
    const struct profile_command *c = &u->profile.outputs[o];
    uint8_t address = u->address[c->device];
    switch (c->act) {
    case ACT_NONE:
    case ACT_CODE: return ERR_OK;
    case ACT_REGISTER:
        return transport_write_register(u->transport, address, c->address, on ? c->value : 0);
    case ACT_LEVEL:
        return transport_write_coil(u->transport, address, c->address, on == (c->value != 0));
    case ACT_PULSE:
        if (c->pulse_ms > 0)
            u->output_end_us[o] = real_us() + c->pulse_ms * 1000;
        return transport_write_coil(u->transport, address, c->address, true);
    }
    return ERR_OK;
}

static enum err write_lights(struct unit *u)
{
    TRY(write_output(u, OUTPUT_GREEN, u->wanted.green));
    return write_output(u, OUTPUT_FULL_SIGN, u->wanted.full_sign);
}

/* Never half a text. */
static enum err write_text(struct unit *u, const struct profile_display *d, const char *text)
{
    uint16_t regs[DISPLAY_SIZE];
    if (d->at.space == SPACE_NONE)
        return ERR_OK;
    if (profile_pack_text(text, regs, d->registers) != ERR_OK) {
        log_warn("field.text_long", LT("lane", u->name.text), LN("registers", d->registers),
                 LN("bytes", strlen(text)));
        return ERR_OK;
    }
    return transport_write_registers(u->transport, u->address[d->at.device], d->at.address,
                                     d->registers, regs);
}

static enum err write_display(struct unit *u)
{
    return write_text(u, &u->profile.display, u->wanted.display);
}

/* The next ticket's text, before its pulse. */
static enum err write_number(struct unit *u)
{
    return write_text(u, &u->profile.ticket, u->wanted.ticket);
}

static enum err write_camera(struct unit *u)
{
    return write_output(u, OUTPUT_CAMERA, true);
}

static enum err write_ticket(struct unit *u)
{
    return write_output(u, OUTPUT_TICKET, true);
}

static enum err write_restart(struct unit *u)
{
    return write_output(u, OUTPUT_ACKNOWLEDGE, true);
}

/* F7: only for a lane whose agent has turned since the last beat. */
static enum err write_heartbeat(struct unit *u)
{
    if (u->profile.watchdog.heartbeat < 0 || u->alive == u->alive_seen)
        return ERR_OK;
    uint16_t value = ++u->host_heartbeat;
    u->alive_seen = u->alive;
    return transport_write_registers(u->transport, u->address[0],
                                     (uint16_t)u->profile.watchdog.heartbeat, 1, &value);
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

/* The first output that is not as wanted. *ret_some: there was one. */
static enum err write_changed(struct unit *u, bool *ret_some)
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
        {"ticket text", offsetof(struct outputs, number_set), write_number},
        {"ticket", offsetof(struct outputs, ticket_set), write_ticket},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t wanted, written;
        memcpy(&wanted, (const char *)&u->wanted + table[i].set, sizeof wanted);
        memcpy(&written, (const char *)&u->written + table[i].set, sizeof written);
        if (wanted == written)
            continue;
        TRY(tolerate(u, table[i].what, table[i].write(u)));
        memcpy((char *)&u->written + table[i].set, &wanted, sizeof wanted);
        *ret_some = true;
        return ERR_OK;
    }
    return ERR_OK;
}

enum err unit_write_outputs(struct unit *u, int64_t now_us, bool *ret_more)
{
    *ret_more = false;
    if (!u->ready)
        return ERR_OK;
    TRY(end_pulses(u, now_us, ret_more));
    if (*ret_more)
        return ERR_OK;
    TRY(write_changed(u, ret_more));
    if (*ret_more || now_us < u->host_heartbeat_due_us)
        return ERR_OK;
    u->host_heartbeat_due_us = now_us + HOST_HEARTBEAT_US;
    return tolerate(u, "heartbeat", write_heartbeat(u));
}
