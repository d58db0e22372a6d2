/* Stays. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"
#include "protocol/wire/plate_match.h"

enum err store_save_session(void *self, const struct session_row *r)
{
    struct store *s = self;
    struct plate fold = plate_fold(&r->plate);
    struct put p = {.st = s->st[ST_SAVE_SESSION]};
    put_text(&p, r->id.text);
    put_text(&p, r->place.text);
    put_optional(&p, r->plate.text);
    put_text(&p, session_state_word(r->state));
    put_time(&p, r->start);
    put_time(&p, r->end);
    put_optional(&p, r->entry_edge.text);
    put_optional(&p, r->entry_lane.text);
    put_optional(&p, r->exit_edge.text);
    put_optional(&p, r->exit_lane.text);
    put_optional(&p, r->exit_movement.text);
    put_optional(&p, basis_word(r->exit_basis));
    put_text(&p, r->currency.code);
    put_text(&p, r->tariff.text);
    put_int(&p, r->price_minor);
    put_int(&p, r->paid_minor);
    put_time(&p, r->paid_at);
    put_time(&p, r->quote_at);
    put_optional(&p, r->quote_request.text);
    put_optional(&p, r->right.text);
    put_time(&p, r->covered);
    put_optional(&p, r->exit_plate.text);
    put_optional(&p, r->credential.text);
    put_int(&p, r->tariff_version);
    put_time(&p, r->settled_at);
    put_int(&p, r->settled_minor);
    put_int(&p, r->lost);
    put_int(&p, r->refunded_minor);
    put_int(&p, r->waived_minor);
    put_optional(&p, r->joined.text);
    put_optional(&p, fold.text);
    return db_run(p.st);
}

static void take_session(struct take *t, struct session_row *ret)
{
    struct session_row r = {0};
    TAKE_TEXT(t, r.id.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.plate.text);
    TAKE_WORD(t, session_state_parse, &r.state);
    r.start = take_time(t);
    r.end = take_time(t);
    TAKE_TEXT(t, r.entry_edge.text);
    TAKE_TEXT(t, r.entry_lane.text);
    TAKE_TEXT(t, r.exit_edge.text);
    TAKE_TEXT(t, r.exit_lane.text);
    TAKE_TEXT(t, r.exit_movement.text);
    TAKE_WORD(t, basis_parse, &r.exit_basis);
    TAKE_TEXT(t, r.currency.code);
    TAKE_TEXT(t, r.tariff.text);
    r.price_minor = take_int(t);
    r.paid_minor = take_int(t);
    r.paid_at = take_time(t);
    r.quote_at = take_time(t);
    TAKE_TEXT(t, r.quote_request.text);
    TAKE_TEXT(t, r.right.text);
    r.covered = take_time(t);
    TAKE_TEXT(t, r.exit_plate.text);
    TAKE_TEXT(t, r.credential.text);
    r.tariff_version = take_int(t);
    r.settled_at = take_time(t);
    r.settled_minor = take_int(t);
    r.lost = take_int(t) != 0;
    r.refunded_minor = take_int(t);
    r.waived_minor = take_int(t);
    TAKE_TEXT(t, r.joined.text);
    *ret = r;
}

static enum err fetch(sqlite3_stmt *st, struct session_row *ret)
{
    struct take t;
    struct session_row r;
    TRY(take_one(st, &t));
    take_session(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_find_session(void *self, const struct movement_id *id, struct session_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_SESSION]};
    put_text(&p, id->text);
    return fetch(p.st, ret);
}

enum err store_find_open_session(void *self, const struct name *place, const struct plate *plate,
                                 struct wall_ms at, struct session_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_OPEN_SESSION]};
    put_text(&p, plate->text);
    put_text(&p, place->text);
    put_int(&p, at.v);
    return fetch(p.st, ret);
}

enum err store_find_credential_session(void *self, const struct name *place,
                                       const struct credential_text *credential,
                                       struct session_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_CREDENTIAL_SESSION]};
    put_text(&p, credential->text);
    put_text(&p, place->text);
    return fetch(p.st, ret);
}

enum err store_find_unmatched(void *self, const struct name *place, const struct plate *plate,
                              struct wall_ms from, struct session_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_UNMATCHED]};
    put_text(&p, plate->text);
    put_text(&p, place->text);
    put_int(&p, from.v);
    return fetch(p.st, ret);
}

enum err store_find_unmatched_credential(void *self, const struct name *place,
                                         const struct credential_text *credential,
                                         struct wall_ms from, struct session_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_UNMATCHED_CREDENTIAL]};
    put_text(&p, credential->text);
    put_text(&p, place->text);
    put_int(&p, from.v);
    return fetch(p.st, ret);
}

enum err store_near_sessions(void *self, const struct name *place, const struct plate *plate,
                             enum session_state state, struct wall_ms from, struct session_row *ret,
                             size_t max, size_t *ret_count)
{
    struct store *s = self;
    struct plate fold = plate_fold(plate);
    struct put p = {.st = s->st[ST_NEAR_SESSIONS]};
    struct take t = {.st = p.st};
    size_t count = 0;
    bool row = true;
    put_text(&p, fold.text);
    put_text(&p, place->text);
    put_text(&p, session_state_word(state));
    put_int(&p, from.v);
    put_int(&p, (int64_t)max);
    while (t.err == ERR_OK) {
        enum err e = db_step(p.st, &row);
        if (e != ERR_OK || !row) {
            sqlite3_reset(p.st);
            TRY(e);
            *ret_count = count;
            return ERR_OK;
        }
        t.at = 0;
        take_session(&t, &ret[count++]);
    }
    return take_done(&t);
}
