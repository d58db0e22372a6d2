#include "tests/unit/edge/agent_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/buf.h"
#include "protocol/support/digest.h"
#include "protocol/wire/event_codec.h"

__attribute__((format(printf, 2, 3))) static void say(char *said, const char *format, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    struct buf out = {said, strlen(said), WORLD_SAID, false};
    if (out.len > 0)
        buf_adds(&out, " ");
    buf_adds(&out, text);
    assert_false(out.overflow);
}

/* --- journal --- */

static enum err journal_call(struct world *w)
{
    return ++w->journal_calls == w->fail_at ? ERR_IO : ERR_OK;
}

static enum err fake_begin(void *self)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_false(w->in_transaction);
    w->in_transaction = true;
    w->working = w->committed;
    w->replayed = false;
    w->pending_said[0] = '\0';
    return ERR_OK;
}

/* The kind and what else is worth telling. */
static void say_event(char *said, const struct event *e)
{
    char detail[128] = "";
    struct buf b = buf_of(detail, sizeof detail);
    const struct event_data *d = &e->data;
    if (d->plate.text[0] != '\0')
        buf_addf(&b, "/%s", d->plate.text);
    if (d->credential.text[0] != '\0')
        buf_addf(&b, "/<%s>", d->credential.text);
    const char *words[] = {basis_word(d->basis),   reason_word(d->reason), outcome_word(d->outcome),
                           spent_word(d->spent),   alarm_word(d->alarm),   cause_word(d->cause),
                           lane_mode_word(d->mode)};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i][0] != '\0')
            buf_addf(&b, "/%s", words[i]);
    if (e->kind == EVENT_LANE_ALARM || e->kind == EVENT_EDGE_ALARM || e->kind == EVENT_LANE_MODE)
        buf_adds(&b, d->active ? "+" : "-");
    if (e->kind == EVENT_COMMAND_RESULT) {
        struct buf c = buf_of(detail, sizeof detail);
        buf_addf(&c, "/%s/%s%s%s", action_word(d->action), stage_word(d->stage),
                 d->reason != REASON_NONE ? "/" : "", reason_word(d->reason));
        if (d->actor.text[0] != '\0')
            buf_addf(&c, "/%s/%s", d->actor.text, d->detail);
        for (size_t i = 0; i < c.len; i++)
            detail[i] = detail[i] == ' ' ? '_' : detail[i];
        b = c;
    }
    if (d->due.currency.code[0] != '\0')
        buf_addf(&b, "/due%d", (int)d->due.minor);
    if (d->n > 0)
        buf_addf(&b, "/n%d", (int)d->n);
    if (d->repaid > 0)
        buf_addf(&b, "/repaid%d", (int)d->repaid);
    assert_false(b.overflow);
    say(said, "#%s%s%s%s", d->lane.text, d->lane.text[0] != '\0' ? "." : "",
        event_kind_word(e->kind), detail);
}

static size_t lane_of(const struct world *w, const struct name *lane)
{
    size_t i = 0;
    while (i < w->config.lane_count && !name_equal(&w->config.lanes[i].name, lane))
        i++;
    assert_true(i < w->config.lane_count);
    return i;
}

static void credit(struct world_books *k, int64_t n, int64_t repaid)
{
    k->view += n - repaid;
    k->overdraft -= repaid;
    assert_true(k->overdraft >= 0);
}

/* wire.md, "Spaces": the third column. */
static void keep_spaces(struct world_books *k, const struct event *e)
{
    const struct event_data *d = &e->data;
    bool entry = d->direction == DIRECTION_ENTRY;
    switch (e->kind) {
    case EVENT_SPACE_ACCEPTED:
        if (d->right.text[0] != '\0')
            k->bound += d->n;
        else
            credit(k, d->n, d->repaid);
        break;
    case EVENT_SPACE_RETURNED:
        if (d->right.text[0] != '\0')
            k->bound -= d->n;
        else
            k->view -= d->n;
        break;
    case EVENT_PASSAGE_AUTHORISED:
        if (d->spent == SPENT_OVERDRAFT)
            k->overdraft += 1;
        else if (entry && d->basis == BASIS_BOUND && d->spent == SPENT_NONE)
            k->bound -= 1;
        else
            k->view -= entry;
        k->pending += entry;
        break;
    case EVENT_PASSAGE_VOIDED:
        if (entry && d->right.text[0] != '\0')
            k->bound += 1;
        else if (entry)
            credit(k, 1, d->repaid);
        k->pending -= entry;
        break;
    case EVENT_PASSAGE_COMPLETED:
        if (!entry)
            credit(k, 1, d->repaid);
        k->pending -= entry;
        k->occupied += entry ? 1 : -1;
        break;
    case EVENT_PASSAGE_UNAUTHORISED:
        if (!entry)
            credit(k, 1, d->repaid);
        else if (d->spent == SPENT_SPACE)
            k->view -= 1;
        else
            k->overdraft += 1;
        k->occupied += entry ? 1 : -1;
        break;
    default: break;
    }
}

