/* One lane's inputs and decisions: what the device shows goes into the lane machine, plates and
 * answers go through the admission, and what they decide goes back into the machine. */
#include "edge/agent/internal.h"
#include "edge/core/lane_mode.h"

#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

static void show(struct agent_lane *s, const char *text)
{
    snprintf(s->text, sizeof s->text, "%s", text);
}

/* A device prints nothing before its arm is down. */
static enum ticket_stage ticket_of(const struct agent_lane *s)
{
    bool too_early = s->movement.ticket == TICKET_WANTED && !s->lane.view.down;
    return too_early ? TICKET_OFFERED : s->movement.ticket;
}

struct admission_view agent_lane_view(const struct agent *a, size_t i)
{
    int64_t grace_ms = agent_network_ms(a, a->config.exit_deadline_ms);
    return (struct admission_view){
        .epoch = agent_recording(a),
        .crippled = a->live.crippled,
        .known = agent_identified(&a->live.lanes[i].movement),
        .ticket = ticket_of(&a->live.lanes[i]),
        .online = a->live.online,
        .settled = mono_diff_ms(a->now.mono, a->live.offline_since) >= grace_ms,
        .free = agent_usable(a),
        .bound = agent_has_bound(a, i),
        .right = a->live.lanes[i].movement.right.verdict,
        .sees_both_sides = agent_sees_both_sides(a),
        .hold_offline = a->config.lanes[i].hold_offline,
        .helped = a->live.lanes[i].movement.helped,
        .helped_at = a->live.lanes[i].movement.helped_at,
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

enum err agent_lane_step(struct agent *a, size_t i, enum lane_event e)
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
    return s->heard ? agent_lane_step(a, i, LANE_EV_STALE) : ERR_OK;
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
        s->lane.stranger = agent_stranger_read(s, &io->plate);
    struct agent_column was = agent_column(s);
    struct lane_out out = {0};
    lane_inputs(&s->lane, io->inputs, io->read_at, a->now.mono, &out);
    bool first = !s->heard, waited = s->movement.id.text[0] != '\0';
    s->heard = true;
    TRY(agent_lane_apply(a, i, &out));
    wait_again(a, i);
    agent_note_left(a, i, was);
    /* What stood there before this start is only of use to a vehicle that has waited since. */
    TRY(agent_readings(a, i, io, !first || (waited && lane_waiting(&s->lane))));
    return agent_use_ahead(a, i);
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
    return s->heard && s->lane.view.fresh ? agent_lane_step(a, i, LANE_EV_STALE) : ERR_OK;
}

enum err agent_lane_outcome(struct agent *a, size_t i, const struct command_outcome *o)
{
    bool accepted = o->err == ERR_OK && o->result == RESULT_ACCEPTED;
    if (o->command == COMMAND_OPEN)
        return agent_lane_step(a, i, accepted ? LANE_EV_REFLEX : LANE_EV_OPEN_FAILED);
    if (o->command == COMMAND_CLOSE && !accepted)
        return agent_lane_step(a, i, LANE_EV_CLOSE_FAILED);
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
        TRY(agent_lane_step(a, i, LANE_EV_STALE));
    }
    struct agent_column was = agent_column(s);
    struct lane_out out = {0};
    lane_tick(&s->lane, a->now.mono, &out);
    TRY(agent_lane_apply(a, i, &out));
    agent_note_left(a, i, was);
    return agent_use_ahead(a, i);
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

static const char *denied_text(const struct agent *a, size_t i, enum reason why)
{
    return why == REASON_NO_CREDENTIAL ? agent_unread_text(a, i) : admission_text(why);
}

/* Recorded once per reason; what is displayed may change more often. */
static enum err deny(struct agent *a, size_t i, const struct decision *d)
{
    struct agent_lane *s = &a->live.lanes[i];
    bool told = s->lane.state == LANE_DENIED && s->movement.reason == d->reason;
    s->movement.reason = d->reason;
    s->full = d->reason == REASON_FULL;
    show(s, d->display[0] != '\0' ? d->display : denied_text(a, i, d->reason));
    if (d->reason == REASON_UNAVAILABLE && d->display[0] == '\0')
        quote(a, i, "please wait");
    return told ? ERR_OK : agent_lane_step(a, i, LANE_EV_REFUSED);
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
    case DECISION_TICKET: return agent_issue_ticket(a, i);
    case DECISION_ALLOW: allow(a, i, d); return agent_lane_step(a, i, LANE_EV_ALLOWED);
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
    a->live.lanes[i].movement.barred |= waits;
    return waits ? deny(a, i, &d) : ERR_OK;
}

enum err agent_lane_decide(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    enum reason why = agent_lane_bar(a, i);
    if (why != REASON_NONE)
        return turn_away(a, i, why);
    if (s->movement.barred) { /* what the display says is over */
        s->movement.barred = false;
        s->movement.reason = REASON_NONE;
        show(s, "");
    }
    TRY(agent_use_held(a, i));
    struct decision d;
    do { /* a ticket that nobody can see being taken lets in at once */
        struct admission_view v = agent_lane_view(a, i);
        d = admission_consider(&s->admission, &a->admission, &v, a->now.mono);
        TRY(carry_out(a, i, &d));
    } while (d.kind == DECISION_TICKET);
    return ERR_OK;
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
    m.credential = s->movement.credential.shown;
    m.ticket = s->movement.ticket;
    m.authorised = l->authorised;
    m.basis = s->movement.unfunded ? BASIS_NONE : s->movement.basis;
    m.reversed = l->reversed;
    m.request = s->movement.request;
    m.b_seen = l->b_seen;
    m.a_clear_seen = l->a_clear_seen;
    m.c_seen = l->c_seen;
    m.plate_sequence = s->plate_sequence;
    m.credential_sequence = s->credential_sequence;
    m.presented = s->movement.presented;
    m.decided = s->movement.decided;
    return m;
}
