/* See truth.h. */
#include "sim/control/truth.h"

#include "sim/control/hardware.h"

#include <stdio.h>
#include <string.h>

json_t *truth_time(struct wall_ms t)
{
    char text[TIMESTAMP_SIZE] = "";
    timestamp_format(t, text);
    return json_string(text);
}

json_t *truth_text(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("\xEF\xBF\xBD");
}

static json_t *places_json(const struct world *w)
{
    json_t *list = json_array();
    for (size_t i = 0; i < world_place_count(w); i++) {
        struct place_truth t = world_place(w, i);
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "place",
                      t.place, "capacity", t.capacity > 0 ? json_integer(t.capacity) : json_null(),
                      "inside", (json_int_t)t.inside, "entered", (json_int_t)t.entered, "left",
                      (json_int_t)t.left, "turned_away", (json_int_t)t.turned_away, "backed_out",
                      (json_int_t)t.backed_out, "dismissed", (json_int_t)t.dismissed, "placed",
                      (json_int_t)t.placed, "queued", (json_int_t)t.queued, "entering",
                      (json_int_t)t.entering, "leaving", (json_int_t)t.leaving, "target",
                      t.has_target ? json_integer(t.target) : json_null()));
    }
    return list;
}

static json_t *lanes_json(const struct world *w)
{
    json_t *list = json_array();
    for (size_t i = 0; i < world_lane_count(w); i++) {
        struct lane_truth t = world_lane(w, i);
        const struct barrier *b = &t.device->barrier;
        char display[2 * DEVICE_DISPLAY_REGISTERS + 1];
        device_display(t.device, display);
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:I, s:s, s:i, s:o, s:I, s:I, s:b, s:o}", "place", t.place,
                      "lane", t.lane, "direction", t.direction == SIM_ENTRY ? "entry" : "exit",
                      "queue", (json_int_t)t.queue, "arm", hardware_arm_word(b), "position",
                      barrier_percent(b), "display", truth_text(display), "opens",
                      (json_int_t)b->opens, "closes", (json_int_t)b->closes, "watchdog_tripped",
                      (int)t.device->watchdog_tripped, "faults", hardware_faults(t.device)));
    }
    return list;
}

static json_t *provider_json(const struct provider *p)
{
    struct charge_counts c = charges_count(provider_charges(p));
    return json_pack("{s:I, s:o, s:I, s:I, s:I, s:I}", "charges", (json_int_t)c.charges,
                     "amount_minor", json_deep_copy(c.amount), "declined", (json_int_t)c.declined,
                     "calls", (json_int_t)provider_calls(p), "duplicate_keys",
                     (json_int_t)c.replayed, "refunds",
                     (json_int_t)refunds_count(provider_refunds(p)));
}

static json_t *violations_json(const struct world *w, size_t *ret_count)
{
    const struct violation *v;
    json_t *list = json_array();
    *ret_count = world_violations(w, &v);
    for (size_t i = 0; i < *ret_count && i < VIOLATIONS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "v%u", (unsigned)v[i].car);
        json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s, s:s, s:o}", "time",
                                              truth_time(v[i].time), "place", v[i].place, "lane",
                                              v[i].lane, "kind",
                                              v[i].struck ? "arm_on_vehicle" : "under_closed_arm",
                                              "vehicle", id, "plate", truth_text(v[i].plate.text)));
    }
    return list;
}

json_t *truth_json(const struct world *w, const struct provider *p)
{
    size_t violations = 0;
    json_t *list = violations_json(w, &violations);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "time", truth_time(world_wall(w)), "places",
                     places_json(w), "lanes", lanes_json(w), "provider", provider_json(p),
                     "violations", list, "violation_count", (json_int_t)violations);
}

json_t *truth_vehicle(const struct world *w, uint32_t car)
{
    struct car_truth t;
    char id[16];
    if (world_car(w, car, &t) != ERR_OK)
        return NULL;
    snprintf(id, sizeof id, "v%u", (unsigned)car);
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:b}", "vehicle", id, "state",
                     car_state_word(t.state), "plate", truth_text(t.plate.text), "ticket",
                     truth_text(t.ticket.text), "place", t.place, "lane", t.lane, "inside",
                     (int)t.inside);
}