static void keep_movement(struct world *w, const struct event *e)
{
    if (e->data.movement.text[0] == '\0')
        return;
    struct world_movement *m = &w->working.movements[lane_of(w, &e->data.lane)];
    bool same = strcmp(m->id.text, e->data.movement.text) == 0;
    if (!same && (w->working.rechained || (!m->open && w->agent.live.frugal))) {
        /* it was presented before the epoch, or that was left out */
        *m = (struct world_movement){.id = e->data.movement, .open = true};
        same = true;
    }
    if (e->kind == EVENT_VEHICLE_PRESENTED || (e->kind == EVENT_PASSAGE_UNAUTHORISED && !same)) {
        assert_true(!m->open || w->working.rechained);
        *m = (struct world_movement){.id = e->data.movement, .open = true};
        return;
    }
    assert_true(same && m->open);
    if (e->kind == EVENT_PASSAGE_AUTHORISED) {
        assert_false(m->authorised);
        m->authorised = true;
    }
    if (e->kind == EVENT_PASSAGE_COMPLETED || e->kind == EVENT_PASSAGE_VOIDED) {
        /* Only entries move spaces by their authorisation: an exit's may be of an older epoch. */
        if (w->working.rechained && e->data.direction == DIRECTION_EXIT)
            m->authorised = true;
        assert_true(m->authorised);
        m->authorised = false;
    }
    if (e->kind == EVENT_MOVEMENT_ENDED) {
        assert_false(m->authorised);
        m->open = false;
    }
}

static enum err fake_append(void *self, int64_t seq, const struct digest *digest, const void *bytes,
                            size_t len)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    struct topic source = {.kind = TOPIC_EVENT, .place = w->config.place, .edge = w->config.edge};
    struct event e;
    char reason[CODEC_REASON_SIZE];
    if (event_decode(&source, bytes, len, &e, reason) != ERR_OK)
        fail_msg("%s", reason);
    struct digest again;
    digest_of(bytes, len, &again);
    assert_string_equal(again.text, digest->text);
    assert_true(seq < WORLD_ROWS && len < WORLD_ROW_BYTES);
    w->rows[seq - 1] = (struct world_row){.digest = again, .len = len};
    memcpy(w->rows[seq - 1].bytes, bytes, len);
    if (seq == 1)
        assert_string_equal(e.prev.text, "00000000000000000000000000000000");
    else
        assert_string_equal(e.prev.text, w->working.memory.head.text);
    assert_int_equal(e.seq, seq);
    assert_int_equal(seq, w->working.rows + 1);
    w->working.rows = seq;
    w->working.memory.head = again;
    keep_spaces(&w->working, &e);
    keep_movement(w, &e);
    say_event(w->pending_said, &e);
    w->last_clock = e.clock;
    return ERR_OK;
}

static enum err fake_save_edge(void *self, const struct edge_memory *m)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    assert_int_equal(m->next, w->working.rows + 1);
    assert_int_equal(m->spaces.free, w->working.view);
    assert_int_equal(m->spaces.overdraft, w->working.overdraft);
    int64_t bound = 0;
    for (size_t i = 0; i < m->bound.count; i++)
        bound += m->bound.list[i].n;
    assert_int_equal(bound, w->working.bound);
    w->working.memory = *m;
    return ERR_OK;
}

