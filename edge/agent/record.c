/* Facts become events, and events move spaces (wire.md, "Spaces"), in the turn's transaction. */
#include "edge/agent/internal.h"

#include "protocol/support/digest.h"
#include "protocol/wire/event_codec.h"

#include <stdio.h>
#include <string.h>

enum err agent_transaction(struct agent *a)
{
    if (a->transaction)
        return ERR_OK;
    TRY(a->ports.journal.begin(a->ports.journal.self));
    a->transaction = true;
    return ERR_OK;
}

enum err agent_append(struct agent *a, enum event_kind kind, const struct event_data *data)
{
    if (!agent_recording(a) || agent_leaves_out(a, kind, &data->lane))
        return ERR_OK;
    struct event e = {
        .kind = kind,
        .time = a->now.wall,
        .boot = a->live.memory.boot,
        .mono = a->now.mono,
        .clock = a->clock,
        .data = *data,
    };
    return agent_append_event(a, &e);
}

enum err agent_append_event(struct agent *a, const struct event *event)
{
    struct edge_memory *m = &a->live.memory;
    if (m->epoch == 0)
        return ERR_OK;
    TRY(agent_transaction(a));
    struct event e = *event;
    e.place = a->config.place;
    e.edge = a->config.edge;
    e.epoch = m->epoch;
    e.seq = m->next;
    e.prev = m->head;
    char bytes[EVENT_BYTES_MAX];
    size_t len;
    struct digest digest;
    TRY(event_encode(&e, bytes, sizeof bytes, &len));
    digest_of(bytes, len, &digest);
    TRY(a->ports.journal.append(a->ports.journal.self, e.seq, &digest, bytes, len));
    m->head = digest;
    m->next += 1;
    a->durable = a->recorded = true;
    return ERR_OK;
}

/* What every event of a Movement says; nothing is recorded of one that began without an epoch. */
static struct event_data about(const struct agent *a, size_t i, bool direction)
{
    return (struct event_data){
        .lane = a->config.lanes[i].name,
        .movement = a->live.lanes[i].movement.id,
        .direction = direction ? a->live.lanes[i].movement.direction : DIRECTION_NONE,
    };
}

static enum err append_movement(struct agent *a, size_t i, enum event_kind kind,
                                const struct event_data *data)
{
    return a->live.lanes[i].movement.unrecorded ? ERR_OK : agent_append(a, kind, data);
}

static bool is_entry(const struct agent *a, size_t i)
{
    return a->live.lanes[i].movement.direction == DIRECTION_ENTRY;
}

enum err agent_gap(struct agent *a, size_t i, const char *detail)
{
    struct event_data d = {.lane = a->config.lanes[i].name};
    snprintf(d.detail, sizeof d.detail, "%s", detail);
    return agent_append(a, EVENT_COUNT_GAP, &d);
}

enum err agent_credential_read(struct agent *a, size_t i, const struct credential *c)
{
    struct event_data d = about(a, i, false), shown = d;
    d.plate = c->plate;
    d.raw = c->raw;
    d.confidence = c->confidence;
    if (c->plate.text[0] != '\0')
        TRY(append_movement(a, i, EVENT_CREDENTIAL_READ, &d));
    if (c->shown.text[0] == '\0')
        return ERR_OK;
    shown.credential = c->shown;
    shown.medium = c->medium;
    return append_movement(a, i, EVENT_CREDENTIAL_PRESENTED, &shown);
}

enum err agent_ticket_issued(struct agent *a, size_t i)
{
    struct event_data d = about(a, i, false);
    d.credential = a->live.lanes[i].movement.credential.shown;
    return append_movement(a, i, EVENT_TICKET_ISSUED, &d);
}

/* Who passes, as far as it is known. */
static void name_vehicle(const struct agent *a, size_t i, struct event_data *d)
{
    d->plate = a->live.lanes[i].movement.credential.plate;
    d->credential = a->live.lanes[i].movement.credential.shown;
}

