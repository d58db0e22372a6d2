#include "cloud/service/map.h"

#include "protocol/support/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a: keys are short names that edges cannot choose freely (the broker's ACL guards them). */
static size_t hash_of(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

/* The slot of `key`, or the empty one where it would go. Needs size > count. */
static size_t slot_of(const struct map *m, const char *key)
{
    size_t i = hash_of(key) & (m->size - 1);
    while (m->slots[i].key && strcmp(m->slots[i].key, key) != 0)
        i = (i + 1) & (m->size - 1);
    return i;
}

void *map_find(const struct map *m, const char *key)
{
    return m->size ? m->slots[slot_of(m, key)].value : NULL;
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->size = old.size ? old.size * 2 : 64;
    m->slots = mem_alloc(m->size * sizeof *m->slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].key)
            m->slots[slot_of(m, old.slots[i].key)] = old.slots[i];
    free(old.slots);
}

void map_put(struct map *m, const char *key, void *value)
{
    if ((m->count + 1) * 2 > m->size)
        grow(m);
    size_t i = slot_of(m, key);
    m->count += m->slots[i].key == NULL;
    m->slots[i] = (struct map_slot){key, value};
}

void map_remove(struct map *m, const char *key)
{
    if (!m->size)
        return;
    size_t hole = slot_of(m, key);
    if (!m->slots[hole].key)
        return;
    m->slots[hole] = (struct map_slot){NULL, NULL};
    m->count--;
    /* Close the run behind the hole: what probed past it must stay reachable. */
    size_t mask = m->size - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
        size_t home = hash_of(m->slots[i].key) & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        m->slots[hole] = m->slots[i];
        m->slots[i] = (struct map_slot){NULL, NULL};
        hole = i;
    }
}

void map_free(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}
