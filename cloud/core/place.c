#include "cloud/core/records.h"

#include <string.h>

bool place_settings_equal(const struct place_settings *a, const struct place_settings *b)
{
    return name_equal(&a->place, &b->place) && strcmp(a->title, b->title) == 0 &&
           a->capacity == b->capacity && strcmp(a->zone, b->zone) == 0 &&
           strcmp(a->currency.code, b->currency.code) == 0 && name_equal(&a->tariff, &b->tariff) &&
           a->policy == b->policy && a->hold_max_ms == b->hold_max_ms &&
           a->exit_grace_ms == b->exit_grace_ms && a->unmatched_exit == b->unmatched_exit &&
           a->grant_size == b->grant_size && a->closed == b->closed &&
           name_equal(&a->parent, &b->parent) && a->stale_after_ms == b->stale_after_ms &&
           strcmp(a->hours, b->hours) == 0;
}
