/* The insides of a world, shared by world.c (time and demand) and world_truth.c (questions). */
#ifndef BOOMGATE_SIM_TRAFFIC_WORLD_STATE_H
#define BOOMGATE_SIM_TRAFFIC_WORLD_STATE_H

#include "sim/traffic/agenda.h"
#include "sim/traffic/demand.h"
#include "sim/traffic/world.h"

enum { NO_LANE = 0xFFFF };

/* A vehicle for the whole run; its number is its index. */
struct car {
    struct plate_raw plate;
    uint16_t country;
    uint16_t place;
    uint16_t lane; /* last used; NO_LANE */
    uint8_t state; /* enum car_state */
    uint8_t intent;
    bool inside;
    bool entering;
    bool leaving;
    bool generated;  /* by demand: has a will of its own */
    uint32_t slot;   /* in the place's list while inside */
    bool unreadable; /* at entries; exits have better cameras, or it was cleaned */
    struct plate_raw ticket, tag;
    int32_t length_mm;
    int32_t top_speed_mm_s;
};

/* Numbers of cars: a line before a lane (first in, first out) or the cars inside a place. */
struct line {
    uint32_t *cars;
    size_t from;
    size_t count;
    size_t room;
};

struct world_lane {
    const struct sim_lane *config;
    size_t place;
    size_t controller;
    struct lane lane;
    struct device device;
    struct line line;
};

struct world_place {
    const struct sim_place *config;
    struct demand demand;
    struct prng prng;
    struct line inside;
    int64_t entering;
    int64_t leaving;
    int64_t entered;
    int64_t left;
    int64_t turned_away;
    int64_t backed_out;
    int64_t dismissed;
    int64_t placed;
};

struct world {
    const struct sim_config *config;
    struct wall_ms start;
    int64_t now_ms;
    bool running;  /* demand */
    bool draining; /* who gets in goes out again */
    struct world_place *places;
    size_t place_count;
    struct world_lane *lanes;
    size_t lane_count;
    struct car *cars;
    size_t car_count;
    size_t car_room;
    struct agenda departures;
    struct violation violations[VIOLATIONS_MAX];
    size_t violation_count; /* may exceed VIOLATIONS_MAX */
};

/* Vehicles before the column of a lane, in line or in the lane. */
size_t world_queue(const struct world_lane *l);

void line_add(struct line *l, uint32_t car);
uint32_t line_first(const struct line *l); /* there must be one */
void line_drop_first(struct line *l);

/* A vehicle from nowhere; returns its number. */
uint32_t world_new_car(struct world *w, size_t place, const struct plate_raw *plate,
                       uint16_t country);
void world_put_inside(struct world *w, uint32_t car);
void world_join(struct world *w, uint32_t car, size_t lane, enum intent intent);

#endif
