/* Acts of people in the store in memory. */
#include "tests/simulation/store_tables.h"

static struct store_key act_key(const struct name *place, int64_t id)
{
    char number[24];
    size_t at = sizeof number - 1;
    number[at] = '\0';
    for (int64_t v = id; at > 0 && (v > 0 || number[at] == '\0'); v /= 10)
        number[--at] = (char)('0' + v % 10);
    return key_of(place->text, number + at);
}

enum err memory_add_act(void *self, const struct act_row *r)
{
    struct store_memory *m = self;
    struct store_key k = act_key(&r->place, r->id);
    if (table_find(&m->acts, &k))
        return ERR_CONFLICT;
    table_put(m, &m->acts, &k, r);
    return ERR_OK;
}

enum err memory_find_act(void *self, const struct name *place, int64_t id, struct act_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = act_key(place, id);
    return table_get(&m->acts, &k, ret);
}

/* The last one of the place that `undoes` this one; 0: any. */
static enum err find_last(const struct store_memory *m, const struct name *place, int64_t undoes,
                          struct act_row *ret)
{
    const struct act_row *best = NULL;
    for (struct node *n = m->acts.first; n; n = n->later) {
        const struct act_row *r = row_of(n);
        if (name_equal(&r->place, place) && (undoes == 0 || r->undoes == undoes) &&
            (!best || r->id > best->id))
            best = r;
    }
    if (!best)
        return ERR_NOTFOUND;
    *ret = *best;
    return ERR_OK;
}

enum err memory_last_act(void *self, const struct name *place, struct act_row *ret)
{
    return find_last(self, place, 0, ret);
}

enum err memory_find_undoing(void *self, const struct name *place, int64_t id, struct act_row *ret)
{
    return find_last(self, place, id, ret);
}
