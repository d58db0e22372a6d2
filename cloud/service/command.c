#include "cloud/service/command.h"

#include "cloud/core/command.h"
#include "cloud/service/effect.h"
#include "cloud/service/feed.h"
#include "cloud/service/notice.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <string.h>

enum {
    DEFAULT_MS = 30 * 1000,    /* real time: to be begun within */
    LONGEST_MS = 3600 * 1000,  /* domain time: nobody remembers an older wish */
    FIRST_WORD_MS = 5 * 1000,  /* real time: after not_after */
    LAST_WORD_MS = 180 * 1000, /* domain time: two attempts at a slow arm */
};

/* ---- orders ---- */

static enum err refuse(struct admin_result *r, enum err e, const char *reason)
{
    struct buf b = buf_of(r->reason, sizeof r->reason);
    buf_adds(&b, reason);
    return e;
}

static bool has_lane(const struct edge *e, const struct name *lane)
{
    for (size_t i = 0; i < e->lane_count; i++)
        if (name_equal(&e->lanes[i].lane, lane))
            return true;
    return false;
}

/* The edge that has this lane. Of several, as where a controller was replaced under another name, the
 * one that is there; ERR_CONFLICT: it cannot be told. */
static enum err edge_of_lane(const struct place *p, const struct name *lane, struct edge **ret)
{
    struct edge *any = NULL, *online = NULL;
    size_t count = 0, online_count = 0;
    for (size_t i = 0; i < p->edge_count; i++) {
        if (!has_lane(p->edges[i], lane))
            continue;
        any = p->edges[i];
        count++;
        if (any->live.online) {
            online = any;
            online_count++;
        }
    }
    if (count == 0)
        return ERR_NOTFOUND;
    if (count > 1 && online_count != 1)
        return ERR_CONFLICT;
    *ret = count == 1 ? any : online;
    return ERR_OK;
}

static struct wall_ms default_end(const struct service *s)
{
    return wall_after(s->now.wall, real_ms(s, DEFAULT_MS));
}

static enum err check_time(const struct service *s, const struct command *c, struct admin_result *r)
{
    int64_t left_ms = wall_diff_ms(c->not_after, s->now.wall);
    int64_t most_ms = LONGEST_MS > real_ms(s, DEFAULT_MS) ? LONGEST_MS : real_ms(s, DEFAULT_MS);
    if (left_ms <= 0)
        return refuse(r, ERR_INVAL, "not_after: is past");
    if (left_ms > most_ms)
        return refuse(r, ERR_INVAL, "not_after: more than an hour ahead");
    return ERR_OK;
}

static void send_command(struct service *s, struct open_command *o)
{
    struct effect *out = effect_add(s, EFFECT_COMMAND, &o->row.place, &o->row.edge);
    out->command = o->row.command;
    o->resend_at = mono_after(s->now.mono, real_ms(s, s->options.offer_resend_ms));
}

static void save(struct service *s, const struct command_row *r)
{
    STORE(s, save_command, r);
    feed_command(s, r);
    notice_command(s, r);
}

void command_keep(struct service *s, const struct command_row *row)
{
    s->commands = mem_resize(s->commands, (s->command_count + 1) * sizeof *s->commands);
    s->commands[s->command_count++] = (struct open_command){*row, s->now.mono};
}

