/* One lane's inputs and decisions: what the device shows goes into the lane machine, plates and
 * answers go through the admission, and what they decide goes back into the machine. */
#include "edge/agent/internal.h"
#include "edge/core/lane_mode.h"

#include "protocol/support/log.h"
#include "protocol/support/plate.h"
#include "protocol/wire/plate_match.h"

#include <stdio.h>
#include <string.h>

static bool plate_known(const struct credential *c)
{
    return c->plate.text[0] != '\0';
}

static void show(struct agent_lane *s, const char *text)
{
    snprintf(s->text, sizeof s->text, "%s", text);
}

struct admission_view agent_lane_view(const struct agent *a, size_t i)
{
    int64_t grace_ms = agent_network_ms(a, a->config.exit_deadline_ms);
    return (struct admission_view){
        .epoch = agent_recording(a),
        .crippled = a->live.crippled,
        .plate = plate_known(&a->live.lanes[i].movement.credential),
        .online = a->live.online,
        .settled = mono_diff_ms(a->now.mono, a->live.offline_since) >= grace_ms,
        .free = agent_usable(a),
        .bound = agent_has_bound(a, i),
        .right = a->live.lanes[i].movement.right.verdict,
        .sees_both_sides = agent_sees_both_sides(a),
        .hold_offline = a->config.lanes[i].hold_offline,
    };
}

enum err agent_lane_apply(struct agent *a, size_t i, const struct lane_out *out)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (out->acts & LANE_ACT_OPEN)
        s->motion = COMMAND_OPEN;
    if (out->acts & LANE_ACT_CLOSE)
        s->motion = COMMAND_CLOSE;
    if (out->acts & LANE_ACT_STOP)
        s->motion = COMMAND_STOP;
    if (out->acts & LANE_ACT_CAMERA)
        s->camera = true;
    TRY(agent_facts(a, i, out));
    if (!lane_waiting(&s->lane))
        admission_end(&s->admission);
    return ERR_OK;
}

static enum err step(struct agent *a, size_t i, enum lane_event e)
{
    struct lane_out out = {0};
    enum err result = lane_step(&a->live.lanes[i].lane, e, a->now.mono, &out);
    return result == ERR_CONFLICT ? ERR_OK : agent_lane_apply(a, i, &out);
}

/* A movement that waits again after a restart or a silence has to be decided again. */
static void wait_again(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (!lane_waiting(&s->lane) || s->admission.phase != ADMISSION_NONE)
        return;
    admission_begin(&s->admission, s->movement.direction, a->now.mono);
    if (s->lane.state == LANE_DECIDING && s->movement.request.text[0] != '\0')
        admission_resume(&s->admission, &a->admission, &s->movement.request, a->now.mono);
}

/* --- plates --- */

static enum err take_credential(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->movement.credential = *c;
    s->movement.request = (struct request_id){{0}};
    s->movement.right = agent_lane_right(a, i, &c->plate);
    admission_credential(&s->admission, a->now.mono);
    TRY(agent_credential_read(a, i));
    return step(a, i, LANE_EV_CREDENTIAL);
}

/* A vehicle that was read before it was presented needs no second reading. */
static enum err use_ahead(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (!lane_waiting(&s->lane) || plate_known(&s->movement.credential) ||
        !plate_known(&s->ahead) || s->ahead_left || s->ahead_until.v < a->now.mono.v)
        return ERR_OK;
    struct credential c = s->ahead;
    s->ahead = (struct credential){0};
    return take_credential(a, i, &c);
}

static enum err plate_alarm(struct agent *a, size_t i, bool active)
{
    struct agent_lane *s = &a->live.lanes[i];
    uint32_t bit = 1U << ALARM_PLATE_UNREADABLE;
    if (((s->lane.alarms & bit) != 0) == active)
        return ERR_OK;
    s->lane.alarms ^= bit; /* remembered and ended with the others */
    struct event_data d = {
        .lane = a->config.lanes[i].name, .alarm = ALARM_PLATE_UNREADABLE, .active = active};
    return agent_append(a, EVENT_LANE_ALARM, &d);
}

/* Who is at the column, whether or not the lane machine minds it: for certain, or seen just now. */
struct column {
    bool taken, near;
};

static struct column column_of(const struct agent_lane *s)
{
    bool taken = s->lane.view.a || s->lane.filter.a.stable;
    return (struct column){taken, taken || s->lane.filter.a.raw};
}

