/* See config.h. */
#include "sim/config.h"

#include "protocol/base/buf.h"
#include "protocol/support/table.h"

#include <libgen.h>
#include <string.h>

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define AT(type, member)                                                                           \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define LIST(type, member, counter)                                                                \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member[0]),        \
    .count_offset = offsetof(struct type, counter)

static const char *const directions[] = {"entry", "exit", NULL};
static const char *const traffics[] = {"none", "poisson", "trace", NULL};
static const char *const trace_froms[] = {"start", "clock", NULL};
static const char *const modes[] = {"ok",          "down", "slow", "decline", "error",
                                    "lose_answer", "mute", "busy", "wrong",   NULL};

/* clang-format off */
static const struct row lane_rows[] = {
    {.key = "place", .type = ROW_NAME, AT(sim_lane, place), .help = "the place it belongs to"},
    {.key = "lane", .type = ROW_NAME, AT(sim_lane, lane), .help = "unique within the place"},
    {.key = "direction", .type = ROW_ENUM, AT(sim_lane, direction), .choices = directions,
     .help = "entry or exit"},
    {.key = "unit", .type = ROW_INT, AT(sim_lane, unit), .min = 1, .max = 247, .dflt = "1",
     .help = "Modbus unit, unique within the controller"},
    {.key = "loops", .type = ROW_INT, AT(sim_lane, loops), .min = 2, .max = 3, .dflt = "3",
     .help = "3: there is a loop C behind the arm"},
    {.key = "arm_travel_ms", .type = ROW_INT, AT(sim_lane, arm_travel_ms), .min = 100,
     .max = 60000, .dflt = "1500", .help = "from one limit to the other"},
    {.key = "plate_delay_ms", .type = ROW_INT, AT(sim_lane, plate_delay_ms), .min = 0,
     .max = 60000, .dflt = "300", .help = "from a plate in view to its registers"},
    {.key = "safety_reverses", .type = ROW_BOOL, AT(sim_lane, safety_reverses), .dflt = "true",
     .help = "the barrier's own safety chain turns a closing arm round"},
};
static const struct table lane_table = {.name = "lane", .rows = lane_rows,
    .row_count = ROW_COUNT(lane_rows), .struct_size = sizeof(struct sim_lane)};

static const struct row controller_rows[] = {
    {.key = "host", .type = ROW_TEXT, AT(sim_controller, host), .min = 1, .dflt = "127.0.0.1",
     .help = "address to listen on"},
    {.key = "port", .type = ROW_INT, AT(sim_controller, port), .min = 0, .max = 65535, .dflt = "0",
     .help = "Modbus TCP port; 0: a free one"},
    {.key = "connections", .type = ROW_INT, AT(sim_controller, connections), .min = 1, .max = 64,
     .dflt = "4", .help = "at the same time; more are closed at once"},
    {.key = "serial", .type = ROW_TEXT, AT(sim_controller, serial), .dflt = "",
     .help = "a serial device, 8E1: Modbus RTU there instead of TCP; one end of a pseudo terminal will do"},
    {.key = "baud", .type = ROW_INT, AT(sim_controller, baud), .min = 1200, .max = 115200,
     .dflt = "19200", .help = "of the serial device"},
    {.key = "lanes", .type = ROW_LIST, LIST(sim_controller, lanes, lane_count), .min = 1,
     .max = SIM_LANES_MAX, .table = &lane_table, .help = "one Modbus unit each"},
};
static const struct table controller_table = {.name = "controller", .rows = controller_rows,
    .row_count = ROW_COUNT(controller_rows), .struct_size = sizeof(struct sim_controller)};

static const struct row place_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(sim_place, name), .help = "of the place"},
    {.key = "capacity", .type = ROW_INT, AT(sim_place, capacity), .min = 0, .max = 1000000,
     .dflt = "0", .help = "a trace of another capacity is scaled to it; 0: as in the trace"},
    {.key = "traffic", .type = ROW_ENUM, AT(sim_place, traffic), .choices = traffics,
     .dflt = "none", .help = "where demand comes from"},
    {.key = "arrivals_per_hour", .type = ROW_INT, AT(sim_place, arrivals_per_hour), .min = 0,
     .max = 100000, .dflt = "60", .help = "poisson"},
    {.key = "stay_minutes", .type = ROW_INT, AT(sim_place, stay_minutes), .min = 1, .max = 100000,
     .dflt = "60", .help = "poisson: mean of the exponential stay"},
    {.key = "trace", .type = ROW_TEXT, AT(sim_place, trace), .dflt = "",
     .help = "CSV timestamp,capacity,free; relative to this file"},
    {.key = "trace_from", .type = ROW_ENUM, AT(sim_place, trace_from), .choices = trace_froms,
     .dflt = "start", .help = "start: its first row is the start of the run; clock: domain time"},
    {.key = "korean_percent", .type = ROW_INT, AT(sim_place, korean_percent), .min = 0, .max = 100,
     .dflt = "60", .help = "share of Korean plates"},
    {.key = "ticket_percent", .type = ROW_INT, AT(sim_place, ticket_percent), .min = 0, .max = 100,
     .dflt = "0", .help = "generated cars whose plates cannot be read at an entry: they take a ticket"},
};
static const struct table place_table = {.name = "place", .rows = place_rows,
    .row_count = ROW_COUNT(place_rows), .struct_size = sizeof(struct sim_place)};

