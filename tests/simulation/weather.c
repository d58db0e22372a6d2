/* What goes wrong, and when: calm and storm take turns, and each seed has its own kinds of faults. */
#include "tests/simulation/sim.h"

enum fault {
    FAULT_LOSS,
    FAULT_ORDER,
    FAULT_KILL_EDGE,
    FAULT_KILL_CLOUD,
    FAULT_JOURNAL,
    FAULT_FIELD,
    FAULT_MONEY,
    FAULT_DRIVERS,
    FAULT_DISASTERS,
    FAULTS
};

static int64_t if_on(struct sim *s, enum fault f, int64_t low, int64_t high)
{
    return s->faults >> f & 1 ? between(s, low, high) : 0;
}

static struct weather storm(struct sim *s)
{
    return (struct weather){
        .lose = if_on(s, FAULT_LOSS, 0, 300000),
        .duplicate = if_on(s, FAULT_LOSS, 0, 200000),
        .late = if_on(s, FAULT_ORDER, 0, 200000),
        .reorder = if_on(s, FAULT_ORDER, 0, 300000),
        .kill_edge = if_on(s, FAULT_KILL_EDGE, 0, 10000),
        .kill_cloud = if_on(s, FAULT_KILL_CLOUD, 0, 10000),
        .journal = if_on(s, FAULT_JOURNAL, 0, 2000),
        .deaf = if_on(s, FAULT_FIELD, 0, 100000),
        .answer_lost = if_on(s, FAULT_FIELD, 0, 100000),
        .charge_lost = if_on(s, FAULT_MONEY, 0, 400000),
        .decline = if_on(s, FAULT_MONEY, 0, 200000),
        .slow = if_on(s, FAULT_MONEY, 0, 400000),
        .refuse = if_on(s, FAULT_MONEY, 0, 100000),
        .rude = if_on(s, FAULT_DRIVERS, 0, 100000),
        .reverse = if_on(s, FAULT_DRIVERS, 0, 200000),
        .unreadable = if_on(s, FAULT_DRIVERS, 0, 100000),
        .disaster_ms = if_on(s, FAULT_DISASTERS, 10000, 600000),
    };
}

static int64_t demand(struct sim *s)
{
    switch (between(s, 0, 3)) {
    case 0: return between(s, 20000, 60000); /* rush hour */
    case 1: return between(s, 60000, 180000);
    case 2: return between(s, 180000, 900000);
    default: return between(s, 600000, 3600000); /* at night */
    }
}

/* ---- disasters ---- */

static void partition_over(struct sim *s, void *edge, int64_t which)
{
    struct sim_edge *e = edge;
    (void)s;
    if (which == e->partition)
        e->partitioned = false;
}

static void partition_noticed(struct sim *s, void *edge, int64_t session)
{
    struct sim_edge *e = edge;
    (void)s;
    if (e->connected && e->partitioned && e->session == session)
        uplink_lost(e);
}

static void partition(struct sim *s, struct sim_edge *e)
{
    TRACE(s, "%s is cut off", e->name.text);
    e->partitioned = true;
    sim_in(s, between(s, 1000, 45000), partition_noticed, e, e->session);
    sim_in(s, hits(s, 100000) ? between(s, 600000, 7200000) : between(s, 500, 120000),
           partition_over, e, ++e->partition);
}

static void provider_mode(struct sim *s, void *who, int64_t token)
{
    (void)who;
    if (token == s->provider.mode_token)
        s->provider.down = s->provider.open_breaker = false;
}

static void provider_fails(struct sim *s)
{
    s->provider.down = true;
    s->provider.open_breaker = hits(s, 500000);
    sim_in(s, between(s, 5000, 900000), provider_mode, s, ++s->provider.mode_token);
}

static struct sim_edge *some_edge(struct sim *s)
{
    return &s->edges[between(s, 0, EDGES - 1)];
}

static void one_disaster(struct sim *s)
{
    struct sim_edge *e = some_edge(s);
    switch (between(s, 0, 6)) {
    case 0: partition(s, e); break;
    case 1: cloud_disconnect(&s->cloud, between(s, 100, 60000)); break;
    case 2: broker_restart(s, between(s, 50, 20000)); break;
    case 3:
        if (e->running)
            edge_kill(e, between(s, 50, 60000));
        break;
    case 4: cloud_kill(&s->cloud, between(s, 50, 60000)); break;
    case 5:
        if (s->faults >> FAULT_MONEY & 1)
            provider_fails(s);
        break;
    default:
        if (s->faults >> FAULT_FIELD & 1)
            lane_silence(&e->lanes[between(s, 0, (int64_t)e->lane_count - 1)],
                         between(s, 200, 60000));
    }
}

static void disaster(struct sim *s, void *who, int64_t what)
{
    int64_t mean = s->weather.disaster_ms;
    if (s->leaving)
        return;
    if (mean > 0)
        one_disaster(s);
    sim_in(s, mean > 0 ? between(s, 1, 2 * mean) : 60000, disaster, who, what);
}

/* ---- the operator: lanes that counted a vehicle twice or never are made good ---- */

static void audit(struct sim *s, void *who, int64_t what)
{
    (void)what;
    if (s->leaving)
        return;
    for (size_t p = 0; p < PLACES; p++) {
        struct sim_place *place = &s->places[p];
        int64_t phantoms = 0;
        for (size_t i = 0; i < EDGES; i++)
            for (size_t k = 0; s->edges[i].place == place && k < s->edges[i].lane_count; k++)
                phantoms += s->edges[i].lanes[k].entry ? s->edges[i].lanes[k].base
                                                       : -s->edges[i].lanes[k].base;
        if (phantoms <= 0 || place->ledger == place->capacity + phantoms)
            continue;
        place->ledger = place->capacity + phantoms;
        cloud_put_place(&s->cloud, place);
    }
    sim_in(s, 900000, audit, who, what);
}

/* ---- weather ---- */

static void change(struct sim *s, void *who, int64_t what)
{
    static const struct weather calm;
    if (s->leaving)
        return;
    s->weather = between(s, 0, 2) > 0 ? storm(s) : calm;
    s->weather.arrival_ms = demand(s);
    TRACE(s, "weather: %s, arrivals every %lld ms", s->weather.lose ? "storm" : "calm",
          (long long)s->weather.arrival_ms);
    sim_in(s, between(s, 30000, 1800000), change, who, what);
}

void weather_begin(struct sim *s)
{
    s->faults = (unsigned)between(s, 0, (1 << FAULTS) - 1);
    s->weather.arrival_ms = 60000;
    sim_in(s, 60000, change, s, 0);
    sim_in(s, 60000, disaster, s, 0);
    sim_in(s, 900000, audit, s, 0);
}

void weather_end(struct sim *s)
{
    s->weather = (struct weather){0};
    s->provider.down = s->provider.open_breaker = false;
    for (size_t i = 0; i < EDGES; i++)
        s->edges[i].partitioned = false;
}