static enum err presented(struct agent *a, size_t i, enum direction direction)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->movement = (struct agent_movement){
        .id = a->ports.entropy.movement(a->ports.entropy.self),
        .unrecorded = !agent_recording(a),
        .direction = direction,
        .presented = a->now.wall,
    };
    s->text[0] = '\0';
    admission_begin(&s->admission, direction, a->now.mono);
    struct event_data d = about(a, i, true);
    return append_movement(a, i, EVENT_VEHICLE_PRESENTED, &d);
}

/* A person may let somebody in where no space is in hand; it is counted when it has crossed. */
static bool unfunded(const struct agent *a, size_t i)
{
    return is_entry(a, i) &&
           (agent_usable(a) < 1 || a->live.memory.audit_due || !agent_recording(a));
}

/* S2: the space bound to its right, otherwise a free one. */
static enum err spend(struct agent *a, size_t i)
{
    struct agent_movement *m = &a->live.lanes[i].movement;
    if (m->basis == BASIS_BOUND && bound_take(&a->live.memory.bound, &m->right.id, 1) == 1)
        return ERR_OK;
    if (m->basis == BASIS_BOUND)
        m->basis = BASIS_RIGHT;
    return spaces_authorise(&a->live.memory.spaces);
}

static enum err authorised(struct agent *a, size_t i, bool manual)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->movement.decided = a->now.wall;
    if (manual) {
        s->movement.basis = BASIS_MANUAL;
        s->movement.request = (struct request_id){{0}};
        s->movement.unfunded = unfunded(a, i);
        if (s->movement.unfunded)
            return ERR_OK;
    }
    if (a->live.crippled)
        agent_owe_authorised(a, i); /* its space is spent with its record */
    else if (is_entry(a, i))
        TRY(spend(a, i));
    struct event_data d = about(a, i, true);
    d.basis = s->movement.basis;
    name_vehicle(a, i, &d);
    d.request = s->movement.request;
    if (d.basis == BASIS_OFFLINE)
        d.due = s->movement.due;
    if (d.basis == BASIS_RIGHT || d.basis == BASIS_BOUND)
        d.right = s->movement.right.id;
    TRY(append_movement(a, i, EVENT_PASSAGE_AUTHORISED, &d));
    return agent_passback_alarm(a, i);
}

static enum err refused(struct agent *a, size_t i, enum reason reason)
{
    struct agent_movement *m = &a->live.lanes[i].movement;
    if (reason != REASON_NONE)
        m->reason = reason;
    struct event_data d = about(a, i, true);
    d.reason = m->reason;
    name_vehicle(a, i, &d);
    d.request = m->request;
    if (m->reason == REASON_BARRED || m->reason == REASON_NOT_VALID || m->reason == REASON_PASSBACK)
        d.right = m->right.id;
    return append_movement(a, i, EVENT_PASSAGE_DENIED, &d);
}

/* A crossing that no event can tell of moves no spaces; it is told as a gap (A5, A9). */
static enum err missed(struct agent *a, size_t i)
{
    if (agent_recording(a))
        return agent_gap(a, i, "a crossing whose beginning was not recorded");
    a->live.lanes[i].missed += 1;
    return ERR_OK;
}

static enum err unauthorised(struct agent *a, size_t i, enum direction direction)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (s->movement.id.text[0] == '\0') {
        s->movement.id = a->ports.entropy.movement(a->ports.entropy.self);
        s->movement.unrecorded = !agent_recording(a);
        s->movement.presented = a->now.wall;
        if (a->now.mono.v <= s->ahead_until.v)
            s->movement.credential = s->ahead;
        s->ahead = (struct credential){0};
    }
    s->movement.direction = direction; /* the true one */
    if (s->movement.unrecorded)
        return agent_owe_crossing(a, i, EVENT_PASSAGE_UNAUTHORISED, REASON_NONE) ? ERR_OK
                                                                                 : missed(a, i);
    struct event_data d = about(a, i, true);
    name_vehicle(a, i, &d);
    if (is_entry(a, i))
        d.spent = spaces_intrude(&a->live.memory.spaces);
    else
        d.repaid = spaces_credit(&a->live.memory.spaces, 1);
    return agent_append(a, EVENT_PASSAGE_UNAUTHORISED, &d);
}

