/* Payment links. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_add_pay_link(void *self, const struct pay_link_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_PAY_LINK]};
    put_text(&p, r->token.text);
    put_text(&p, r->session.text);
    put_int(&p, r->at_exit);
    put_int(&p, r->made.v);
    put_int(&p, r->until.v);
    return db_run(p.st);
}

static enum err fetch(sqlite3_stmt *st, struct pay_link_row *ret)
{
    struct take t;
    struct pay_link_row r = {0};
    TRY(take_one(st, &t));
    TAKE_TEXT(&t, r.token.text);
    TAKE_TEXT(&t, r.session.text);
    r.at_exit = take_int(&t) != 0;
    r.made = take_time(&t);
    r.until = take_time(&t);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}

enum err store_find_pay_link(void *self, const struct pay_token *token, struct pay_link_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_PAY_LINK]};
    put_text(&p, token->text);
    return fetch(p.st, ret);
}

enum err store_pay_link_of(void *self, const struct movement_id *session, struct wall_ms at,
                           struct pay_link_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_PAY_LINK_OF]};
    put_text(&p, session->text);
    put_int(&p, at.v);
    return fetch(p.st, ret);
}
