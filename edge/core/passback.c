#include "edge/core/passback.h"

enum side side_after(enum direction d)
{
    return d == DIRECTION_ENTRY ? SIDE_INSIDE : d == DIRECTION_EXIT ? SIDE_OUTSIDE : SIDE_NEUTRAL;
}

bool side_contradicts(enum side s, enum direction d)
{
    return s != SIDE_NEUTRAL && s == side_after(d);
}

enum right_verdict passback_verdict(enum passback_policy p, enum direction d)
{
    return p == PASSBACK_HARD && d == DIRECTION_ENTRY ? RIGHT_PASSBACK : RIGHT_HONOURED;
}