/* A reading while nobody waits: of the vehicle that comes next, unless it is the one in passage. */
static void keep_ahead(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool on_a = column_of(s).near;
    if (s->lane.state == LANE_OPENING || s->lane.state == LANE_OPEN ||
        (!on_a && s->lane.state != LANE_IDLE) ||
        strcmp(c->plate.text, s->movement.credential.plate.text) == 0)
        return;
    s->ahead = *c;
    s->ahead_left = false;
    s->ahead_until =
        on_a ? (struct mono_ms){INT64_MAX} : mono_after(a->now.mono, a->config.plate_keep_ms);
}

/* A reading nobody should rely on; the camera is asked once more for a vehicle that waits for it. */
static bool too_poor(struct agent *a, size_t i, const struct credential *c)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (c->confidence >= a->config.lanes[i].confidence_min)
        return false;
    bool waits = lane_waiting(&s->lane) && !plate_known(&s->movement.credential);
    if (waits && !s->movement.read_twice)
        s->camera = s->movement.read_twice = true;
    return true;
}

/* The vehicle that has just passed, read once more from behind or by a slower camera. */
static bool just_passed(const struct agent *a, size_t i, const struct credential *c)
{
    const struct agent_lane *s = &a->live.lanes[i];
    int differ = plate_confusions(&s->passed, &c->plate);
    return s->passed.text[0] != '\0' && a->now.mono.v <= s->passed_until.v && differ >= 0 &&
           differ <= 1;
}

/* What a camera said, through the device's registers or pushed. */
static enum err read_text(struct agent *a, size_t i, const char *raw, size_t len,
                          int64_t confidence)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct credential c = {.confidence = confidence};
    if (len >= PLATE_RAW_SIZE || plate_normalise(raw, len, &c.plate) != ERR_OK)
        return plate_alarm(a, i, true);
    memcpy(c.raw.text, raw, len);
    TRY(plate_alarm(a, i, false));
    TRY(step(a, i, LANE_EV_REARM));
    if (too_poor(a, i, &c) || just_passed(a, i, &c))
        return ERR_OK;
    if (!lane_waiting(&s->lane)) {
        keep_ahead(a, i, &c);
        return ERR_OK;
    }
    /* A better reading of a refused vehicle; while a question is out the first one stands. */
    bool again = s->lane.state == LANE_DENIED && s->admission.phase == ADMISSION_READY &&
                 strcmp(c.plate.text, s->movement.credential.plate.text) != 0;
    if (!plate_known(&s->movement.credential) || again)
        return take_credential(a, i, &c);
    return ERR_OK;
}

static enum err read_plate(struct agent *a, size_t i, const struct plate_reading *p)
{
    if (p->no_plate || p->len == 0)
        return ERR_OK;
    return read_text(a, i, p->raw, p->len, p->confidence);
}

enum err agent_lane_credential(struct agent *a, size_t i, const struct credential_input *c)
{
    return c->len == 0 ? ERR_OK : read_text(a, i, c->raw, c->len, c->confidence);
}

/* Loop A fell: what was read ahead was of a vehicle that is no longer at the column. */
static void note_left(struct agent *a, size_t i, struct column was)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct column is = column_of(s);
    bool left = was.taken && !is.taken;
    if (!left && (!was.near || is.near))
        return;
    struct mono_ms until = mono_after(a->now.mono, a->config.plate_keep_ms);
    s->ahead_left = s->ahead_left || left;
    s->ahead_until = until.v < s->ahead_until.v ? until : s->ahead_until;
}

/* --- inputs --- */

/* The device's latch or its boot counter says that it restarted: what it did meanwhile nobody saw.
 * The counter comes with the slower status; both together are one restart, or two gaps. */
static enum err note_restart(struct agent *a, size_t i, const struct lane_snapshot *io)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool latched = input_on(io->inputs, IN_RESTARTED), news = latched && !s->restarted;
    bool counted = s->heard && io->status.boot_count != s->boots;
    s->restarted = latched;
    s->boots = io->status.boot_count;
    if (news)
        s->acknowledge_restart = true;
    if (!news && !counted)
        return ERR_OK;
    return s->heard ? step(a, i, LANE_EV_STALE) : ERR_OK;
}

