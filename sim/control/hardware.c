/* See hardware.h. */
#include "sim/control/hardware.h"

#include "protocol/support/json.h"
#include "sim/control/truth.h"

#include <stdio.h>
#include <string.h>

enum { FOR_MAX_MS = 86400000, TIMES_MAX = 1000 };

const char *hardware_arm_word(const struct barrier *b)
{
    if (b->motion != BARRIER_STILL)
        return "moving";
    return barrier_up(b) ? "up" : barrier_down(b) ? "down" : "moving";
}

json_t *hardware_faults(const struct device *d)
{
    json_t *list = json_array();
    for (int f = 0; f < FAULTS; f++)
        if (faults_has(&d->faults, (enum fault)f))
            json_array_append_new(list, json_string(fault_word((enum fault)f)));
    return list;
}

static json_t *motion_json(const struct device *d)
{
    const struct history *h = &d->history;
    json_t *list = json_array();
    for (size_t i = h->count > HISTORY_MAX ? h->count - HISTORY_MAX : 0; i < h->count; i++) {
        const struct arm_event *e = &h->events[i % HISTORY_MAX];
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:s, s:i}", "time",
                                        truth_time(wall_after(d->options.started, e->at_ms)),
                                        "change", arm_change_word(e->change), "cause",
                                        barrier_cause_word(e->cause), "position", e->percent));
    }
    return list;
}

json_t *hardware_json(const struct world *w, size_t lane)
{
    struct lane_truth t = world_lane(w, lane);
    const struct device *d = t.device;
    char display[2 * DEVICE_DISPLAY_REGISTERS + 1];
    device_display(d, display);
    return json_pack("{s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:b, s:b, s:i, s:I, s:I, s:I, s:o}",
                     "place", t.place, "lane", t.lane, "time", truth_time(world_wall(w)), "arm",
                     hardware_arm_word(&d->barrier), "position", barrier_percent(&d->barrier),
                     "faults", hardware_faults(d), "display", truth_text(display), "green",
                     (int)d->green, "full_sign", (int)d->full_sign, "boots", (int)d->boot_count,
                     "opens", (json_int_t)d->barrier.opens, "closes", (json_int_t)d->barrier.closes,
                     "motions", (json_int_t)d->history.count, "motion", motion_json(d));
}

static enum err refuse(char *ret_reason, const char *text)
{
    snprintf(ret_reason, HARDWARE_REASON_SIZE, "%s", text);
    return ERR_INVAL;
}

static enum err read_plan(const json_t *body, struct fault_plan *ret, char *ret_reason)
{
    char word[16];
    int64_t for_ms = 0, times = 0;
    *ret = (struct fault_plan){.when = MOMENT_NOW};
    enum err e = json_get_text(body, "when", word, sizeof word);
    if (e != ERR_NOTFOUND && (e != ERR_OK || moment_parse(word, &ret->when) != ERR_OK))
        return refuse(ret_reason, "when must be now, opening, closing or under");
    e = json_get_int(body, "for_ms", 0, FOR_MAX_MS, &for_ms);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return refuse(ret_reason, "for_ms must be 0..86400000");
    e = json_get_int(body, "times", 1, TIMES_MAX, &times);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return refuse(ret_reason, "times must be 1..1000");
    ret->for_ms = (int32_t)for_ms;
    ret->times = (int32_t)times;
    return ERR_OK;
}

static enum err change_fault(struct device *d, const char *word, const json_t *body,
                             char *ret_reason)
{
    struct fault_plan plan;
    enum fault f;
    bool on = true;
    enum err e = json_get_bool(body, "on", &on);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return refuse(ret_reason, "on must be true or false");
    TRY(read_plan(body, &plan, ret_reason));
    if (strcmp(word, "none") == 0) {
        for (int i = 0; i < FAULTS; i++)
            device_clear_fault(d, (enum fault)i);
        return ERR_OK;
    }
    if (fault_parse(word, &f) != ERR_OK)
        return refuse(ret_reason, "no such fault; see control.h");
    if (on)
        device_set_fault(d, f, &plan);
    else
        device_clear_fault(d, f);
    return ERR_OK;
}

enum err hardware_change(struct world *w, size_t lane, const json_t *body,
                         char ret_reason[HARDWARE_REASON_SIZE])
{
    char word[32];
    enum mishap m;
    struct device *d = world_device(w, lane);
    enum err e = json_get_text(body, "fault", word, sizeof word);
    if (e == ERR_OK)
        return change_fault(d, word, body, ret_reason);
    if (e != ERR_NOTFOUND || json_get_text(body, "do", word, sizeof word) != ERR_OK)
        return refuse(ret_reason, "fault or do must be a text");
    if (mishap_parse(word, &m) != ERR_OK)
        return refuse(ret_reason, "do must be restart, key_open, key_close, pushed_up or wrap");
    if (device_mishap(d, m) == ERR_OK)
        return ERR_OK;
    refuse(ret_reason, "the key does nothing: no local mode, local stop, or the way is not clear");
    return ERR_CONFLICT;
}
