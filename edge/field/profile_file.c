#include "edge/field/profile_file.h"

#include "edge/field/profile_builtin.h"
#include "edge/field/profile_raw.h"
#include "protocol/base/ticket.h"
#include "protocol/support/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The document being made sense of. */
struct making {
    const struct raw_profile *raw;
    struct profile *p;
    struct table_error *error;
};

__attribute__((format(printf, 4, 5))) static enum err
refuse(const struct making *m, int line, const char *path, const char *format, ...)
{
    struct table_error e = {.line = line};
    va_list ap;
    snprintf(e.path, sizeof e.path, "%s", path);
    va_start(ap, format);
    vsnprintf(e.text, sizeof e.text, format, ap);
    va_end(ap);
    *m->error = e;
    return ERR_INVAL;
}

static struct profile_at at_of(int space, int64_t address)
{
    return (struct profile_at){.space = (enum profile_space)space, .address = (uint16_t)address};
}

/* --- inputs --- */

static enum err make_input(const struct making *m, const struct raw_input *r)
{
    const char *word = profile_input_words[r->point];
    char path[48];
    snprintf(path, sizeof path, "inputs: %s", word);
    if (r->space == SPACE_NONE)
        return refuse(m, r->line, path,
                      "found table: none, expected coil, discrete, input or holding");
    if (profile_has(m->p, (enum lane_input)r->point))
        return refuse(m, r->line, path, "found twice, expected once");
    bool masked = r->bit >= 0 || r->mask >= 0 || r->equals >= 0;
    if (space_is_bits((enum profile_space)r->space) && masked)
        return refuse(m, r->line, path,
                      "found bit, mask or equals with a table of bits, expected a register");
    if (r->bit >= 0 && (r->mask >= 0 || r->equals >= 0))
        return refuse(m, r->line, path, "found bit beside mask or equals, expected one way");
    if (!space_is_bits((enum profile_space)r->space) && !masked)
        return refuse(m, r->line, path, "missing bit, mask or equals for a register");
    int64_t bits = r->bit >= 0 ? INT64_C(1) << r->bit : r->mask >= 0 ? r->mask : UINT16_MAX;
    uint16_t mask = (uint16_t)bits;
    if (r->equals >= 0 && (r->equals & mask) != r->equals)
        return refuse(m, r->line, path, "found equals: %lld, which mask: %u never leaves",
                      (long long)r->equals, mask);
    m->p->inputs[r->point] = (struct profile_input){
        .at = at_of(r->space, r->address),
        .mask = mask,
        .equals = (int32_t)r->equals,
        .invert = r->invert,
    };
    return ERR_OK;
}

/* --- values --- */

static enum err make_value(const struct making *m, const char *path, const struct raw_value *r,
                           struct profile_value *ret)
{
    if (r->space == SPACE_NONE && r->address < 0)
        return ERR_OK;
    if (r->space == SPACE_NONE || r->address < 0)
        return refuse(m, r->line, path, "missing %s",
                      r->address < 0 ? "address" : "table, expected input or holding");
    if (space_is_bits((enum profile_space)r->space))
        return refuse(m, r->line, path, "found a table of bits, expected input or holding");
    if (r->address + r->words > 0x10000)
        return refuse(m, r->line, path, "found address %lld with 2 words, expected at most 65534",
                      (long long)r->address);
    *ret = (struct profile_value){
        .at = at_of(r->space, r->address),
        .wide = r->words == 2,
        .low_first = r->order == ORDER_LOW_FIRST,
        .multiply = r->multiply,
        .divide = r->divide,
    };
    return ERR_OK;
}

static enum err make_gate(const struct making *m)
{
    static const struct profile_state usual[] = {{0, GATE_UNKNOWN},  {16, GATE_OPEN},
                                                 {17, GATE_CLOSED},  {19, GATE_STOPPED},
                                                 {32, GATE_OPENING}, {33, GATE_CLOSING}};
    const struct raw_value *r = &m->raw->status.gate;
    TRY(make_value(m, "status.gate", r, &m->p->gate));
    if (r->state_count == 0) {
        memcpy(m->p->states, usual, sizeof usual);
        m->p->state_count = sizeof usual / sizeof usual[0];
        return ERR_OK;
    }
    for (size_t i = 0; i < r->state_count; i++) {
        for (size_t k = 0; k < i; k++)
            if (r->states[k].raw == r->states[i].raw)
                return refuse(m, r->line, "status.gate.states", "found raw: %lld twice",
                              (long long)r->states[i].raw);
        m->p->states[i] =
            (struct profile_state){(uint16_t)r->states[i].raw, raw_gate_of(r->states[i].gate)};
    }
    m->p->state_count = r->state_count;
    return ERR_OK;
}

