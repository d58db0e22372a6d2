/* A9: the agent without a journal. While it lasts the Movements on record go on unrecorded, and what
 * comes of them is owed to the record; afterwards it is settled, before anything else is said. */
#include "edge/agent/internal.h"

#include "protocol/support/credential.h"
#include "protocol/support/log.h"
#include "protocol/support/plate.h"

#include <stdio.h>
#include <string.h>

/* --- a journal that leads nowhere --- */

static enum err no_begin(void *self)
{
    (void)self;
    return ERR_OK;
}

static enum err no_append(void *self, int64_t seq, const struct digest *digest, const void *bytes,
                          size_t len)
{
    (void)self, (void)seq, (void)digest, (void)bytes, (void)len;
    return ERR_OK;
}

static enum err no_save_edge(void *self, const struct edge_memory *m)
{
    (void)self, (void)m;
    return ERR_OK;
}

static enum err no_save_lane(void *self, const struct lane_memory *m)
{
    (void)self, (void)m;
    return ERR_OK;
}

static enum err no_grant_answered(void *self, int64_t epoch, int64_t grant)
{
    (void)self, (void)epoch, (void)grant;
    return ERR_CONFLICT;
}

static enum err no_save_order(void *self, const struct order_memory *o)
{
    (void)self, (void)o;
    return ERR_OK;
}

static enum err no_find_order(void *self, const struct request_id *id, struct order_memory *ret)
{
    (void)self, (void)id, (void)ret;
    return ERR_NOTFOUND;
}

static enum err no_open_orders(void *self, struct order_memory *ret, size_t max, size_t *ret_count)
{
    (void)self, (void)ret, (void)max;
    *ret_count = 0;
    return ERR_OK;
}

static enum err no_acknowledge(void *self, int64_t upto, struct wall_ms now)
{
    (void)self, (void)upto, (void)now;
    return ERR_OK;
}

static enum err no_rewind(void *self, int64_t upto)
{
    (void)self, (void)upto;
    return ERR_OK;
}

static enum err no_replay(void *self, int64_t upto, replay_take *take, void *arg)
{
    (void)self, (void)upto, (void)take, (void)arg;
    return ERR_OK;
}

static enum err no_digest_at(void *self, int64_t seq, struct digest *ret)
{
    (void)self, (void)seq, (void)ret;
    return ERR_NOTFOUND;
}

static enum err no_oldest(void *self, int64_t *ret)
{
    (void)self, (void)ret;
    return ERR_UNAVAIL;
}

static void no_rollback(void *self)
{
    (void)self;
}

static const struct journal_port nowhere = {
    .begin = no_begin,
    .append = no_append,
    .save_edge = no_save_edge,
    .save_lane = no_save_lane,
    .grant_answered = no_grant_answered,
    .save_order = no_save_order,
    .find_order = no_find_order,
    .open_orders = no_open_orders,
    .acknowledge = no_acknowledge,
    .rewind = no_rewind,
    .replay = no_replay,
    .digest_at = no_digest_at,
    .oldest = no_oldest,
    .commit = no_begin,
    .rollback = no_rollback,
};

/* --- it begins --- */

static void owe_movement(struct agent_lane *s)
{
    if (s->movement.id.text[0] == '\0' || s->movement.unrecorded)
        return;
    s->owed = (struct agent_owed){.open = true, .movement = s->movement};
    s->movement.unrecorded = true;
}

void agent_cripple(struct agent *a, struct now now)
{
    a->ports.journal = nowhere;
    if (a->live.crippled)
        return;
    a->live.crippled = true;
    a->live.crippled_since = now.mono;
    for (size_t i = 0; i < a->config.lane_count; i++)
        owe_movement(&a->live.lanes[i]);
}

bool agent_crippled(const struct agent *a)
{
    return a->live.crippled;
}

bool agent_takes_crippled(enum input_kind kind)
{
    switch (kind) {
    case INPUT_IO:
    case INPUT_COMMAND_RESULT:
    case INPUT_UPLINK_UP:
    case INPUT_UPLINK_DOWN:
    case INPUT_ACK:
    case INPUT_EDGE_ALARM:
    case INPUT_CREDENTIAL:
    case INPUT_CLOCK:
    case INPUT_STORAGE: return true;
    default: return false; /* all others promise something durable; whoever sent them asks again */
    }
}

/* --- while it lasts --- */

void agent_unrecorded(const struct agent *a, size_t i, const char *what)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    char plate[PLATE_SIZE] = "", shown[CREDENTIAL_TEXT_SIZE] = "";
    if (!a->live.crippled)
        return;
    if (m->credential.plate.text[0] != '\0')
        plate_mask(&m->credential.plate, plate);
    credential_mask(&m->credential.shown, shown);
    log_error("agent.unrecorded", LT("lane", a->config.lanes[i].name.text), LT("fact", what),
              LT("movement", m->id.text), LT("plate", plate), LT("credential", shown));
}

static bool owes_this(const struct agent_lane *s)
{
    return s->owed.open && !s->owed.ended &&
           strcmp(s->owed.movement.id.text, s->movement.id.text) == 0;
}

void agent_owe_authorised(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    agent_unrecorded(a, i, event_kind_word(EVENT_PASSAGE_AUTHORISED));
    if (!owes_this(s))
        return;
    s->owed.authorised = true;
    s->owed.movement = s->movement;
}

bool agent_owe_crossing(struct agent *a, size_t i, enum event_kind kind, enum reason reason)
{
    struct agent_lane *s = &a->live.lanes[i];
    agent_unrecorded(a, i, event_kind_word(kind));
    if (!owes_this(s))
        return false;
    s->owed.crossing = kind;
    s->owed.reason = reason;
    s->owed.movement = s->movement;
    return true;
}

