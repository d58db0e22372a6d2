/* Spaces that come and go: offers, recalls, surplus (PROTOCOL.md, "Spaces"). A12 */
#include "edge/agent/internal.h"

static enum err accept_bound(struct agent *a, const struct grant *g)
{
    struct event_data d = {.grant = g->id, .n = g->n};
    if (bound_add(&a->live.memory.bound, &g->right, g->n) != ERR_OK) {
        d.reason = REASON_SURPLUS;
        return agent_append(a, EVENT_SPACE_DECLINED, &d);
    }
    d.right = g->right;
    a->live.rights.bound_at = a->now.mono;
    return agent_append(a, EVENT_SPACE_ACCEPTED, &d);
}

static enum err accept(struct agent *a, const struct grant *g)
{
    struct event_data d = {.grant = g->id, .n = g->n};
    if (!a->has_entry || !lease_runs(&a->live.memory.lease, a->now, a->clock)) {
        d.reason = a->has_entry ? REASON_LATE : REASON_SURPLUS;
        return agent_append(a, EVENT_SPACE_DECLINED, &d);
    }
    if (g->kind == GRANT_BOUND)
        return accept_bound(a, g);
    d.repaid = spaces_credit(&a->live.memory.spaces, g->n);
    return agent_append(a, EVENT_SPACE_ACCEPTED, &d);
}

/* The spaces themselves go back with the surplus, at the end of this turn and of those to come. */
static enum err recalled(struct agent *a, const struct grant *g)
{
    struct event_data d = {.grant = g->id, .n = g->n};
    a->live.memory.owed += g->n;
    return agent_append(a, EVENT_SPACE_RECALLED, &d);
}

/* What is bound to one right goes back as far as it is there. */
static enum err bound_recalled(struct agent *a, const struct grant *g)
{
    struct event_data d = {.grant = g->id, .n = g->n, .right = g->right};
    TRY(agent_append(a, EVENT_SPACE_RECALLED, &d));
    d = (struct event_data){.reason = REASON_RECALLED, .right = g->right};
    d.n = bound_take(&a->live.memory.bound, &g->right, g->n);
    return d.n > 0 ? agent_append(a, EVENT_SPACE_RETURNED, &d) : ERR_OK;
}

enum err agent_grant(struct agent *a, const struct grant *g)
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
    if (g->kind != GRANT_RECALL)
        return accept(a, g);
    return g->right.text[0] != '\0' ? bound_recalled(a, g) : recalled(a, g);
}

static enum err give_back(struct agent *a, int64_t n, enum reason reason)
{
    struct event_data d = {.reason = reason};
    d.n = spaces_give_back(&a->live.memory.spaces, n);
    return d.n > 0 ? agent_append(a, EVENT_SPACE_RETURNED, &d) : ERR_OK;
}

enum err agent_surplus(struct agent *a)
{
    struct edge_memory *m = &a->live.memory;
    int64_t keep = a->has_entry ? a->config.keep_max : 0;
    if (m->epoch == 0)
        return ERR_OK;
    if (m->owed > 0 && m->spaces.free > 0) {
        int64_t n = m->owed < m->spaces.free ? m->owed : m->spaces.free;
        m->owed -= n;
        TRY(give_back(a, n, REASON_RECALLED));
    }
    return give_back(a, m->spaces.free - keep, REASON_SURPLUS);
}