static enum err fake_save_lane(void *self, const struct lane_memory *m)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    size_t i = 0;
    while (i < w->working.lane_count && !name_equal(&w->working.lanes[i].lane, &m->lane))
        i++;
    if (i == w->working.lane_count)
        w->working.lane_count++;
    w->working.lanes[i] = *m;
    return ERR_OK;
}

static enum err fake_grant_answered(void *self, int64_t epoch, int64_t grant)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    struct world_books *k = &w->working;
    for (size_t i = 0; i < k->grant_count; i++)
        if (k->grants[i].epoch == epoch && k->grants[i].grant == grant)
            return ERR_CONFLICT;
    k->grants[k->grant_count].epoch = epoch;
    k->grants[k->grant_count++].grant = grant;
    return ERR_OK;
}

static struct order_memory *order_at(struct world_books *k, const struct request_id *id)
{
    for (size_t i = 0; i < k->order_count; i++)
        if (strcmp(k->orders[i].id.text, id->text) == 0)
            return &k->orders[i];
    return NULL;
}

static enum err fake_save_order(void *self, const struct order_memory *o)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    struct order_memory *at = order_at(&w->working, &o->id);
    if (!at) {
        assert_true(w->working.order_count < WORLD_ORDERS);
        at = &w->working.orders[w->working.order_count++];
    }
    *at = *o;
    return ERR_OK;
}

static enum err fake_find_order(void *self, const struct request_id *id, struct order_memory *ret)
{
    struct world *w = self;
    TRY(journal_call(w));
    const struct order_memory *at = order_at(&w->working, id);
    if (!at)
        return ERR_NOTFOUND;
    *ret = *at;
    return ERR_OK;
}

static enum err fake_open_orders(void *self, struct order_memory *ret, size_t max,
                                 size_t *ret_count)
{
    struct world *w = self;
    size_t count = 0;
    TRY(journal_call(w));
    for (size_t i = 0; i < w->working.order_count; i++)
        if (w->working.orders[i].stage == STAGE_ACCEPTED ||
            w->working.orders[i].stage == STAGE_EXECUTING) {
            assert_true(count < max);
            ret[count++] = w->working.orders[i];
        }
    *ret_count = count;
    return ERR_OK;
}

static enum err fake_acknowledge(void *self, int64_t upto, struct wall_ms now)
{
    struct world *w = self;
    (void)now;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    w->working.acknowledged = upto;
    return ERR_OK;
}

static enum err fake_rewind(void *self, int64_t upto)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    w->working.acknowledged = upto;
    return ERR_OK;
}

static enum err fake_replay(void *self, int64_t upto, replay_take *take, void *arg)
{
    struct world *w = self;
    struct world_books *k = &w->working;
    TRY(journal_call(w));
    assert_true(w->in_transaction && !w->replayed);
    memcpy(w->aside, w->rows, sizeof w->aside);
    w->replayed = true;
    int64_t last = k->rows, first = upto + 1 > k->oldest ? upto + 1 : k->oldest;
    k->rows = k->acknowledged = k->oldest = 0;
    k->grant_count = 0;
    k->rechained = true;
    k->view = k->bound = k->overdraft = k->pending = k->occupied = 0;
    memset(k->movements, 0, sizeof k->movements);
    for (int64_t seq = first > 0 ? first : 1; seq <= last; seq++)
        TRY(take(arg, w->aside[seq - 1].bytes, w->aside[seq - 1].len));
    return ERR_OK;
}

static enum err fake_digest_at(void *self, int64_t seq, struct digest *ret)
{
    const struct world *w = self;
    const struct world_books *k = w->in_transaction ? &w->working : &w->committed;
    if (seq < 1 || seq < k->oldest || seq > k->rows)
        return ERR_NOTFOUND;
    *ret = w->rows[seq - 1].digest;
    return ERR_OK;
}

static enum err fake_oldest(void *self, int64_t *ret)
{
    const struct world *w = self;
    const struct world_books *k = w->in_transaction ? &w->working : &w->committed;
    int64_t first = k->oldest > 0 ? k->oldest : 1;
    *ret = first <= k->rows ? first : 0;
    return ERR_OK;
}

static enum err fake_commit(void *self)
{
    struct world *w = self;
    TRY(journal_call(w));
    assert_true(w->in_transaction);
    w->in_transaction = false;
    w->committed = w->working;
    w->commits++;
    if (w->pending_said[0] != '\0')
        say(w->said, "%s", w->pending_said);
    return ERR_OK;
}

