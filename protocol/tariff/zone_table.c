#include "protocol/tariff/zone_table.h"

/* No zone was ever further than 26 h from UTC, nor moved further at once. */
enum { FAR_S = 26 * 3600 };

/* How many transitions are at or before `at_s`: the index of the regime in force, 0 being the one
 * before the first transition. */
static size_t regime_at(const struct zone_table *z, int64_t at_s)
{
    size_t low = 0, high = z->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->transitions[middle].at_s <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t regime_offset_s(const struct zone_table *z, size_t regime)
{
    return regime == 0 ? z->first_offset_s : z->transitions[regime - 1].offset_s;
}

int32_t zone_offset_s(const struct zone_table *z, struct wall_ms t)
{
    int64_t s = t.v / 1000 - (t.v % 1000 < 0);
    return regime_offset_s(z, regime_at(z, s));
}

int64_t zone_utc_s(const struct zone_table *z, int64_t local_s)
{
    /* The first regime whose end, in its own local time, is still ahead holds the instant, or
     * begins after it: then the local time is in the gap between the two. */
    size_t regime = regime_at(z, local_s - FAR_S);
    while (regime < z->count && local_s >= z->transitions[regime].at_s + regime_offset_s(z, regime))
        regime++;
    int64_t utc_s = local_s - regime_offset_s(z, regime);
    if (regime > 0 && utc_s < z->transitions[regime - 1].at_s)
        return z->transitions[regime - 1].at_s;
    return utc_s;
}
