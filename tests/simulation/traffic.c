/* Vehicles: they come, wait at the column, drive when the arm is up and the light is green, some give
 * up, some back out from under the arm, a few push in behind another. What they do is the truth. */
#include "tests/simulation/sim.h"

#include <string.h>

enum {
    LOOP_STUCK_MS = 330 * 1000,
    AGAIN_MS = 120 * 1000,
    GAP_MS = 400,          /* between two vehicles on loop A */
    AT_REST_MS = 12 * 1000 /* an empty lane is looked at after this */
};

static void next_car(struct sim *s, void *lane, int64_t what);
static void depart(struct sim *s, void *car, int64_t what);

/* ---- leaving the lane ---- */

static void look_at_rest(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    (void)s;
    if (token == l->car_token && !l->car)
        check_lane_at_rest(l);
}

static void gone(struct sim_lane *l)
{
    struct sim *s = l->sim;
    l->car = NULL;
    l->car_token++;
    l->free_since_ms = sim_ms(s);
    if (l->queued > 0)
        sim_in(s, between(s, GAP_MS, 3000), next_car, l, 0);
    sim_in(s, AT_REST_MS, look_at_rest, l, l->car_token);
}

static int64_t stay_ms(struct sim *s)
{
    return between(s, 60 * 1000, 90 * 60 * 1000);
}

/* Backs away from the column. */
static void back_away(struct sim_lane *l)
{
    struct sim *s = l->sim;
    struct car *c = l->car;
    l->left_open |= c->authorised;
    c->where = l->entry ? CAR_AWAY : CAR_INSIDE;
    c->authorised = false;
    s->totals.turned_away++;
    TRACE(s, "%s backs away from %s/%s", c->plate.text, l->edge->name.text, l->name.text);
    lane_set(l, IN_LOOP_A, false);
    if (!l->entry)
        sim_in(s, between(s, 5000, 60000), depart, c, 0);
    gone(l);
}

/* ---- crossing ---- */

/* Edge and device were there all the time. */
static bool watched_since(const struct sim_lane *l, int64_t since_ms)
{
    return l->edge->running && !l->silent && l->disturbed_ms < since_ms;
}

static void crossing_judged(struct sim *s, void *lane, int64_t since_ms)
{
    struct sim_lane *l = lane;
    (void)s;
    if (!watched_since(l, since_ms) || agent_crippled(&l->edge->agent) ||
        l->edge->epoch_since_ms >= since_ms)
        l->missed++;
}

static void cross(struct sim_lane *l)
{
    struct sim *s = l->sim;
    struct car *c = l->car;
    TRACE(s, "%s %s through %s/%s%s", c->plate.text, l->entry ? "in" : "out", l->edge->name.text,
          l->name.text, c->authorised ? "" : " (nobody let it)");
    l->crossed++;
    if (l->faulty || device_evacuates(l)) {
        l->missed++;
        l->place->doubled += l->entry;
    }
    if (!c->authorised) {
        sim_in(s, 3000, crossing_judged, l, l->b_since_ms - 2000);
        l->place->intruded += l->entry;
    }
    l->place->inside += l->entry ? 1 : -1;
    c->where = l->entry ? CAR_INSIDE : CAR_AWAY;
    c->authorised = false;
    s->dirty = true;
    if (l->edge->journal->committed.memory.epoch == 0 || l->edge->epoch_since_ms >= l->a_since_ms ||
        agent_crippled(&l->edge->agent) ||
        (l->edge->running && l->edge->agent.live.lanes[l->index].movement.unrecorded))
        l->missed++; /* nothing was recorded yet */
    if (l->entry) {
        s->totals.entered++;
        sim_in(s, s->leaving ? 60000 : stay_ms(s), depart, c, 0);
    } else {
        s->totals.left++;
    }
    gone(l);
}

static void c_clear(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    (void)s, (void)token;
    lane_set(l, IN_LOOP_C, false);
}

static void b_clear(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token)
        return;
    lane_set(l, IN_LOOP_B, false);
    if (l->loops == 3)
        sim_in(s, between(s, 100, 250), c_clear, l, 0);
    cross(l);
}

static void c_reached(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token)
        return;
    if (l->loops == 3)
        lane_set(l, IN_LOOP_C, true);
    sim_in(s, between(s, 100, 600), b_clear, l, token);
}

static void a_clear(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token)
        return;
    lane_set(l, IN_LOOP_A, false);
    sim_in(s, hits(s, 20000) ? between(s, 5000, 40000) : between(s, 300, 1200), c_reached, l,
           token);
}

static void backed_off_b(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    (void)s;
    if (token == l->car_token)
        back_away(l);
}

static void reverses(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token)
        return;
    lane_set(l, IN_LOOP_B, false);
    sim_in(s, between(s, 500, 2500), backed_off_b, l, token);
}

/* Onto loop B, if the arm is still up. */
static void drives(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token || l->car->where != CAR_AT_COLUMN)
        return;
    if (l->arm != ARM_UP || l->place->counting) {
        sim_in(s, between(s, 1000, 3000), traffic_look, l, token);
        return;
    }
    struct car *c = l->car;
    c->where = CAR_UNDER_ARM;
    l->b_since_ms = sim_ms(s);
    lane_set(l, IN_LOOP_B, true);
    /* Two loops cannot tell a vehicle that backs out from under an arm that was raised for another
     * one (lane.md: A was clear in between). Let nobody do that. */
    c->reverses = hits(s, s->weather.reverse) && (l->loops == 3 || !l->left_open);
    if (c->reverses)
        sim_in(s, between(s, 400, 1500), reverses, l, token);
    else
        sim_in(s, between(s, 300, 900), a_clear, l, token);
}

