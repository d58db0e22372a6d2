/* What a simulation is made of, as read from sim.yaml (config.c holds the table of keys). */
#ifndef BOOMGATE_SIM_CONFIG_H
#define BOOMGATE_SIM_CONFIG_H

#include "protocol/base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    SIM_CONTROLLERS_MAX = 16,
    SIM_LANES_MAX = 16, /* per controller */
    SIM_PLACES_MAX = 16,
    SIM_HOST_SIZE = 64,
    SIM_PATH_SIZE = 256,
};

enum sim_direction { SIM_ENTRY, SIM_EXIT };
enum sim_traffic { SIM_TRAFFIC_NONE, SIM_TRAFFIC_POISSON, SIM_TRAFFIC_TRACE };
enum sim_trace_from {
    SIM_TRACE_FROM_START, /* the first row is the start of the run */
    SIM_TRACE_FROM_CLOCK, /* rows happen at their own domain time */
};

struct sim_lane {
    struct name place;
    struct name lane;
    int direction; /* enum sim_direction */
    int64_t unit;  /* Modbus unit, one per lane of a controller */
    int64_t loops; /* 2 or 3 */
    int64_t arm_travel_ms;
    int64_t plate_delay_ms;
    bool safety_reverses;
};

struct sim_controller {
    char host[SIM_HOST_SIZE];
    int64_t port; /* 0: a free one */
    int64_t connections;
    char serial[SIM_PATH_SIZE]; /* a device: Modbus RTU instead of TCP; "": none */
    int64_t baud;
    struct sim_lane lanes[SIM_LANES_MAX];
    size_t lane_count;
};

struct sim_place {
    struct name name;
    int64_t capacity; /* 0: not known here; a trace of another capacity is scaled to it */
    int traffic;      /* enum sim_traffic */
    int64_t arrivals_per_hour;
    int64_t stay_minutes;
    char trace[SIM_PATH_SIZE]; /* relative to the configuration file */
    int trace_from;            /* enum sim_trace_from */
    int64_t korean_percent;
    int64_t ticket_percent; /* whose plates cannot be read at an entry */
};

struct sim_control {
    char host[SIM_HOST_SIZE];
    int64_t port;
};

enum { SIM_ENDPOINTS_MAX = 8 };

struct sim_provider {
    char host[SIM_HOST_SIZE];
    int64_t port;
    int64_t endpoints;
    int mode; /* enum provider_mode */
    int64_t latency_ms, latency_max_ms;
};

struct sim_config {
    int64_t seed;
    int64_t patience_s;
    int64_t exit_patience_s;
    int64_t assume_open_s;
    int64_t scan_guard_ms; /* pace.h; 0: off */
    struct sim_control control;
    struct sim_provider provider;
    struct sim_controller controllers[SIM_CONTROLLERS_MAX];
    size_t controller_count;
    struct sim_place places[SIM_PLACES_MAX];
    size_t place_count;
};

/* Reads and checks FILE; trace paths become usable from the current directory. On failure prints
 * FILE:LINE: what and where to `errors`. */
enum err sim_config_read(const char *file, struct sim_config *ret, FILE *errors);

/* What a table cannot say: lanes name places, units and lanes are unique, traffic has lanes to use.
 * ERR_INVAL: ret_reason[160] says why. */
enum err sim_config_check(const struct sim_config *c, char *ret_reason);

void sim_config_help(FILE *out);

#endif
