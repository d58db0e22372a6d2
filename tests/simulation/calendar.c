#include "tests/simulation/calendar.h"

#include "protocol/support/memory.h"

#include <stdlib.h>

static bool before(const struct entry *x, const struct entry *y)
{
    return x->at_ms != y->at_ms ? x->at_ms < y->at_ms : x->order < y->order;
}

void calendar_plan(struct calendar *c, int64_t at_ms, happening h, void *who, int64_t what)
{
    struct entry e = {at_ms, c->planned++, h, who, what};
    if (c->count == c->size) {
        c->size = c->size ? c->size * 2 : 256;
        c->entries = mem_resize(c->entries, c->size * sizeof *c->entries);
    }
    size_t i = c->count++;
    while (i > 0 && before(&e, &c->entries[(i - 1) / 2])) {
        c->entries[i] = c->entries[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    c->entries[i] = e;
}

bool calendar_take(struct calendar *c, struct entry *ret)
{
    if (c->count == 0)
        return false;
    *ret = c->entries[0];
    struct entry last = c->entries[--c->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= c->count)
            break;
        if (child + 1 < c->count && before(&c->entries[child + 1], &c->entries[child]))
            child++;
        if (!before(&c->entries[child], &last))
            break;
        c->entries[i] = c->entries[child];
        i = child;
    }
    if (c->count > 0)
        c->entries[i] = last;
    return true;
}

void calendar_free(struct calendar *c)
{
    free(c->entries);
    *c = (struct calendar){0};
}
