/* The versions of a rate table: the one in force at entry rules the stay (domain.md, "Tariff").
 *
 * W1 A version rules from its valid_from, in the place's wall clock, until the next one does. The
 *    first rules what began before it: nobody is without a price.
 * W2 Later versions have higher numbers, and the same currency. */
#ifndef BOOMGATE_TARIFF_TARIFF_VERSIONS_H
#define BOOMGATE_TARIFF_TARIFF_VERSIONS_H

#include "protocol/tariff/tariff.h"

/* Sorts by valid_from, then checks W2. ERR_CONFLICT: *ret_rule (a constant text) says what is
 * wrong. */
enum err tariff_versions_sort(struct tariff *versions, size_t count, const char **ret_rule);

/* The one in force at `entry` of sorted versions; count >= 1. */
const struct tariff *tariff_in_force(const struct tariff *versions, size_t count,
                                     const struct zone_table *z, struct wall_ms entry);

/* The version of this number; NULL: there is none. */
const struct tariff *tariff_version(const struct tariff *versions, size_t count, int64_t version);

#endif