/* ---- at the column ---- */

void traffic_authorised(struct sim_lane *l, bool authorised)
{
    if (l->car && l->car->where == CAR_AT_COLUMN)
        l->car->authorised = authorised;
    else if (!l->car)
        l->left_open |= authorised;
}

void traffic_look(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token || !l->car || l->car->where != CAR_AT_COLUMN)
        return;
    bool rude = hits(s, s->weather.rude);
    if (l->arm == ARM_UP && (l->green || rude))
        sim_in(s, rude ? 300 : between(s, 200, 2500), drives, l, token);
}

static void impatient(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    (void)s;
    if (token == l->car_token && l->car && l->car->where == CAR_AT_COLUMN)
        back_away(l);
}

static void plate_read(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token || !l->car)
        return;
    bool readable = !hits(s, s->weather.unreadable);
    const char *text = l->car->plate.text;
    l->plate.sequence++;
    l->plate.no_plate = !readable;
    l->plate.len = (uint8_t)(readable ? strlen(text) : 0);
    l->plate.confidence = 9000;
    if (readable)
        memcpy(l->plate.raw, text, l->plate.len);
    lane_scan(l);
    if (!readable && l->entry)
        sim_in(s, between(s, 8000, 30000), impatient, l, token);
}

/* A vehicle that stands for long moves a little, and the camera sees it again: its loop counts as
 * stuck after a while. */
static void moves(struct sim *s, void *lane, int64_t token)
{
    struct sim_lane *l = lane;
    if (token != l->car_token || !l->car || l->car->where != CAR_AT_COLUMN)
        return;
    plate_read(s, l, token);
    sim_in(s, AGAIN_MS, moves, l, token);
}

static void next_car(struct sim *s, void *lane, int64_t what)
{
    struct sim_lane *l = lane;
    (void)what;
    if (l->car || l->queued == 0 || l->edge->gone || sim_ms(s) - l->free_since_ms < GAP_MS)
        return;
    struct car *c = l->queue[0];
    memmove(l->queue, l->queue + 1, --l->queued * sizeof l->queue[0]);
    l->car = c;
    l->car_token++;
    c->where = CAR_AT_COLUMN;
    c->authorised = false;
    l->a_since_ms = sim_ms(s);
    TRACE(s, "%s at %s/%s", c->plate.text, l->edge->name.text, l->name.text);
    lane_set(l, IN_LOOP_A, true);
    sim_in(s, between(s, 200, 1500), plate_read, l, l->car_token);
    sim_in(s, LOOP_STUCK_MS, moves, l, l->car_token);
    sim_in(s, between(s, 300, 2500), traffic_look, l, l->car_token);
    if (l->entry)
        sim_in(s, between(s, 30000, 240000), impatient, l, l->car_token);
    else if (hits(s, s->weather.reverse))
        sim_in(s, between(s, 1000, 30000), impatient, l, l->car_token);
}

static void line_up(struct sim_lane *l, struct car *c)
{
    c->where = CAR_QUEUED;
    c->lane = l;
    l->queue[l->queued++] = c;
    if (!l->car)
        sim_in(l->sim, between(l->sim, GAP_MS, 2000), next_car, l, 0);
}

/* ---- coming and going ---- */

void traffic_forgotten(struct sim_lane *l)
{
    if (l->car)
        l->car->authorised = false;
}

/* Whoever waits here goes elsewhere. */
void traffic_deserted(struct sim_lane *l)
{
    struct sim *s = l->sim;
    while (l->queued > 0) {
        struct car *c = l->queue[--l->queued];
        c->where = l->entry ? CAR_AWAY : CAR_INSIDE;
        if (!l->entry)
            sim_in(s, between(s, 5000, 60000), depart, c, 0);
    }
    sim_in(s, between(s, 5000, 30000), impatient, l, l->car_token);
}

static struct sim_lane *some_lane(struct sim_place *p, bool entry)
{
    struct sim *s = p->sim;
    struct sim_lane *found[BODIES * EDGE_LANES];
    int64_t n = 0;
    for (size_t i = 0; i < BODIES; i++)
        for (size_t k = 0; s->edges[i].place == p && k < s->edges[i].lane_count; k++)
            if (s->edges[i].lanes[k].entry == entry && !s->edges[i].gone)
                found[n++] = &s->edges[i].lanes[k];
    return found[between(s, 0, n - 1)];
}

static void depart(struct sim *s, void *car, int64_t what)
{
    struct car *c = car;
    (void)s, (void)what;
    if (c->where == CAR_INSIDE)
        line_up(some_lane(c->place, false), c);
}

static void arrive(struct sim *s, void *place, int64_t what)
{
    struct sim_place *p = place;
    int64_t mean = s->weather.arrival_ms;
    if (s->leaving)
        return;
    sim_in(s, mean > 0 ? between(s, 1, 2 * mean) : 60000, arrive, p, what);
    if (mean == 0)
        return;
    struct car *c = &s->cars[p->index * PLACE_CARS + (size_t)between(s, 0, PLACE_CARS - 1)];
    if (c->where == CAR_AWAY)
        line_up(some_lane(p, true), c);
}

void traffic_begin(struct sim *s)
{
    for (size_t i = 0; i < PLACES; i++)
        sim_in(s, between(s, 5000, 30000), arrive, &s->places[i], 0);
    for (size_t i = 0; i < CARS; i++)
        s->cars[i].place = &s->places[i / PLACE_CARS];
}

void traffic_leave(struct sim *s)
{
    s->leaving = true;
    for (size_t i = 0; i < CARS; i++)
        sim_in(s, between(s, 0, 300000), depart, &s->cars[i], 0);
}
