/* An edge's way to the cloud: sessions, the real window over the journal's rows, codecs both ways. */
#include "tests/simulation/sim.h"

#include "protocol/wire/ack.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/status.h"

#include <string.h>

enum { TELEMETRY_MS = 60 * 1000, RECEIVE_MAX = 64, TAKEN_OVER_MS = 60 * 1000 };

static int64_t now_us(const struct sim_edge *e)
{
    return sim_ms(e->sim) * 1000;
}

static void must(const struct sim_edge *e, enum err result, const char *what)
{
    if (result != ERR_OK)
        sim_fail(e->sim, "%s: %s: %s", e->name.text, what, err_text(result));
}

static void status(struct sim_edge *e, bool online, struct message *m)
{
    struct status st = {.online = online,
                        .boot = e->journal->now.memory.boot,
                        .session = e->sessions,
                        .time = edge_now(e).wall};
    memcpy(st.version, e->config.version, sizeof st.version);
    must(e, status_encode(&st, m->bytes, sizeof m->bytes, &m->len), "status");
}

/* ---- sessions ---- */

void uplink_try(struct sim *s, void *edge, int64_t incarnation)
{
    struct sim_edge *e = edge;
    if (!e->running || e->connected || incarnation != e->incarnation)
        return;
    if (!s->broker.up || e->partitioned) {
        sim_in(s, between(s, 500, 8000), uplink_try, e, incarnation);
        return;
    }
    struct sim_edge *other = edge_other(e);
    if (other && other->connected)
        uplink_taken_over(other);
    e->connected = true;
    e->sessions++;
    e->session = ++s->broker.sessions;
    e->telemetry_ms = sim_ms(s) + between(s, 0, TELEMETRY_MS);
    window_open(&e->window, RECEIVE_MAX);
    struct message *birth = message_new(s, TOPIC_STATUS, e);
    status(e, true, birth);
    network_retain(e, birth);
    network_up(birth);
    struct agent_input up = {.kind = INPUT_UPLINK_UP};
    edge_input(e, &up);
}

static void lost(struct sim_edge *e, int64_t retry_ms)
{
    struct message *will = message_new(e->sim, TOPIC_STATUS, e);
    status(e, false, will);
    network_retain(e, will);
    will->next = e->sim->pool;
    e->sim->pool = will;
    network_will(e);
    e->connected = false;
    e->session = 0;
    if (!e->running)
        return;
    struct agent_input down = {.kind = INPUT_UPLINK_DOWN};
    edge_input(e, &down);
    sim_in(e->sim, retry_ms, uplink_try, e, e->incarnation);
}

void uplink_lost(struct sim_edge *e)
{
    lost(e, between(e->sim, 200, 8000));
}

void uplink_taken_over(struct sim_edge *e)
{
    TRACE(e->sim, "%s/%s: its session is taken over", e->place->name.text, e->name.text);
    lost(e, TAKEN_OVER_MS + between(e->sim, 0, 1000));
}

/* ---- sending ---- */

static void send_rows(struct sim_edge *e)
{
    const struct edge_memory *m = agent_memory(&e->agent);
    struct window *w = &e->window;
    if (m->epoch < 1 || !agent_introduced(&e->agent))
        return;
    window_update(w, m->epoch, m->base, m->next, now_us(e));
    window_expired(w, now_us(e));
    for (int64_t room = window_room(w, 0); room > 0; room--) {
        if (w->sent >= (int64_t)e->journal->now.row_count)
            sim_fail(e->sim, "%s: sends an event that is not committed", e->name.text);
        const struct journal_row *r = &e->journal->rows[w->sent];
        struct message *event = message_new(e->sim, TOPIC_EVENT, e);
        if (r->len > sizeof event->bytes)
            sim_fail(e->sim, "%s: an event of %zu bytes", e->name.text, r->len);
        memcpy(event->bytes, r->bytes, r->len);
        event->len = r->len;
        network_up(event);
        window_sent(w, now_us(e), chance_next(&e->sim->chance));
    }
}

