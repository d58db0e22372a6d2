/* The process of the cloud: turns, dies around its commit, starts again from what was committed. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"

#include <stdlib.h>
#include <string.h>

static void turn(struct sim_cloud *c);

static void wakes(struct sim *s, void *cloud, int64_t token)
{
    struct sim_cloud *c = cloud;
    (void)s;
    if (!c->service || token != c->wake_token)
        return;
    c->wake_at_ms = INT64_MAX;
    turn(c);
}

static void wake(struct sim_cloud *c, int64_t ms)
{
    int64_t at = sim_ms(c->sim) + ms;
    if (at >= c->wake_at_ms)
        return;
    c->wake_at_ms = at;
    calendar_plan(&c->sim->calendar, at, wakes, c, ++c->wake_token);
}

void cloud_post(struct sim_cloud *c, struct work *w)
{
    if (!c->service || service_post(c->service, w) != ERR_OK)
        work_free(w);
    else
        wake(c, between(c->sim, 0, 3));
}

struct now cloud_now(const struct sim_cloud *c)
{
    struct now n = c->sim->now;
    n.wall.v += c->wall_off_ms;
    return n;
}

static void doom_maybe(struct sim_cloud *c)
{
    struct sim *s = c->sim;
    if (!hits(s, s->weather.kill_cloud))
        return;
    c->doom = hits(s, 400000) ? DOOM_BEFORE_COMMIT : DOOM_AFTER_COMMIT;
    c->effects_left = between(s, 0, 4);
}

static void turn(struct sim_cloud *c)
{
    struct sim *s = c->sim;
    doom_maybe(c);
    service_turn(c->service, cloud_now(c));
    if (c->doom != DOOM_NONE || c->dead) {
        cloud_kill(c, hits(s, 200000) ? between(s, 1000, 120000) : between(s, 50, 3000));
        return;
    }
    wake(c, service_next_timer_ms(c->service, cloud_now(c)));
}

/* ---- connection ---- */

static void post_broker(struct sim_cloud *c, bool up)
{
    struct work *w = work_new(WORK_BROKER, NULL, 0);
    w->broker.up = up;
    w->broker.receive_max = 200;
    cloud_post(c, w);
}

/* What a history that is over still had to say, brought by nobody knows what: nothing may come of it. */
static void haunt(struct sim_cloud *c, struct sim_edge *e, const struct sim_journal *j)
{
    for (size_t i = (size_t)j->applied; i < j->committed.row_count; i++) {
        struct work *w = work_new(WORK_EVENT, j->rows[i].bytes, j->rows[i].len);
        w->place = e->place->name;
        w->edge = e->name;
        cloud_post(c, w);
    }
}

static void haunt_all(struct sim_cloud *c)
{
    for (size_t i = 0; i < BODIES; i++) {
        struct sim_edge *e = &c->sim->edges[i];
        for (const struct sim_journal *j = e->journal ? e->journal->older : NULL; j; j = j->older)
            haunt(c, e, j);
    }
}

void cloud_connect(struct sim *s, void *cloud, int64_t incarnation)
{
    struct sim_cloud *c = cloud;
    if (!c->service || c->connected || incarnation != c->incarnation)
        return;
    if (!s->broker.up) {
        sim_in(s, between(s, 200, 3000), cloud_connect, c, incarnation);
        return;
    }
    c->connected = true;
    network_birth(s);
    post_broker(c, true);
    if (s->mutation == MUTATION_FENCE_FORGOTTEN)
        haunt_all(c);
}

void cloud_disconnect(struct sim_cloud *c, int64_t down_ms)
{
    if (!c->connected)
        return;
    c->connected = false;
    post_broker(c, false);
    sim_in(c->sim, down_ms, cloud_connect, c, c->incarnation);
}

/* ---- life ---- */

