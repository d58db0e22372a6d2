/* Rights of the store in memory. */
#include "tests/simulation/store_tables.h"

#include "protocol/wire/plate_match.h"

#include <string.h>

enum err memory_save_right(void *self, const struct right_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->place.text, r->right.id.text);
    table_put(m, &m->rights, &k, r);
    return ERR_OK;
}

enum err memory_find_right(void *self, const struct name *place, const struct right_id *id,
                           struct right_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(place->text, id->text);
    struct right_row r;
    TRY(table_get(&m->rights, &k, &r));
    if (r.version == 0)
        return ERR_NOTFOUND;
    *ret = r;
    return ERR_OK;
}

/* What bars, then what ends last. */
static bool before(const struct right *a, const struct right *b)
{
    if ((a->kind == RIGHT_DENY) != (b->kind == RIGHT_DENY))
        return a->kind == RIGHT_DENY;
    int64_t a_end = a->until.v != 0 ? a->until.v : INT64_MAX;
    int64_t b_end = b->until.v != 0 ? b->until.v : INT64_MAX;
    return a_end != b_end ? a_end > b_end : strcmp(a->id.text, b->id.text) < 0;
}

/* Into its place in the list; the last one falls out of a full one. */
static void insert(struct right *list, size_t max, size_t *count, const struct right *r)
{
    size_t at = *count;
    while (at > 0 && before(r, &list[at - 1]))
        at--;
    if (at == max)
        return;
    size_t later = (*count < max ? *count : max - 1) - at;
    memmove(&list[at + 1], &list[at], later * sizeof *list);
    list[at] = *r;
    *count += *count < max;
}

static bool meant(const struct right *r, const struct plate *plate,
                  const struct credential_text *credential)
{
    if (credential->text[0] != '\0' && strcmp(r->credential, credential->text) == 0)
        return true;
    return plate->text[0] != '\0' && r->plate.text[0] != '\0' &&
           plate_confusions(&r->plate, plate) >= 0;
}

enum err memory_rights_of(void *self, const struct name *place, const struct plate *plate,
                          const struct credential_text *credential, struct right *ret, size_t max,
                          size_t *ret_count)
{
    struct store_memory *m = self;
    size_t count = 0;
    for (struct node *n = m->rights.first; n; n = n->later) {
        const struct right_row *r = row_of(n);
        if (r->version != 0 && !r->right.removed && name_equal(&r->place, place) &&
            meant(&r->right, plate, credential))
            insert(ret, max, &count, &r->right);
    }
    *ret_count = count;
    return ERR_OK;
}

/* Where a right stands in a list: removals, then deny, then the rest. */
static int rank_of(const struct right *r)
{
    return r->removed ? 0 : r->kind == RIGHT_DENY ? 1 : 2;
}

/* The next right after (`rank`, `id`) in the order of a list. */
static const struct right *next_right(const struct store_memory *m, const struct name *place,
                                      int64_t since, int rank, const char *id)
{
    const struct right *best = NULL;
    for (struct node *n = m->rights.first; n; n = n->later) {
        const struct right_row *r = row_of(n);
        int own = rank_of(&r->right);
        if (r->version <= since || (since == 0 && (r->version == 0 || r->right.removed)) ||
            !name_equal(&r->place, place) || own < rank ||
            (own == rank && strcmp(r->right.id.text, id) <= 0))
            continue;
        if (!best || own < rank_of(best) ||
            (own == rank_of(best) && strcmp(r->right.id.text, best->id.text) < 0))
            best = &r->right;
    }
    return best;
}

enum err memory_each_right(void *self, const struct name *place, int64_t since,
                           void (*visit)(void *arg, const struct right *r), void *arg)
{
    const struct right *r = next_right(self, place, since, 0, "");
    while (r) {
        visit(arg, r);
        r = next_right(self, place, since, rank_of(r), r->id.text);
    }
    return ERR_OK;
}

enum err memory_save_right_list(void *self, const struct right_list_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->place.text, "");
    table_put(m, &m->right_lists, &k, r);
    return ERR_OK;
}

enum err memory_find_right_list(void *self, const struct name *place, struct right_list_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(place->text, "");
    return table_get(&m->right_lists, &k, ret);
}

enum err memory_save_right_applied(void *self, const struct name *place, const struct name *edge,
                                   int64_t version, struct wall_ms at)
{
    struct store_memory *m = self;
    struct store_key k = key_of(place->text, edge->text);
    struct right_applied_row r = {*place, *edge, version, at};
    table_put(m, &m->rights_applied, &k, &r);
    return ERR_OK;
}

/* A pruned row stays in its table without a version. */
enum err memory_prune_rights(void *self, const struct name *place, struct wall_ms before)
{
    struct store_memory *m = self;
    struct right_list_row list;
    if (memory_find_right_list(m, place, &list) != ERR_OK)
        return ERR_OK;
    for (struct node *n = m->rights.first; n; n = n->later) {
        struct right_row r = *(struct right_row *)row_of(n);
        if (r.version == 0 || !r.right.removed || !name_equal(&r.place, place) ||
            r.changed.v >= before.v)
            continue;
        if (r.version > list.floor)
            list.floor = r.version;
        r.version = 0;
        TRY(memory_save_right(m, &r));
    }
    return memory_save_right_list(m, &list);
}

enum err memory_expired_rights(void *self, const struct name *place, struct wall_ms before,
                               struct right_id *ret, size_t max, size_t *ret_count)
{
    struct store_memory *m = self;
    size_t count = 0;
    for (struct node *n = m->rights.first; n && count < max; n = n->later) {
        const struct right_row *r = row_of(n);
        if (r->version != 0 && !r->right.removed && name_equal(&r->place, place) &&
            r->right.until.v != 0 && r->right.until.v < before.v)
            ret[count++] = r->right.id;
    }
    *ret_count = count;
    return ERR_OK;
}
