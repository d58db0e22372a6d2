/* Writing to one lane's device: motion and the reflex. */
#include "edge/field/unit.h"

#include "protocol/support/log.h"

#include <string.h>

enum { REFLEX_AGAIN_US = 200 * 1000 };

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
    if (done && c == COMMAND_HOLD_OPEN)
        u->held = u->profile.commands[c].act == ACT_LEVEL;
    if (done && c == COMMAND_RELEASE)
        u->held = false;
}

/* --- one command, in the ways a profile may have it --- */

/* Code and sequence, then the echo. */
static enum err write_code(struct unit *u, struct motion *m, bool *ret_known,
                           enum command_result *ret_result)
{
    const uint16_t regs[2] = {u->profile.commands[m->command].value, m->sequence};
    uint16_t sequence;
    u->sequence =
        m->sequence; /* a repeat's is from before the echo was learnt again (unit_scan.c) */
    TRY(transport_write_registers(u->transport, u->address[0], u->profile.pair.address, 2, regs));
    TRY(unit_read_echo(u, &sequence, ret_result));
    *ret_known = sequence == m->sequence;
    return ERR_OK;
}

/* Is `value` what now stands where it was written? */
static enum err read_back(struct unit *u, const struct profile_command *c, bool *ret_same)
{
    const uint8_t *data;
    bool coil = c->act != ACT_REGISTER;
    TRY(transport_read(u->transport, u->address[c->device],
                       coil ? FRAME_READ_COILS : FRAME_READ_HOLDING, c->address, 1, &data));
    *ret_same = (coil ? data[0] & 1 : data[0] << 8 | data[1]) == c->value;
    return ERR_OK;
}

/* Relays of two motions never pull at once: those of the others are released first. */
static enum err release_others(struct unit *u, enum lane_command command)
{
    for (int i = COMMAND_OPEN; i < PROFILE_COMMANDS; i++) {
        const struct profile_command *c = &u->profile.commands[i];
        if (i == (int)command || u->pulse_end_us[i] == 0)
            continue;
        TRY(transport_write_coil(u->transport, u->address[c->device], c->address, false));
        u->pulse_end_us[i] = 0;
    }
    return ERR_OK;
}

/* A coil or a register, read back where the profile says that this can be done. */
static enum err write_point(struct unit *u, struct motion *m, bool *ret_known,
                            enum command_result *ret_result)
{
    const struct profile_command *c = &u->profile.commands[m->command];
    uint8_t address = u->address[c->device];
    bool same = true;
    TRY(release_others(u, m->command));
    if (c->act == ACT_PULSE &&
        c->pulse_ms > 0) /* before: it may be on although the answer is lost */
        u->pulse_end_us[m->command] = real_us() + c->pulse_ms * 1000;
    TRY(c->act == ACT_REGISTER
            ? transport_write_register(u->transport, address, c->address, c->value)
            : transport_write_coil(u->transport, address, c->address, c->value != 0));
    if (c->read_back)
        TRY(read_back(u, c, &same));
    *ret_result = same ? RESULT_ACCEPTED : RESULT_REFUSED;
    *ret_known = true;
    return ERR_OK;
}

/* *ret_known: the device confirmed it. */
static enum err write_motion(struct unit *u, struct motion *m, bool *ret_known,
                             enum command_result *ret_result)
{
    enum profile_act act = u->profile.commands[m->command].act;
    if (act == ACT_NONE) {
        *ret_result = RESULT_UNKNOWN;
        *ret_known = true;
        return ERR_OK;
    }
    u->closing = u->closing || m->command == COMMAND_CLOSE; /* it may execute from now on */
    m->in_doubt = true;
    return act == ACT_CODE ? write_code(u, m, ret_known, ret_result)
                           : write_point(u, m, ret_known, ret_result);
}

/* Was a command whose answer was lost executed after all? */
static enum err resolve_doubt(struct unit *u, const struct motion *m, bool *ret_known,
                              enum command_result *ret_result)
{
    const struct profile_command *c = &u->profile.commands[m->command];
    uint16_t sequence;
    if (c->act == ACT_CODE) {
        TRY(unit_read_echo(u, &sequence, ret_result));
        *ret_known = sequence == m->sequence;
        return ERR_OK;
    }
    *ret_result = RESULT_ACCEPTED;
    return c->read_back ? read_back(u, c, ret_known) : ERR_OK;
}

/* --- the queue --- */

/* F4, on inputs read just now; F8. */
static bool may_close(const struct unit *u)
{
    uint32_t in = u->snapshot.inputs;
    return profile_closes(&u->profile) && u->snapshot.fresh && !u->held &&
           inputs_safe_to_close(in) && !input_on(in, IN_FIRE);
}

/* Executes the first queued command as far as it goes. *ret_done: it is finished and reported. */
static enum err execute(struct unit *u, bool *ret_done)
{
    struct motion *m = &u->motions[0];
    enum command_result result = RESULT_NONE;
    bool known = false;
    if (m->in_doubt)
        TRY(resolve_doubt(u, m, &known, &result));
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
            u->pulse_end_us[u->motions[0].command] = 0;
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