void cloud_put_place(struct sim_cloud *c, const struct sim_place *p)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    struct place_settings *set = &w->admin.place;
    w->admin.kind = ADMIN_PLACE_PUT;
    *set = (struct place_settings){.place = p->name,
                                   .capacity = p->ledger,
                                   .currency = {"KRW"},
                                   .tariff = {"t3"},
                                   .policy = p->index == 0 ? POLICY_DEFER : POLICY_HOLD,
                                   .hold_max_ms = 120000,
                                   .exit_grace_ms = 15 * 60000,
                                   .grant_size = p->index == 0 ? 3 : 0,
                                   .closed = p->closed};
    struct buf zone = buf_of(set->zone, sizeof set->zone);
    buf_adds(&zone, "Asia/Seoul");
    cloud_post(c, w);
}

void cloud_kill(struct sim_cloud *c, int64_t down_ms)
{
    struct sim *s = c->sim;
    if (!c->service)
        return;
    TRACE(s, "cloud dies for %lld ms", (long long)down_ms);
    s->totals.cloud_deaths++;
    c->dead = true;
    service_free(c->service);
    c->service = NULL;
    store_memory_die(c->store);
    c->connected = c->dead = false;
    c->doom = DOOM_NONE;
    c->incarnation++;
    c->wake_token++;
    sim_in(s, down_ms, cloud_start, c, 0);
}

void cloud_start(struct sim *s, void *cloud, int64_t what)
{
    struct sim_cloud *c = cloud;
    (void)what;
    if (c->service)
        return;
    struct service_options o = {
        .clock = clock_real(),
        .accounts = c->accounts,
        .account_count = CARS,
        .lease_ms = c->lease_ms,
        .metrics = &c->metrics,
    };
    struct service_ports ports = cloud_ports(c);
    TRACE(s, "cloud starts");
    c->wake_at_ms = INT64_MAX;
    if (service_create(&o, &ports, &c->service) != ERR_OK)
        sim_fail(s, "the cloud does not start from its store");
    for (size_t i = 0; i < PLACES; i++)
        cloud_put_place(c, &s->places[i]);
    sim_in(s, between(s, 5, 1500), cloud_connect, c, c->incarnation);
    wake(c, 0);
}

/* ---- backups, and what a person does about what has stopped ---- */

void cloud_back_up(struct sim_cloud *c)
{
    store_memory_backup(c->store);
    c->backed_up = true;
    c->backup_answers = c->answer_count;
}

void cloud_restore(struct sim_cloud *c)
{
    struct sim *s = c->sim;
    cloud_kill(c, between(s, 1000, 600000));
    TRACE(s, "the cloud's database is restored");
    s->totals.restored++;
    c->backed_up = false;
    c->answer_count = c->backup_answers;
    ledger_forgotten(s);
    store_memory_restore(c->store);
    ledger_reread(s);
    provider_forget(s);
}

static void release_frozen(void *arg, const struct stream_row *r)
{
    struct sim *s = arg;
    if (!r->frozen || r->fenced)
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_EDGE_RELEASE;
    w->admin.stream.place = r->place;
    w->admin.stream.edge = r->edge;
    cloud_post(&s->cloud, w);
}

static void resume_stopped(void *arg, const struct place_row *r)
{
    struct sim *s = arg;
    if (!r->offers_stopped)
        return;
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_PLACE_RESUME;
    w->admin.place.place = r->settings.place;
    cloud_post(&s->cloud, w);
}

void cloud_repair(struct sim_cloud *c)
{
    if (!c->service)
        return;
    store_memory_streams(c->store, release_frozen, c->sim);
    store_memory_places(c->store, resume_stopped, c->sim);
}

void cloud_setup(struct sim *s)
{
    struct sim_cloud *c = &s->cloud;
    c->sim = s;
    c->store = store_memory_new(c);
    c->inner = store_memory_port(c->store);
    for (size_t i = 0; i < CARS; i++) {
        c->accounts[i].plate = s->cars[i].plate;
        struct payer_token *account = &c->accounts[i].payer.tokens[0];
        struct buf token = buf_of(account->token, sizeof account->token);
        c->accounts[i].payer.count = 1;
        account->provider = (struct name){"stripe"};
        buf_addf(&token, "cus_%s", s->cars[i].plate.text);
    }
}

void cloud_free(struct sim_cloud *c)
{
    c->dead = true;
    service_free(c->service);
    store_memory_free(c->store);
    free(c->answers);
    free(c->streams);
}