static void fake_rollback(void *self)
{
    struct world *w = self;
    w->in_transaction = false;
    if (w->replayed)
        memcpy(w->rows, w->aside, sizeof w->rows);
    w->rollbacks++;
}

/* --- field and uplink --- */

static const char *lane_name(const struct world *w, size_t lane)
{
    return w->config.lanes[lane].name.text;
}

static enum err fake_command(void *self, size_t lane, enum lane_command c, struct mono_ms expires)
{
    struct world *w = self;
    assert_false(w->in_transaction); /* A1 */
    if (w->field_answer != ERR_OK)
        return w->field_answer;
    w->moves++;
    w->expires = expires;
    say(w->said, "%s:%s", lane_name(w, lane), c == COMMAND_OPEN ? "OPEN" : "CLOSE");
    return ERR_OK;
}

static enum err fake_lights(void *self, size_t lane, bool green, bool full)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    say(w->said, "%s:%s%s", lane_name(w, lane), green ? "green" : "red", full ? ",full" : "");
    return ERR_OK;
}

static enum err fake_display(void *self, size_t lane, const char *text)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    assert_true(strlen(text) < DISPLAY_SIZE);
    say(w->said, "%s:'%s'", lane_name(w, lane), text);
    return ERR_OK;
}

static enum err fake_camera(void *self, size_t lane)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    say(w->said, "%s:camera", lane_name(w, lane));
    return ERR_OK;
}

static enum err fake_restart_seen(void *self, size_t lane)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    say(w->said, "%s:ackrestart", lane_name(w, lane));
    return ERR_OK;
}

static enum err fake_print(void *self, size_t lane, const char *text)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    say(w->said, "%s:print:%s", lane_name(w, lane), text);
    return ERR_OK;
}

static void fake_alive(void *self, size_t lane)
{
    (void)self;
    (void)lane;
}

static void fake_wake(void *self)
{
    struct world *w = self;
    assert_false(w->in_transaction);
}

static enum err fake_ask(void *self, const struct request *r)
{
    struct world *w = self;
    assert_false(w->in_transaction);
    if (w->uplink_answer != ERR_OK)
        return w->uplink_answer;
    w->asked = *r;
    if (r->kind == REQUEST_HELLO)
        say(w->said, "hello");
    else if (r->kind == REQUEST_RIGHTS)
        say(w->said, "rights:have%d,%d.%d", (int)r->rights.have, (int)r->rights.version,
            (int)r->rights.part);
    else
        say(w->said, "%s:ask:%s", r->question.lane.text, request_kind_word(r->kind));
    return ERR_OK;
}

static struct movement_id fake_movement(void *self)
{
    struct world *w = self;
    return movement_id_from((uint64_t)++w->minted);
}

static struct request_id fake_request(void *self)
{
    struct world *w = self;
    uint8_t bytes[16] = {0};
    w->minted++;
    memcpy(bytes, &w->minted, sizeof w->minted);
    return request_id_from(bytes);
}

static struct ticket fake_ticket(void *self)
{
    struct world *w = self;
    uint8_t bytes[TICKET_RANDOM_BYTES] = {0};
    w->minted++;
    memcpy(bytes, &w->minted, sizeof w->minted);
    return ticket_from(bytes);
}

/* --- the world --- */

static struct agent_ports ports(struct world *w)
{
    return (struct agent_ports){
        .journal = {w, fake_begin, fake_append, fake_save_edge, fake_save_lane, fake_grant_answered,
                    fake_acknowledge, fake_rewind, fake_replay, fake_digest_at, fake_oldest,
                    fake_commit, fake_rollback, fake_save_order, fake_find_order, fake_open_orders},
        .field = {w, fake_command, fake_lights, fake_display, fake_camera, fake_restart_seen,
                  fake_alive, fake_print},
        .uplink = {w, fake_wake, fake_ask},
        .entropy = {w, fake_movement, fake_request, fake_ticket},
        .rights = w->rights,
        .quote = w->quote,
    };
}

