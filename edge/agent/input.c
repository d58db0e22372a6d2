/* What the cloud sends: acknowledgements and answers. Grants are grant.c's. */
#include "edge/agent/internal.h"

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
    s->introduced &= up && s->online;
    s->online = up;
    s->hello = (struct request_id){{0}};
    s->hello_due = a->now.mono;
    agent_rights_uplink(a);
    if (!up)
        return;
    for (size_t i = 0; i < a->config.lane_count; i++)
        admission_reconnected(&s->lanes[i].admission, a->now.mono);
}
