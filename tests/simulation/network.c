/* The network and its broker: a lossy pipe. Messages of one edge and direction keep their order
 * unless the weather says otherwise; a restart of the broker loses what is under way; the last
 * status of each edge is retained, and forgotten with the broker. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/event_codec.h"

#include <stdlib.h>
#include <string.h>

struct message *message_new(struct sim *s, enum topic_kind kind, struct sim_edge *e)
{
    struct message *m = s->pool;
    if (m)
        s->pool = m->next;
    else
        m = mem_alloc(sizeof *m);
    m->next = NULL;
    m->kind = kind;
    m->edge = e;
    m->generation = s->broker.generation;
    m->session = e->session;
    m->len = 0;
    return m;
}

static void release(struct sim *s, struct message *m)
{
    m->next = s->pool;
    s->pool = m;
}

static struct message *copy_of(struct sim *s, const struct message *m)
{
    struct message *c = message_new(s, m->kind, m->edge);
    c->up = m->up;
    c->generation = m->generation;
    c->session = m->session;
    c->len = m->len;
    memcpy(c->correlation, m->correlation, sizeof c->correlation);
    memcpy(c->bytes, m->bytes, m->len);
    return c;
}

static const char *kind_word(enum topic_kind k)
{
    static const char *const words[TOPIC_KINDS] = {
        [TOPIC_EVENT] = "event",        [TOPIC_ACK] = "ack",
        [TOPIC_REQUEST] = "request",    [TOPIC_RESPONSE] = "response",
        [TOPIC_COMMAND] = "command",    [TOPIC_GRANT] = "grant",
        [TOPIC_STATUS] = "status",      [TOPIC_TELEMETRY] = "telemetry",
        [TOPIC_CLOUD_STATUS] = "resync"};
    return words[k] ? words[k] : "";
}

static void note(const struct sim *s, const struct message *m, const char *what)
{
    if (s->trace)
        sim_say(s, "%s %s %s/%s %s %.*s", m->up ? "->" : "<-", what, m->edge->place->name.text,
                m->edge->name.text, kind_word(m->kind), (int)m->len, m->bytes);
}

/* ---- arriving ---- */

static enum work_kind work_kind_of(enum topic_kind k)
{
    switch (k) {
    case TOPIC_EVENT: return WORK_EVENT;
    case TOPIC_REQUEST: return WORK_REQUEST;
    case TOPIC_TELEMETRY: return WORK_TELEMETRY;
    default: return WORK_STATUS;
    }
}

/* What a network would do that took its own word for the cloud's. */
static void acknowledge_early(struct sim *s, const struct message *m)
{
    struct event_header h;
    if (m->kind != TOPIC_EVENT || event_peek(m->bytes, m->len, &h) != ERR_OK)
        return;
    struct ack a = {h.epoch, h.seq};
    struct message *ack = message_new(s, TOPIC_ACK, m->edge);
    if (ack_encode(&a, ack->bytes, sizeof ack->bytes, &ack->len) == ERR_OK)
        network_down(ack);
}

static void arrive_up(struct sim *s, const struct message *m)
{
    struct sim_cloud *c = &s->cloud;
    if (!c->service || !c->connected)
        return;
    struct work *w = work_new(work_kind_of(m->kind), m->bytes, m->len);
    w->place = m->edge->place->name;
    w->edge = m->edge->name;
    memcpy(w->correlation, m->correlation, sizeof w->correlation);
    cloud_post(c, w);
    if (s->mutation == MUTATION_ACK_EARLY)
        acknowledge_early(s, m);
}

static void arrives(struct sim *s, void *message, int64_t what)
{
    struct message *m = message;
    (void)what;
    if (m->generation == s->broker.generation && s->broker.up) {
        note(s, m, "arrives");
        if (m->up)
            arrive_up(s, m);
        else
            uplink_receive(m->edge, m);
    }
    release(s, m);
}

/* ---- sending ---- */

static void carry(struct sim *s, struct message *m)
{
    int64_t *order = m->up ? &m->edge->order_up_ms : &m->edge->order_down_ms;
    int64_t at = sim_ms(s) + between(s, 1, 4);
    if (hits(s, s->weather.late))
        at += between(s, 10, 4000);
    if (!hits(s, s->weather.reorder)) {
        at = at > *order ? at : *order;
        *order = at;
    }
    calendar_plan(&s->calendar, at, arrives, m, 0);
}

static void send(struct sim *s, struct message *m)
{
    if (!s->broker.up || m->edge->partitioned || hits(s, s->weather.lose)) {
        note(s, m, "lost");
        release(s, m);
        return;
    }
    if (hits(s, s->weather.duplicate))
        carry(s, copy_of(s, m));
    carry(s, m);
}

void network_up(struct message *m)
{
    m->up = true;
    send(m->edge->sim, m);
}

/* The broker knows one session by this name: of the body that came last. */
void network_down(struct message *m)
{
    struct sim_edge *other = edge_other(m->edge);
    if (other && other->connected) {
        m->edge = other;
        m->session = other->session;
    }
    m->up = false;
    send(m->edge->sim, m);
}

/* ---- retained status ---- */

void network_retain(struct sim_edge *e, const struct message *m)
{
    e = edge_root(e);
    struct message *kept = e->retained ? e->retained : mem_alloc(sizeof *kept);
    *kept = *m;
    e->retained = kept;
}

/* The broker speaks: no edge's network is in the way. */
static void tell_cloud(struct sim_edge *e)
{
    struct sim *s = e->sim;
    e = edge_root(e);
    if (!e->retained || !s->broker.up)
        return;
    struct message *m = copy_of(s, e->retained);
    m->up = true;
    m->generation = s->broker.generation;
    carry(s, m);
}

void network_will(struct sim_edge *e)
{
    tell_cloud(e);
}

void network_birth(struct sim *s)
{
    for (size_t i = 0; i < EDGES; i++)
        tell_cloud(&s->edges[i]);
}

/* ---- the broker ---- */

static void broker_up(struct sim *s, void *who, int64_t what)
{
    (void)who, (void)what;
    TRACE(s, "broker up");
    s->broker.up = true;
}

void broker_restart(struct sim *s, int64_t down_ms)
{
    if (!s->broker.up)
        return;
    TRACE(s, "broker dies for %lld ms", (long long)down_ms);
    s->broker.up = false;
    s->broker.generation++;
    for (size_t i = 0; i < BODIES; i++)
        if (s->edges[i].connected)
            uplink_lost(&s->edges[i]);
    cloud_disconnect(&s->cloud, down_ms + 10);
    for (size_t i = 0; i < EDGES; i++) {
        free(s->edges[i].retained);
        s->edges[i].retained = NULL;
    }
    sim_in(s, down_ms, broker_up, s, 0);
}

/* Those still under way are found in the calendar. */
void network_free(struct sim *s)
{
    struct entry e;
    while (calendar_take(&s->calendar, &e))
        if (e.happen == arrives)
            free(e.who);
    while (s->pool) {
        struct message *m = s->pool;
        s->pool = m->next;
        free(m);
    }
    for (size_t i = 0; i < EDGES; i++)
        free(s->edges[i].retained);
}
