/* Rights as the cloud applies them to a stay (domain.md, "Tariff"). Pure.
 *
 * V1 A right that is valid when the stay begins covers it up to the end of its validity; what comes
 *    after is a stay of its own, without free minutes.
 * V2 The exact plate or credential decides; one confused character is forgiven a permit only, and only if no right
 *    has exactly this plate and exactly one is meant. */
#ifndef BOOMGATE_CLOUD_CORE_RIGHT_H
#define BOOMGATE_CLOUD_CORE_RIGHT_H

#include "cloud/core/records.h"

/* The right that covers a stay of this plate or credential (either may be "") from `start` on; NULL:
 * none. */
const struct right *right_covering(const struct right *rights, size_t count,
                                   const struct plate *plate,
                                   const struct credential_text *credential, struct wall_ms start);

/* Is the plate or the credential on the deny list at this time? Exactly, never by confusion. */
bool right_bars(const struct right *rights, size_t count, const struct plate *plate,
                const struct credential_text *credential, struct wall_ms at);

/* Until when it covers; v == INT64_MAX: for ever. */
struct wall_ms right_end(const struct right *r);

/* The first instant of [start, end] that a right does not cover; v == end.v: none. */
struct wall_ms session_uncovered(const struct session_row *s, struct wall_ms end);

/* Two rights that say the same. */
bool right_equal(const struct right *a, const struct right *b);

#endif
