#include "cloud/service/movement.h"

#include "cloud/core/movement.h"
#include "protocol/support/memory.h"

enum { NOTED_MAX = 256 }; /* more Movements in one batch are written in between */

static bool belongs_to(const struct movement_row *m, const struct name *place,
                       const struct name *edge)
{
    return name_equal(&m->place, place) && name_equal(&m->edge, edge);
}

static void keep(struct service *s, const struct movement_row *m)
{
    if (!s->movements)
        s->movements = mem_alloc(NOTED_MAX * sizeof *s->movements);
    if (s->movement_count == NOTED_MAX)
        movement_flush(s);
    struct movement_row *kept = &s->movements[s->movement_count++];
    *kept = *m;
    map_put(&s->movement_by_id, kept->id.text, kept);
}

void movement_note(struct service *s, const struct event *e)
{
    struct movement_row told = movement_of(e);
    struct movement_row *noted = map_find(&s->movement_by_id, told.id.text);
    if (noted && belongs_to(noted, &told.place, &told.edge)) {
        movement_add(noted, &told);
        return;
    }
    if (noted) /* two edges use one id: the store knows whose it is, in the order they came */
        movement_flush(s);
    keep(s, &told);
}

bool movement_known(struct service *s, const struct movement_id *id, const struct name *place,
                    const struct name *edge, struct movement_row *ret)
{
    struct movement_row m;
    const struct movement_row *noted = map_find(&s->movement_by_id, id->text);
    bool stored = FOUND(s, find_movement, id, &m);
    if (stored && !belongs_to(&m, place, edge))
        return false;
    if (noted && !belongs_to(noted, place, edge))
        noted = NULL;
    if (stored && noted)
        movement_add(&m, noted);
    else if (noted)
        m = *noted;
    else if (!stored)
        return false;
    *ret = m;
    return true;
}

void movement_flush(struct service *s)
{
    for (size_t i = 0; i < s->movement_count; i++) {
        STORE(s, merge_movement, &s->movements[i]);
        map_remove(&s->movement_by_id, s->movements[i].id.text);
    }
    s->movement_count = 0;
}
