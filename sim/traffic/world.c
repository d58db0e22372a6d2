/* See world.h: time, demand and what lanes report. */
#include "sim/traffic/world_state.h"

#include "protocol/support/memory.h"
#include "sim/traffic/plates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_MIN_MM = 3900,
    LENGTH_SPREAD_MM = 1100,
    SPEED_MIN_MM_S = 2500,
    SPEED_SPREAD_MM_S = 1000,
    DRAIN_PAUSE_MS = 5000,  /* from entering to leaving while draining */
    EXIT_RETRY_MS = 300000, /* after giving up at an exit */
};

void line_add(struct line *l, uint32_t car)
{
    if (l->from + l->count == l->room) {
        if (l->from > l->room / 2) {
            memmove(l->cars, l->cars + l->from, l->count * sizeof *l->cars);
            l->from = 0;
        } else {
            l->room = l->room > 0 ? l->room * 2 : 32;
            l->cars = mem_resize(l->cars, l->room * sizeof *l->cars);
        }
    }
    l->cars[l->from + l->count++] = car;
}

uint32_t line_first(const struct line *l)
{
    return l->cars[l->from];
}

void line_drop_first(struct line *l)
{
    l->count--;
    l->from = l->count > 0 ? l->from + 1 : 0;
}

size_t world_queue(const struct world_lane *l)
{
    size_t n = l->line.count;
    for (size_t i = 0; i < l->lane.count; i++)
        n += !l->lane.vehicles[i].passing && l->lane.vehicles[i].phase != PHASE_REVERSING;
    return n;
}

uint32_t world_new_car(struct world *w, size_t place, const struct plate_raw *plate,
                       uint16_t country)
{
    if (w->car_count == w->car_room) {
        w->car_room = w->car_room > 0 ? w->car_room * 2 : 256;
        w->cars = mem_resize(w->cars, w->car_room * sizeof *w->cars);
    }
    uint32_t number = (uint32_t)w->car_count++;
    uint64_t lot = prng_mix((uint64_t)w->config->seed + 1, number);
    w->cars[number] = (struct car){
        .plate = *plate,
        .country = country,
        .place = (uint16_t)place,
        .lane = NO_LANE,
        .length_mm = LENGTH_MIN_MM + (int32_t)(lot % LENGTH_SPREAD_MM),
        .top_speed_mm_s = SPEED_MIN_MM_S + (int32_t)(lot / LENGTH_SPREAD_MM % SPEED_SPREAD_MM_S)};
    return number;
}

void world_put_inside(struct world *w, uint32_t car)
{
    struct car *c = &w->cars[car];
    struct line *inside = &w->places[c->place].inside;
    c->inside = true;
    line_add(inside, car);
    c->slot = (uint32_t)(inside->count - 1);
}

static void take_from_inside(struct world *w, uint32_t car)
{
    struct car *c = &w->cars[car];
    struct line *inside = &w->places[c->place].inside;
    uint32_t last = inside->cars[--inside->count];
    inside->cars[c->slot] = last;
    w->cars[last].slot = c->slot;
    c->inside = false;
}

void world_join(struct world *w, uint32_t car, size_t lane, enum intent intent)
{
    struct car *c = &w->cars[car];
    struct world_place *p = &w->places[c->place];
    c->lane = (uint16_t)lane;
    c->state = CAR_QUEUED;
    c->intent = (uint8_t)intent;
    c->leaving = c->inside;
    c->entering = !c->inside;
    p->leaving += c->leaving;
    p->entering += c->entering;
    line_add(&w->lanes[lane].line, car);
}

/* The lane of a place and direction with the fewest before it; NO_LANE if there is none. */
static size_t choose_lane(const struct world *w, size_t place, enum sim_direction direction)
{
    size_t best = NO_LANE;
    for (size_t i = 0; i < w->lane_count; i++) {
        const struct world_lane *l = &w->lanes[i];
        if (l->place == place && l->config->direction == (int)direction &&
            (best == NO_LANE || world_queue(l) < world_queue(&w->lanes[best])))
            best = i;
    }
    return best;
}