static enum err make_values(const struct making *m)
{
    const struct raw_status *s = &m->raw->status;
    const struct {
        const char *path;
        const struct raw_value *from;
        struct profile_value *to;
        bool number; /* neither states nor unknown */
    } all[] = {
        {"status.position", &s->position, &m->p->position, false},
        {"status.last_error", &s->last_error, &m->p->last_error, true},
        {"status.operations", &s->operations, &m->p->operations, true},
        {"status.boot_count", &s->boot_count, &m->p->boot_count, true},
        {"status.heartbeat", &s->heartbeat, &m->p->heartbeat, true},
        {"status.uptime", &s->uptime, &m->p->uptime, true},
        {"counters.forward", &m->raw->counters.forward, &m->p->forward, true},
        {"counters.reverse", &m->raw->counters.reverse, &m->p->reverse, true},
    };
    TRY(make_gate(m));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].from->state_count > 0)
            return refuse(m, all[i].from->line, all[i].path, "found states, expected a number");
        if (all[i].number && all[i].from->unknown >= 0)
            return refuse(m, all[i].from->line, all[i].path,
                          "found unknown, which only a position has");
        TRY(make_value(m, all[i].path, all[i].from, all[i].to));
    }
    m->p->position_unknown = (int32_t)s->position.unknown;
    if ((m->p->forward.at.space == SPACE_NONE) != (m->p->reverse.at.space == SPACE_NONE))
        return refuse(m, 1, "counters", "found one of forward and reverse, expected both or none");
    if (m->p->forward.wide != m->p->reverse.wide)
        return refuse(m, m->raw->counters.reverse.line, "counters.reverse",
                      "found other words than forward has");
    return ERR_OK;
}

/* --- text --- */

static enum err make_text(const struct making *m, const char *path, const struct raw_text *r,
                          struct profile_text *ret)
{
    if (r->space == SPACE_NONE && r->sequence < 0 && r->text < 0)
        return ERR_OK;
    if (r->space != SPACE_INPUT && r->space != SPACE_HOLDING)
        return refuse(m, r->line, path, "expected table: input or holding");
    if (r->sequence < 0 || r->text < 0)
        return refuse(m, r->line, path, "missing %s", r->sequence < 0 ? "sequence" : "text");
    if (r->none_mask != 0 && r->flags < 0)
        return refuse(m, r->line, path, "found none_mask without flags");
    struct profile_text t = {
        .sequence = at_of(r->space, r->sequence),
        .guard = r->guard == GUARD_ODD,
        .bytes = (int32_t)r->bytes,
        .type = (int32_t)r->type,
        .confidence = (int32_t)r->confidence,
        .confidence_full = r->confidence_full,
        .flags = (int32_t)r->flags,
        .none_mask = (uint16_t)r->none_mask,
        .text = (uint16_t)r->text,
        .registers = (uint16_t)r->registers,
        .swapped = r->order == ORDER_LOW_FIRST,
    };
    uint16_t begin;
    uint32_t span;
    plan_text_span(&t, &begin, &span);
    if (begin + span > 0x10000 || span > m->p->max_registers)
        return refuse(m, r->line, path,
                      "found a block of %u registers from %u, expected at most %u up to 65535",
                      span, begin, m->p->max_registers);
    *ret = t;
    return ERR_OK;
}

/* --- commands and outputs --- */

