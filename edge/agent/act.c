/* What leaves after the commit (A1): motion first, then what people see, then what the cloud is
 * asked. Nothing here can undo the turn; what could not be done is the next turn's business. */
#include "edge/agent/internal.h"

#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

static void act_motion(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    const struct field_port *f = &a->ports.field;
    if (s->motion == COMMAND_NONE)
        return;
    int64_t real_ms =
        s->motion == COMMAND_CLOSE ? a->config.close_expiry_ms : a->config.open_expiry_ms;
    struct mono_ms expires = mono_after(a->now.mono, agent_network_ms(a, real_ms));
    if (f->command(f->self, i, s->motion, expires) != ERR_OK)
        s->failed = s->motion;
    s->motion = COMMAND_NONE;
}

static struct lane_outputs wanted(const struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    struct lane_outputs o = {
        .known = true,
        .green = lane_green(&s->lane),
        .full_sign = s->full && a->live.memory.spaces.free == 0,
    };
    const char *text = s->text;
    if (s->lane.modes & (1U << LANE_MODE_FIRE))
        text = admission_text(REASON_FIRE);
    else if (s->lane.state == LANE_FAULT)
        text = admission_text(REASON_CLOSED);
    snprintf(o.display, sizeof o.display, "%s", text);
    return o;
}

/* Only changes; a device that was away is told everything again. ERR_FULL is retried next turn. */
static void act_outputs(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct lane_outputs *shown = &a->shown[i];
    const struct field_port *f = &a->ports.field;
    if (s->refresh)
        shown->known = false;
    s->refresh = false;
    if (!s->lane.view.fresh)
        return;
    struct lane_outputs want = wanted(a, i);
    bool lights = !shown->known || want.green != shown->green || want.full_sign != shown->full_sign;
    bool display = !shown->known || strcmp(want.display, shown->display) != 0;
    if (lights && f->lights(f->self, i, want.green, want.full_sign) != ERR_OK)
        return;
    if (display && f->display(f->self, i, want.display) != ERR_OK)
        return;
    *shown = want;
}

static void act_pulses(struct agent *a, size_t i)
{
    struct agent_lane *s = &a->live.lanes[i];
    const struct field_port *f = &a->ports.field;
    if (s->camera)
        (void)f->trigger_camera(f->self, i);
    if (s->acknowledge_restart)
        (void)f->acknowledge_restart(f->self, i);
    if (s->issue)
        (void)f->issue_ticket(f->self, i, s->movement.credential.shown.text);
    s->camera = s->acknowledge_restart = s->issue = false;
}

static enum err send_question(struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    bool entry = s->movement.direction == DIRECTION_ENTRY;
    struct request r = {
        .kind = entry ? REQUEST_ENTRY : REQUEST_EXIT,
        .id = s->admission.request,
        .question =
            {
                .lane = a->config.lanes[i].name,
                .movement = s->movement.id,
                .plate = s->movement.credential.plate,
                .time = s->movement.presented,
                .deadline_ms = entry ? a->config.entry_deadline_ms : a->config.exit_deadline_ms,
                .credential = s->movement.credential.shown,
                .passback = s->movement.right.verdict == RIGHT_PASSBACK,
                .no_space = entry && agent_usable(a) == 0,
            },
    };
    return a->ports.uplink.ask(a->ports.uplink.self, &r);
}

/* The session ended before anyone told us. */
static void found_offline(struct agent *a, enum err e)
{
    if (e == ERR_UNAVAIL && a->live.online) {
        a->live.online = false;
        a->live.offline_since = a->now.mono;
    }
}

/* The store of the list is told what the journal now says; it is asked of the cloud after a hello. */
static void act_rights(struct agent *a)
{
    struct agent_rights *r = &a->live.rights;
    if (r->announce && a->ports.rights.announced(a->ports.rights.self, r->announced) != ERR_OK)
        log_warn("agent.rights_announced", LN("version", r->announced));
    r->announce = false;
    if (r->ask) {
        struct request q = agent_rights_question(a);
        found_offline(a, a->ports.uplink.ask(a->ports.uplink.self, &q));
    }
    r->ask = false;
}

void agent_act(struct agent *a)
{
    for (size_t i = 0; i < a->config.lane_count; i++)
        act_motion(a, i);
    for (size_t i = 0; i < a->config.lane_count; i++) {
        act_outputs(a, i);
        act_pulses(a, i);
        if (a->live.lanes[i].ask)
            found_offline(a, send_question(a, i));
        a->live.lanes[i].ask = false;
        a->ports.field.alive(a->ports.field.self, i);
    }
    if (a->live.say_hello)
        found_offline(a, agent_send_hello(a));
    a->live.say_hello = false;
    act_rights(a);
    if (a->recorded)
        a->ports.uplink.wake(a->ports.uplink.self);
}