enum err command_order(struct service *s, const struct name *place, const struct command *c,
                       struct admin_result *r)
{
    struct place *p = state_place(s, place);
    struct command_row known, row = {.command = *c, .place = *place};
    struct edge *e = NULL;
    if (!p)
        return refuse(r, ERR_NOTFOUND, "place: there is no such place");
    /* A repeated order is the same order, whatever has become of its lane since. */
    if (FOUND(s, find_command, &c->id, &known)) {
        if (!command_same(&known.command, c))
            return refuse(r, ERR_CONFLICT, "key: was used for another command");
        return ERR_OK;
    }
    enum err known_lane = edge_of_lane(p, &c->lane, &e);
    if (known_lane == ERR_NOTFOUND)
        return refuse(r, ERR_NOTFOUND, "lane: this place has no such lane");
    if (known_lane != ERR_OK)
        return refuse(r, ERR_CONFLICT,
                      "lane: several edges of this place have a lane of this name");
    row.edge = e->row.edge;
    row.command.issued = s->now.wall;
    if (c->not_after.v == 0)
        row.command.not_after = default_end(s);
    TRY(check_time(s, &row.command, r));
    save(s, &row);
    command_keep(s, &row);
    send_command(s, &s->commands[s->command_count - 1]);
    r->created = true;
    log_notice("command.ordered", LT("place", place->text), LT("lane", c->lane.text),
               LT("action", action_word(c->action)), LT("actor", c->actor.text),
               LT("command", c->id.text));
    return ERR_OK;
}

/* ---- results ---- */

static struct open_command *find_open(struct service *s, const struct request_id *id)
{
    for (size_t i = 0; i < s->command_count; i++)
        if (strcmp(s->commands[i].row.command.id.text, id->text) == 0)
            return &s->commands[i];
    return NULL;
}

/* Takes the new state over into the list of those without an end. */
static void follow(struct service *s, const struct command_row *row)
{
    struct open_command *o = find_open(s, &row->command.id);
    if (command_is_final(row->stage)) {
        if (o)
            *o = s->commands[--s->command_count];
    } else if (o) {
        o->row = *row;
    } else {
        command_keep(s, row);
    }
}

void command_result(struct service *s, const struct event *e)
{
    struct command_row row;
    if (!FOUND(s, find_command, &e->data.command, &row) || !name_equal(&row.place, &e->place) ||
        !name_equal(&row.edge, &e->edge)) {
        log_warn("command.unknown", LT("place", e->place.text), LT("edge", e->edge.text),
                 LT("command", e->data.command.text), LT("stage", stage_word(e->data.stage)));
        return;
    }
    if (command_step(&row, command_event_of(e->data.stage), e->data.reason, e->time) != ERR_OK)
        return;
    save(s, &row);
    follow(s, &row);
    log_notice("command.stage", LT("place", row.place.text), LT("lane", row.command.lane.text),
               LT("action", action_word(row.command.action)), LT("stage", stage_word(row.stage)),
               LT("why", reason_word(row.why)), LT("command", row.command.id.text));
}

/* ---- time ---- */

void command_resend(struct service *s, const struct edge *e, bool all)
{
    for (size_t i = 0; i < s->command_count; i++) {
        struct open_command *o = &s->commands[i];
        bool theirs = !e || (name_equal(&e->row.place, &o->row.place) &&
                             name_equal(&e->row.edge, &o->row.edge));
        bool waits =
            o->row.stage == STAGE_NONE && wall_diff_ms(o->row.command.not_after, s->now.wall) > 0;
        if (theirs && waits && (all || reached(s->now.mono, o->resend_at)))
            send_command(s, o);
    }
}

static bool overdue(const struct service *s, const struct command_row *r)
{
    struct wall_ms end = r->command.not_after;
    int64_t late_ms = wall_diff_ms(s->now.wall, r->accepted.v > end.v ? r->accepted : end);
    int64_t patience_ms = real_ms(s, FIRST_WORD_MS);
    if (r->stage != STAGE_NONE)
        patience_ms += LAST_WORD_MS;
    return late_ms > patience_ms;
}

void command_timers(struct service *s)
{
    if (s->command_count == 0 || !reached(s->now.mono, s->resend_at))
        return;
    command_resend(s, NULL, false);
    for (size_t i = 0; i < s->command_count;) {
        struct command_row row = s->commands[i].row;
        enum reason why = row.stage == STAGE_NONE ? REASON_NONE : REASON_TIMEOUT;
        if (!overdue(s, &row) ||
            command_step(&row, COMMAND_EV_OVERDUE, why, s->now.wall) != ERR_OK) {
            i++;
            continue;
        }
        save(s, &row);
        follow(s, &row); /* another one takes its place in the list */
    }
}