/* Did the camera read another vehicle than the one of the Movement while nobody looked? */
static bool stranger_read(const struct agent_lane *s, const struct plate_reading *p)
{
    struct plate plate;
    if (p->sequence == s->plate_sequence || p->no_plate || p->len == 0)
        return false;
    return p->len >= PLATE_RAW_SIZE || plate_normalise(p->raw, p->len, &plate) != ERR_OK ||
           strcmp(plate.text, s->movement.credential.plate.text) != 0;
}

static enum err hear(struct agent *a, size_t i, const struct lane_snapshot *io)
{
    struct agent_lane *s = &a->live.lanes[i];
    TRY(note_restart(a, i, io));
    if (!s->lane.view.fresh)
        s->refresh = true;
    if (io->lost > 0)
        TRY(agent_gap(a, i, "observations were coalesced"));
    if (io->missed > 0)
        TRY(agent_gap(a, i, "the device counted vehicles nobody saw"));

    if (!s->lane.view.fresh)
        s->lane.stranger = stranger_read(s, &io->plate);
    struct column was = column_of(s);
    struct lane_out out = {0};
    lane_inputs(&s->lane, io->inputs, io->read_at, a->now.mono, &out);
    bool first = !s->heard, waited = s->movement.id.text[0] != '\0';
    s->heard = true;
    TRY(agent_lane_apply(a, i, &out));
    wait_again(a, i);
    note_left(a, i, was);

    bool changed = io->plate.sequence != s->plate_sequence;
    s->plate_sequence = io->plate.sequence;
    /* What stood there before this start is only of use to a vehicle that has waited since. */
    if (changed && (!first || (waited && lane_waiting(&s->lane))))
        TRY(read_plate(a, i, &io->plate));
    return use_ahead(a, i);
}

enum err agent_lane_io(struct agent *a, size_t i, const struct lane_snapshot *io)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->link_us = io->link_us;
    s->breaker = io->breaker;
    if (io->fresh) {
        s->inputs = io->inputs;
        s->silent = mono_after(a->now.mono, agent_network_ms(a, a->config.silence_ms));
        return hear(a, i, io);
    }
    /* A device that is still being connected is not silent yet. */
    return s->heard && s->lane.view.fresh ? step(a, i, LANE_EV_STALE) : ERR_OK;
}

enum err agent_lane_outcome(struct agent *a, size_t i, const struct command_outcome *o)
{
    bool accepted = o->err == ERR_OK && o->result == RESULT_ACCEPTED;
    if (o->command == COMMAND_OPEN)
        return step(a, i, accepted ? LANE_EV_REFLEX : LANE_EV_OPEN_FAILED);
    if (o->command == COMMAND_CLOSE && !accepted)
        return step(a, i, LANE_EV_CLOSE_FAILED);
    return ERR_OK;
}

enum err agent_lane_tick(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    if (s->failed != COMMAND_NONE) {
        struct command_outcome o = {.command = s->failed, .err = ERR_FULL};
        s->failed = COMMAND_NONE;
        TRY(agent_lane_outcome(a, i, &o));
    }
    if (s->silent.v <= a->now.mono.v) {
        s->silent = (struct mono_ms){INT64_MAX};
        TRY(step(a, i, LANE_EV_STALE));
    }
    struct column was = column_of(s);
    struct lane_out out = {0};
    lane_tick(&s->lane, a->now.mono, &out);
    TRY(agent_lane_apply(a, i, &out));
    note_left(a, i, was);
    return use_ahead(a, i);
}

/* --- decisions --- */

void agent_lane_welcome(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    show(s, s->movement.direction == DIRECTION_ENTRY ? "WELCOME" : "THANK YOU");
}

/* Without the cloud the driver sees what this edge makes of the stay. */
static void quote(struct agent *a, size_t i, const char *words)
{
    struct agent_lane *s = &a->live.lanes[i];
    char text[DISPLAY_SIZE];
    s->movement.due = agent_quote(a, i);
    if (s->movement.due.currency.code[0] == '\0')
        return;
    agent_quote_text(&s->movement.due, words, text);
    show(s, text);
}

static void allow(struct agent *a, size_t i, const struct decision *d)
{
    struct agent_lane *s = &a->live.lanes[i];
    s->movement.basis = d->basis;
    s->full = false;
    agent_lane_welcome(a, i);
    if (d->basis == BASIS_OFFLINE)
        quote(a, i, "pay later");
}