static const struct row control_rows[] = {
    {.key = "host", .type = ROW_TEXT, AT(sim_control, host), .min = 1, .dflt = "127.0.0.1",
     .help = "address to listen on; keep it loopback"},
    {.key = "port", .type = ROW_INT, AT(sim_control, port), .min = 0, .max = 65535, .dflt = "0",
     .help = "HTTP port; 0: a free one"},
};
static const struct table control_table = {.name = "control", .rows = control_rows,
    .row_count = ROW_COUNT(control_rows), .struct_size = sizeof(struct sim_control)};

static const struct row provider_rows[] = {
    {.key = "host", .type = ROW_TEXT, AT(sim_provider, host), .min = 1, .dflt = "127.0.0.1",
     .help = "address to listen on"},
    {.key = "port", .type = ROW_INT, AT(sim_provider, port), .min = 0, .max = 65535, .dflt = "0",
     .help = "HTTP port; 0: a free one"},
    {.key = "mode", .type = ROW_ENUM, AT(sim_provider, mode), .choices = modes, .dflt = "ok",
     .help = "how it answers"},
    {.key = "latency_ms", .type = ROW_INT, AT(sim_provider, latency_ms), .min = 0, .max = 600000,
     .dflt = "0", .help = "before every answer, real time"},
    {.key = "latency_max_ms", .type = ROW_INT, AT(sim_provider, latency_max_ms), .min = 0,
     .max = 600000, .dflt = "0", .help = "at random up to this; 0: always latency_ms"},
    {.key = "endpoints", .type = ROW_INT, AT(sim_provider, endpoints), .min = 1,
     .max = SIM_ENDPOINTS_MAX, .dflt = "1",
     .help = "ports that lead to it, the ones behind port or any free ones"},
};
static const struct table provider_table = {.name = "provider", .rows = provider_rows,
    .row_count = ROW_COUNT(provider_rows), .struct_size = sizeof(struct sim_provider)};

static const struct row sim_rows[] = {
    {.key = "seed", .type = ROW_INT, AT(sim_config, seed), .min = 0, .max = 1000000000,
     .dflt = "1", .help = "the same seed gives the same vehicles"},
    {.key = "patience_s", .type = ROW_INT, AT(sim_config, patience_s), .min = 1, .max = 86400,
     .dflt = "120", .help = "how long a car waits before a closed entry"},
    {.key = "exit_patience_s", .type = ROW_INT, AT(sim_config, exit_patience_s), .min = 1,
     .max = 86400, .dflt = "180", .help = "generated cars at an exit; they come again later"},
    {.key = "assume_open_s", .type = ROW_INT, AT(sim_config, assume_open_s), .min = 1,
     .max = 86400, .dflt = "45", .help = "an arm open this long before a driver is open for him"},
    {.key = "scan_guard_ms", .type = ROW_INT, AT(sim_config, scan_guard_ms), .min = 0,
     .max = 60000, .dflt = "500",
     .help = "the world goes at most this far between two scans of a lane; 0: as far as the clock"},
    {.key = "control", .type = ROW_TABLE, AT(sim_config, control), .table = &control_table,
     .help = "the control port"},
    {.key = "provider", .type = ROW_TABLE, AT(sim_config, provider), .table = &provider_table,
     .help = "the payment provider"},
    {.key = "controllers", .type = ROW_LIST, LIST(sim_config, controllers, controller_count),
     .min = 1, .max = SIM_CONTROLLERS_MAX, .table = &controller_table, .help = "gate hardware"},
    {.key = "places", .type = ROW_LIST, LIST(sim_config, places, place_count), .min = 1,
     .max = SIM_PLACES_MAX, .table = &place_table, .help = "where the lanes lead"},
};
/* clang-format on */
static const struct table sim_table = {.name = "sim",
                                       .rows = sim_rows,
                                       .row_count = ROW_COUNT(sim_rows),
                                       .struct_size = sizeof(struct sim_config)};

void sim_config_help(FILE *out)
{
    table_print_help(out, &sim_table);
}

static const struct sim_place *find_place(const struct sim_config *c, const struct name *name)
{
    for (size_t i = 0; i < c->place_count; i++)
        if (name_equal(&c->places[i].name, name))
            return &c->places[i];
    return NULL;
}

