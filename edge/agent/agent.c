#include "edge/agent.h"

#include "edge/agent/internal.h"
#include "edge/core/lane_mode.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert((int)AGENT_LANES_MAX == (int)HELLO_LANES_MAX &&
                  (int)AGENT_LANES_MAX == (int)TELEMETRY_LANES_MAX,
              "every lane fits every message");

static const struct mono_ms never = {INT64_MAX};

/* --- configuration --- */

struct agent_config agent_config_default(void)
{
    return (struct agent_config){
        .clock = CLOCK_SYNCED,
        .keep_max = 1000000,
        .rate = 1,
        .entry_deadline_ms = 800,
        .exit_deadline_ms = 2000,
        .hello_retry_ms = 2000,
        .ack_save_ms = 1000,
        .silence_ms = 2000,
        .close_expiry_ms = 40,
        .open_expiry_ms = 1000,
        .link_slack_ms = 250,
        .hello_ms = 600000,
        .rights_ms = 600000,
        .ask_again_ms = 5000,
        .pending_ms = 180000,
        .no_credential_ms = 5000,
        .unanswered_ms = 60000,
        .plate_keep_ms = 5000,
        .plate_again_ms = 5000,
    };
}

static bool all_positive(const int64_t *figures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (figures[i] <= 0)
            return false;
    return true;
}

static bool lane_config_good(const struct lane_config *l)
{
    const int64_t figures[] = {
        l->a_debounce_ms, l->b_clear_ms,       l->open_ms,   l->hold_open_ms, l->close_delay_ms,
        l->close_ms,      l->motion_again_ms,  l->c_wait_ms, l->fault_ms,     l->reissue_ms,
        l->close_retries, l->obstructions_max, l->a_to_b_ms, l->a_stuck_ms,   l->b_stuck_ms,
        l->limits_ms,     l->fire_ms,          l->service_ms};
    bool reversible = l->direction == DIRECTION_REVERSIBLE && l->loops == 3;
    return (l->direction == DIRECTION_ENTRY || l->direction == DIRECTION_EXIT || reversible) &&
           (l->loops == 2 || l->loops == 3) &&
           all_positive(figures, sizeof figures / sizeof figures[0]);
}

static bool is_name(const struct name *n)
{
    struct name again;
    return name_parse(n->text, strnlen(n->text, NAME_SIZE), &again) == ERR_OK;
}

enum err agent_config_check(const struct agent_config *c)
{
    const int64_t figures[] = {
        c->rate,           c->entry_deadline_ms, c->exit_deadline_ms,
        c->hello_retry_ms, c->silence_ms,        c->close_expiry_ms,
        c->open_expiry_ms, c->link_slack_ms,     c->hello_ms,
        c->ask_again_ms,   c->pending_ms,        c->no_credential_ms,
        c->unanswered_ms,  c->plate_keep_ms,     c->clock,
        c->ack_save_ms,    c->rights_ms,         c->plate_again_ms,
    };
    if (!all_positive(figures, sizeof figures / sizeof figures[0]) || c->keep_max < 0 ||
        c->lane_count < 1 || c->lane_count > AGENT_LANES_MAX || !is_name(&c->place) ||
        !is_name(&c->edge) || c->version[0] == '\0' ||
        strnlen(c->version, VERSION_SIZE) == VERSION_SIZE)
        return ERR_INVAL;
    for (size_t i = 0; i < c->lane_count; i++) {
        if (!is_name(&c->lanes[i].name) || !lane_config_good(&c->lanes[i].lane))
            return ERR_INVAL;
        for (size_t k = 0; k < i; k++)
            if (name_equal(&c->lanes[i].name, &c->lanes[k].name))
                return ERR_INVAL;
    }
    return ERR_OK;
}

/* --- one turn --- */