/* Recorded once per reason; what is displayed may change more often. */
static enum err deny(struct agent *a, size_t i, const struct decision *d)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool told = s->lane.state == LANE_DENIED && s->movement.reason == d->reason;
    s->movement.reason = d->reason;
    s->full = d->reason == REASON_FULL;
    show(s, d->display[0] != '\0' ? d->display : admission_text(d->reason));
    if (d->reason == REASON_UNAVAILABLE && d->display[0] == '\0')
        quote(a, i, "please wait");
    return told ? ERR_OK : step(a, i, LANE_EV_REFUSED);
}

static enum err carry_out(struct agent *a, size_t i, const struct decision *d)
{
    struct agent_lane *s = &a->live.lanes[i];
    switch (d->kind) {
    case DECISION_NONE: return ERR_OK;
    case DECISION_ASK:
        s->admission.request = a->ports.entropy.request(a->ports.entropy.self);
        s->movement.request = s->admission.request;
        s->ask = true;
        return ERR_OK;
    case DECISION_REPEAT: s->ask = true; return ERR_OK;
    case DECISION_WAIT:
        show(s, d->display[0] != '\0' ? d->display : admission_text(d->reason));
        return ERR_OK;
    case DECISION_DENY: return deny(a, i, d);
    case DECISION_ALLOW: allow(a, i, d); return step(a, i, LANE_EV_ALLOWED);
    }
    return ERR_OK;
}

enum reason agent_lane_bar(const struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    enum reason why = lane_bar(&s->lane, WISH_ADMIT);
    bool entry = s->movement.direction == DIRECTION_ENTRY;
    return why == REASON_NONE && entry && a->live.memory.audit_due ? REASON_AUDIT : why;
}

/* Whoever waits is told; under fire nobody is refused. */
static enum err turn_away(struct agent *a, size_t i, enum reason why)
{
    struct decision d = {.kind = DECISION_DENY, .reason = why};
    bool waits = lane_waiting(&a->live.lanes[i].lane) && why != REASON_FIRE;
    return waits ? deny(a, i, &d) : ERR_OK;
}

enum err agent_lane_decide(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    enum reason why = agent_lane_bar(a, i);
    if (why != REASON_NONE)
        return turn_away(a, i, why);
    struct admission_view v = agent_lane_view(a, i);
    struct decision d = admission_consider(&s->admission, &a->admission, &v, a->now.mono);
    return carry_out(a, i, &d);
}

enum err agent_lane_answer(struct agent *a, size_t i, const struct response *r)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct admission_view v = agent_lane_view(a, i);
    struct decision d;
    enum err e =
        admission_answer(&s->admission, &a->admission, &r->id, &r->answer, &v, a->now.mono, &d);
    if (e != ERR_OK) {
        log_warn("agent.answer_ignored", LT("lane", a->config.lanes[i].name.text),
                 LT("why", err_text(e)));
        return ERR_OK;
    }
    enum reason why = agent_lane_bar(a, i);
    if (d.kind == DECISION_ALLOW && why != REASON_NONE)
        return turn_away(a, i, why);
    return carry_out(a, i, &d);
}

struct lane_memory agent_lane_memory(const struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    const struct lane *l = &s->lane;
    struct lane_memory m = {.lane = a->config.lanes[i].name,
                            .state = LANE_IDLE,
                            .modes = l->modes,
                            .alarms = l->alarms};
    if (s->movement.id.text[0] == '\0' || s->movement.unrecorded)
        return m;
    /* The inputs tell where an authorised vehicle is, but not which of its edges were seen. */
    m.state = l->authorised ? LANE_OPENING : l->state == LANE_UNAVAILABLE ? l->was : l->state;
    m.movement = s->movement.id;
    m.plate = s->movement.credential.plate;
    m.authorised = l->authorised;
    m.basis = s->movement.unfunded ? BASIS_NONE : s->movement.basis;
    m.reversed = l->reversed;
    m.request = s->movement.request;
    m.b_seen = l->b_seen;
    m.a_clear_seen = l->a_clear_seen;
    m.c_seen = l->c_seen;
    m.plate_sequence = s->plate_sequence;
    m.presented = s->movement.presented;
    m.decided = s->movement.decided;
    return m;
}
