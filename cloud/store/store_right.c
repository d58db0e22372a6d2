/* Rights, their lists, and what edges have of them. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"
#include "protocol/wire/plate_match.h"

enum err store_save_right(void *self, const struct right_row *r)
{
    struct store *s = self;
    const struct right *x = &r->right;
    struct plate fold = plate_fold(&x->plate);
    struct put p = {.st = s->st[ST_SAVE_RIGHT]};
    put_text(&p, r->place.text);
    put_text(&p, x->id.text);
    put_int(&p, x->removed);
    put_optional(&p, right_kind_word(x->kind));
    put_optional(&p, x->plate.text);
    put_optional(&p, fold.text);
    put_optional(&p, x->credential);
    put_time(&p, x->from);
    put_time(&p, x->until);
    put_int(&p, x->offline_s);
    put_optional(&p, space_rule_word(x->space));
    put_int(&p, r->version);
    put_int(&p, r->changed.v);
    return db_run(p.st);
}

static void take_right(struct take *t, struct right *ret)
{
    struct right r = {0};
    TAKE_TEXT(t, r.id.text);
    r.removed = take_int(t) != 0;
    TAKE_WORD(t, right_kind_parse, &r.kind);
    TAKE_TEXT(t, r.plate.text);
    TAKE_TEXT(t, r.credential);
    r.from = take_time(t);
    r.until = take_time(t);
    r.offline_s = take_int(t);
    TAKE_WORD(t, space_rule_parse, &r.space);
    *ret = r;
}

enum err store_find_right(void *self, const struct name *place, const struct right_id *id,
                          struct right_row *ret)
{
    struct store *s = self;
    struct right_row r = {.place = *place};
    struct put p = {.st = s->st[ST_FIND_RIGHT]};
    struct take t;
    put_text(&p, place->text);
    put_text(&p, id->text);
    TRY(take_one(p.st, &t));
    take_right(&t, &r.right);
    r.version = take_int(&t);
    r.changed = take_time(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

/* Calls `visit` for every row of a query. */
static enum err each(sqlite3_stmt *st, void (*visit)(void *arg, const struct right *r), void *arg)
{
    struct take t = {.st = st};
    bool row = true;
    while (t.err == ERR_OK) {
        enum err e = db_step(st, &row);
        if (e != ERR_OK || !row) {
            sqlite3_reset(st);
            return e;
        }
        struct right r;
        t.at = 0;
        take_right(&t, &r);
        if (t.err == ERR_OK)
            visit(arg, &r);
    }
    return take_done(&t);
}

enum err store_each_right(void *self, const struct name *place, int64_t since,
                          void (*visit)(void *arg, const struct right *r), void *arg)
{
    struct store *s = self;
    struct put p = {.st = s->st[since == 0 ? ST_ALL_RIGHTS : ST_CHANGED_RIGHTS]};
    put_text(&p, place->text);
    if (since != 0)
        put_int(&p, since);
    return each(p.st, visit, arg);
}

struct few {
    struct right *rights;
    size_t max, count;
};

static void keep(void *arg, const struct right *r)
{
    struct few *f = arg;
    if (f->count < f->max)
        f->rights[f->count++] = *r;
}

enum err store_rights_of(void *self, const struct name *place, const struct plate *plate,
                         const struct credential_text *credential, struct right *ret, size_t max,
                         size_t *ret_count)
{
    struct store *s = self;
    struct plate fold = plate_fold(plate);
    struct few f = {ret, max, 0};
    struct put p = {.st = s->st[ST_RIGHTS_OF]};
    put_text(&p, place->text);
    put_optional(&p, fold.text);
    put_optional(&p, credential->text);
    put_int(&p, (int64_t)max);
    TRY(each(p.st, keep, &f));
    *ret_count = f.count;
    return ERR_OK;
}

enum err store_save_right_list(void *self, const struct right_list_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_RIGHT_LIST]};
    put_text(&p, r->place.text);
    put_int(&p, r->version);
    put_int(&p, r->floor);
    return db_run(p.st);
}

enum err store_find_right_list(void *self, const struct name *place, struct right_list_row *ret)
{
    struct store *s = self;
    struct right_list_row r = {.place = *place};
    struct put p = {.st = s->st[ST_FIND_RIGHT_LIST]};
    struct take t;
    put_text(&p, place->text);
    TRY(take_one(p.st, &t));
    r.version = take_int(&t);
    r.floor = take_int(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_save_right_applied(void *self, const struct name *place, const struct name *edge,
                                  int64_t version, struct wall_ms at)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_SAVE_RIGHT_APPLIED]};
    put_text(&p, place->text);
    put_text(&p, edge->text);
    put_int(&p, version);
    put_int(&p, at.v);
    return db_run(p.st);
}

enum err store_prune_rights(void *self, const struct name *place, struct wall_ms before)
{
    struct store *s = self;
    struct put floor = {.st = s->st[ST_RAISE_RIGHT_FLOOR]};
    put_text(&floor, place->text);
    put_int(&floor, before.v);
    TRY(db_run(floor.st));
    struct put p = {.st = s->st[ST_PRUNE_RIGHTS]};
    put_text(&p, place->text);
    put_int(&p, before.v);
    return db_run(p.st);
}
