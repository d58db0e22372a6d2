#include "edge/field/field.h"

#include "edge/field/link.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

struct lane_place {
    struct link *link;
    size_t unit;
};

struct field {
    struct clock_source clock;
    struct link *links[FIELD_LINKS_MAX];
    size_t link_count;
    struct lane_place lanes[FIELD_LANES_MAX];
    size_t lane_count;
};

static enum err check(size_t link_count, const struct field_lane *lanes, size_t lane_count)
{
    bool used[FIELD_LINKS_MAX] = {false};
    if (link_count > FIELD_LINKS_MAX || lane_count > FIELD_LANES_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < lane_count; i++) {
        struct plan plan;
        if (lanes[i].link >= link_count || profile_gap(lanes[i].profile, 2) ||
            plan_make(lanes[i].profile, &plan) != ERR_OK)
            return ERR_INVAL;
        used[lanes[i].link] = true;
    }
    for (size_t i = 0; i < link_count; i++)
        if (!used[i])
            return ERR_INVAL;
    return ERR_OK;
}

static void stop_links(struct field *f)
{
    for (size_t i = 0; i < f->link_count; i++)
        link_stop(f->links[i]);
}

enum err field_start(const struct field_link *links, size_t link_count,
                     const struct field_lane *lanes, size_t lane_count,
                     const struct clock_source *clock, struct mailbox *inputs, struct field **ret)
{
    TRY(check(link_count, lanes, lane_count));
    struct field *f = mem_alloc(sizeof *f);
    f->clock = *clock;
    f->lane_count = lane_count;
    for (size_t i = 0; i < link_count; i++) {
        enum err e = link_new(&links[i], &f->clock, &f->links[i]);
        if (e != ERR_OK) {
            stop_links(f);
            free(f);
            return e;
        }
        for (size_t k = 0; k < lane_count; k++)
            if (lanes[k].link == i)
                f->lanes[k] =
                    (struct lane_place){f->links[i], link_add(f->links[i], &lanes[k], k, inputs)};
        link_start(f->links[i]);
        f->link_count++;
    }
    *ret = f;
    return ERR_OK;
}

void field_stop(struct field *f)
{
    if (!f)
        return;
    stop_links(f);
    free(f);
}

static enum err place_of(struct field *f, size_t lane, struct lane_place *ret)
{
    if (lane >= f->lane_count)
        return ERR_INVAL;
    *ret = f->lanes[lane];
    return ERR_OK;
}

static enum err order(void *self, size_t lane, enum lane_command c, struct mono_ms expires)
{
    struct lane_place p;
    TRY(place_of(self, lane, &p));
    if (c <= COMMAND_NONE || c > COMMAND_RESET_FAULT)
        return ERR_INVAL;
    return link_command(p.link, p.unit, c, expires);
}

struct light_levels {
    bool green, full_sign;
};

static void change_lights(struct outputs *o, const void *arg)
{
    const struct light_levels *levels = arg;
    if (o->lights_set > 0 && o->green == levels->green && o->full_sign == levels->full_sign)
        return; /* nothing to write */
    o->green = levels->green;
    o->full_sign = levels->full_sign;
    o->lights_set++;
}

static void change_display(struct outputs *o, const void *arg)
{
    const char *text = arg;
    if (o->display_set > 0 && strcmp(o->display, text) == 0)
        return;
    memcpy(o->display, text, strlen(text) + 1);
    o->display_set++;
}

static void change_camera(struct outputs *o, const void *arg)
{
    (void)arg;
    o->camera_set++;
}

static void change_ticket(struct outputs *o, const void *arg)
{
    const char *text = arg;
    memcpy(o->ticket, text, strlen(text) + 1);
    o->number_set++;
    o->ticket_set++;
}

static void change_restart(struct outputs *o, const void *arg)
{
    (void)arg;
    o->restart_set++;
}

static enum err lights(void *self, size_t lane, bool green, bool full_sign)
{
    struct lane_place p;
    struct light_levels levels = {green, full_sign};
    TRY(place_of(self, lane, &p));
    link_outputs(p.link, p.unit, change_lights, &levels);
    return ERR_OK;
}

static enum err display(void *self, size_t lane, const char *text)
{
    struct lane_place p;
    TRY(place_of(self, lane, &p));
    if (strlen(text) >= DISPLAY_SIZE)
        return ERR_INVAL; /* never a truncated text */
    link_outputs(p.link, p.unit, change_display, text);
    return ERR_OK;
}

static enum err trigger_camera(void *self, size_t lane)
{
    struct lane_place p;
    TRY(place_of(self, lane, &p));
    link_outputs(p.link, p.unit, change_camera, NULL);
    return ERR_OK;
}

static enum err issue_ticket(void *self, size_t lane, const char *text)
{
    struct lane_place p;
    TRY(place_of(self, lane, &p));
    if (strlen(text) >= CREDENTIAL_TEXT_SIZE)
        return ERR_INVAL;
    link_outputs(p.link, p.unit, change_ticket, text);
    return ERR_OK;
}

static enum err acknowledge_restart(void *self, size_t lane)
{
    struct lane_place p;
    TRY(place_of(self, lane, &p));
    link_outputs(p.link, p.unit, change_restart, NULL);
    return ERR_OK;
}

static void alive(void *self, size_t lane)
{
    struct lane_place p;
    if (place_of(self, lane, &p) == ERR_OK)
        link_alive(p.link, p.unit);
}

struct field_port field_port(struct field *f)
{
    return (struct field_port){
        .self = f,
        .command = order,
        .lights = lights,
        .display = display,
        .trigger_camera = trigger_camera,
        .acknowledge_restart = acknowledge_restart,
        .alive = alive,
        .issue_ticket = issue_ticket,
    };
}

uint64_t field_rounds(const struct field *f, size_t i)
{
    return i < f->link_count ? link_rounds(f->links[i]) : 0;
}

struct budget_link field_budget_link(const struct field_link *l)
{
    /* What devices on a serial line commonly take to answer, and a network's round trip. */
    enum { SERIAL_ANSWER_US = 5000, NETWORK_ANSWER_US = 2000 };
    bool serial = l->host[0] == '\0';
    return (struct budget_link){
        .baud = serial ? l->baud : 0,
        .bits_per_character = (int)(9 + (l->parity != FIELD_PARITY_NONE) + l->stop),
        .answer_us = serial ? SERIAL_ANSWER_US : NETWORK_ANSWER_US,
        .response_timeout_ms = l->response_timeout_ms,
        .scan_ms = l->scan_ms,
    };
}
