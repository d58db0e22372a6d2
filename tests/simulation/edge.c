/* The process of one edge: turns, sleeps, dies at any call of a port, starts again from its journal. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"

#include <string.h>

enum { SILENCE_MS = 30 * 1000 };

bool edge_dies_here(struct sim_edge *e)
{
    if (e->doom >= 0 && e->doom-- == 0)
        e->dead = true;
    return e->dead;
}

struct now edge_now(const struct sim_edge *e)
{
    struct now n = e->sim->now;
    n.wall.v += e->wall_off_ms;
    return n;
}

static struct movement_id new_movement(void *self)
{
    struct sim_edge *e = self;
    return movement_id_from(chance_next(&e->sim->chance));
}

static struct ticket new_ticket(void *self)
{
    struct sim_edge *e = self;
    uint64_t random[2] = {chance_next(&e->sim->chance), chance_next(&e->sim->chance)};
    uint8_t bytes[TICKET_RANDOM_BYTES];
    memcpy(bytes, random, sizeof bytes);
    return ticket_from(bytes);
}

static struct request_id new_request(void *self)
{
    struct sim_edge *e = self;
    uint64_t random[2] = {chance_next(&e->sim->chance), chance_next(&e->sim->chance)};
    uint8_t bytes[16];
    memcpy(bytes, random, sizeof bytes);
    return request_id_from(bytes);
}

void edge_setup(struct sim_edge *e)
{
    struct agent_config c = agent_config_default();
    c.place = e->place->name;
    c.edge = e->name;
    struct buf version = buf_of(c.version, sizeof c.version);
    buf_adds(&version, "0.1.0");
    /* Snapshots come seldom where nothing happens, to keep the simulation fast. */
    c.silence_ms = SILENCE_MS;
    c.lane_count = e->lane_count;
    for (size_t i = 0; i < e->lane_count; i++) {
        c.lanes[i].name = e->lanes[i].name;
        c.lanes[i].lane = lane_config_default(e->lanes[i].entry ? DIRECTION_ENTRY : DIRECTION_EXIT,
                                              e->lanes[i].loops);
    }
    e->config = c;
    e->clock = c.clock;
    e->doom = -1;
    journal_begin_life(e);
}

/* ---- turns ---- */

static void plan_wake(struct sim_edge *e)
{
    int64_t at = agent_next_deadline(&e->agent).v;
    if (e->connected && e->window.deadline_us > 0 && e->window.deadline_us / 1000 < at)
        at = e->window.deadline_us / 1000;
    if (e->connected && e->telemetry_ms < at)
        at = e->telemetry_ms;
    if (at < INT64_MAX)
        edge_wake(e, at);
}

static void doom_maybe(struct sim_edge *e)
{
    if (e->doom < 0 && hits(e->sim, e->sim->weather.kill_edge))
        e->doom = between(e->sim, 0, 12);
}

static int64_t down_time(struct sim *s)
{
    return hits(s, 200000) ? between(s, 1000, 120000) : between(s, 50, 2000);
}

static void heals(struct sim *s, void *edge, int64_t incarnation)
{
    struct sim_edge *e = edge;
    if (!e->running || incarnation != e->incarnation)
        return;
    enum err result = agent_heal(&e->agent, &e->journal->committed.memory, edge_now(e));
    if (e->dead || e->doom >= 0) {
        edge_kill(e, down_time(s));
        return;
    }
    if (result != ERR_OK)
        sim_in(s, between(s, 1000, 60000), heals, e, incarnation);
    else
        e->epoch_since_ms = sim_ms(s);
    for (size_t i = 0; i < e->lane_count; i++)
        lane_disturbed(&e->lanes[i]);
    s->dirty = true;
    plan_wake(e);
}

/* A journal that fails for a while; the process goes on. */
static void cripple(struct sim_edge *e)
{
    struct sim *s = e->sim;
    TRACE(s, "%s/%s cannot commit", e->place->name.text, e->name.text);
    s->totals.crippled++;
    agent_cripple(&e->agent, edge_now(e));
    sim_in(s, hits(s, 500000) ? between(s, 1000, 10000) : between(s, 10000, 600000), heals, e,
           e->incarnation);
}

/* After a turn: dies if it has to. True if it lives. */
static bool survived(struct sim_edge *e, enum err result)
{
    if (result != ERR_OK && !e->dead && e->doom < 0 && hits(e->sim, 700000)) {
        cripple(e);
        return true;
    }
    if (result != ERR_OK || e->dead || e->doom >= 0) {
        edge_kill(e, down_time(e->sim));
        return false;
    }
    return true;
}

