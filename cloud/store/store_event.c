/* Events as received, facts of our own, what could not be understood, anomalies, and Movements merged from
 * events. Events and facts share one count, without gaps: the order of commit, which the feed shows. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_add_event(void *self, const struct event_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_EVENT]};
    put_int(&p, s->feed_head + 1);
    put_int(&p, r->stream);
    put_int(&p, r->seq);
    put_text(&p, r->digest.text);
    put_text(&p, r->kind);
    put_optional(&p, r->movement.text);
    put_int(&p, r->time.v);
    put_int(&p, r->received.v);
    put_blob(&p, r->bytes, r->len);
    TRY(db_run(p.st));
    s->feed_head++;
    return ERR_OK;
}

enum err store_add_fact(void *self, const struct fact_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_FACT]};
    put_int(&p, s->feed_head + 1);
    put_text(&p, r->place.text);
    put_text(&p, r->type);
    put_text(&p, r->subject);
    put_optional(&p, r->plate.text);
    put_optional(&p, r->trace);
    put_int(&p, r->at.v);
    put_text_of(&p, r->data, r->len);
    TRY(db_run(p.st));
    s->feed_head++;
    return ERR_OK;
}

enum err store_find_digest(void *self, int64_t stream, int64_t seq, struct digest *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_DIGEST]};
    struct take t;
    struct digest d;
    put_int(&p, stream);
    put_int(&p, seq);
    TRY(take_one(p.st, &t));
    TAKE_TEXT(&t, d.text);
    TRY(take_done(&t));
    *ret = d;
    return ERR_OK;
}

static void put_positive(struct put *p, int64_t v)
{
    if (v > 0)
        put_int(p, v);
    else
        put_null(p);
}

enum err store_add_quarantine(void *self, const struct quarantine_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_QUARANTINE]};
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_positive(&p, r->stream);
    put_positive(&p, r->epoch);
    put_positive(&p, r->seq);
    put_optional(&p, r->digest.text);
    put_text(&p, r->reason);
    put_int(&p, r->received.v);
    put_blob(&p, r->bytes, r->len);
    return db_run(p.st);
}

enum err store_add_anomaly(void *self, const struct anomaly_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_ANOMALY]};
    put_text(&p, r->place.text);
    put_optional(&p, r->edge.text);
    put_text(&p, r->kind);
    put_positive(&p, r->epoch);
    put_positive(&p, r->seq);
    put_int(&p, r->stops_offers);
    put_text(&p, r->detail);
    put_int(&p, r->at.v);
    return db_run(p.st);
}

enum err store_resolve_anomalies(void *self, const struct name *place, struct wall_ms at)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_RESOLVE_ANOMALIES]};
    put_int(&p, at.v);
    put_text(&p, place->text);
    return db_run(p.st);
}

enum err store_resolve_covered(void *self, const struct name *place, const struct name *edge,
                               int64_t epoch, int64_t upto, struct wall_ms at)
{
    struct store *s = self;
    struct put p = {.st = s->st[edge ? ST_RESOLVE_OF_EDGE : ST_RESOLVE_OF_PLACE]};
    put_int(&p, at.v);
    put_text(&p, place->text);
    if (edge) {
        put_text(&p, edge->text);
        put_int(&p, epoch);
        put_int(&p, upto);
    }
    return db_run(p.st);
}

enum err store_anomalies_stop(void *self, const struct name *place, bool *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ANOMALIES_STOP]};
    struct take t;
    put_text(&p, place->text);
    TRY(take_one(p.st, &t));
    bool stop = take_int(&t) != 0;
    TRY(take_done(&t));
    *ret = stop;
    return ERR_OK;
}

enum err store_merge_movement(void *self, const struct movement_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_MERGE_MOVEMENT]};
    put_text(&p, r->id.text);
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_optional(&p, r->lane.text);
    put_optional(&p, direction_word(r->direction));
    put_optional(&p, r->plate.text);
    put_optional(&p, r->raw.text);
    if (r->confidence < 0)
        put_null(&p);
    else
        put_int(&p, r->confidence);
    put_optional(&p, basis_word(r->basis));
    put_optional(&p, reason_word(r->reason));
    put_optional(&p, outcome_word(r->outcome));
    put_optional(&p, r->request.text);
    put_optional(&p, r->credential.text);
    put_optional(&p, medium_word(r->medium));
    put_int(&p, r->first.v);
    put_time(&p, r->presented);
    put_time(&p, r->authorised);
    put_time(&p, r->started);
    put_time(&p, r->completed);
    put_time(&p, r->ended);
    return db_run(p.st);
}

static enum err fetch_movement(sqlite3_stmt *st, struct movement_row *ret)
{
    struct take t;
    struct movement_row r = {0};
    TRY(take_one(st, &t));
    TAKE_TEXT(&t, r.id.text);
    TAKE_TEXT(&t, r.place.text);
    TAKE_TEXT(&t, r.edge.text);
    TAKE_TEXT(&t, r.lane.text);
    TAKE_WORD(&t, direction_parse, &r.direction);
    TAKE_TEXT(&t, r.plate.text);
    TAKE_TEXT(&t, r.raw.text);
    r.confidence = sqlite3_column_type(t.st, t.at) == SQLITE_NULL ? -1 : 0;
    r.confidence += take_int(&t);
    TAKE_WORD(&t, basis_parse, &r.basis);
    TAKE_WORD(&t, reason_parse, &r.reason);
    TAKE_WORD(&t, outcome_parse, &r.outcome);
    TAKE_TEXT(&t, r.request.text);
    TAKE_TEXT(&t, r.credential.text);
    TAKE_WORD(&t, medium_parse, &r.medium);
    r.first = take_time(&t);
    r.presented = take_time(&t);
    r.authorised = take_time(&t);
    r.started = take_time(&t);
    r.completed = take_time(&t);
    r.ended = take_time(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_find_movement(void *self, const struct movement_id *id, struct movement_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_MOVEMENT]};
    put_text(&p, id->text);
    return fetch_movement(p.st, ret);
}

enum err store_find_exit_at(void *self, const struct name *place, const struct name *lane,
                            struct wall_ms from, struct movement_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_EXIT_AT]};
    put_text(&p, place->text);
    put_text(&p, lane->text);
    put_int(&p, from.v);
    return fetch_movement(p.st, ret);
}