static enum err take_input(struct agent *a, const struct agent_input *in)
{
    bool of_lane =
        in->kind == INPUT_IO || in->kind == INPUT_CREDENTIAL || in->kind == INPUT_COMMAND_RESULT;
    if (of_lane && in->lane >= a->config.lane_count)
        return ERR_OK;
    if (a->live.crippled && !agent_takes_crippled(in->kind))
        return ERR_OK;
    switch (in->kind) {
    case INPUT_IO: return agent_lane_io(a, in->lane, &in->io);
    case INPUT_COMMAND_RESULT:
        TRY(agent_command_outcome(a, in->lane, &in->command));
        return agent_lane_outcome(a, in->lane, &in->command);
    case INPUT_UPLINK_UP: agent_uplink(a, true); return ERR_OK;
    case INPUT_UPLINK_DOWN: agent_uplink(a, false); return ERR_OK;
    case INPUT_ACK: return agent_ack(a, &in->ack);
    case INPUT_RESPONSE: return agent_response(a, &in->response);
    case INPUT_GRANT: return agent_grant(a, &in->grant);
    case INPUT_ORDER: return agent_command(a, &in->order);
    case INPUT_EDGE_ALARM: agent_alarm(a, &in->alarm); return ERR_OK;
    case INPUT_CLOCK: a->clock = in->clock; return ERR_OK;
    case INPUT_STORAGE: a->live.frugal = in->frugal; return ERR_OK;
    case INPUT_RIGHTS: return agent_rights_part(a, &in->rights);
    case INPUT_CREDENTIAL: return agent_lane_credential(a, in->lane, &in->credential);
    }
    return ERR_OK;
}

static enum err decide(struct agent *a, const struct agent_input *in, size_t n)
{
    for (size_t k = 0; k < n; k++)
        TRY(take_input(a, &in[k]));
    for (size_t i = 0; i < a->config.lane_count; i++)
        TRY(agent_lane_tick(a, i));
    TRY(agent_spread_fire(a));
    if (!a->live.crippled)
        agent_hello_tick(a);
    TRY(agent_rights_tick(a));
    for (size_t i = 0; i < a->config.lane_count; i++)
        TRY(agent_lane_decide(a, i));
    for (size_t i = 0; i < a->config.lane_count; i++)
        TRY(agent_command_tick(a, i));
    TRY(agent_recording(a) ? agent_surplus(a) : ERR_OK);
    return agent_host_tell(a);
}

static bool same_memory(const struct lane_memory *x, const struct lane_memory *y)
{
    return x->state == y->state && strcmp(x->movement.text, y->movement.text) == 0 &&
           strcmp(x->plate.text, y->plate.text) == 0 &&
           strcmp(x->credential.text, y->credential.text) == 0 && x->ticket == y->ticket &&
           x->credential_sequence == y->credential_sequence && x->authorised == y->authorised &&
           x->basis == y->basis && strcmp(x->request.text, y->request.text) == 0 &&
           x->b_seen == y->b_seen && x->a_clear_seen == y->a_clear_seen && x->c_seen == y->c_seen &&
           x->plate_sequence == y->plate_sequence && x->presented.v == y->presented.v &&
           x->decided.v == y->decided.v && x->reversed == y->reversed && x->modes == y->modes &&
           x->alarms == y->alarms;
}

static enum err save_lanes(struct agent *a)
{
    for (size_t i = 0; i < a->config.lane_count; i++) {
        struct lane_memory m = agent_lane_memory(a, i);
        if (same_memory(&m, &a->live.lanes[i].saved))
            continue;
        TRY(agent_transaction(a));
        TRY(a->ports.journal.save_lane(a->ports.journal.self, &m));
        a->live.lanes[i].saved = m;
        a->durable = true;
    }
    return ERR_OK;
}

/* A8 */
static enum err save_base(struct agent *a)
{
    struct agent_state *s = &a->live;
    if (s->base_due.v == never.v || (!a->durable && s->base_due.v > a->now.mono.v))
        return ERR_OK;
    TRY(agent_transaction(a));
    TRY(a->ports.journal.acknowledge(a->ports.journal.self, s->memory.base, a->now.wall));
    s->base_due = never;
    a->durable = true;
    return ERR_OK;
}

static enum err save(struct agent *a)
{
    struct journal_port *j = &a->ports.journal;
    TRY(save_lanes(a));
    TRY(save_base(a));
    if (!a->durable)
        return ERR_OK;
    TRY(j->save_edge(j->self, &a->live.memory));
    TRY(j->commit(j->self));
    a->transaction = false;
    return ERR_OK;
}

/* Copies of the lanes in use only. */
static void copy_state(struct agent_state *to, const struct agent_state *from, size_t lanes)
{
    memcpy(to, from, offsetof(struct agent_state, lanes) + lanes * sizeof from->lanes[0]);
}

static void begin_turn(struct agent *a, struct now now)
{
    copy_state(&a->before, &a->live, a->config.lane_count);
    a->now = now;
    a->transaction = a->durable = a->recorded = false;
}

