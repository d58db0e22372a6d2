/* Acts of people. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

#include <string.h>

enum err store_add_act(void *self, const struct act_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_ACT]};
    put_text(&p, r->place.text);
    put_int(&p, r->id);
    put_text(&p, act_kind_word(r->kind));
    put_text(&p, r->actor.text);
    put_text(&p, r->reason);
    put_optional(&p, r->session.text);
    put_optional(&p, r->other.text);
    put_int(&p, r->delta);
    if (r->undoes > 0)
        put_int(&p, r->undoes);
    else
        put_null(&p);
    put_int(&p, r->at.v);
    put_text(&p, r->digest.text);
    put_text(&p, r->text);
    return db_run(p.st);
}

static enum err fetch(sqlite3_stmt *st, struct act_row *ret)
{
    struct take t;
    struct act_row r = {0};
    TRY(take_one(st, &t));
    TAKE_TEXT(&t, r.place.text);
    r.id = take_int(&t);
    TAKE_WORD(&t, act_kind_parse, &r.kind);
    TAKE_TEXT(&t, r.actor.text);
    TAKE_TEXT(&t, r.reason);
    TAKE_TEXT(&t, r.session.text);
    TAKE_TEXT(&t, r.other.text);
    r.delta = take_int(&t);
    r.undoes = take_int(&t);
    r.at = take_time(&t);
    TAKE_TEXT(&t, r.digest.text);
    TAKE_TEXT(&t, r.text);
    TRY(take_done(&t));
    r.len = strlen(r.text);
    *ret = r;
    return ERR_OK;
}

static enum err by_number(struct store *s, enum statement which, const struct name *place,
                          int64_t id, struct act_row *ret)
{
    struct put p = {.st = s->st[which]};
    put_text(&p, place->text);
    put_int(&p, id);
    return fetch(p.st, ret);
}

enum err store_find_act(void *self, const struct name *place, int64_t id, struct act_row *ret)
{
    return by_number(self, ST_FIND_ACT, place, id, ret);
}

enum err store_last_act(void *self, const struct name *place, struct act_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_LAST_ACT]};
    put_text(&p, place->text);
    return fetch(p.st, ret);
}

enum err store_find_undoing(void *self, const struct name *place, int64_t id, struct act_row *ret)
{
    return by_number(self, ST_FIND_UNDOING, place, id, ret);
}