/* No lot is drawn where nobody does: earlier runs stay as they were. */
static bool wants_ticket(struct world *w, size_t place)
{
    struct world_place *p = &w->places[place];
    return p->config->ticket_percent > 0 &&
           (int64_t)prng_below(&p->prng, 100) < p->config->ticket_percent;
}

static void arrive(struct world *w, size_t place)
{
    struct plate_made made = plate_make((uint64_t)w->config->seed, (uint32_t)w->car_count,
                                        (int)w->places[place].config->korean_percent);
    uint32_t car = world_new_car(w, place, &made.plate, made.country);
    w->cars[car].generated = true;
    w->cars[car].unreadable = wants_ticket(w, place);
    world_join(w, car, choose_lane(w, place, SIM_ENTRY), INTENT_DRIVE);
}

static void depart(struct world *w, uint32_t car)
{
    const struct car *c = &w->cars[car];
    if (c->inside && !c->leaving)
        world_join(w, car, choose_lane(w, c->place, SIM_EXIT), INTENT_DRIVE);
}

/* Anybody inside who is not on his way out yet. */
static void depart_anyone(struct world *w, size_t place)
{
    struct world_place *p = &w->places[place];
    if (p->inside.count == 0)
        return;
    size_t first = (size_t)prng_below(&p->prng, p->inside.count);
    for (size_t i = 0; i < p->inside.count; i++) {
        uint32_t car = p->inside.cars[(first + i) % p->inside.count];
        if (!w->cars[car].leaving) {
            depart(w, car);
            return;
        }
    }
}

static bool has_exit(const struct world *w, size_t place)
{
    return choose_lane(w, place, SIM_EXIT) != NO_LANE;
}

static void plan_departure(struct world *w, uint32_t car)
{
    struct world_place *p = &w->places[w->cars[car].place];
    if (!has_exit(w, w->cars[car].place))
        return;
    if (w->draining)
        agenda_add(&w->departures, w->now_ms + DRAIN_PAUSE_MS, car);
    else if (p->config->traffic == SIM_TRAFFIC_POISSON)
        agenda_add(
            &w->departures,
            w->now_ms + prng_exponential(&p->prng, (double)p->config->stay_minutes * 60000.0), car);
}

static void crossed(struct world *w, uint32_t car)
{
    struct car *c = &w->cars[car];
    struct world_place *p = &w->places[c->place];
    if (c->leaving) {
        c->leaving = false;
        c->state = CAR_LEFT;
        take_from_inside(w, car);
        p->leaving--;
        p->left++;
        return;
    }
    c->entering = false;
    c->state = CAR_INSIDE;
    p->entering--;
    p->entered++;
    world_put_inside(w, car);
    plan_departure(w, car);
}

static void went_back(struct world *w, uint32_t car, bool as_meant)
{
    struct car *c = &w->cars[car];
    struct world_place *p = &w->places[c->place];
    p->entering -= c->entering;
    p->leaving -= c->leaving;
    p->backed_out += as_meant;
    p->turned_away += !as_meant && c->entering;
    c->state = as_meant ? CAR_BACKED_OUT : c->leaving ? CAR_INSIDE : CAR_TURNED_AWAY;
    if (c->leaving && !as_meant && (c->generated || w->draining))
        agenda_add(&w->departures, w->now_ms + EXIT_RETRY_MS, car);
    c->entering = false;
    c->leaving = false;
}

static void violated(struct world *w, const struct world_lane *l, uint32_t car, bool struck)
{
    if (w->violation_count++ >= VIOLATIONS_MAX)
        return;
    w->violations[w->violation_count - 1] =
        (struct violation){.time = wall_after(w->start, w->now_ms),
                           .place = l->config->place.text,
                           .lane = l->config->lane.text,
                           .struck = struck,
                           .car = car,
                           .plate = w->cars[car].plate};
}