/* Lanes of a place in one direction. */
static size_t count_lanes(const struct sim_config *c, const struct sim_place *p, int direction)
{
    size_t n = 0;
    for (size_t i = 0; i < c->controller_count; i++)
        for (size_t k = 0; k < c->controllers[i].lane_count; k++)
            n += name_equal(&c->controllers[i].lanes[k].place, &p->name) &&
                 c->controllers[i].lanes[k].direction == direction;
    return n;
}

static size_t count_named(const struct sim_config *c, const struct sim_lane *lane)
{
    size_t n = 0;
    for (size_t i = 0; i < c->controller_count; i++)
        for (size_t k = 0; k < c->controllers[i].lane_count; k++)
            n += name_equal(&c->controllers[i].lanes[k].place, &lane->place) &&
                 name_equal(&c->controllers[i].lanes[k].lane, &lane->lane);
    return n;
}

static enum err check_controller(const struct sim_config *c, const struct sim_controller *k,
                                 struct buf *reason)
{
    for (size_t i = 0; i < k->lane_count; i++) {
        const struct sim_lane *l = &k->lanes[i];
        if (find_place(c, &l->place) == NULL) {
            buf_addf(reason, "lane %s: no place %s is listed", l->lane.text, l->place.text);
            return ERR_INVAL;
        }
        if (count_named(c, l) > 1) {
            buf_addf(reason, "lane %s of place %s is listed twice", l->lane.text, l->place.text);
            return ERR_INVAL;
        }
        for (size_t j = 0; j < i; j++) {
            if (k->lanes[j].unit == l->unit) {
                buf_addf(reason, "lanes %s and %s share unit %d of one controller",
                         k->lanes[j].lane.text, l->lane.text, (int)l->unit);
                return ERR_INVAL;
            }
        }
    }
    return ERR_OK;
}

static enum err check_place(const struct sim_config *c, size_t at, struct buf *reason)
{
    const struct sim_place *p = &c->places[at];
    if (find_place(c, &p->name) != p) {
        buf_addf(reason, "place %s is listed twice", p->name.text);
        return ERR_INVAL;
    }
    if (p->traffic == SIM_TRAFFIC_TRACE && p->trace[0] == '\0') {
        buf_addf(reason, "place %s: traffic trace needs a trace file", p->name.text);
        return ERR_INVAL;
    }
    if (p->traffic != SIM_TRAFFIC_NONE &&
        (count_lanes(c, p, SIM_ENTRY) == 0 || count_lanes(c, p, SIM_EXIT) == 0)) {
        buf_addf(reason, "place %s: traffic needs an entry and an exit lane", p->name.text);
        return ERR_INVAL;
    }
    return ERR_OK;
}

enum err sim_config_check(const struct sim_config *c, char *ret_reason)
{
    char text[160];
    struct buf reason = buf_of(text, sizeof text);
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < c->controller_count; i++)
        e = check_controller(c, &c->controllers[i], &reason);
    for (size_t i = 0; e == ERR_OK && i < c->place_count; i++)
        e = check_place(c, i, &reason);
    if (e != ERR_OK)
        memcpy(ret_reason, text, sizeof text);
    return e;
}

/* A relative trace path means: beside the configuration file. */
static enum err resolve_traces(const char *file, struct sim_config *c)
{
    char copy[4096], path[SIM_PATH_SIZE];
    struct buf b = buf_of(copy, sizeof copy);
    buf_adds(&b, file);
    const char *folder = dirname(copy);
    for (size_t i = 0; i < c->place_count; i++) {
        struct sim_place *p = &c->places[i];
        if (p->trace[0] == '\0' || p->trace[0] == '/')
            continue;
        struct buf full = buf_of(path, sizeof path);
        buf_addf(&full, "%s/%s", folder, p->trace);
        if (b.overflow || full.overflow)
            return ERR_FULL;
        memcpy(p->trace, path, full.len + 1);
    }
    return ERR_OK;
}

enum err sim_config_read(const char *file, struct sim_config *ret, FILE *errors)
{
    struct sim_config c;
    struct table_error where;
    char reason[160];
    enum err e = table_read_yaml(file, &sim_table, &c, &where);
    if (e != ERR_OK) {
        fprintf(errors, "%s:%d: %s%s%s\n", file, where.line, where.path,
                where.path[0] != '\0' ? ": " : "", where.text);
        return e;
    }
    e = sim_config_check(&c, reason);
    if (e != ERR_OK) {
        fprintf(errors, "%s: %s\n", file, reason);
        return e;
    }
    if (resolve_traces(file, &c) != ERR_OK) {
        fprintf(errors, "%s: a trace's path is too long\n", file);
        return ERR_INVAL;
    }
    *ret = c;
    return ERR_OK;
}