static enum err completed(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->passed = s->movement.credential;
    agent_passback_crossed(a, i);
    agent_quote_crossed(a, i);
    s->passed_until = mono_after(a->now.mono, a->config.plate_again_ms);
    if (s->movement.unfunded)
        return unauthorised(a, i, s->movement.direction);
    if (a->live.crippled && agent_owe_crossing(a, i, EVENT_PASSAGE_COMPLETED, REASON_NONE))
        return ERR_OK;
    if (s->movement.unrecorded)
        return missed(a, i);
    struct event_data d = about(a, i, true);
    name_vehicle(a, i, &d);
    if (!is_entry(a, i))
        d.repaid = spaces_credit(&a->live.memory.spaces, 1);
    return agent_append(a, EVENT_PASSAGE_COMPLETED, &d);
}

bool agent_bound_again(struct agent *a, const struct agent_movement *m)
{
    return m->basis == BASIS_BOUND && m->right.id.text[0] != '\0' &&
           bound_add(&a->live.memory.bound, &m->right.id, 1) == ERR_OK;
}

static enum err voided(struct agent *a, size_t i, enum reason reason)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (a->live.crippled && !s->movement.unfunded)
        agent_owe_crossing(a, i, EVENT_PASSAGE_VOIDED, reason);
    if (s->movement.unrecorded || s->movement.unfunded)
        return ERR_OK;
    struct event_data d = about(a, i, true);
    name_vehicle(a, i, &d);
    d.reason = reason;
    if (is_entry(a, i) && agent_bound_again(a, &s->movement))
        d.right = s->movement.right.id;
    else if (is_entry(a, i))
        d.repaid = spaces_credit(&a->live.memory.spaces, 1);
    return agent_append(a, EVENT_PASSAGE_VOIDED, &d);
}

static enum err ended(struct agent *a, size_t i, enum outcome outcome)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct event_data d = about(a, i, false);
    bool by_hand = s->movement.basis == BASIS_MANUAL && outcome == OUTCOME_DROVE_THROUGH;
    d.outcome = by_hand ? OUTCOME_MANUAL : outcome;
    if (a->live.crippled)
        agent_owe_end(a, i, d.outcome);
    TRY(append_movement(a, i, EVENT_MOVEMENT_ENDED, &d));
    if (outcome == OUTCOME_UNCERTAIN)
        agent_passback_uncertain(a, i);
    s->movement = (struct agent_movement){0};
    admission_end(&s->admission);
    s->text[0] = '\0';
    return ERR_OK;
}

/* The machine knows every cause but that of a vehicle just authorised. */
static enum cause vehicle_cause(enum basis basis)
{
    return basis == BASIS_BOUND || basis == BASIS_RIGHT ? CAUSE_RIGHT : CAUSE_TICKET;
}

static enum err opened(struct agent *a, size_t i, enum cause cause)
{
    const struct agent_lane *s = &a->live.lanes[i];
    struct event_data d = {.lane = a->config.lanes[i].name, .cause = cause, .command = s->order};
    if (cause == CAUSE_NONE)
        d.cause = vehicle_cause(s->movement.basis);
    if (!agent_recording(a)) {
        agent_owe_opening(a, i, d.cause);
        return ERR_OK;
    }
    if (!s->movement.unrecorded)
        d.movement = s->movement.id;
    return agent_append(a, EVENT_ARM_OPENED, &d);
}