/* Whatever failed, it was the journal or it makes the journal useless: ERR_IO (A2). */
static enum err finish_turn(struct agent *a, enum err e)
{
    if (e == ERR_OK && !a->live.crippled)
        e = save(a);
    if (a->transaction)
        a->ports.journal.rollback(a->ports.journal.self);
    a->transaction = false;
    if (e != ERR_OK) {
        copy_state(&a->live, &a->before, a->config.lane_count);
        return ERR_IO;
    }
    agent_act(a);
    return ERR_OK;
}

enum err agent_turn(struct agent *a, const struct agent_input *in, size_t n, struct now now)
{
    begin_turn(a, now);
    return finish_turn(a, decide(a, in, n));
}

/* A9. The saved state says crippled: a failure puts that back as well. */
enum err agent_heal(struct agent *a, const struct edge_memory *memory, struct now now)
{
    struct journal_port nowhere = a->ports.journal;
    begin_turn(a, now);
    a->ports.journal = a->journal;
    a->live.crippled = false;
    enum err e = agent_transaction(a);
    if (e == ERR_OK)
        e = agent_settle(a, memory);
    a->durable = true; /* even if nothing is owed, a commit has to work */
    e = finish_turn(a, e);
    if (e != ERR_OK)
        a->ports.journal = nowhere;
    return e;
}

/* --- start --- */

/* Motion and its repeats include a link whose time does not scale. */
static struct lane_config with_slack(const struct agent *a, const struct lane_config *c)
{
    int64_t slack_ms = a->config.link_slack_ms * (a->config.rate - 1);
    struct lane_config l = *c;
    l.open_ms += slack_ms;
    l.close_ms += slack_ms;
    l.motion_again_ms += slack_ms;
    return l;
}

static const struct lane_memory *find_memory(const struct lane_memory *lanes, size_t n,
                                             const struct name *name)
{
    for (size_t i = 0; i < n; i++)
        if (name_equal(&lanes[i].lane, name))
            return &lanes[i];
    return NULL;
}

static void restore_lane(struct agent *a, size_t i, const struct lane_memory *m)
{
    struct agent_lane *s = &a->live.lanes[i];
    struct lane_config config = with_slack(a, &a->config.lanes[i].lane);
    s->silent = mono_after(a->now.mono, agent_network_ms(a, a->config.silence_ms));
    if (m == NULL) {
        lane_init(&s->lane, &config, NULL);
        s->saved = agent_lane_memory(a, i);
        return;
    }
    /* A wall clock that went back makes the decision look new, not old. */
    int64_t age_ms = wall_diff_ms(a->now.wall, m->decided);
    struct lane_restored r = {
        .state = m->state >= 0 && m->state < LANE_STATES ? (enum lane_state)m->state : LANE_IDLE,
        .modes = m->modes,
        .alarms = m->alarms,
        .movement = m->movement.text[0] != '\0',
        .reversed = m->reversed,
        .identified = m->plate.text[0] != '\0' || m->credential.text[0] != '\0',
        .authorised = m->authorised,
        .b_seen = m->b_seen,
        .a_clear_seen = m->a_clear_seen,
        .c_seen = m->c_seen,
        .once = m->authorised && (m->basis == BASIS_MANUAL || m->basis == BASIS_NONE),
        .authorised_at = mono_after(a->now.mono, age_ms > 0 ? -age_ms : 0),
    };
    lane_init(&s->lane, &config, &r);
    s->movement.id = m->movement;
    s->movement.direction = lane_direction(&s->lane);
    s->movement.unfunded = m->authorised && m->basis == BASIS_NONE;
    s->movement.credential.plate = m->plate;
    s->movement.credential.shown = m->credential;
    s->movement.ticket = m->ticket;
    s->movement.right = agent_right_of(a, &s->movement.credential);
    s->movement.basis = s->movement.unfunded ? BASIS_MANUAL : m->basis;
    s->movement.request = m->request;
    s->movement.presented = m->presented;
    s->movement.decided = m->decided;
    s->plate_sequence = m->plate_sequence;
    s->credential_sequence = m->credential_sequence;
    s->saved = agent_lane_memory(a, i);
}

static struct admission_config admission_config_of(const struct agent *a)
{
    const struct agent_config *c = &a->config;
    /* The final answer waits for a payment provider, whose time does not scale. */
    int64_t provider_ms = agent_network_ms(a, c->exit_deadline_ms) - c->exit_deadline_ms;
    return (struct admission_config){
        .entry_deadline_ms = agent_network_ms(a, c->entry_deadline_ms),
        .exit_deadline_ms = agent_network_ms(a, c->exit_deadline_ms),
        .ask_again_ms = c->ask_again_ms,
        .pending_ms = c->pending_ms + 2 * provider_ms,
        .no_credential_ms = c->no_credential_ms,
        .unanswered_ms = c->unanswered_ms,
    };
}

