/* Answers to requests with an idempotency key. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

enum err store_add_answer(void *self, const struct answer_row *r)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_ADD_ANSWER]};
    put_text(&p, r->key.text);
    put_text(&p, r->request.text);
    put_int(&p, r->status);
    put_optional(&p, r->location);
    put_blob(&p, r->bytes, r->len);
    put_int(&p, r->at.v);
    return db_run(p.st);
}

enum err store_find_answer(void *self, const struct digest *key,
                           void (*visit)(void *arg, const struct answer_row *r), void *arg)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_FIND_ANSWER]};
    struct take t;
    struct answer_row r = {.key = *key};
    put_text(&p, key->text);
    TRY(take_one(p.st, &t));
    TAKE_TEXT(&t, r.request.text);
    r.status = take_int(&t);
    TAKE_TEXT(&t, r.location);
    r.bytes = sqlite3_column_blob(t.st, t.at);
    r.len = (size_t)sqlite3_column_bytes(t.st, t.at++);
    r.at = take_time(&t);
    if (t.err == ERR_OK)
        visit(arg, &r);
    return take_done(&t);
}

enum err store_prune_answers(void *self, struct wall_ms before, size_t max)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_PRUNE_ANSWERS]};
    put_int(&p, before.v);
    put_int(&p, (int64_t)max);
    return db_run(p.st);
}