static enum err mode_changed(struct agent *a, size_t i, const struct lane_fact *f)
{
    struct event_data d = {.lane = a->config.lanes[i].name,
                           .mode = f->mode,
                           .active = f->active,
                           .command = a->live.lanes[i].order};
    if (f->mode == LANE_MODE_FIRE || f->mode == LANE_MODE_HOLD_OPEN) /* B3 */
        agent_passback_neutral(a);
    TRY(agent_append(a, EVENT_LANE_MODE, &d));
    if (f->mode != LANE_MODE_FIRE)
        return ERR_OK;
    a->live.fire = a->live.fire || f->active;
    agent_audit_due(a);
    return ERR_OK;
}

static enum err one_fact(struct agent *a, size_t i, const struct lane_fact *f)
{
    struct event_data d = about(a, i, false);
    switch (f->kind) {
    case LANE_FACT_PRESENTED: return presented(a, i, f->direction);
    case LANE_FACT_AUTHORISED: return authorised(a, i, f->manual);
    case LANE_FACT_REFUSED: return refused(a, i, f->reason);
    case LANE_FACT_STARTED: return append_movement(a, i, EVENT_PASSAGE_STARTED, &d);
    case LANE_FACT_COMPLETED: return completed(a, i);
    case LANE_FACT_VOIDED: return voided(a, i, f->reason);
    case LANE_FACT_UNAUTHORISED: return unauthorised(a, i, f->direction);
    case LANE_FACT_ENDED: return ended(a, i, f->outcome);
    case LANE_FACT_GAP: return agent_gap(a, i, "the device was not seen for a while");
    case LANE_FACT_OPENED: return opened(a, i, f->cause);
    case LANE_FACT_MODE: return mode_changed(a, i, f);
    case LANE_FACT_ALARM:
        d = (struct event_data){
            .lane = a->config.lanes[i].name, .alarm = f->alarm, .active = f->active};
        return agent_append(a, EVENT_LANE_ALARM, &d);
    }
    return ERR_OK;
}

enum err agent_facts(struct agent *a, size_t i, const struct lane_out *out)
{
    for (size_t k = 0; k < out->count; k++)
        TRY(one_fact(a, i, &out->facts[k]));
    return ERR_OK;
}

enum err agent_adopt_lane(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (s->missed > 0) {
        char detail[EVENT_DETAIL_SIZE];
        snprintf(detail, sizeof detail, "%lld crossings that could not be recorded",
                 (long long)s->missed);
        TRY(agent_gap(a, i, detail));
        s->missed = 0;
    }
    if (!s->movement.unrecorded || s->lane.authorised)
        return ERR_OK;
    s->movement.unrecorded = false;
    s->movement.reason = REASON_NONE;
    admission_credential(&s->admission, a->now.mono);
    struct event_data d = about(a, i, true);
    TRY(agent_append(a, EVENT_VEHICLE_PRESENTED, &d));
    return agent_credential_read(a, i, &s->movement.credential);
}

enum err agent_tell_lane(struct agent *a, size_t i, uint32_t modes, uint32_t alarms)
{
    const struct lane *l = &a->live.lanes[i].lane;
    struct event_data d = {.lane = a->config.lanes[i].name};
    for (int m = LANE_MODE_LOCAL_STOP; m <= LANE_MODE_LOCK; m++) {
        d.mode = (enum lane_mode)m;
        d.active = (l->modes >> m) & 1;
        if (((modes >> m) & 1) != d.active)
            TRY(agent_append(a, EVENT_LANE_MODE, &d));
    }
    d.mode = LANE_MODE_NONE;
    for (int alarm = ALARM_DEVICE_SILENT; alarm <= ALARM_PASSBACK; alarm++) {
        d.alarm = (enum alarm)alarm;
        d.active = (l->alarms >> alarm) & 1;
        if (((alarms >> alarm) & 1) != d.active)
            TRY(agent_append(a, EVENT_LANE_ALARM, &d));
    }
    return ERR_OK;
}

enum err agent_record_start(struct agent *a)
{
    struct event_data d = {0};
    memcpy(d.version, a->config.version, sizeof d.version);
    a->live.started = true;
    return agent_append(a, EVENT_EDGE_STARTED, &d);
}
