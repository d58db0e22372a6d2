/* One run: who is there, and step by step what happens. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Later than any boot of a machine: the service reads the real clock once, when it is created. */
static const int64_t start_mono_ms = INT64_C(1000000000000);
static const int64_t start_wall_ms = INT64_C(1800000000000);

__attribute__((format(printf, 2, 0))) static void say(const struct sim *s, const char *format,
                                                      va_list ap)
{
    char text[1800];
    vsnprintf(text, sizeof text, format, ap);
    printf("%8llu %12.3f %s\n", (unsigned long long)s->step,
           (double)(sim_ms(s) - start_mono_ms) / 1000, text);
}

void sim_say(const struct sim *s, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(s, format, ap);
    va_end(ap);
}

void sim_fail(const struct sim *s, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    printf("FAILED seed %llu step %llu:\n", (unsigned long long)s->seed,
           (unsigned long long)s->step);
    say(s, format, ap);
    va_end(ap);
    fflush(stdout);
    exit(1);
}

/* ---- who is there ---- */

static void set_name(struct name *n, const char *text)
{
    struct buf b = buf_of(n->text, sizeof n->text);
    buf_adds(&b, text);
}

/* Place a: an entry, an exit, and an edge with both; place b: both. Two and three loops. */
static void people_the_world(struct sim *s)
{
    static const struct {
        const char *edge, *lanes;
        size_t place;
        int loops;
    } world[EDGES] = {
        {"e-in", "i", 0, 2}, {"e-out", "o", 0, 3}, {"e-both", "io", 0, 3}, {"e1", "io", 1, 2}};
    static const char *const names[PLACES] = {"a", "b"};
    for (size_t p = 0; p < PLACES; p++) {
        s->places[p] = (struct sim_place){.sim = s, .index = p, .capacity = between(s, 1, 12)};
        s->places[p].ledger = s->places[p].capacity;
        set_name(&s->places[p].name, names[p]);
    }
    s->edges[TWIN] = (struct sim_edge){.sim = s, .index = TWIN, .gone = true};
    for (size_t i = 0; i < EDGES; i++) {
        struct sim_edge *e = &s->edges[i];
        e->sim = s;
        e->index = i;
        e->place = &s->places[world[i].place];
        set_name(&e->name, world[i].edge);
        for (; world[i].lanes[e->lane_count] != '\0'; e->lane_count++)
            lane_setup(&e->lanes[e->lane_count], e, e->lane_count,
                       world[i].lanes[e->lane_count] == 'i', world[i].loops);
        edge_setup(e);
    }
    for (size_t i = 0; i < CARS; i++) {
        struct buf plate = buf_of(s->cars[i].plate.text, sizeof s->cars[i].plate.text);
        buf_addf(&plate, "SIM%02zu", i);
    }
}

struct sim_place *sim_place(struct sim *s, const struct name *place)
{
    for (size_t i = 0; i < PLACES; i++)
        if (name_equal(&s->places[i].name, place))
            return &s->places[i];
    sim_fail(s, "nobody made the place %s", place->text);
}

struct sim_edge *sim_edge(struct sim *s, const struct name *place, const struct name *edge)
{
    for (size_t i = 0; i < EDGES; i++)
        if (name_equal(&s->edges[i].name, edge) && name_equal(&s->edges[i].place->name, place))
            return &s->edges[i];
    sim_fail(s, "there is no edge %s/%s", place->text, edge->text);
}

static struct sim *begin(const struct sim_options *o)
{
    struct sim *s = mem_alloc(sizeof *s);
    s->seed = o->seed;
    s->chance.state = o->seed * 0x9e3779b97f4a7c15u + 1;
    s->trace = o->trace;
    s->mutation = o->mutation;
    s->now = (struct now){{start_mono_ms}, {start_wall_ms}};
    s->broker.up = true;
    people_the_world(s);
    cloud_setup(s);
    sim_in(s, 0, cloud_start, &s->cloud, 0);
    for (size_t i = 0; i < EDGES; i++) {
        sim_in(s, between(s, 0, 3000), edge_start, &s->edges[i], 0);
        for (size_t k = 0; k < s->edges[i].lane_count; k++)
            sim_in(s, between(s, 0, 10000), lane_beat, &s->edges[i].lanes[k], 0);
    }
    traffic_begin(s);
    weather_begin(s);
    return s;
}

static void end(struct sim *s)
{
    provider_free(s);
    network_free(s);
    cloud_free(&s->cloud);
    for (size_t i = 0; i < BODIES; i++)
        journal_release(&s->edges[i]);
    calendar_free(&s->calendar);
    free(s->begun);
    free(s);
}

/* ---- what happens ---- */

bool sim_step(struct sim *s)
{
    struct entry e;
    if (!calendar_take(&s->calendar, &e))
        return false;
    s->step++;
    int64_t passed = e.at_ms - sim_ms(s);
    s->now.mono.v += passed;
    s->now.wall.v += passed;
    e.happen(s, e.who, e.what);
    check_step(s);
    return true;
}

struct totals sim_run(const struct sim_options *o)
{
    struct sim *s = begin(o);
    while (s->step < o->steps && sim_step(s))
        ;
    settle(s);
    struct totals t = s->totals;
    t.ms = sim_ms(s) - start_mono_ms;
    end(s);
    return t;
}