static enum err make_act(const struct making *m, const char *list, const char *word,
                         const struct raw_act *r, struct profile_command *ret)
{
    char path[64];
    snprintf(path, sizeof path, "%s: %s", list, word);
    if (ret->act != ACT_NONE)
        return refuse(m, r->line, path, "found twice, expected once");
    if (r->act == ACT_NONE)
        return refuse(m, r->line, path, "found act: none, expected pulse, level, register or code");
    if (r->act == ACT_CODE && m->raw->pair.code < 0)
        return refuse(m, r->line, path, "found act: code in a profile without sequence");
    if ((r->act == ACT_CODE) != (r->address < 0))
        return refuse(m, r->line, path, "%s",
                      r->address < 0 ? "missing address" : "found an address with act: code");
    if (r->ms > 0 && r->act != ACT_PULSE)
        return refuse(m, r->line, path, "found ms, which only act: pulse has");
    if (r->prefix > 0 && (r->act != ACT_REGISTER || r->value > 255))
        return refuse(m, r->line, path,
                      "found prefix, expected it with act: register and a value up to 255");
    if (r->act == ACT_LEVEL && r->value > 1)
        return refuse(m, r->line, path, "found value: %lld, expected 0 or 1 for a coil",
                      (long long)r->value);
    if (r->act == ACT_PULSE && r->value != 1)
        return refuse(m, r->line, path, "found value, which act: pulse does not have");
    *ret = (struct profile_command){
        .act = (enum profile_act)r->act,
        .address = (uint16_t)(r->address < 0 ? 0 : r->address),
        .value = (uint16_t)(r->prefix << 8 | r->value),
        .pulse_ms = r->ms,
        .read_back = r->read_back && !(r->act == ACT_PULSE && r->ms == 0),
    };
    return ERR_OK;
}

static enum err make_acts(const struct making *m)
{
    const struct raw_profile *raw = m->raw;
    for (size_t i = 0; i < raw->command_count; i++) {
        const struct raw_act *r = &raw->commands[i];
        if (r->what == COMMAND_NONE)
            return refuse(m, r->line, "commands", "found an empty command");
        TRY(make_act(m, "commands", profile_command_words[r->what], r, &m->p->commands[r->what]));
    }
    for (size_t i = 0; i < raw->output_count; i++) {
        const struct raw_act *r = &raw->outputs[i];
        const char *word = profile_output_words[r->what];
        bool level = r->what == OUTPUT_GREEN || r->what == OUTPUT_FULL_SIGN;
        if (r->act == ACT_CODE || (r->act == ACT_PULSE) == level)
            return refuse(m, r->line, "outputs", "%s: expected act: %s", word,
                          level ? "level or register" : "pulse");
        TRY(make_act(m, "outputs", word, r, &m->p->outputs[r->what]));
    }
    return ERR_OK;
}

static enum err make_pair(const struct making *m)
{
    const struct raw_pair *r = &m->raw->pair;
    if (r->code < 0 && r->echo < 0)
        return ERR_OK;
    if (r->code < 0 || r->echo < 0)
        return refuse(m, r->line, "sequence", "missing %s", r->code < 0 ? "code" : "echo");
    if (r->echo_space != SPACE_INPUT && r->echo_space != SPACE_HOLDING)
        return refuse(m, r->line, "sequence.echo_table", "expected input or holding");
    if (r->code > 65534 || r->echo > 65534)
        return refuse(m, r->line, "sequence", "found 65535, expected room for the next register");
    if (r->accepted == r->refused)
        return refuse(m, r->line, "sequence", "found one value for accepted and refused");
    m->p->pair = (struct profile_pair){
        .address = (uint16_t)r->code,
        .echo = at_of(r->echo_space, r->echo),
        .accepted = (uint16_t)r->accepted,
        .refused = (uint16_t)r->refused,
    };
    return ERR_OK;
}

static enum err make_display(const struct making *m, const char *key, const struct raw_display *raw,
                             struct profile_display *ret)
{
    if (raw->address + raw->registers > 0x10000)
        return refuse(m, raw->line, key, "ends beyond 65535");
    if (raw->address >= 0) {
        ret->at = at_of(SPACE_HOLDING, raw->address);
        ret->registers = (uint16_t)raw->registers;
    }
    return ERR_OK;
}

