#include "protocol/tariff/tariff_versions.h"

#include "protocol/tariff/pricing.h"

#include <string.h>

static bool is_before(const struct tariff *a, const struct tariff *b)
{
    if (a->always || b->always)
        return a->always && !b->always;
    return a->valid_from_s < b->valid_from_s;
}

enum err tariff_versions_sort(struct tariff *versions, size_t count, const char **ret_rule)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && is_before(&versions[k], &versions[k - 1]); k--) {
            struct tariff held = versions[k];
            versions[k] = versions[k - 1];
            versions[k - 1] = held;
        }
    for (size_t i = 1; i < count; i++) {
        const struct tariff *a = &versions[i - 1], *b = &versions[i];
        const char *rule = NULL;
        if (!is_before(a, b))
            rule = "two versions of a rate table are valid from the same time";
        else if (a->version >= b->version)
            rule = "a version that is valid later must have a higher number";
        else if (strcmp(a->currency.code, b->currency.code) != 0)
            rule = "the versions of a rate table must have one currency";
        else if (!name_equal(&a->id, &b->id))
            rule = "the versions of a rate table must have one id";
        if (rule) {
            *ret_rule = rule;
            return ERR_CONFLICT;
        }
    }
    return ERR_OK;
}

const struct tariff *tariff_in_force(const struct tariff *versions, size_t count,
                                     const struct zone_table *z, struct wall_ms entry)
{
    size_t at = count - 1;
    while (at > 0 && zone_utc_s(z, versions[at].valid_from_s) > floor_s(entry))
        at--;
    return &versions[at];
}

const struct tariff *tariff_version(const struct tariff *versions, size_t count, int64_t version)
{
    for (size_t i = 0; i < count; i++)
        if (versions[i].version == version)
            return &versions[i];
    return NULL;
}
