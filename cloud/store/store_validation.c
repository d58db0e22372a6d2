/* Discounts that shops gave to stays. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_add_validation(void *self, const struct validation_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_VALIDATION]};
    put_text(&p, r->id);
    put_text(&p, r->session.text);
    put_text(&p, r->place.text);
    put_text(&p, r->issuer.text);
    put_text(&p, tariff_validation_word(r->what.kind));
    put_int(&p, r->what.value);
    put_text(&p, r->actor.text);
    put_int(&p, r->at.v);
    return db_run(p.st);
}

static void take_validation(struct take *t, struct validation_row *ret)
{
    struct validation_row r = {0};
    TAKE_TEXT(t, r.id);
    TAKE_TEXT(t, r.session.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.issuer.text);
    TAKE_WORD(t, tariff_validation_parse, &r.what.kind);
    r.what.value = take_int(t);
    TAKE_TEXT(t, r.actor.text);
    r.at = take_time(t);
    *ret = r;
}

enum err store_find_validation(void *self, const char *id, struct validation_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_VALIDATION]};
    struct take t;
    struct validation_row r;
    put_text(&p, id);
    TRY(take_one(p.st, &t));
    take_validation(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_validations_of(void *self, const struct movement_id *session,
                              struct validation_row *ret, size_t max, size_t *ret_count)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_VALIDATIONS_OF]};
    struct take t = {.st = p.st};
    size_t count = 0;
    bool row = true;
    put_text(&p, session->text);
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
        take_validation(&t, &ret[count++]);
    }
    return take_done(&t);
}

enum err store_count_validations(void *self, const struct name *place, const struct name *issuer,
                                 struct wall_ms since, int64_t *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_COUNT_VALIDATIONS]};
    struct take t;
    put_text(&p, place->text);
    put_text(&p, issuer->text);
    put_int(&p, since.v);
    TRY(take_one(p.st, &t));
    int64_t count = take_int(&t);
    TRY(take_done(&t));
    *ret = count;
    return ERR_OK;
}