static void take_reports(struct world *w, const struct world_lane *l, const struct reports *r)
{
    for (size_t i = 0; i < r->count; i++) {
        uint32_t car = r->items[i].vehicle;
        switch (r->items[i].kind) {
        case REPORT_AT_COLUMN: w->cars[car].state = CAR_AT_COLUMN; break;
        case REPORT_PASSING: w->cars[car].state = CAR_PASSING; break;
        case REPORT_CROSSED: crossed(w, car); break;
        case REPORT_GONE: break;
        case REPORT_BACKED_OUT: went_back(w, car, true); break;
        case REPORT_TURNED_AWAY: went_back(w, car, false); break;
        case REPORT_STRUCK: violated(w, l, car, true); break;
        case REPORT_FORCED: violated(w, l, car, false); break;
        }
    }
}

/* Who was sent to an exit by hand waits there for ever: there is somebody who watches him. */
static int32_t patience_ms(const struct world *w, const struct car *c)
{
    if (!c->leaving)
        return (int32_t)w->config->patience_s * 1000;
    return c->generated ? (int32_t)w->config->exit_patience_s * 1000 : 0;
}

/* From the line into the lane as far as there is room (W3). */
static void fill_lane(struct world *w, struct world_lane *l)
{
    while (l->line.count > 0) {
        uint32_t car = line_first(&l->line);
        const struct car *c = &w->cars[car];
        struct vehicle v = {.id = car,
                            .intent = (enum intent)c->intent,
                            .length_mm = c->length_mm,
                            .top_speed_mm_s = c->top_speed_mm_s,
                            .plate = c->plate,
                            .country = c->country,
                            .unreadable = c->unreadable && (!c->leaving || !c->generated),
                            .wants_ticket = c->entering && c->unreadable,
                            .ticket = c->ticket,
                            .brought = c->leaving || c->ticket.text[0] != '\0',
                            .tag = c->tag,
                            .patience_ms = patience_ms(w, c)};
        if (lane_enter(&l->lane, &v) != ERR_OK)
            return;
        line_drop_first(&l->line);
    }
}

/* A ticket that was taken goes with the car. */
static void keep_tickets(struct world *w, const struct world_lane *l)
{
    for (size_t i = 0; i < l->lane.count; i++) {
        const struct vehicle *v = &l->lane.vehicles[i];
        if (v->ticket.text[0] != '\0')
            w->cars[v->id].ticket = v->ticket;
    }
}

static void step_lane(struct world *w, struct world_lane *l)
{
    fill_lane(w, l);
    if (l->lane.count == 0 && device_idle(&l->device, w->now_ms)) {
        l->device.now_ms = w->now_ms;
        return;
    }
    struct reports happened = {.count = 0};
    struct arm_view arm = device_step(&l->device, &l->lane, w->now_ms, PHYSICS_STEP_MS);
    keep_tickets(w, l);
    lane_step(&l->lane, &arm, PHYSICS_STEP_MS, &happened);
    take_reports(w, l, &happened);
}

static void step_demand(struct world *w, size_t place)
{
    struct world_place *p = &w->places[place];
    while (demand_due_ms(&p->demand) <= w->now_ms) {
        struct demand_facts facts = {(int64_t)p->inside.count, p->entering, p->leaving};
        switch (demand_take(&p->demand, w->now_ms, &facts, &p->prng)) {
        case WISH_ARRIVAL: arrive(w, place); break;
        case WISH_DEPARTURE: depart_anyone(w, place); break;
        case WISH_NOTHING: break;
        }
    }
}

void world_advance(struct world *w, int64_t now_ms)
{
    while (w->now_ms + PHYSICS_STEP_MS <= now_ms) {
        w->now_ms += PHYSICS_STEP_MS;
        for (size_t i = 0; w->running && i < w->place_count; i++)
            step_demand(w, i);
        while ((w->running || w->draining) && agenda_due_ms(&w->departures) <= w->now_ms)
            depart(w, agenda_take(&w->departures));
        for (size_t i = 0; i < w->lane_count; i++)
            step_lane(w, &w->lanes[i]);
    }
}

