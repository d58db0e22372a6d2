/* Places, edges, streams, grants, live values. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_save_place(void *self, const struct place_row *r)
{
    struct store *s = self;
    const struct place_settings *c = &r->settings;
    struct put p = {.st = s->st[ST_SAVE_PLACE]};
    put_text(&p, c->place.text);
    put_text(&p, c->title);
    put_int(&p, c->capacity);
    put_text(&p, c->zone);
    put_text(&p, c->currency.code);
    put_text(&p, c->tariff.text);
    put_text(&p, payment_policy_word(c->policy));
    put_int(&p, c->hold_max_ms);
    put_int(&p, c->exit_grace_ms);
    put_text(&p, unmatched_policy_word(c->unmatched_exit));
    put_int(&p, c->grant_size);
    put_int(&p, c->closed);
    put_int(&p, r->pool);
    put_int(&p, r->occupied);
    put_int(&p, r->pending);
    put_int(&p, r->held);
    put_int(&p, r->overdraft);
    put_int(&p, r->open_sessions);
    put_int(&p, r->next_grant);
    put_int(&p, r->offers_stopped);
    put_int(&p, r->changed.v);
    put_optional(&p, c->parent.text);
    put_int(&p, c->stale_after_ms);
    put_text(&p, c->hours);
    put_int(&p, r->shut);
    return db_run(p.st);
}

enum err store_save_edge(void *self, const struct edge_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_EDGE]};
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_int(&p, r->newest_epoch);
    put_int(&p, r->hello_at.v);
    put_text(&p, r->version);
    return db_run(p.st);
}

static enum err drop(struct store *s, enum statement which, const struct name *place,
                     const struct name *edge)
{
    struct put p = {.st = s->st[which]};
    put_text(&p, place->text);
    put_text(&p, edge->text);
    return db_run(p.st);
}

enum err store_save_lanes(void *self, const struct name *place, const struct name *edge,
                          const struct hello_lane *lanes, size_t count)
{
    struct store *s = self;
    TRY(drop(s, ST_DROP_LANES, place, edge));
    for (size_t i = 0; i < count; i++) {
        struct put p = {.st = s->st[ST_ADD_LANE]};
        put_text(&p, place->text);
        put_text(&p, edge->text);
        put_text(&p, lanes[i].lane.text);
        put_text(&p, direction_word(lanes[i].direction));
        TRY(db_run(p.st));
    }
    return ERR_OK;
}

enum err store_save_stream(void *self, const struct stream_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_STREAM]};
    put_int(&p, r->id);
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_text(&p, r->journal.text);
    put_int(&p, r->epoch);
    put_int(&p, r->last);
    put_text(&p, r->head.text);
    put_int(&p, r->view);
    put_int(&p, r->pending);
    put_int(&p, r->overdraft);
    put_int(&p, r->frozen);
    put_int(&p, r->fenced);
    put_int(&p, r->owed);
    put_int(&p, r->lease_until.v);
    put_int(&p, r->audited);
    put_int(&p, r->bound);
    return db_run(p.st);
}

enum err store_save_grant(void *self, const struct grant_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_GRANT]};
    put_text(&p, r->place.text);
    put_text(&p, grant_kind_word(r->kind == GRANT_BOUND ? GRANT_OFFER : r->kind));
    put_int(&p, r->id);
    put_int(&p, r->stream);
    put_int(&p, r->epoch);
    put_int(&p, r->n);
    put_text(&p, r->right.text);
    put_text(&p, grant_state_word(r->state));
    put_int(&p, r->made.v);
    return db_run(p.st);
}

enum err store_find_grant(void *self, const struct name *place, int64_t id, struct grant_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_GRANT]};
    struct take t;
    struct grant_row r;
    put_text(&p, place->text);
    put_int(&p, id);
    TRY(take_one(p.st, &t));
    take_grant(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

static enum err save_lane_live(struct store *s, const struct edge_live_row *r)
{
    TRY(drop(s, ST_DROP_LANE_LIVE, &r->place, &r->edge));
    for (size_t i = 0; i < r->telemetry.lane_count; i++) {
        const struct telemetry_lane *l = &r->telemetry.lanes[i];
        struct put p = {.st = s->st[ST_ADD_LANE_LIVE]};
        put_text(&p, r->place.text);
        put_text(&p, r->edge.text);
        put_text(&p, l->lane.text);
        put_text(&p, direction_word(l->direction));
        put_text(&p, l->state);
        put_text(&p, l->arm);
        put_int(&p, l->online);
        put_int(&p, l->link_us);
        put_int(&p, l->inputs);
        TRY(db_run(p.st));
    }
    return ERR_OK;
}

enum err store_save_live(void *self, const struct edge_live_row *r)
{
    struct store *s = self;
    const struct telemetry *m = &r->telemetry;
    struct put p = {.st = s->st[ST_SAVE_LIVE]};
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_int(&p, r->online);
    put_int(&p, r->boot);
    put_int(&p, r->session);
    put_int(&p, r->heard.v);
    put_time(&p, r->telemetry_at);
    put_int(&p, m->epoch);
    put_int(&p, m->next);
    put_int(&p, m->outbox_depth);
    put_int(&p, m->outbox_age_ms);
    put_int(&p, m->free);
    put_int(&p, m->overdraft);
    put_text(&p, clock_state_word(m->clock));
    TRY(db_run(p.st));
    return save_lane_live(s, r);
}
