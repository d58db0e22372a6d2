/* What the cloud sends: acknowledgements, grants, answers. */
#include "edge/agent_internal.h"

#include "protocol/support/log.h"

#include <string.h>

enum err agent_ack(struct agent *a, const struct ack_input *ack)
{
    struct edge_memory *m = &a->live.memory;
    if (m->epoch == 0 || ack->epoch != m->epoch || ack->upto <= m->base || ack->upto >= m->next)
        return ERR_OK;
    m->base = ack->upto;
    if (a->live.base_due.v == INT64_MAX) /* A8 */
        a->live.base_due = mono_after(a->now.mono, agent_network_ms(a, a->config.ack_save_ms));
    return ERR_OK;
}

static enum err answer_grant(struct agent *a, const struct grant_input *g)
{
    struct event_data d = {.grant = g->id, .n = g->n};
    if (!a->has_entry) {
        d.reason = REASON_SURPLUS;
        return agent_append(a, EVENT_SPACE_DECLINED, &d);
    }
    d.repaid = spaces_credit(&a->live.memory.spaces, g->n);
    return agent_append(a, EVENT_SPACE_ACCEPTED, &d);
}

enum err agent_grant(struct agent *a, const struct grant_input *g)
{
    int64_t epoch = a->live.memory.epoch;
    if (epoch == 0 || g->epoch != epoch || g->id <= 0 || g->n <= 0)
        return ERR_OK;
    TRY(agent_transaction(a));
    enum err e = a->ports.journal.grant_answered(a->ports.journal.self, epoch, g->id);
    if (e == ERR_CONFLICT) /* its event is on its way */
        return ERR_OK;
    TRY(e);
    a->durable = true;
    return answer_grant(a, g);
}

enum err agent_response(struct agent *a, const struct response *r)
{
    if (r->kind == REQUEST_HELLO)
        return agent_hello_answered(a, r);
    if (r->kind == REQUEST_RIGHTS) {
        agent_rights_answer(a, r);
        return ERR_OK;
    }
    for (size_t i = 0; i < a->config.lane_count; i++) {
        const struct admission *d = &a->live.lanes[i].admission;
        bool waits = d->phase == ADMISSION_ASKED || d->phase == ADMISSION_PENDING;
        if (waits && strcmp(d->request.text, r->id.text) == 0)
            return agent_lane_answer(a, i, r);
    }
    a->late += 1;
    log_info("agent.late_answer", LT("request", r->id.text));
    return ERR_OK;
}

void agent_uplink(struct agent *a, bool up)
{
    struct agent_state *s = &a->live;
    if (s->online && !up)
        s->offline_since = a->now.mono;
    s->online = up;
    s->hello = (struct request_id){{0}};
    s->hello_due = a->now.mono;
    agent_rights_uplink(a);
    if (!up)
        return;
    for (size_t i = 0; i < a->config.lane_count; i++)
        admission_reconnected(&s->lanes[i].admission, a->now.mono);
}
