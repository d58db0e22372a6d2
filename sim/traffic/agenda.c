/* See agenda.h: a binary heap. */
#include "sim/traffic/agenda.h"

#include "protocol/support/memory.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct appointment *x, const struct appointment *y)
{
    return x->at_ms != y->at_ms ? x->at_ms < y->at_ms : x->number < y->number;
}

static void swap(struct agenda *a, size_t i, size_t k)
{
    struct appointment x = a->heap[i];
    a->heap[i] = a->heap[k];
    a->heap[k] = x;
}

void agenda_add(struct agenda *a, int64_t at_ms, uint32_t car)
{
    if (a->count == a->room) {
        a->room = a->room > 0 ? a->room * 2 : 64;
        a->heap = mem_resize(a->heap, a->room * sizeof *a->heap);
    }
    size_t i = a->count++;
    a->heap[i] = (struct appointment){at_ms, a->next_number++, car};
    for (; i > 0 && before(&a->heap[i], &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(a, i, (i - 1) / 2);
}

int64_t agenda_due_ms(const struct agenda *a)
{
    return a->count > 0 ? a->heap[0].at_ms : INT64_MAX;
}

uint32_t agenda_take(struct agenda *a)
{
    uint32_t car = a->heap[0].car;
    a->heap[0] = a->heap[--a->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < a->count && before(&a->heap[child], &a->heap[least]))
                least = child;
        if (least == i)
            return car;
        swap(a, i, least);
        i = least;
    }
}

void agenda_free(struct agenda *a)
{
    free(a->heap);
    *a = (struct agenda){0};
}
