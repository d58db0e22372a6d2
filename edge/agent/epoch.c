/* The first epoch of a journal, and the next one after it was set back or copied: the same facts, in
 * new bytes, in one transaction (PROTOCOL.md, "A new epoch"). */
#include "edge/agent/internal.h"

#include "edge/core/rechain.h"
#include "protocol/support/log.h"
#include "protocol/wire/event_codec.h"

#include <stdio.h>
#include <string.h>

static void begin_epoch(struct edge_memory *m, int64_t epoch)
{
    m->epoch = epoch;
    m->next = 1;
    m->base = 0;
    m->spaces = (struct spaces){0};
    m->bound = (struct bound_spaces){0};
    m->owed = 0;
    m->lease = (struct lease){0};
    memset(m->head.text, '0', DIGEST_SIZE - 1);
    m->head.text[DIGEST_SIZE - 1] = '\0';
}

/* What every event of the Movement of lane i says. */
static struct event_data about(const struct agent *a, size_t i)
{
    return (struct event_data){
        .lane = a->config.lanes[i].name,
        .movement = a->live.lanes[i].movement.id,
        .direction = a->live.lanes[i].movement.direction,
    };
}

/* What was told in the old epoch may not have arrived. */
static void tell_rights_again(struct agent *a)
{
    a->live.rights.announced = 0;
}

/* --- the first one --- */

enum err agent_adopt(struct agent *a, int64_t epoch)
{
    begin_epoch(&a->live.memory, epoch);
    tell_rights_again(a);
    TRY(agent_record_start(a));
    TRY(agent_tell_openings(a));
    for (size_t i = 0; i < a->config.lane_count; i++) {
        TRY(agent_tell_lane(a, i, 0, 0));
        TRY(agent_adopt_lane(a, i));
    }
    if (a->live.memory.audit_due != 0)
        agent_audit_due(a);
    return ERR_OK;
}

/* --- the next one --- */

struct rechaining {
    struct agent *agent;
    struct rechain chain;
    int64_t lost; /* rows nobody can read any more */
};

static enum err take_row(void *arg, const void *bytes, size_t len)
{
    struct rechaining *r = arg;
    struct topic source = {TOPIC_EVENT, r->agent->config.place, r->agent->config.edge};
    struct event old, anew[RECHAIN_EVENTS_MAX];
    if (event_decode(&source, bytes, len, &old, NULL) != ERR_OK || old.kind == EVENT_UNKNOWN) {
        r->lost += 1;
        return ERR_OK;
    }
    size_t n = rechain_event(&r->chain, &old, anew);
    for (size_t i = 0; i < n; i++)
        TRY(agent_append_event(r->agent, &anew[i]));
    return ERR_OK;
}

/* An entry under way goes on in the new epoch; one that was let through without a space is on record
 * when it has crossed. */
static enum err resume_lane(struct rechaining *r, size_t i)
{
    struct agent *a = r->agent;
    const struct agent_lane *s = &a->live.lanes[i];
    struct event_data resumed, d = about(a, i);
    d.plate = s->movement.credential.plate;
    d.credential = s->movement.credential.shown;
    d.basis = s->movement.basis;
    if (!s->lane.authorised || s->movement.unrecorded || s->movement.unfunded ||
        d.direction != DIRECTION_ENTRY || !rechain_resume(&r->chain, &d, &resumed))
        return ERR_OK;
    return agent_append(a, EVENT_PASSAGE_AUTHORISED, &resumed);
}

static enum err tell_lost(struct agent *a, int64_t lost)
{
    char detail[EVENT_DETAIL_SIZE];
    if (lost == 0)
        return ERR_OK;
    snprintf(detail, sizeof detail, "%lld events could not be read for the new epoch",
             (long long)lost);
    return agent_gap(a, 0, detail);
}

enum err agent_rechain(struct agent *a, int64_t epoch, int64_t common)
{
    struct edge_memory *m = &a->live.memory;
    struct rechaining r = {.agent = a};
    int64_t old = m->epoch, last = m->next - 1;
    TRY(agent_transaction(a));
    begin_epoch(m, epoch);
    tell_rights_again(a);
    TRY(a->ports.journal.replay(a->ports.journal.self, common, take_row, &r));
    for (size_t i = 0; i < a->config.lane_count; i++)
        TRY(resume_lane(&r, i));
    for (size_t i = 0; i < a->config.lane_count; i++) /* its space is an ordinary one now */
        if (a->live.lanes[i].movement.basis == BASIS_BOUND)
            a->live.lanes[i].movement.basis = BASIS_RIGHT;
    TRY(tell_lost(a, r.lost));
    m->spaces = r.chain.spaces;
    if (m->audit_due != 0)
        agent_audit_due(a);
    a->live.base_due = (struct mono_ms){INT64_MAX};
    a->durable = a->recorded = true;
    log_warn("agent.new_epoch", LN("old", old), LN("epoch", epoch), LN("common", common),
             LN("replayed", last - common), LN("overdraft", m->spaces.overdraft));
    return ERR_OK;
}
