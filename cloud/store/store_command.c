/* Commands to lanes. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_save_command(void *self, const struct command_row *r)
{
    struct store *s = self;
    const struct command *c = &r->command;
    struct put p = {.st = s->st[ST_SAVE_COMMAND]};
    put_text(&p, c->id.text);
    put_text(&p, r->place.text);
    put_text(&p, r->edge.text);
    put_text(&p, c->lane.text);
    put_text(&p, action_word(c->action));
    put_optional(&p, expect_word(c->expect));
    put_text(&p, c->actor.text);
    put_text(&p, c->reason);
    put_int(&p, c->issued.v);
    put_int(&p, c->not_after.v);
    put_optional(&p, stage_word(r->stage));
    put_optional(&p, reason_word(r->why));
    put_int(&p, r->presumed);
    put_time(&p, r->accepted);
    put_time(&p, r->executing);
    put_time(&p, r->ended);
    return db_run(p.st);
}

void take_command(struct take *t, struct command_row *ret)
{
    struct command_row r = {0};
    struct command *c = &r.command;
    TAKE_TEXT(t, c->id.text);
    TAKE_TEXT(t, r.place.text);
    TAKE_TEXT(t, r.edge.text);
    TAKE_TEXT(t, c->lane.text);
    TAKE_WORD(t, action_parse, &c->action);
    TAKE_WORD(t, expect_parse, &c->expect);
    TAKE_TEXT(t, c->actor.text);
    TAKE_TEXT(t, c->reason);
    c->issued.v = take_int(t);
    c->not_after.v = take_int(t);
    TAKE_WORD(t, stage_parse, &r.stage);
    TAKE_WORD(t, reason_parse, &r.why);
    r.presumed = take_int(t) != 0;
    r.accepted = take_time(t);
    r.executing = take_time(t);
    r.ended = take_time(t);
    *ret = r;
}

enum err store_find_command(void *self, const struct request_id *id, struct command_row *ret)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_COMMAND]};
    struct take t;
    struct command_row r;
    put_text(&p, id->text);
    TRY(take_one(p.st, &t));
    take_command(&t, &r);
    TRY(take_done(&t));
    *ret = r;
    return ERR_OK;
}
