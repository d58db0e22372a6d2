/* See world.h: questions, and what people ask of a run. */
#include "sim/traffic/world_state.h"

#include "sim/traffic/plates.h"

#include <string.h>

static const char *const state_words[CAR_STATES] = {
    [CAR_QUEUED] = "queued",
    [CAR_AT_COLUMN] = "at_column",
    [CAR_PASSING] = "passing",
    [CAR_INSIDE] = "inside",
    [CAR_LEFT] = "left",
    [CAR_TURNED_AWAY] = "turned_away",
    [CAR_BACKED_OUT] = "backed_out",
};

const char *car_state_word(enum car_state s)
{
    return state_words[s];
}

int64_t world_now_ms(const struct world *w)
{
    return w->now_ms;
}

struct wall_ms world_wall(const struct world *w)
{
    return wall_after(w->start, w->now_ms);
}

size_t world_lane_at(const struct world *w, size_t controller, uint8_t unit)
{
    size_t i = 0;
    while (i < w->lane_count &&
           (w->lanes[i].controller != controller || w->lanes[i].config->unit != unit))
        i++;
    return i;
}

size_t world_lane_named(const struct world *w, const char *place, const char *lane)
{
    size_t i = 0;
    while (i < w->lane_count && (strcmp(w->lanes[i].config->place.text, place) != 0 ||
                                 strcmp(w->lanes[i].config->lane.text, lane) != 0))
        i++;
    return i;
}

struct device *world_device(struct world *w, size_t lane)
{
    return &w->lanes[lane].device;
}

/* The one who has been inside longest under that plate and is not leaving; else one who is leaving. */
static enum err find_inside(const struct world *w, size_t place, const char *plate, uint32_t *ret)
{
    const struct line *inside = &w->places[place].inside;
    bool leaving = false;
    bool found = false;
    uint32_t best = 0;
    for (size_t i = 0; i < inside->count; i++) {
        uint32_t car = inside->cars[i];
        if (strcmp(w->cars[car].plate.text, plate) != 0)
            continue;
        leaving |= w->cars[car].leaving;
        if (!w->cars[car].leaving && (!found || car < best)) {
            best = car;
            found = true;
        }
    }
    if (!found)
        return leaving ? ERR_CONFLICT : ERR_DENIED;
    *ret = best;
    return ERR_OK;
}

static bool comes_back(enum intent i)
{
    return i == INTENT_WRONG_WAY || i == INTENT_FAR_SIDE;
}

static void give(struct car *c, const struct car_extras *extras)
{
    c->unreadable |= extras->unreadable;
    if (extras->ticket.text[0] != '\0')
        c->ticket = extras->ticket;
    if (extras->tag.text[0] != '\0')
        c->tag = extras->tag;
}

enum err world_send(struct world *w, const char *place, const char *lane, const char *plate,
                    enum intent intent, bool force, const struct car_extras *extras,
                    uint32_t *ret_car)
{
    size_t at = world_lane_named(w, place, lane);
    struct plate_raw raw = {0};
    size_t len = strlen(plate);
    if (at == w->lane_count)
        return ERR_NOTFOUND;
    if (len > DEVICE_PLATE_BYTES)
        return ERR_INVAL;
    memcpy(raw.text, plate, len);
    const struct world_lane *l = &w->lanes[at];
    bool inwards = (l->config->direction == SIM_ENTRY) != comes_back(intent);
    uint32_t car;
    if (inwards) {
        car = world_new_car(w, l->place, &raw, plate_country(plate));
    } else {
        enum err e = find_inside(w, l->place, plate, &car);
        if (e != ERR_OK && !force)
            return e;
        if (e != ERR_OK) {
            car = world_new_car(w, l->place, &raw, plate_country(plate));
            world_put_inside(w, car);
            w->places[l->place].placed++;
        }
    }
    give(&w->cars[car], extras);
    world_join(w, car, at, intent);
    *ret_car = car;
    return ERR_OK;
}

enum err world_instruct(struct world *w, uint32_t car, enum intent intent)
{
    if (car >= w->car_count || !(w->cars[car].entering || w->cars[car].leaving))
        return ERR_NOTFOUND;
    if (comes_back(intent) || comes_back((enum intent)w->cars[car].intent))
        return ERR_CONFLICT;
    w->cars[car].intent = (uint8_t)intent;
    struct vehicle *v = lane_find(&w->lanes[w->cars[car].lane].lane, car);
    if (v != NULL) {
        v->intent = intent;
        v->closed_ms = 0;
    }
    return ERR_OK;
}

enum err world_car(const struct world *w, uint32_t car, struct car_truth *ret)
{
    if (car >= w->car_count)
        return ERR_NOTFOUND;
    const struct car *c = &w->cars[car];
    *ret =
        (struct car_truth){.state = (enum car_state)c->state,
                           .inside = c->inside,
                           .plate = c->plate,
                           .ticket = c->ticket,
                           .place = w->places[c->place].config->name.text,
                           .lane = c->lane == NO_LANE ? "" : w->lanes[c->lane].config->lane.text};
    return ERR_OK;
}

size_t world_place_count(const struct world *w)
{
    return w->place_count;
}

size_t world_lane_count(const struct world *w)
{
    return w->lane_count;
}

struct place_truth world_place(const struct world *w, size_t i)
{
    const struct world_place *p = &w->places[i];
    struct place_truth t = {.place = p->config->name.text,
                            .capacity = p->config->capacity,
                            .inside = (int64_t)p->inside.count,
                            .entered = p->entered,
                            .left = p->left,
                            .turned_away = p->turned_away,
                            .backed_out = p->backed_out,
                            .dismissed = p->dismissed,
                            .placed = p->placed,
                            .entering = p->entering,
                            .leaving = p->leaving,
                            .has_target = p->demand.kind == DEMAND_TRACE,
                            .target = p->demand.target};
    for (size_t k = 0; k < w->lane_count; k++)
        if (w->lanes[k].place == i)
            t.queued += (int64_t)world_queue(&w->lanes[k]);
    return t;
}

struct lane_truth world_lane(const struct world *w, size_t i)
{
    const struct world_lane *l = &w->lanes[i];
    return (struct lane_truth){.place = l->config->place.text,
                               .lane = l->config->lane.text,
                               .direction = l->config->direction,
                               .queue = (int64_t)world_queue(l),
                               .device = &l->device};
}

size_t world_violations(const struct world *w, const struct violation **ret)
{
    *ret = w->violations;
    return w->violation_count;
}