static void add_lane(struct world *w, const char *name, enum direction direction)
{
    struct agent_lane_config *l = &w->config.lanes[w->config.lane_count];
    snprintf(l->name.text, sizeof l->name.text, "%s", name);
    l->lane = lane_config_default(direction, 2);
    w->inputs[w->config.lane_count++] =
        1U << IN_ARM_DOWN | 1U << IN_ARM_ATTACHED | 1U << IN_PHOTOCELL_CLEAR | 1U << IN_EDGE_OK |
        1U << IN_LOCAL_STOP_OK | 1U << IN_MAINS_OK | 1U << IN_BATTERY_OK | 1U << IN_CABINET_CLOSED;
}

void world_restart(struct world *w)
{
    struct agent_ports p = ports(w);
    w->in_transaction = false;
    w->committed.memory.boot += 1; /* as the journal does */
    assert_int_equal(agent_start(&w->agent, &w->config, &p, &w->committed.memory,
                                 w->committed.lanes, w->committed.lane_count, w->now),
                     ERR_OK);
}

void world_init(struct world *w, const char *layout)
{
    memset(w, 0, sizeof *w);
    w->now = (struct now){{1000000}, {1800000000000}};
    w->config = agent_config_default();
    w->config.place = (struct name){"a"};
    w->config.edge = (struct name){"e1"};
    snprintf(w->config.version, sizeof w->config.version, "test");
    if (strstr(layout, "in") != NULL)
        add_lane(w, "in", DIRECTION_ENTRY);
    if (strstr(layout, "out") != NULL)
        add_lane(w, "out", DIRECTION_EXIT);
    w->committed.memory.next = 1;
    memset(w->committed.memory.head.text, '0', DIGEST_SIZE - 1);
    memset(w->committed.memory.journal.text, 'a', REQUEST_ID_SIZE - 1);
    world_restart(w);
}

void world_ready(struct world *w, const char *layout, int64_t free)
{
    world_init(w, layout);
    for (size_t i = 0; i < w->config.lane_count; i++)
        world_io(w, i);
    world_uplink(w, true);
    world_hello_answer(w, 1, 0);
    if (free > 0)
        world_grant(w, 1000, free);
    w->said[0] = '\0';
}

enum err world_turn(struct world *w, const struct agent_input *in, size_t n)
{
    enum err e = agent_turn(&w->agent, in, n, w->now);
    assert_false(w->in_transaction);
    if (e == ERR_OK && w->field_answer == ERR_OK && w->uplink_answer == ERR_OK)
        assert_true(agent_next_deadline(&w->agent).v > w->now.mono.v);
    return e;
}

static void one(struct world *w, const struct agent_input *in)
{
    assert_int_equal(world_turn(w, in, 1), ERR_OK);
}

struct agent_input world_snapshot(struct world *w, size_t lane)
{
    return (struct agent_input){
        .kind = INPUT_IO,
        .lane = lane,
        .io = {.fresh = true,
               .inputs = w->inputs[lane],
               .plate = w->plate[lane],
               .credential = w->shown[lane],
               .read_at = w->now.mono,
               .link_us = 150},
    };
}

void world_io(struct world *w, size_t lane)
{
    struct agent_input in = world_snapshot(w, lane);
    one(w, &in);
}

void world_on(struct world *w, size_t lane, enum lane_input i)
{
    w->inputs[lane] |= 1U << i;
    world_io(w, lane);
}

void world_off(struct world *w, size_t lane, enum lane_input i)
{
    w->inputs[lane] &= ~(1U << i);
    world_io(w, lane);
}

void world_set_plate(struct world *w, size_t lane, const char *text)
{
    struct plate_reading *p = &w->plate[lane];
    p->sequence += 2;
    p->len = (uint8_t)strlen(text);
    memset(p->raw, 0, sizeof p->raw);
    memcpy(p->raw, text, p->len);
    p->confidence = 9900;
}

void world_plate(struct world *w, size_t lane, const char *text)
{
    world_set_plate(w, lane, text);
    world_io(w, lane);
}

void world_show(struct world *w, size_t lane, enum credential_type type, const char *text)
{
    struct credential_reading *c = &w->shown[lane];
    *c = (struct credential_reading){
        .sequence = (uint16_t)(c->sequence + 2), .type = type, .len = (uint8_t)strlen(text)};
    memcpy(c->raw, text, c->len);
    world_io(w, lane);
}

