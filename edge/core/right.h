/* What the rights list says of a vehicle (domain.md, "rights"; PROTOCOL.md, "Rights list"). Pure.
 *
 * R1 A `deny` entry wins over everything, needs the exact plate or credential, and is in force
 *    however old the list is.
 * R2 A right is honoured within its validity and its offline validity, which counts from the last
 *    confirmation of the list. Older than that it is as if it were not there.
 * R3 One confused character is forgiven a permit only, and only if the list knows no right of
 *    exactly this plate and exactly one that is meant.
 * R4 Where the wall clock is not trusted, a right with a bound in time is as if it were not there. */
#ifndef BOOMGATE_EDGE_CORE_RIGHT_H
#define BOOMGATE_EDGE_CORE_RIGHT_H

#include "protocol/wire/rights.h"

enum right_verdict {
    RIGHT_UNKNOWN,   /* decide as for anyone */
    RIGHT_HONOURED,  /* may pass on this right */
    RIGHT_BARRED,    /* must not come in */
    RIGHT_NOT_VALID, /* has a right, but not now */
    RIGHT_PASSBACK,  /* would pass on this right, but it is inside already (passback.h) */
};

struct right_found {
    enum right_verdict verdict;
    struct right_id id; /* "" if unknown */
    enum space_rule space;
    bool again; /* on that side already (passback.h) */
};

struct right_clock {
    bool trusted; /* `now` can be compared with a validity */
    struct wall_ms now;
    int64_t unconfirmed_ms; /* since the list was last confirmed; INT64_MAX: never */
};

/* Judges the rights found for a plate (all with its folded form) or a credential. */
struct right_found right_judge(const struct right *list, size_t count, const struct plate *plate,
                               const char *credential, const struct right_clock *clock);

#endif
