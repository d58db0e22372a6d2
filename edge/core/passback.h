/* Anti-passback: a right that came in does not come in again before it left (and does not leave again
 * before it came in). Pure.
 *
 * B1 A side nobody knows is neutral, and neutral violates nothing.
 * B2 Nobody is kept from leaving: at an exit a violation is only told.
 *    A right that is changed or given anew in the list is neutral.
 * B3 While a lane is held open nothing is judged or learnt; afterwards, and after a fire, every right is
 *    neutral: who crossed meanwhile is not known. */
#ifndef BOOMGATE_EDGE_CORE_PASSBACK_H
#define BOOMGATE_EDGE_CORE_PASSBACK_H

#include "edge/core/right.h"
#include "protocol/wire/words.h"

#include <stdbool.h>

enum side { SIDE_NEUTRAL, SIDE_INSIDE, SIDE_OUTSIDE };

enum passback_policy {
    PASSBACK_OFF,
    PASSBACK_SOFT, /* an alarm */
    PASSBACK_HARD, /* refused at an entry */
};

/* Where a right is after its vehicle crossed. */
enum side side_after(enum direction d);

/* Does a crossing in this direction contradict where the right is? */
bool side_contradicts(enum side s, enum direction d);

/* What a violation makes of a right that is honoured otherwise (B2). */
enum right_verdict passback_verdict(enum passback_policy p, enum direction d);

#endif