void world_press(struct world *w, size_t lane)
{
    world_on(w, lane, IN_TICKET_BUTTON);
    world_off(w, lane, IN_TICKET_BUTTON);
}

static void pass_to(struct world *w, int64_t mono)
{
    w->now.wall.v += mono - w->now.mono.v;
    w->now.mono.v = mono;
}

void world_wait(struct world *w, int64_t ms)
{
    int64_t until = w->now.mono.v + ms, beat = w->now.mono.v + 500;
    while (w->now.mono.v < until) {
        int64_t due = agent_next_deadline(&w->agent).v;
        int64_t next = due < beat ? due : beat;
        pass_to(w, next < until ? next : until);
        assert_int_equal(world_turn(w, NULL, 0), ERR_OK);
        if (w->now.mono.v < beat)
            continue;
        for (size_t i = 0; i < w->config.lane_count; i++)
            world_io(w, i);
        beat += 500;
    }
}

void world_uplink(struct world *w, bool up)
{
    struct agent_input in = {.kind = up ? INPUT_UPLINK_UP : INPUT_UPLINK_DOWN};
    one(w, &in);
}

void world_hello_says(struct world *w, const struct hello_answer *h)
{
    struct agent_input in = {.kind = INPUT_RESPONSE,
                             .response = {.kind = REQUEST_HELLO, .id = w->asked.id, .hello = *h}};
    one(w, &in);
}

void world_hello_answer(struct world *w, int64_t epoch, int64_t upto)
{
    struct hello_answer h = {.epoch = epoch, .upto = upto, .lease_ms = 259200000};
    world_hello_says(w, &h);
}

void world_grant(struct world *w, int64_t id, int64_t n)
{
    struct agent_input in = {.kind = INPUT_GRANT,
                             .grant = {GRANT_OFFER, id, agent_memory(&w->agent)->epoch, n, {""}}};
    one(w, &in);
}

void world_bound(struct world *w, int64_t id, const char *right)
{
    struct agent_input in = {.kind = INPUT_GRANT,
                             .grant = {GRANT_BOUND, id, agent_memory(&w->agent)->epoch, 1, {""}}};
    snprintf(in.grant.right.text, sizeof in.grant.right.text, "%s", right);
    one(w, &in);
}

void world_recall(struct world *w, int64_t id, int64_t n)
{
    struct agent_input in = {.kind = INPUT_GRANT,
                             .grant = {GRANT_RECALL, id, agent_memory(&w->agent)->epoch, n, {""}}};
    one(w, &in);
}

void world_ack(struct world *w, int64_t upto)
{
    struct agent_input in = {.kind = INPUT_ACK, .ack = {agent_memory(&w->agent)->epoch, upto}};
    one(w, &in);
}

void world_answer(struct world *w, enum verdict v, enum basis b, enum reason r, const char *display)
{
    struct agent_input in = {.kind = INPUT_RESPONSE,
                             .response = {.kind = w->asked.kind,
                                          .id = w->asked.id,
                                          .answer = {.verdict = v, .basis = b, .reason = r}}};
    snprintf(in.response.answer.display, DISPLAY_SIZE, "%s", display);
    one(w, &in);
}

void world_said(struct world *w, const char *words)
{
    assert_string_equal(w->said, words);
    w->said[0] = '\0';
}

void world_arrive(struct world *w, size_t lane, const char *plate)
{
    world_on(w, lane, IN_LOOP_A);
    world_wait(w, 100);
    if (plate != NULL)
        world_plate(w, lane, plate);
}

void world_arm_up(struct world *w, size_t lane)
{
    world_off(w, lane, IN_ARM_DOWN);
    world_wait(w, 1500);
    world_on(w, lane, IN_ARM_UP);
}

void world_drive_through(struct world *w, size_t lane)
{
    world_on(w, lane, IN_LOOP_B);
    world_wait(w, 400);
    world_off(w, lane, IN_LOOP_A);
    world_wait(w, 400);
    world_off(w, lane, IN_LOOP_B);
    world_wait(w, 200);
}

void world_arm_down(struct world *w, size_t lane)
{
    world_off(w, lane, IN_ARM_UP);
    world_wait(w, 1500);
    world_on(w, lane, IN_ARM_DOWN);
}
