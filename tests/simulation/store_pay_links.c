/* Payment links and lost tickets of the store in memory; see cloud/ports.h. */
#include "tests/simulation/store_tables.h"

#include <string.h>

enum err memory_add_pay_link(void *self, const struct pay_link_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->token.text, "");
    if (table_find(&m->pay_links, &k))
        return ERR_CONFLICT;
    table_put(m, &m->pay_links, &k, r);
    return ERR_OK;
}

enum err memory_find_pay_link(void *self, const struct pay_token *token, struct pay_link_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(token->text, "");
    return table_get(&m->pay_links, &k, ret);
}

enum err memory_pay_link_of(void *self, const struct movement_id *session, struct wall_ms at,
                            struct pay_link_row *ret)
{
    struct store_memory *m = self;
    const struct pay_link_row *best = NULL;
    for (const struct node *n = m->pay_links.first; n; n = n->later) {
        const struct pay_link_row *r = row_of(n);
        if (strcmp(r->session.text, session->text) == 0 && r->until.v > at.v)
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

enum err memory_find_exit_at(void *self, const struct name *place, const struct name *lane,
                             struct wall_ms from, struct movement_row *ret)
{
    struct store_memory *m = self;
    const struct movement_row *best = NULL;
    for (const struct node *n = m->movements.first; n; n = n->later) {
        const struct movement_row *r = row_of(n);
        if (name_equal(&r->place, place) && name_equal(&r->lane, lane) &&
            r->direction == DIRECTION_EXIT && r->completed.v == 0 && r->first.v >= from.v &&
            (!best || r->first.v >= best->first.v))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}