static void turn(struct sim_edge *e)
{
    for (size_t i = 0; i < e->lane_count; i++)
        e->lanes[i].motions = 0;
    doom_maybe(e);
    size_t n = e->input_count;
    e->input_count = 0;
    enum err result = agent_turn(&e->agent, e->inputs, n, edge_now(e));
    if (!survived(e, result))
        return;
    if (e->agent.live.memory.base != 0 || n > 0)
        e->sim->dirty = true;
    if (e->connected)
        uplink_send(e);
    plan_wake(e);
}

static void wakes(struct sim *s, void *edge, int64_t token)
{
    struct sim_edge *e = edge;
    (void)s;
    if (!e->running || token != e->wake_token)
        return;
    e->wake_at_ms = INT64_MAX;
    turn(e);
}

void edge_wake(struct sim_edge *e, int64_t at_ms)
{
    int64_t now = sim_ms(e->sim);
    if (at_ms < now)
        at_ms = now;
    if (!e->running || at_ms >= e->wake_at_ms)
        return;
    e->wake_at_ms = at_ms;
    calendar_plan(&e->sim->calendar, at_ms, wakes, e, ++e->wake_token);
}

/* A full mailbox drops; whoever sent it sends it again. */
void edge_input(struct sim_edge *e, const struct agent_input *in)
{
    if (!e->running || e->input_count == EDGE_INPUTS)
        return;
    e->inputs[e->input_count++] = *in;
    edge_wake(e, sim_ms(e->sim));
}

void edge_storage(struct sim_edge *e, bool frugal)
{
    struct agent_input in = {.kind = INPUT_STORAGE, .frugal = frugal};
    e->frugal = frugal;
    edge_input(e, &in);
}

/* ---- life ---- */

void edge_kill(struct sim_edge *e, int64_t down_ms)
{
    TRACE(e->sim, "%s/%s dies for %lld ms", e->place->name.text, e->name.text, (long long)down_ms);
    e->gone = down_ms < 0;
    journal_drop(e);
    e->sim->totals.edge_deaths++;
    e->running = e->dead = false;
    e->doom = -1;
    e->incarnation++;
    e->wake_token++;
    e->input_count = 0;
    if (e->connected)
        uplink_lost(e);
    for (size_t i = 0; i < e->lane_count; i++) {
        lane_disturbed(&e->lanes[i]);
        /* Who was let in may have driven through meanwhile, or backed away with another one in his
         * place: in doubt an entry counts in, and whoever is seen next counts as well. */
        e->lanes[i].doubt += e->lanes[i].entry && e->journal->committed.lanes[i].authorised;
    }
    if (e->gone)
        for (size_t i = 0; i < e->lane_count; i++)
            traffic_deserted(&e->lanes[i]);
    else
        sim_in(e->sim, down_ms, edge_start, e, 0);
}

static int64_t service_time(struct sim *s)
{
    return hits(s, 500000) ? between(s, 1000, 60000) : between(s, 60000, 3600000);
}

/* Vehicles let in by a journal that is given up, after a restored database has forgotten the spaces. */
static int64_t known_to_nobody(const struct sim_edge *e)
{
    const struct sim_journal *j = e->journal;
    int64_t entered = 0;
    for (size_t i = (size_t)j->applied; e->sim->totals.restored > 0 && i < j->now.row_count; i++) {
        const struct fact *f = &j->rows[i].fact;
        entered += f->entry &&
                   (f->kind == EVENT_PASSAGE_AUTHORISED || f->kind == EVENT_PASSAGE_UNAUTHORISED);
    }
    return entered;
}

void edge_replace(struct sim_edge *e)
{
    if (e->running)
        edge_kill(e, service_time(e->sim));
    TRACE(e->sim, "%s/%s is replaced", e->place->name.text, e->name.text);
    e->sim->totals.replaced++;
    e->place->spoiled = true;
    e->place->doubled += known_to_nobody(e);
    e->backup.journal = NULL; /* of a journal that another one has replaced */
    e->lease_until_ms = 0;
    for (size_t i = 0; i < e->lane_count; i++) {
        traffic_forgotten(&e->lanes[i]);
        e->lanes[i].missed += e->journal->committed.lanes[i].movement.text[0] != '\0';
    }
    journal_begin_life(e);
}

/* Spaces that a journal had and no longer has, each of which it may spend again when it is set back
 * to before. */
