/* What goes wrong, and when: calm and storm take turns, and each seed has its own kinds of faults. */
#include "tests/simulation/sim.h"

static int64_t if_on(struct sim *s, enum fault f, int64_t low, int64_t high)
{
    return s->faults >> f & 1 ? between(s, low, high) : 0;
}

/* Up to `most`, but mostly little: 1 in 4 of a tenth, 1 in 4 of a hundredth. */
static int64_t chance_of(struct sim *s, enum fault f, int64_t most)
{
    static const int64_t parts[] = {1, 1, 10, 100};
    return if_on(s, f, 0, most / parts[between(s, 0, 3)]);
}

static struct weather storm(struct sim *s)
{
    return (struct weather){
        .lose = chance_of(s, FAULT_LOSS, 500000),
        .duplicate = chance_of(s, FAULT_LOSS, 300000),
        .late = chance_of(s, FAULT_ORDER, 300000),
        .reorder = chance_of(s, FAULT_ORDER, 500000),
        .kill_edge = chance_of(s, FAULT_KILL_EDGE, 50000),
        .kill_cloud = chance_of(s, FAULT_KILL_CLOUD, 50000),
        .journal = chance_of(s, FAULT_JOURNAL, 5000),
        .deaf = chance_of(s, FAULT_FIELD, 300000),
        .answer_lost = chance_of(s, FAULT_FIELD, 300000),
        .charge_lost = chance_of(s, FAULT_MONEY, 500000),
        .decline = chance_of(s, FAULT_MONEY, 300000),
        .slow = chance_of(s, FAULT_MONEY, 500000),
        .refuse = chance_of(s, FAULT_MONEY, 200000),
        .rude = chance_of(s, FAULT_DRIVERS, 200000),
        .reverse = chance_of(s, FAULT_DRIVERS, 300000),
        .unreadable = chance_of(s, FAULT_DRIVERS, 200000),
        .disaster_ms = if_on(s, FAULT_DISASTERS, 5000, 600000),
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
    sim_in(s,
           hits(s, s->faults >> FAULT_LEASES & 1 ? 400000 : 100000) ? between(s, 600000, 7200000)
                                                                    : between(s, 500, 120000),
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

/* ---- edges that do not come back as they were ---- */

/* Place a can do without one of its edges; it keeps an entry and an exit. */
static void lives(struct sim *s, struct sim_edge *e)
{
    bool spare = e == &s->edges[0] || e == &s->edges[1];
    if (e->gone)
        return;
    if (spare && s->totals.gone == 0 && hits(s, 100000)) {
        s->totals.gone++;
        edge_kill(e, -1);
    } else {
        edge_replace(e);
    }
}

/* A backup is kept for a while; then it is put back, or another one is made. */
static void set_back(struct sim *s, struct sim_edge *e)
{
    if (e->gone)
        return;
    if (e->backup.journal && hits(s, 500000)) {
        edge_set_back(e);
        e->backup.journal = NULL;
    } else if (e->journal->committed.memory.epoch != 0) {
        e->backup = (struct backup){e->journal, e->journal->committed};
    }
}

static void withdraw(struct sim *s, void *twin, int64_t what)
{
    struct sim_edge *e = twin;
    (void)s, (void)what;
    if (!e->gone && e->running)
        edge_kill(e, -1);
    else if (!e->gone)
        sim_in(s, 1000, withdraw, e, 0);
}

static void copies(struct sim *s, struct sim_edge *e)
{
    if (s->edges[TWIN].twin_of || e->gone || !hits(s, 200000)) {
        set_back(s, e);
        return;
    }
    sim_in(s, between(s, 600000, 7200000), withdraw, edge_copy(e), 0);
}

static void restore(struct sim *s)
{
    if (s->cloud.backed_up && hits(s, 500000))
        cloud_restore(&s->cloud);
    else if (s->cloud.service)
        cloud_back_up(&s->cloud);
}

/* ---- clocks: wrong by a little, by hours, by years; and right again ---- */

static int64_t step_of(struct sim *s, int64_t least, int64_t most)
{
    static const int64_t most_ms[] = {2000, CLOCK_LIE_MS, 12 * 3600000,
                                      400 * 24 * INT64_C(3600000)};
    int64_t ms = most_ms[between(s, least, most)];
    return hits(s, 300000) ? 0 : between(s, -ms, ms);
}

/* An edge that is far off knows that its clock is not set; a little off it believes itself. */
static void step_edge_clock(struct sim_edge *e)
{
    struct sim *s = e->sim;
    bool far = hits(s, 500000);
    e->wall_off_ms = far ? step_of(s, 2, 3) : step_of(s, 0, 1);
    e->clock = far ? CLOCK_UNSET : hits(s, 500000) ? CLOCK_HOLDOVER : CLOCK_SYNCED;
    TRACE(s, "%s/%s: the clock is wrong by %lld ms, %s", e->place->name.text, e->name.text,
          (long long)e->wall_off_ms, clock_state_word(e->clock));
    struct agent_input in = {.kind = INPUT_CLOCK, .clock = e->clock};
    edge_input(e, &in);
}

static void step_cloud_clock(struct sim *s)
{
    bool far = hits(s, 200000);
    s->cloud.wall_off_ms = far ? step_of(s, 2, 3) : step_of(s, 0, 1);
    s->cloud.misled |= far;
    TRACE(s, "cloud: the clock is wrong by %lld ms", (long long)s->cloud.wall_off_ms);
}

static struct sim_edge *some_edge(struct sim *s)
{
    return &s->edges[between(s, 0, EDGES - 1)];
}

/* Nearly full for a while: observations are left out, and what moves spaces is not. */
static void storage(struct sim *s, struct sim_edge *e)
{
    if (e->gone)
        return;
    s->totals.frugal += !e->frugal;
    TRACE(s, "%s/%s: storage %s", e->place->name.text, e->name.text,
          e->frugal ? "has room" : "is nearly full");
    edge_storage(e, !e->frugal);
}

static void one_disaster(struct sim *s)
{
    struct sim_edge *e = some_edge(s);
    switch (between(s, 0, 14)) {
    case 0: partition(s, e); break;
    case 1: cloud_disconnect(&s->cloud, between(s, 100, 60000)); break;
    case 2: broker_restart(s, between(s, 50, 20000)); break;
    case 3:
        if (e->running && !e->gone)
            edge_kill(e, between(s, 50, 60000));
        break;
    case 4: cloud_kill(&s->cloud, between(s, 50, 60000)); break;
    case 5:
        if (s->faults >> FAULT_MONEY & 1)
            hits(s, 300000) ? money_any(s) : provider_fails(s);
        break;
    case 6:
        if (s->faults >> FAULT_LIVES & 1)
            lives(s, e);
        break;
    case 7:
        if (s->faults >> FAULT_CLOCKS & 1)
            hits(s, 300000) ? step_cloud_clock(s) : step_edge_clock(e);
        break;
    case 8:
        if (s->faults >> FAULT_COPIES & 1)
            copies(s, e);
        break;
    case 9:
        if (s->faults >> FAULT_RESTORE & 1)
            restore(s);
        break;
    case 10:
        if (s->faults >> FAULT_ORDERS & 1 && e->lane_count > 0)
            orders_any(&e->lanes[between(s, 0, (int64_t)e->lane_count - 1)]);
        break;
    case 11:
        if (s->faults >> FAULT_DEVICES & 1 && !e->gone)
            device_breaks(&e->lanes[between(s, 0, (int64_t)e->lane_count - 1)]);
        break;
    case 12:
        if (s->faults >> FAULT_AUDITS & 1)
            audit_begin(&s->places[between(s, 0, PLACES - 1)]);
        break;
    case 13:
        if (s->faults >> FAULT_JOURNAL & 1)
            storage(s, e);
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

/* ---- the operator: makes good what lanes counted in doubt, changes capacities, closes places ---- */

static void manage(struct sim *s, struct sim_place *p, int64_t less, bool closed)
{
    if (p->counting)
        return;
    /* Where audits are made, they are what puts the ledger right. */
    if (!(s->faults >> FAULT_AUDITS & 1) && ledger_settled(s, p))
        p->phantoms = ledger_phantoms(s, p);
    int64_t ledger = p->capacity + p->phantoms - less;
    closed |= ledger < 1;
    ledger = ledger > 0 ? ledger : 1;
    if (ledger == p->ledger && closed == p->closed)
        return;
    TRACE(s, "%s: capacity %lld%s", p->name.text, (long long)ledger, closed ? ", closed" : "");
    p->ledger = ledger;
    p->closed = closed;
    cloud_put_place(&s->cloud, p);
}

static void audit(struct sim *s, void *who, int64_t what)
{
    if (s->leaving)
        return;
    for (size_t p = 0; p < PLACES; p++) {
        bool meddles = s->faults >> FAULT_OPERATOR & 1;
        int64_t less = meddles && hits(s, 300000) ? between(s, 1, 5) : 0;
        manage(s, &s->places[p], less, meddles && hits(s, 100000));
    }
    cloud_repair(&s->cloud);
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
    if (s->faults >> FAULT_LEASES & 1)
        s->cloud.lease_ms = between(s, 300000, 3600000);
    sim_in(s, 60000, change, s, 0);
    sim_in(s, 60000, disaster, s, 0);
    sim_in(s, 900000, audit, s, 0);
}

void weather_end(struct sim *s)
{
    s->weather = (struct weather){0};
    s->provider.down = s->provider.open_breaker = false;
    for (size_t p = 0; p < PLACES; p++)
        manage(s, &s->places[p], 0, false);
    withdraw(s, &s->edges[TWIN], 0);
    for (size_t i = 0; i < BODIES; i++) {
        s->edges[i].partitioned = false;
        for (size_t k = 0; k < s->edges[i].lane_count; k++)
            device_repaired(&s->edges[i].lanes[k]);
        s->edges[i].wall_off_ms = 0;
        s->edges[i].clock = CLOCK_SYNCED;
        struct agent_input in = {.kind = INPUT_CLOCK, .clock = CLOCK_SYNCED};
        edge_input(&s->edges[i], &in);
        edge_storage(&s->edges[i], false);
    }
    s->cloud.wall_off_ms = 0;
}
