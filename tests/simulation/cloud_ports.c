/* The cloud's ports: a store that can die around its commit (and lie, if a mutation wants it to), the
 * way down to the edges, prices. */
#include "tests/simulation/sim.h"

#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/grant.h"

#include <string.h>

/* ---- store ---- */

static enum err commit(void *self)
{
    struct sim_cloud *c = store_memory_owner(self);
    struct sim *s = c->sim;
    if (c->doom == DOOM_BEFORE_COMMIT) {
        c->dead = true;
        return ERR_OK;
    }
    if (s->mutation == MUTATION_LEDGER_LIE && hits(s, 2000)) {
        store_memory_die(c->store);
        c->doom = DOOM_AFTER_COMMIT; /* and is found out later */
        c->effects_left = 100;
        return ERR_OK;
    }
    uint64_t version = store_memory_version(c->store);
    enum err e = c->inner.commit(self);
    if (store_memory_version(c->store) != version) {
        s->dirty = true;
        check_news(s);
    }
    return e;
}

static void no_payment(void *self, const struct payment_row *row)
{
    (void)self, (void)row;
}

/* What a store that forgets says instead, to who is behind. */
static const struct store_visitor *behind;

static void never_fenced(void *self, const struct stream_row *row)
{
    struct stream_row r = *row;
    r.fenced = false;
    behind->stream(self, &r);
}

static void from_the_start(void *self, const struct audit_row *row)
{
    struct audit_row r = *row;
    for (size_t i = 0; i < r.position_count; i++)
        r.positions[i].seq = 0;
    behind->audit(self, &r);
}

static void no_refund(void *self, const struct refund_row *row)
{
    (void)self, (void)row;
}

static enum err load(void *self, const struct store_visitor *v)
{
    struct sim_cloud *c = store_memory_owner(self);
    struct store_visitor seen = *v;
    if (c->sim->mutation == MUTATION_CHARGE_AGAIN)
        seen.payment = no_payment;
    if (c->sim->mutation == MUTATION_REFUND_LOST)
        seen.refund = no_refund;
    if (c->sim->mutation == MUTATION_FENCE_FORGOTTEN)
        seen.stream = never_fenced;
    if (c->sim->mutation == MUTATION_AUDIT_EARLY)
        seen.audit = from_the_start;
    behind = v;
    return c->inner.load(self, &seen);
}

static enum err find_decision(void *self, const struct request_id *id, struct decision_row *ret)
{
    struct sim_cloud *c = store_memory_owner(self);
    if (c->sim->mutation == MUTATION_ANSWER_ANEW)
        return ERR_NOTFOUND;
    return c->inner.find_decision(self, id, ret);
}

static enum err add_event(void *self, const struct event_row *r)
{
    struct sim_cloud *c = store_memory_owner(self);
    if (c->sim->mutation == MUTATION_LOSE_EVENT && hits(c->sim, 3000))
        return ERR_OK;
    return c->inner.add_event(self, r);
}

static struct store_port mortal_store(struct sim_cloud *c)
{
    struct store_port p = c->inner;
    p.commit = commit;
    p.load = load;
    p.find_decision = find_decision;
    p.add_event = add_event;
    return p;
}

/* ---- downlink: nothing leaves a process that is dead ---- */

static bool silenced(struct sim_cloud *c)
{
    if (c->doom == DOOM_AFTER_COMMIT && c->effects_left-- == 0)
        c->dead = true;
    return c->dead || !c->service || !c->connected;
}

static void deliver(struct sim *s, struct message *m, enum err encoded)
{
    if (encoded != ERR_OK)
        sim_fail(s, "the cloud's message cannot be encoded: %s", err_text(encoded));
    network_down(m);
}

static void send_ack(void *self, const struct name *place, const struct name *edge, int64_t epoch,
                     int64_t upto)
{
    struct sim_cloud *c = self;
    struct ack a = {epoch, upto};
    if (silenced(c))
        return;
    struct message *m = message_new(c->sim, TOPIC_ACK, sim_edge(c->sim, place, edge));
    deliver(c->sim, m, ack_encode(&a, m->bytes, sizeof m->bytes, &m->len));
}

