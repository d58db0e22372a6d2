#include "cloud/service/zones.h"

#include "cloud/service/act.h"

/* Of all zones of `place` but `except`. */
static int64_t capacity_of_zones(const struct service *s, const struct name *place,
                                 const struct name *except)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s->place_count; i++) {
        const struct place_settings *c = &s->places[i]->row.settings;
        if (name_equal(&c->parent, place) && !name_equal(&c->place, except))
            sum += c->capacity;
    }
    return sum;
}

enum err zone_check(struct service *s, const struct place_settings *c, const struct place *old,
                    struct admin_result *r)
{
    if (old && !name_equal(&old->row.settings.parent, &c->parent))
        return act_refuse(r, ERR_CONFLICT, "parent: cannot be changed, it is counted by its gates");
    if (capacity_of_zones(s, &c->place, &c->place) > c->capacity)
        return act_refuse(r, ERR_CONFLICT, "capacity: the zones of this place have more");
    if (!is_zone(c))
        return ERR_OK;
    /* A new place has no zones, so a parent that exists cannot lie below it. */
    const struct place *parent = state_place(s, &c->parent);
    if (!parent)
        return act_refuse(r, ERR_NOTFOUND, "parent: no such place");
    if (capacity_of_zones(s, &c->parent, &c->place) + c->capacity > parent->row.settings.capacity)
        return act_refuse(r, ERR_CONFLICT,
                          "capacity: the zones of a place have no more than it has");
    return ERR_OK;
}