/* Demand that has not come as far as a lane goes away again; who was sent by hand stays. */
static void dissolve_line(struct world *w, struct world_lane *l)
{
    for (size_t n = l->line.count; n > 0; n--) {
        uint32_t car = line_first(&l->line);
        struct car *c = &w->cars[car];
        line_drop_first(&l->line);
        if (!c->generated) {
            line_add(&l->line, car);
            continue;
        }
        c->state = CAR_TURNED_AWAY;
        c->entering = false;
        w->places[c->place].entering--;
        w->places[c->place].dismissed++;
    }
}

void world_run_traffic(struct world *w, bool running)
{
    for (size_t i = 0; running && !w->running && i < w->place_count; i++)
        demand_resume(&w->places[i].demand, w->now_ms, &w->places[i].prng);
    for (size_t i = 0; !running && i < w->lane_count; i++)
        if (w->lanes[i].config->direction == SIM_ENTRY)
            dissolve_line(w, &w->lanes[i]);
    w->running = running;
    w->draining &= !running;
}

void world_drain(struct world *w)
{
    world_run_traffic(w, false);
    w->draining = true;
    for (size_t i = 0; i < w->place_count; i++)
        for (size_t k = 0; has_exit(w, i) && k < w->places[i].inside.count; k++)
            depart(w, w->places[i].inside.cars[k]);
}

static struct demand demand_of(const struct sim_place *p, const struct trace *t,
                               struct wall_ms start, struct prng *prng)
{
    switch ((enum sim_traffic)p->traffic) {
    case SIM_TRAFFIC_POISSON: return demand_poisson(p->arrivals_per_hour, 0, prng);
    case SIM_TRAFFIC_TRACE:
        return demand_trace(t,
                            p->trace_from == SIM_TRACE_FROM_CLOCK ? -start.v : -t->rows[0].time.v,
                            (int32_t)p->capacity);
    case SIM_TRAFFIC_NONE: break;
    }
    return (struct demand){.kind = DEMAND_NONE};
}

static void make_lane(struct world *w, size_t controller, const struct sim_lane *config,
                      int64_t rate)
{
    struct world_lane *l = &w->lanes[w->lane_count];
    struct device_options o = {.has_loop_c = config->loops == 3,
                               .safety_reverses = config->safety_reverses,
                               .arm_travel_ms = (int32_t)config->arm_travel_ms,
                               .plate_delay_ms = (int32_t)config->plate_delay_ms,
                               .network_rate = rate,
                               .started = w->start};
    snprintf(o.serial, sizeof o.serial, "SIM-%02zu-%03u", controller, (unsigned)config->unit);
    l->config = config;
    l->controller = controller;
    l->device = device_of(&o);
    l->lane.assume_open_ms = (int32_t)w->config->assume_open_s * 1000;
    while (!name_equal(&w->config->places[l->place].name, &config->place))
        l->place++;
    w->lane_count++;
}

struct world *world_new(const struct sim_config *c, const struct trace *const *traces,
                        struct wall_ms start, int64_t rate)
{
    struct world *w = mem_alloc(sizeof *w);
    size_t lanes = 0;
    for (size_t i = 0; i < c->controller_count; i++)
        lanes += c->controllers[i].lane_count;
    w->config = c;
    w->start = start;
    w->running = true;
    w->places = mem_alloc((c->place_count + 1) * sizeof *w->places);
    w->lanes = mem_alloc((lanes + 1) * sizeof *w->lanes);
    w->place_count = c->place_count;
    for (size_t i = 0; i < c->place_count; i++) {
        struct world_place *p = &w->places[i];
        p->config = &c->places[i];
        p->prng.state = prng_mix((uint64_t)c->seed, i);
        p->demand = demand_of(p->config, traces[i], start, &p->prng);
    }
    for (size_t i = 0; i < c->controller_count; i++)
        for (size_t k = 0; k < c->controllers[i].lane_count; k++)
            make_lane(w, i, &c->controllers[i].lanes[k], rate);
    return w;
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->place_count; i++)
        free(w->places[i].inside.cars);
    for (size_t i = 0; i < w->lane_count; i++)
        free(w->lanes[i].line.cars);
    agenda_free(&w->departures);
    free(w->places);
    free(w->lanes);
    free(w->cars);
    free(w);
}