static void send_response(void *self, const struct name *place, const struct name *edge,
                          const uint8_t correlation[16], const struct response *r)
{
    struct sim_cloud *c = self;
    (void)correlation;
    if (silenced(c))
        return;
    check_answer(c, r);
    struct message *m = message_new(c->sim, TOPIC_RESPONSE, sim_edge(c->sim, place, edge));
    deliver(c->sim, m, response_encode(r, m->bytes, sizeof m->bytes, &m->len));
}

static void send_offer(void *self, const struct name *place, const struct name *edge,
                       const struct grant *g)
{
    struct sim_cloud *c = self;
    if (silenced(c))
        return;
    struct message *m = message_new(c->sim, TOPIC_GRANT, sim_edge(c->sim, place, edge));
    deliver(c->sim, m, grant_encode(g, m->bytes, sizeof m->bytes, &m->len));
}

static void send_occupancy(void *self, const struct name *place, const struct occupancy *o)
{
    struct sim_cloud *c = self;
    if (o->occupied < 0 || o->occupied > o->capacity || o->free < 0 || o->free > o->capacity)
        sim_fail(c->sim, "%s shows %lld occupied and %lld free", place->text,
                 (long long)o->occupied, (long long)o->free);
}

static void send_resync(void *self)
{
    struct sim_cloud *c = self;
    if (silenced(c))
        return;
    for (size_t i = 0; i < EDGES; i++)
        network_down(message_new(c->sim, TOPIC_CLOUD_STATUS, &c->sim->edges[i]));
}

static void send_command(void *self, const struct name *place, const struct name *edge,
                         const struct command *command)
{
    struct sim_cloud *c = self;
    if (silenced(c))
        return;
    struct message *m = message_new(c->sim, TOPIC_COMMAND, sim_edge(c->sim, place, edge));
    deliver(c->sim, m, command_encode(command, m->bytes, sizeof m->bytes, &m->len));
}

static void publish(void *self, enum notice n, const struct name *place, const char *json)
{
    (void)self, (void)n, (void)place, (void)json;
}

static bool listening(void *self)
{
    (void)self;
    return false;
}

/* ---- prices: so much per started minute ---- */

static enum err check(void *self, const struct name *tariff, const char *zone,
                      const struct currency *currency, char *ret_reason)
{
    (void)self, (void)tariff, (void)zone, (void)currency, (void)ret_reason;
    return ERR_OK;
}

int64_t cloud_price(int64_t stay_ms)
{
    int64_t minutes = (stay_ms + 59999) / 60000;
    return minutes <= 5 ? 0 : minutes * 50;
}

static enum err find(void *self, const struct rate_ref *ref, struct wall_ms entry,
                     const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    (void)self, (void)ref, (void)entry, (void)ret_tariff, (void)ret_zone;
    return ERR_NOTFOUND;
}

static enum err price(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                      struct wall_ms end, int64_t *ret_minor)
{
    (void)self, (void)ref;
    *ret_minor = cloud_price(wall_diff_ms(end, stay->entry));
    return ERR_OK;
}

/* No right is ever given here: nothing is to be sent but by mistake. */
static void send_rights(void *self, const struct name *place, const struct name *edge,
                        const char *bytes, size_t len)
{
    (void)self, (void)place, (void)edge, (void)bytes, (void)len;
}

/* Nobody doubts a signature here. */
static enum err sign(void *self, const char *text, size_t len, char *ret, size_t size,
                     size_t *ret_len)
{
    (void)self;
    if (len >= size)
        return ERR_FULL;
    memcpy(ret, text, len);
    ret[len] = '\0';
    *ret_len = len;
    return ERR_OK;
}

struct service_ports cloud_ports(struct sim_cloud *c)
{
    return (struct service_ports){
        .store = mortal_store(c),
        .downlink = {c, send_ack, send_response, send_offer, send_occupancy, send_resync,
                     send_command, send_rights},
        .payments = provider_port(c),
        .notifier = {c, publish, listening},
        .rates = {c, check, find, price},
        .signer = {c, sign},
    };
}
