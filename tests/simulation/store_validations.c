/* Validations of the store in memory; see cloud/ports.h. */
#include "tests/simulation/store_tables.h"

#include <string.h>

enum err memory_add_validation(void *self, const struct validation_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->id, "");
    if (table_find(&m->validations, &k))
        return ERR_CONFLICT;
    table_put(m, &m->validations, &k, r);
    return ERR_OK;
}

enum err memory_find_validation(void *self, const char *id, struct validation_row *ret)
{
    struct store_memory *m = self;
    struct store_key k = key_of(id, "");
    return table_get(&m->validations, &k, ret);
}

enum err memory_validations_of(void *self, const struct movement_id *session,
                               struct validation_row *ret, size_t max, size_t *ret_count)
{
    struct store_memory *m = self;
    size_t count = 0;
    for (const struct node *n = m->validations.first; n && count < max; n = n->later) {
        const struct validation_row *r = row_of(n);
        if (strcmp(r->session.text, session->text) == 0)
            ret[count++] = *r;
    }
    *ret_count = count;
    return ERR_OK;
}

enum err memory_count_validations(void *self, const struct name *place, const struct name *issuer,
                                  struct wall_ms since, int64_t *ret)
{
    struct store_memory *m = self;
    int64_t count = 0;
    for (const struct node *n = m->validations.first; n; n = n->later) {
        const struct validation_row *r = row_of(n);
        count +=
            name_equal(&r->place, place) && name_equal(&r->issuer, issuer) && r->at.v >= since.v;
    }
    *ret = count;
    return ERR_OK;
}