void uplink_send(struct sim_edge *e)
{
    send_rows(e);
    if (e->telemetry_ms > sim_ms(e->sim))
        return;
    e->telemetry_ms = sim_ms(e->sim) + TELEMETRY_MS;
    struct telemetry t;
    agent_snapshot(&e->agent, edge_now(e), &t);
    struct message *m = message_new(e->sim, TOPIC_TELEMETRY, e);
    must(e, telemetry_encode(&t, m->bytes, sizeof m->bytes, &m->len), "telemetry");
    network_up(m);
}

static void wake(void *self)
{
    struct sim_edge *e = self;
    if (edge_dies_here(e))
        return;
    if (e->journal->open)
        sim_fail(e->sim, "%s: wakes the uplink within a transaction", e->name.text);
}

static enum err ask(void *self, const struct request *r)
{
    struct sim_edge *e = self;
    if (edge_dies_here(e))
        return ERR_OK;
    if (e->journal->open)
        sim_fail(e->sim, "%s: asks within a transaction", e->name.text);
    if (!e->connected)
        return ERR_UNAVAIL;
    struct message *m = message_new(e->sim, TOPIC_REQUEST, e);
    if (r->kind == REQUEST_HELLO) {
        memcpy(e->hello, r->id.text, sizeof e->hello);
        e->hello_ms = sim_ms(e->sim);
    }
    must(e, request_encode(r, m->bytes, sizeof m->bytes, &m->len), "request");
    must(e, hex_parse(r->id.text, strlen(r->id.text), m->correlation, 16), "request id");
    network_up(m);
    return ERR_OK;
}

struct uplink_port uplink_port_of(struct sim_edge *e)
{
    return (struct uplink_port){e, wake, ask};
}

/* ---- receiving ---- */

static void resync(struct sim_edge *e)
{
    window_go_back(&e->window);
    struct agent_input again = {.kind = INPUT_UPLINK_UP};
    edge_input(e, &again);
}

/* I2: what the checks know of leases. */
static void leased(struct sim_edge *e, struct response *r)
{
    int64_t until_ms = e->hello_ms + r->hello.lease_ms;
    if (r->hello.probe == 0 && strcmp(r->id.text, e->hello) == 0 && until_ms > e->lease_until_ms)
        e->lease_until_ms = until_ms;
    if (e->sim->mutation == MUTATION_LEASE_LONGER)
        r->hello.lease_ms *= 10;
}

static bool decode(struct sim_edge *e, const struct message *m, struct agent_input *in)
{
    struct ack a;
    struct grant g;
    char reason[160];
    switch (m->kind) {
    case TOPIC_ACK:
        must(e, ack_decode(m->bytes, m->len, &a, reason), "ack");
        in->kind = INPUT_ACK;
        in->ack = (struct ack_input){a.epoch, a.upto};
        return true;
    case TOPIC_COMMAND:
        must(e, command_decode(m->bytes, m->len, &in->order, reason), "command");
        in->kind = INPUT_ORDER;
        return true;
    case TOPIC_GRANT:
        must(e, grant_decode(m->bytes, m->len, &g, reason), "grant");
        in->kind = INPUT_GRANT;
        in->grant = g;
        return true;
    case TOPIC_RESPONSE:
        must(e, response_decode(m->bytes, m->len, &in->response, reason), "response");
        if (in->response.kind == REQUEST_HELLO)
            leased(e, &in->response);
        in->kind = INPUT_RESPONSE;
        return true;
    default: return false;
    }
}

void uplink_receive(struct sim_edge *e, const struct message *m)
{
    struct agent_input in = {.kind = INPUT_ACK};
    if (!e->running || !e->connected || m->session != e->session)
        return;
    if (m->kind == TOPIC_CLOUD_STATUS)
        resync(e);
    else if (decode(e, m, &in))
        edge_input(e, &in);
}
