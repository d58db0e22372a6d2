/* How long spaces may be used without the cloud (PROTOCOL.md, "Leases"). Pure.
 *
 * L1 Counted on the machine's own clock, which also runs while it sleeps, from the moment the hello
 *    was sent; no wall clock can stretch it.
 * L2 After a restart of the machine that clock began anew: a wall clock that is trusted decides, and
 *    if there is none the lease is over.
 * L3 The end of a lease stops the use of spaces; it gives none back. */
#ifndef BOOMGATE_EDGE_CORE_LEASE_H
#define BOOMGATE_EDGE_CORE_LEASE_H

#include "protocol/base/clock.h"
#include "protocol/wire/words.h"

/* All zero: none was ever given. */
struct lease {
    bool here; /* `until` counts on this run of the machine */
    struct mono_ms until;
    struct wall_ms from, until_wall; /* both 0: the wall clock was not trusted then */
};

/* One of `lease_ms` from `sent` on. */
struct lease lease_given(struct now sent, enum clock_state clock, int64_t lease_ms);

bool lease_runs(const struct lease *l, struct now now, enum clock_state clock);

#endif
