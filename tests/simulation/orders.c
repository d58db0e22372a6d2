/* Commands to lanes: a person who gives them at random, and the journal's memory of them, an append-
 * only list of which the last word of each id counts. */
#include "tests/simulation/sim.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/wire/command.h"

#include <string.h>

/* ---- the journal ---- */

static const struct order_memory *last_word(const struct sim_journal *j, const char *id)
{
    for (size_t i = j->now.order_count; i-- > 0;)
        if (strcmp(j->orders[i].id.text, id) == 0)
            return &j->orders[i];
    return NULL;
}

enum err orders_save(void *self, const struct order_memory *o)
{
    struct sim_edge *e = self;
    struct sim_journal *j = e->journal;
    if (journal_fails(e))
        return ERR_IO;
    if (!j->open)
        sim_fail(e->sim, "%s: an order outside a transaction", e->name.text);
    if (j->now.order_count == j->order_size) {
        j->order_size = j->order_size ? j->order_size * 2 : 16;
        j->orders = mem_resize(j->orders, j->order_size * sizeof *j->orders);
    }
    j->orders[j->now.order_count++] = *o;
    return ERR_OK;
}

enum err orders_find(void *self, const struct request_id *id, struct order_memory *ret)
{
    const struct sim_edge *e = self;
    const struct order_memory *o = last_word(e->journal, id->text);
    if (!o || e->sim->mutation == MUTATION_ORDER_FORGOTTEN)
        return ERR_NOTFOUND;
    *ret = *o;
    return ERR_OK;
}

static bool under_way(const struct sim_journal *j, size_t i)
{
    const struct order_memory *o = &j->orders[i];
    return o == last_word(j, o->id.text) &&
           (o->stage == STAGE_ACCEPTED || o->stage == STAGE_EXECUTING);
}

enum err orders_open(void *self, struct order_memory *ret, size_t max, size_t *ret_count)
{
    const struct sim_edge *e = self;
    *ret_count = 0;
    for (size_t i = 0; i < e->journal->now.order_count; i++) {
        if (!under_way(e->journal, i))
            continue;
        if (*ret_count == max)
            return ERR_FULL;
        ret[(*ret_count)++] = e->journal->orders[i];
    }
    return ERR_OK;
}

/* Somebody ordered this arm up, and that is committed. */
bool orders_raise(const struct sim_lane *l)
{
    const struct sim_journal *j = l->edge->journal;
    for (size_t i = 0; i < j->now.order_count; i++)
        if (name_equal(&j->orders[i].lane, &l->name) && under_way(j, i) &&
            (j->orders[i].action == ACTION_OPEN || j->orders[i].action == ACTION_HOLD_OPEN))
            return true;
    return (j->committed.lanes[l->index].modes >> LANE_MODE_HOLD_OPEN & 1) != 0;
}

/* ---- I9 ---- */

void check_order(struct sim_edge *e, const struct fact *f)
{
    struct sim *s = e->sim;
    if (f->stage != STAGE_ACCEPTED)
        return;
    for (size_t i = 0; i < s->begun_count; i++)
        if (strcmp(s->begun[i].text, f->command) == 0 && s->totals.set_back + s->totals.copied == 0)
            sim_fail(s, "%s: command %s is begun a second time", e->name.text, f->command);
    s->begun = mem_resize(s->begun, (s->begun_count + 1) * sizeof *s->begun);
    memcpy(s->begun[s->begun_count++].text, f->command, REQUEST_ID_SIZE);
    s->totals.orders++;
}

/* ---- the person ---- */

static void give(struct sim_lane *l, enum action action)
{
    struct sim *s = l->sim;
    uint64_t random[2] = {chance_next(&s->chance), chance_next(&s->chance)};
    uint8_t bytes[16];
    memcpy(bytes, random, sizeof bytes);
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_COMMAND;
    w->admin.order.place = l->place->name;
    struct command *c = &w->admin.order.command;
    c->id = request_id_from(bytes);
    c->lane = l->name;
    c->action = action;
    if (hits(s, 500000))
        c->not_after = wall_after(cloud_now(&s->cloud).wall, between(s, 1000, 120000));
    c->expect =
        hits(s, 200000) ? (enum expect)between(s, EXPECT_VEHICLE, EXPECT_ARM_DOWN) : EXPECT_NONE;
    struct buf actor = buf_of(c->actor.text, sizeof c->actor.text);
    struct buf reason = buf_of(c->reason, sizeof c->reason);
    buf_adds(&actor, "kim");
    buf_adds(&reason, "as it comes");
    TRACE(s, "%s/%s: %s is ordered", l->edge->name.text, l->name.text, action_word(action));
    cloud_post(&s->cloud, w);
}

static void end_hold(struct sim *s, void *lane, int64_t what)
{
    (void)s, (void)what;
    orders_undo(lane);
}

void orders_any(struct sim_lane *l)
{
    struct sim *s = l->sim;
    give(l, (enum action)between(s, ACTION_OPEN, ACTION_RESET_FAULT));
    sim_in(s, between(s, 30000, 900000), end_hold, l, 0);
}

void orders_undo(struct sim_lane *l)
{
    const struct sim_edge *e = l->edge;
    if (e->gone || !e->journal || e->twin_of)
        return;
    uint32_t modes = e->journal->committed.lanes[l->index].modes;
    bool stuck = e->running && e->agent.live.lanes[l->index].lane.state == LANE_FAULT;
    if (!l->faulty && (stuck || modes >> LANE_MODE_FIRE & 1))
        give(l, ACTION_RESET_FAULT);
    if (modes >> LANE_MODE_HOLD_OPEN & 1)
        give(l, ACTION_RELEASE);
    if (modes >> LANE_MODE_LOCK & 1)
        give(l, ACTION_UNLOCK);
}
