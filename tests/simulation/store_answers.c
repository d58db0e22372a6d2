/* Answers to requests with an idempotency key; see cloud/ports.h. A pruned one leaves an empty row. */
#include "tests/simulation/store_tables.h"

#include <assert.h>
#include <string.h>

enum err memory_add_answer(void *self, const struct answer_row *r)
{
    struct store_memory *m = self;
    struct store_key k = key_of(r->key.text, "");
    struct kept_answer kept = {.row = *r};
    const struct node *n = table_find(&m->answers, &k);
    if (n && ((const struct kept_answer *)row_of(n))->row.key.text[0] != '\0')
        return ERR_CONFLICT;
    assert(r->len <= sizeof kept.bytes);
    memcpy(kept.bytes, r->bytes, r->len);
    kept.row.bytes = NULL;
    table_put(m, &m->answers, &k, &kept);
    return ERR_OK;
}

enum err memory_find_answer(void *self, const struct digest *key,
                            void (*visit)(void *arg, const struct answer_row *r), void *arg)
{
    struct store_memory *m = self;
    struct store_key k = key_of(key->text, "");
    struct kept_answer kept;
    TRY(table_get(&m->answers, &k, &kept));
    if (kept.row.key.text[0] == '\0')
        return ERR_NOTFOUND;
    kept.row.bytes = kept.bytes;
    visit(arg, &kept.row);
    return ERR_OK;
}

enum err memory_prune_answers(void *self, struct wall_ms before, size_t max)
{
    struct store_memory *m = self;
    static const struct kept_answer none;
    for (struct node *n = m->answers.first; n && max > 0; n = n->later) {
        struct kept_answer *kept = row_of(n);
        if (kept->row.key.text[0] != '\0' && kept->row.at.v < before.v) {
            arena_write(&m->arena, kept, &none, sizeof none);
            max--;
        }
    }
    return ERR_OK;
}
