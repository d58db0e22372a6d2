/* A hash map from text to pointer for the service's state. Keys are not copied: they live in the value
 * (a row's name or id) and must not change while they are in the map. */
#ifndef BOOMGATE_CLOUD_SERVICE_MAP_H
#define BOOMGATE_CLOUD_SERVICE_MAP_H

#include <stddef.h>

struct map {
    struct map_slot {
        const char *key; /* NULL: empty */
        void *value;
    } * slots;
    size_t size; /* a power of two, 0 at first */
    size_t count;
};

void *map_find(const struct map *m, const char *key);      /* NULL: not there */
void map_put(struct map *m, const char *key, void *value); /* replaces */
void map_remove(struct map *m, const char *key);
void map_free(struct map *m); /* not the values */

#endif
