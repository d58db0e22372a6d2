/* When to say hello, what it says, and what its answer means for this journal (PROTOCOL.md, "hello").
 * A9 */
#include "edge/agent/internal.h"

#include "protocol/support/log.h"

#include <string.h>

void agent_hello_tick(struct agent *a)
{
    struct agent_state *s = &a->live;
    if (!s->online || s->hello_due.v > a->now.mono.v)
        return;
    s->hello = a->ports.entropy.request(a->ports.entropy.self);
    s->hello_due = mono_after(a->now.mono, agent_network_ms(a, a->config.hello_retry_ms));
    s->hello_base = s->memory.base;
    s->hello_at = a->now;
    s->say_hello = true;
}

/* The answer to a probe: the digest of that event, none if it is not kept. */
static void show_event(const struct agent *a, struct hello *h)
{
    const struct journal_port *j = &a->ports.journal;
    const struct agent_probe *p = &a->live.probe;
    if (p->hello.text[0] == '\0')
        return;
    h->asked = p->hello;
    h->at = p->at;
    if (j->digest_at(j->self, p->at, &h->digest) != ERR_OK)
        h->digest = (struct digest){{0}};
}

enum err agent_send_hello(struct agent *a)
{
    const struct edge_memory *m = &a->live.memory;
    struct request r = {
        .kind = REQUEST_HELLO,
        .id = a->live.hello,
        .hello =
            {
                .journal = m->journal,
                .epoch = m->epoch,
                .next = m->next,
                .base = m->base,
                .head = m->head,
                .boot = m->boot,
                .free = m->spaces.free,
                .overdraft = m->spaces.overdraft,
                .lane_count = a->config.lane_count,
            },
    };
    memcpy(r.hello.version, a->config.version, sizeof r.hello.version);
    int64_t oldest = 0;
    if (a->ports.journal.oldest(a->ports.journal.self, &oldest) == ERR_OK)
        r.hello.oldest = oldest > 0 ? oldest : m->next;
    show_event(a, &r.hello);
    for (size_t i = 0; i < a->config.lane_count; i++) {
        r.hello.lanes[i].lane = a->config.lanes[i].name;
        r.hello.lanes[i].direction = agent_lane_config(a, i)->direction;
    }
    return a->ports.uplink.ask(a->ports.uplink.self, &r);
}

/* The cloud has less than it acknowledged: it was restored. */
static enum err go_back(struct agent *a, int64_t upto)
{
    struct edge_memory *m = &a->live.memory;
    log_warn("agent.cloud_restored", LN("cloud", upto), LN("base", m->base), LN("next", m->next));
    TRY(agent_transaction(a));
    TRY(a->ports.journal.rewind(a->ports.journal.self, upto));
    m->base = upto;
    a->live.base_due = (struct mono_ms){INT64_MAX};
    a->durable = true;
    return ERR_OK;
}

static enum err same_epoch(struct agent *a, const struct hello_answer *h)
{
    const struct edge_memory *m = &a->live.memory;
    if (h->upto >= m->next) { /* it will not say so to our next hello */
        log_error("agent.stream_differs", LN("cloud", h->upto), LN("base", m->base),
                  LN("next", m->next));
        return ERR_OK;
    }
    if (h->upto < a->live.hello_base)
        return go_back(a, h->upto);
    return agent_ack(a, &(struct ack_input){h->epoch, h->upto});
}

static enum err another_epoch(struct agent *a, const struct hello_answer *h)
{
    const struct edge_memory *m = &a->live.memory;
    if (h->epoch < m->epoch || h->common >= m->next) {
        log_error("agent.foreign_epoch", LN("ours", m->epoch), LN("cloud", h->epoch),
                  LN("common", h->common), LN("next", m->next));
        return ERR_OK;
    }
    return agent_rechain(a, h->epoch, h->common);
}

void agent_audit_due(struct agent *a)
{
    const struct edge_memory *m = &a->live.memory;
    int64_t last = a->live.crippled ? m->next : m->next - 1; /* what comes is told afterwards */
    a->live.memory.audit_due = last > 0 ? last : 1;
}

/* A person counted what is inside since. */
static enum err audited(struct agent *a, int64_t seq)
{
    struct edge_memory *m = &a->live.memory;
    if (m->audit_due == 0 || seq < m->audit_due)
        return ERR_OK;
    TRY(agent_transaction(a));
    m->audit_due = 0;
    a->durable = true;
    log_notice("agent.audited", LN("epoch", m->epoch), LN("upto", seq));
    return ERR_OK;
}

static enum err obey(struct agent *a, const struct hello_answer *h)
{
    if (a->live.memory.epoch == 0)
        return agent_adopt(a, h->epoch);
    return h->epoch == a->live.memory.epoch ? same_epoch(a, h) : another_epoch(a, h);
}

/* Early enough for two more tries before the lease ends. */
static int64_t hello_pause_ms(const struct agent *a, int64_t lease_ms)
{
    int64_t pause_ms = lease_ms / 3 < a->config.hello_ms ? lease_ms / 3 : a->config.hello_ms;
    int64_t least_ms = agent_network_ms(a, a->config.hello_retry_ms);
    return pause_ms > least_ms ? pause_ms : least_ms;
}

static enum err renew(struct agent *a, int64_t lease_ms)
{
    TRY(agent_transaction(a));
    a->live.memory.lease = lease_given(a->live.hello_at, a->clock, lease_ms);
    a->durable = true;
    return ERR_OK;
}

bool agent_introduced(const struct agent *a)
{
    return a->live.introduced;
}

enum err agent_hello_answered(struct agent *a, const struct response *r)
{
    struct agent_state *s = &a->live;
    if (s->hello.text[0] == '\0' || strcmp(s->hello.text, r->id.text) != 0)
        return ERR_OK;
    s->hello = (struct request_id){{0}};
    if (r->hello.probe > 0) {
        s->probe = (struct agent_probe){r->id, r->hello.probe};
        s->hello_due = a->now.mono;
        return ERR_OK;
    }
    s->introduced = true;
    s->probe = (struct agent_probe){0};
    s->hello_due = mono_after(s->hello_at.mono, hello_pause_ms(a, r->hello.lease_ms));
    TRY(obey(a, &r->hello));
    if (r->hello.epoch != s->memory.epoch)
        return ERR_OK;
    TRY(audited(a, r->hello.audited));
    return renew(a, r->hello.lease_ms);
}
