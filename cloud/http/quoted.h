/* A stay with its price of one moment, as quotes and payment links show it. */
#ifndef BOOMGATE_CLOUD_HTTP_QUOTED_H
#define BOOMGATE_CLOUD_HTTP_QUOTED_H

#include "cloud/http/server.h"

struct quoted {
    const struct tariff *tariff;
    const struct zone_table *zone;
    struct tariff_stay stay;
    struct tariff_quote quote;
    struct wall_ms at;
    int64_t due_minor;
    bool in_grace;
    struct wall_ms leave_by; /* v == 0: not in grace */
};

/* The rate table and the zone; they are found under a lock, and priced with outside it. */
enum err find_rates(struct http *h, const struct rate_ref *ref, struct wall_ms entry,
                    const struct tariff **ret_tariff, const struct zone_table **ret_zone);

/* Of an open stay as of now, of one that has ended as of its end: then its open debt is due. ERR_INVAL: it
 * cannot be priced. */
enum err quote_session(struct http *h, const struct session_view *s, struct quoted *ret);

json_t *quoted_lines(const struct quoted *q);

#endif