enum err agent_start(struct agent *a, const struct agent_config *config,
                     const struct agent_ports *ports, const struct edge_memory *memory,
                     const struct lane_memory *lanes, size_t lane_count, struct now now)
{
    TRY(agent_config_check(config));
    memset(a, 0, sizeof *a);
    a->config = *config;
    a->ports = *ports;
    a->journal = ports->journal;
    a->clock = config->clock;
    a->now = now;
    a->admission = admission_config_of(a);
    a->live.memory = *memory;
    a->live.offline_since = now.mono;
    a->live.hello_due = now.mono;
    a->live.base_due = never;
    agent_rights_start(a);
    for (size_t i = 0; i < config->lane_count; i++) {
        restore_lane(a, i, find_memory(lanes, lane_count, &config->lanes[i].name));
        if (config->lanes[i].lane.direction != DIRECTION_EXIT)
            a->has_entry = true;
    }
    begin_turn(a, now);
    enum err e = agent_record_start(a);
    return finish_turn(a, e == ERR_OK ? agent_commands_restarted(a) : e);
}

/* --- what others see --- */

bool agent_idle(const struct agent *a)
{
    bool idle = !a->live.crippled;
    for (size_t i = 0; i < a->config.lane_count; i++) {
        const struct agent_lane *s = &a->live.lanes[i];
        idle = idle && lane_quiet(&s->lane) && !order_under_way(&s->command) &&
               s->movement.id.text[0] == '\0' && s->failed == COMMAND_NONE;
    }
    return idle;
}

static struct mono_ms earlier(struct mono_ms x, struct mono_ms y)
{
    return x.v < y.v ? x : y;
}

static struct mono_ms lane_due(const struct agent *a, size_t i)
{
    const struct agent_lane *s = &a->live.lanes[i];
    struct admission_view v = agent_lane_view(a, i);
    if (s->failed != COMMAND_NONE)
        return a->now.mono;
    struct mono_ms first = earlier(lane_deadline(&s->lane), s->silent);
    first = earlier(first, agent_command_deadline(a, i));
    if (agent_lane_bar(a, i) != REASON_NONE)
        return first;
    first = earlier(first, admission_deadline(&s->admission, &a->admission, &v));
    /* An exit waits for the uplink only so long. */
    if (s->admission.phase != ADMISSION_NONE && !v.online && !v.settled)
        first = earlier(first, mono_after(a->live.offline_since, a->admission.exit_deadline_ms));
    return first;
}

struct mono_ms agent_next_deadline(const struct agent *a)
{
    bool talks = a->live.online && !a->live.crippled;
    struct mono_ms first = talks ? a->live.hello_due : never;
    if (!a->live.crippled)
        first = earlier(first, a->live.base_due);
    first = earlier(first, agent_rights_deadline(a));
    for (size_t i = 0; i < a->config.lane_count; i++)
        first = earlier(first, lane_due(a, i));
    return first;
}

void agent_snapshot(const struct agent *a, struct now now, struct telemetry *ret)
{
    const struct edge_memory *m = &a->live.memory;
    struct telemetry t = {
        .time = now.wall,
        .epoch = m->epoch,
        .next = m->next,
        .outbox_depth = m->next - 1 - m->base,
        .free = m->spaces.free,
        .overdraft = m->spaces.overdraft,
        .clock = a->clock,
        .lane_count = a->config.lane_count,
    };
    for (size_t i = 0; i < t.lane_count; i++) {
        const struct agent_lane *s = &a->live.lanes[i];
        struct telemetry_lane *l = &t.lanes[i];
        const char *state = lane_state_word(s->lane.state), *arm = lane_arm_word(&s->lane);
        l->lane = a->config.lanes[i].name;
        l->direction = agent_lane_config(a, i)->direction;
        memcpy(l->state, state, strlen(state) + 1);
        memcpy(l->arm, arm, strlen(arm) + 1);
        l->online = s->lane.view.fresh;
        l->link_us = s->link_us;
        l->breaker = s->breaker;
        l->inputs = s->inputs;
        l->mode = lane_mode_of(&s->lane);
        l->degraded = lane_degraded(&s->lane);
    }
    *ret = t;
}

const struct edge_memory *agent_memory(const struct agent *a)
{
    return &a->live.memory;
}
