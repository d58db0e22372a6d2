/* What has grown old: pruned, or due to leave the rights list. */
#include "cloud/store/store.h"
#include "protocol/support/db.h"

static enum err prune(struct store *s, enum statement which, struct wall_ms before, size_t max)
{
    struct put p = {.st = s->st[which]};
    put_int(&p, before.v);
    put_int(&p, (int64_t)max);
    return db_run(p.st);
}

enum err store_prune_history(void *self, struct wall_ms grants, struct wall_ms orders, size_t max)
{
    TRY(prune(self, ST_PRUNE_GRANTS, grants, max));
    TRY(prune(self, ST_PRUNE_COMMANDS, orders, max));
    return prune(self, ST_PRUNE_AUDITS, orders, max);
}

enum err store_expired_rights(void *self, const struct name *place, struct wall_ms before,
                              struct right_id *ret, size_t max, size_t *ret_count)
{
    struct store *s = self;
    struct put p = {.st = s->st[ST_EXPIRED_RIGHTS]};
    struct take t = {.st = p.st};
    size_t count = 0;
    bool row = true;
    put_text(&p, place->text);
    put_int(&p, before.v);
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
        TAKE_TEXT(&t, ret[count].text);
        count++;
    }
    return take_done(&t);
}
