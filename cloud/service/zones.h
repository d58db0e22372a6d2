/* Zones: places inside a place, as a tree (PROTOCOL.md, "Zones"). A zone is a place of its own, with its
 * edges, capacity and ledger; who is in it is in its place as well, and pays there.
 *
 * Z1 The tree has no circle, and never changes once a zone exists.
 * Z2 The zones of a place have no more spaces than it has: whoever is in one holds a space of the place. */
#ifndef BOOMGATE_CLOUD_SERVICE_ZONES_H
#define BOOMGATE_CLOUD_SERVICE_ZONES_H

#include "cloud/service/state.h"

/* Settings that break Z1 or Z2: ERR_NOTFOUND, ERR_CONFLICT, and why. `old` NULL: a new place. */
enum err zone_check(struct service *s, const struct place_settings *c, const struct place *old,
                    struct admin_result *r);

static inline bool is_zone(const struct place_settings *c)
{
    return c->parent.text[0] != '\0';
}

#endif