static int64_t spent_since(const struct sim_journal *j, size_t row_count)
{
    int64_t spent = 0;
    for (size_t i = row_count; i < j->committed.row_count; i++) {
        int64_t less = journal_books(j, (int64_t)i)->free - j->rows[i].after.free;
        spent += less > 0 ? less : 0;
    }
    return spent;
}

void edge_set_back(struct sim_edge *e)
{
    const struct backup b = e->backup;
    bool same = b.journal == e->journal;
    if (!b.journal || (same && b.state.row_count == e->journal->committed.row_count))
        return;
    if (e->running)
        edge_kill(e, service_time(e->sim));
    TRACE(e->sim, "%s/%s is set back to %zu of %zu", e->place->name.text, e->name.text,
          b.state.row_count, e->journal->committed.row_count);
    e->sim->totals.set_back++;
    e->place->spoiled = true;
    e->place->doubled += known_to_nobody(e);
    e->place->doubled += same ? spent_since(e->journal, b.state.row_count)
                              : journal_books(b.journal, (int64_t)b.state.row_count)->free;
    for (size_t i = 0; i < e->lane_count; i++) {
        traffic_forgotten(&e->lanes[i]);
        e->lanes[i].missed += e->journal->committed.lanes[i].movement.text[0] != '\0';
        e->lanes[i].again += b.state.lanes[i].movement.text[0] != '\0';
        e->place->doubled += b.state.lanes[i].authorised && !e->lanes[i].entry;
    }
    journal_copy(e, b.journal, &b.state);
}

struct sim_edge *edge_root(struct sim_edge *e)
{
    return e->twin_of ? e->twin_of : e;
}

struct sim_edge *edge_other(struct sim_edge *e)
{
    struct sim_edge *twin = &e->sim->edges[TWIN];
    if (e == twin)
        return e->twin_of;
    return twin->twin_of == e ? twin : NULL;
}

struct sim_edge *edge_copy(struct sim_edge *e)
{
    struct sim *s = e->sim;
    struct sim_edge *t = &s->edges[TWIN];
    TRACE(s, "%s/%s is copied", e->place->name.text, e->name.text);
    s->totals.copied++;
    e->place->spoiled = true;
    t->twin_of = e;
    t->place = e->place;
    t->name = e->name;
    t->gone = false;
    t->lease_until_ms = e->lease_until_ms;
    for (; t->lane_count < e->lane_count; t->lane_count++) {
        const struct sim_lane *l = &e->lanes[t->lane_count];
        lane_setup(&t->lanes[t->lane_count], t, t->lane_count, l->entry, l->loops);
        const struct lane_memory *m = &e->journal->committed.lanes[t->lane_count];
        t->lanes[t->lane_count].again += m->movement.text[0] != '\0';
        t->place->doubled += m->authorised && !l->entry;
        sim_in(s, between(s, 0, 10000), lane_beat, &t->lanes[t->lane_count], 0);
    }
    edge_setup(t);
    journal_copy(t, e->journal, &e->journal->committed);
    e->place->doubled += journal_books(e->journal, (int64_t)e->journal->committed.row_count)->free;
    sim_in(s, between(s, 1000, 60000), edge_start, t, 0);
    return t;
}

void edge_start(struct sim *s, void *edge, int64_t what)
{
    struct sim_edge *e = edge;
    (void)what;
    if (e->running || e->gone)
        return;
    struct agent_ports ports = {
        .journal = journal_port_of(e),
        .field = field_port_of(e),
        .uplink = uplink_port_of(e),
        .entropy = {e, new_movement, new_request, new_ticket},
    };
    e->running = true;
    e->wake_at_ms = INT64_MAX;
    e->sessions = 0;
    e->window = (struct window){0};
    e->journal->now.memory.boot++;
    /* The machine was restarted with it, or not. */
    e->journal->now.memory.lease.here &= !hits(s, s->faults >> FAULT_LEASES & 1 ? 300000 : 0);
    e->config.clock = e->clock;
    doom_maybe(e);
    TRACE(s, "%s/%s starts", e->place->name.text, e->name.text);
    enum err result = agent_start(&e->agent, &e->config, &ports, &e->journal->now.memory,
                                  e->journal->now.lanes, e->lane_count, edge_now(e));
    if (!survived(e, result))
        return;
    for (size_t i = 0; i < e->lane_count; i++) {
        lane_disturbed(&e->lanes[i]);
        sim_in(s, between(s, 20, 400), lane_show, &e->lanes[i], e->incarnation);
    }
    sim_in(s, between(s, 5, 1000), uplink_try, e, e->incarnation);
    edge_storage(e, e->frugal);
    plan_wake(e);
}