void agent_owe_end(struct agent *a, size_t i, enum outcome outcome)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (!owes_this(s))
        return;
    s->owed.ended = true;
    s->owed.outcome = outcome;
}

/* --- it is over --- */

static enum err settle_crossing(struct agent *a, size_t i, struct event_data d)
{
    const struct agent_owed *o = &a->live.lanes[i].owed;
    bool entry = d.direction == DIRECTION_ENTRY;
    bool never = o->crossing == EVENT_PASSAGE_VOIDED;
    if (o->crossing == EVENT_UNKNOWN)
        return ERR_OK;
    d.reason = o->reason;
    if (entry && o->crossing == EVENT_PASSAGE_UNAUTHORISED)
        d.spent = spaces_intrude(&a->live.memory.spaces);
    else if (entry && never && agent_bound_again(a, &o->movement))
        d.right = o->movement.right.id;
    else if (entry == never) /* an exit that is over, or an entry that never was */
        d.repaid = spaces_credit(&a->live.memory.spaces, 1);
    return agent_append(a, o->crossing, &d);
}

/* Only an order that was under way authorises an entry meanwhile. If its space went to another lane
 * that did the same, it was let in without one. */
static enum err settle_authorised(struct agent *a, size_t i, struct event_data d)
{
    struct agent_owed *o = &a->live.lanes[i].owed;
    d.basis = o->movement.basis;
    if (d.basis == BASIS_OFFLINE)
        d.due = o->movement.due;
    if (d.direction != DIRECTION_ENTRY || spaces_authorise(&a->live.memory.spaces) == ERR_OK)
        return agent_append(a, EVENT_PASSAGE_AUTHORISED, &d);
    if (!o->ended)
        a->live.lanes[i].movement.unfunded = true;
    if (o->crossing != EVENT_PASSAGE_COMPLETED) {
        o->crossing = EVENT_UNKNOWN;
        return ERR_OK;
    }
    o->crossing = EVENT_UNKNOWN;
    d.basis = BASIS_NONE;
    d.spent = spaces_intrude(&a->live.memory.spaces);
    return agent_append(a, EVENT_PASSAGE_UNAUTHORISED, &d);
}

/* In the order in which it happened. */
static enum err settle(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct agent_owed o = s->owed;
    if (!o.open)
        return ERR_OK;
    struct event_data d = {
        .lane = a->config.lanes[i].name,
        .movement = o.movement.id,
        .direction = o.movement.direction,
        .plate = o.movement.credential.plate,
        .credential = o.movement.credential.shown,
    };
    if (o.authorised)
        TRY(settle_authorised(a, i, d));
    TRY(settle_crossing(a, i, d));
    if (o.ended) {
        struct event_data ended = {.lane = d.lane, .movement = d.movement, .outcome = o.outcome};
        TRY(agent_append(a, EVENT_MOVEMENT_ENDED, &ended));
    } else if (strcmp(o.movement.id.text, s->movement.id.text) == 0) {
        s->movement.unrecorded = false;
    }
    s->owed = (struct agent_owed){0};
    return ERR_OK;
}

/* A pair, so that the alarm is on record however short it was. */
static enum err tell_pause(struct agent *a)
{
    int64_t s = mono_diff_ms(a->now.mono, a->live.crippled_since) / 1000;
    struct event_data d = {.alarm = ALARM_JOURNAL, .active = true};
    snprintf(d.detail, sizeof d.detail, "nothing could be committed for %lld s", (long long)s);
    TRY(agent_append(a, EVENT_EDGE_ALARM, &d));
    d = (struct event_data){.alarm = ALARM_JOURNAL};
    return agent_append(a, EVENT_EDGE_ALARM, &d);
}

/* Another journal: the spaces and Movements of the old one stay with its epoch (wire.md, "Epochs");
 * what went uncounted did so whoever remembers it. */
static void begin_anew(struct agent *a, const struct edge_memory *memory)
{
    struct agent_state *s = &a->live;
    int64_t audit_due = s->memory.audit_due;
    s->memory = *memory;
    s->memory.audit_due = audit_due;
    s->base_due = (struct mono_ms){INT64_MAX};
    s->started = true;
    for (size_t i = 0; i < a->config.lane_count; i++) {
        s->lanes[i].owed = (struct agent_owed){0};
        s->lanes[i].saved = (struct lane_memory){0};
    }
}

enum err agent_settle(struct agent *a, const struct edge_memory *memory)
{
    struct agent_state *s = &a->live;
    s->hello = (struct request_id){{0}};
    s->hello_due = a->now.mono;
    if (strcmp(memory->journal.text, s->memory.journal.text) != 0) {
        begin_anew(a, memory);
        return ERR_OK;
    }
    if (s->memory.epoch == 0) { /* what is owed is told with the first epoch (agent_adopt) */
        s->started = true;
        return ERR_OK;
    }
    if (!s->started) {
        TRY(agent_record_start(a));
        TRY(agent_commands_restarted(a));
    }
    TRY(tell_pause(a));
    TRY(agent_tell_openings(a));
    for (size_t i = 0; i < a->config.lane_count; i++) {
        const struct lane_memory *on_record = &s->lanes[i].saved;
        TRY(settle(a, i));
        TRY(agent_tell_lane(a, i, on_record->modes, on_record->alarms));
        TRY(agent_adopt_lane(a, i));
    }
    return ERR_OK;
}