static enum err make_rest(const struct making *m)
{
    const struct raw_profile *raw = m->raw;
    for (size_t i = 0; i < raw->identity_count; i++) {
        const struct raw_identity *r = &raw->identity[i];
        if (r->space != SPACE_INPUT && r->space != SPACE_HOLDING)
            return refuse(m, 1, "identity", "expected table: input or holding");
        m->p->identity[i] = (struct profile_identity){.at = at_of(r->space, r->address),
                                                      .equals = (uint16_t)r->equals};
    }
    m->p->identity_count = raw->identity_count;
    TRY(make_display(m, "display", &raw->display, &m->p->display));
    TRY(make_display(m, "ticket", &raw->ticket, &m->p->ticket));
    if (raw->ticket.address >= 0 && 2 * raw->ticket.registers < TICKET_SIZE - 1)
        return refuse(m, raw->ticket.line, "ticket.registers",
                      "found %lld, expected at least %d: a ticket number has %d bytes",
                      (long long)raw->ticket.registers, TICKET_SIZE / 2, TICKET_SIZE - 1);
    m->p->watchdog = (struct profile_watchdog){
        .heartbeat = (int32_t)raw->watchdog.heartbeat,
        .timeout = (int32_t)raw->watchdog.timeout,
        .fallback = (int32_t)raw->watchdog.fallback,
        .timeout_unit_ms = raw->watchdog.timeout_unit_ms,
    };
    return ERR_OK;
}

static enum err make(const struct making *m)
{
    const struct raw_profile *raw = m->raw;
    struct plan plan;
    m->p->name = raw->name;
    snprintf(m->p->source, sizeof m->p->source, "%s", raw->source);
    m->p->max_registers = (uint16_t)raw->limits.registers;
    m->p->max_bits = (uint16_t)raw->limits.bits;
    m->p->gap_registers = (uint16_t)raw->limits.gap_registers;
    m->p->gap_bits = (uint16_t)raw->limits.gap_bits;
    for (size_t i = 0; i < raw->input_count; i++)
        TRY(make_input(m, &raw->inputs[i]));
    TRY(make_values(m));
    TRY(make_text(m, "plate", &raw->plate, &m->p->plate));
    TRY(make_text(m, "credential", &raw->credential, &m->p->credential));
    TRY(make_pair(m));
    TRY(make_acts(m));
    TRY(make_rest(m));
    switch (plan_make(m->p, &plan)) {
    case ERR_OK: return ERR_OK;
    case ERR_FULL:
        return refuse(m, 1, "inputs", "the addresses lie too far apart: expected at most %d reads",
                      PLAN_RANGES_MAX);
    default: return refuse(m, 1, "limits.registers", "less than a number of two words takes");
    }
}

static enum err finish(const struct raw_profile *raw, struct profile *ret,
                       struct table_error *ret_error)
{
    struct profile p = {.position_unknown = -1};
    const struct making m = {raw, &p, ret_error};
    TRY(make(&m));
    *ret = p;
    return ERR_OK;
}

enum err profile_parse(const char *text, size_t len, struct profile *ret,
                       struct table_error *ret_error)
{
    struct raw_profile *raw = mem_alloc(sizeof *raw);
    enum err e = table_read_yaml_text(text, len, &profile_table, raw, ret_error);
    if (e == ERR_OK)
        e = finish(raw, ret, ret_error);
    free(raw);
    return e;
}

static enum err load_file(const char *path, struct profile *ret, struct table_error *ret_error)
{
    struct raw_profile *raw = mem_alloc(sizeof *raw);
    enum err e = table_read_yaml(path, &profile_table, raw, ret_error);
    if (e == ERR_OK)
        e = finish(raw, ret, ret_error);
    free(raw);
    return e;
}

const char *profile_builtin(size_t i, const char **ret_text)
{
    if (i >= builtin_profile_count)
        return NULL;
    *ret_text = builtin_profiles[i].text;
    return builtin_profiles[i].name;
}

bool profile_is_path(const char *name)
{
    size_t len = strlen(name);
    return strchr(name, '/') || (len > 5 && strcmp(name + len - 5, ".yaml") == 0);
}

enum err profile_load(const char *name, struct profile *ret, struct table_error *ret_error)
{
    const char *known, *text;
    if (profile_is_path(name))
        return load_file(name, ret, ret_error);
    for (size_t i = 0; (known = profile_builtin(i, &text)); i++)
        if (strcmp(known, name) == 0)
            return profile_parse(text, strlen(text), ret, ret_error);
    struct table_error e = {.line = 0};
    size_t used = (size_t)snprintf(e.text, sizeof e.text, "no such profile, expected a path or");
    for (size_t i = 0; (known = profile_builtin(i, &text)) && used < sizeof e.text; i++)
        used += (size_t)snprintf(e.text + used, sizeof e.text - used, "%s %s", i ? "," : "", known);
    *ret_error = e;
    return ERR_NOTFOUND;
}

void profile_print_help(void)
{
    table_print_help(stdout, &profile_table);
}
