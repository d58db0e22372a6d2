/* Vehicles and places: who comes, who is inside, who waits where. The truth that the product's books
 * are compared with; nothing here knows what the product believes.
 *
 * Time is domain milliseconds since the start of the run, advanced in steps of PHYSICS_STEP_MS, so that
 * what happens depends on the seed and the times of commands, not on when the process was scheduled.
 *
 * W1 A vehicle counts as entered (left) when its tail has left loop B inwards (outwards).
 * W2 inside = entered - left + placed, at every step; placed are the forced ones of world_send.
 * W3 Demand that finds no room in a lane waits in line before it; nobody is forgotten. */
#ifndef BOOMGATE_SIM_TRAFFIC_WORLD_H
#define BOOMGATE_SIM_TRAFFIC_WORLD_H

#include "sim/config.h"
#include "sim/hardware/device.h"
#include "sim/traffic/trace.h"

struct world;

enum car_state {
    CAR_QUEUED,
    CAR_AT_COLUMN,
    CAR_PASSING,
    CAR_INSIDE,
    CAR_LEFT,
    CAR_TURNED_AWAY,
    CAR_BACKED_OUT,
    CAR_STATES
};

struct car_truth {
    enum car_state state;
    bool inside;
    struct plate_raw plate;
    struct plate_raw ticket; /* "": it has none */
    const char *place;
    const char *lane; /* the last one it used, or "" */
};

struct place_truth {
    const char *place;
    int64_t capacity; /* 0: not known */
    int64_t inside;
    int64_t entered;
    int64_t left;
    int64_t turned_away;
    int64_t backed_out;
    int64_t dismissed; /* waited in line when demand went off */
    int64_t placed;
    int64_t queued;   /* before all its columns */
    int64_t entering; /* on their way in, under the arm included */
    int64_t leaving;
    bool has_target;
    int64_t target; /* what its trace wants */
};

struct lane_truth {
    const char *place;
    const char *lane;
    int direction; /* enum sim_direction */
    int64_t queue;
    const struct device *device;
};

struct violation {
    struct wall_ms time;
    const char *place;
    const char *lane;
    bool struck; /* the arm came down on the vehicle; else it drove under an arm not open */
    uint32_t car;
    struct plate_raw plate;
};

enum { VIOLATIONS_MAX = 1000 }; /* kept; all are counted */

/* `traces[i]` belongs to place i (NULL: none) and must outlive the world, as must the configuration.
 * `start` is the domain time at which the run starts, `rate` its domain ms per real ms. */
struct world *world_new(const struct sim_config *c, const struct trace *const *traces,
                        struct wall_ms start, int64_t rate);
void world_free(struct world *w); /* NULL is fine */

/* Up to now_ms since the start; earlier times do nothing. */
void world_advance(struct world *w, int64_t now_ms);

int64_t world_now_ms(const struct world *w);
struct wall_ms world_wall(const struct world *w);

/* The number of a lane, by where it is wired or by name; world_lane_count if there is none. */
size_t world_lane_at(const struct world *w, size_t controller, uint8_t unit);
size_t world_lane_named(const struct world *w, const char *place, const char *lane);

/* Its hardware, to serve registers and to break. */
struct device *world_device(struct world *w, size_t lane);

/* What a vehicle sent by hand has beside its plate. */
struct car_extras {
    bool unreadable;         /* no camera reads its plate: at an entry it takes a ticket */
    struct plate_raw ticket; /* it shows this one; "": the one it took */
    struct plate_raw tag;    /* read from afar; "": none */
};

/* A vehicle drives up to a lane. At an exit, or the wrong way through an entry, it is the one inside with
 * that plate; with `force` a new one is put there. ERR_NOTFOUND: no such lane. ERR_DENIED: no such vehicle inside. ERR_CONFLICT: it is
 * on its way out already. ERR_INVAL: the plate is no UTF-8 text without control characters. */
enum err world_send(struct world *w, const char *place, const char *lane, const char *plate,
                    enum intent intent, bool force, const struct car_extras *extras,
                    uint32_t *ret_car);

/* Changes what a driver means to do, if he has not driven on yet. ERR_NOTFOUND: no such vehicle in a
 * lane or a line. ERR_CONFLICT: nobody turns round, to the wrong way or from it. */
enum err world_instruct(struct world *w, uint32_t car, enum intent intent);

enum err world_car(const struct world *w, uint32_t car, struct car_truth *ret);

/* Demand on or off. Off: no arrivals, lines of generated vehicles before entries dissolve, who is in a
 * lane drives on, who is inside stays. On again: stays that have ended meanwhile end now. */
void world_run_traffic(struct world *w, bool running);

/* Demand off as above, and everybody inside to an exit, also who still gets in. */
void world_drain(struct world *w);

size_t world_place_count(const struct world *w);
size_t world_lane_count(const struct world *w);
struct place_truth world_place(const struct world *w, size_t i);
struct lane_truth world_lane(const struct world *w, size_t i);
size_t world_violations(const struct world *w, const struct violation **ret); /* all counted */

/* "queued", "at_column" ... */
const char *car_state_word(enum car_state s);

#endif
