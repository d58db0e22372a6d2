#include "edge/core/bound.h"

#include <string.h>

static size_t find(const struct bound_spaces *b, const struct right_id *right)
{
    size_t i = 0;
    while (i < b->count && strcmp(b->list[i].right.text, right->text) != 0)
        i++;
    return i;
}

int64_t bound_of(const struct bound_spaces *b, const struct right_id *right)
{
    size_t i = find(b, right);
    return i < b->count ? b->list[i].n : 0;
}

enum err bound_add(struct bound_spaces *b, const struct right_id *right, int64_t n)
{
    size_t i = find(b, right);
    if (i == BOUND_MAX)
        return ERR_FULL;
    if (i == b->count)
        b->list[b->count++] = (struct bound_space){.right = *right};
    b->list[i].n += n;
    return ERR_OK;
}

int64_t bound_take(struct bound_spaces *b, const struct right_id *right, int64_t n)
{
    size_t i = find(b, right);
    if (i == b->count || n < 1)
        return 0;
    int64_t taken = b->list[i].n < n ? b->list[i].n : n;
    b->list[i].n -= taken;
    if (b->list[i].n == 0)
        b->list[i] = b->list[--b->count];
    return taken;
}
