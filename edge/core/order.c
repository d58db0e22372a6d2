#include "edge/core/order.h"

enum { STAGES = STAGE_EXPIRED + 1, ACTIONS = ACTION_RESET_FAULT + 1 };

/* --- what each action is --- */

static const struct {
    bool raises; /* may lift the arm: not on a clock nobody trusts */
    bool binds;  /* restricts: not on a clock that says nothing (C5) */
    bool moves;
    bool once; /* one motion; the others are a state the lane keeps */
} traits[ACTIONS] = {
    [ACTION_OPEN] = {.raises = true, .moves = true, .once = true},
    [ACTION_CLOSE] = {.binds = true, .moves = true, .once = true},
    [ACTION_HOLD_OPEN] = {.raises = true, .moves = true},
    [ACTION_LOCK] = {.binds = true},
};

bool order_moves(enum action a)
{
    return traits[a].moves;
}

bool order_lasts(enum action a)
{
    return !traits[a].once;
}

bool order_proven(enum action a, const struct order_view *v)
{
    switch (a) {
    case ACTION_NONE: return false;
    case ACTION_OPEN: return v->fresh && v->up;
    case ACTION_CLOSE: return v->fresh && v->down;
    case ACTION_HOLD_OPEN: return v->fresh && v->up && v->held;
    case ACTION_RELEASE: return !v->held;
    case ACTION_LOCK: return v->locked;
    case ACTION_UNLOCK: return !v->locked;
    case ACTION_RESET_FAULT: return v->fresh && !v->fire && !v->fault;
    }
    return false;
}

/* --- before it begins --- */

static bool expected(enum expect e, const struct order_view *v)
{
    switch (e) {
    case EXPECT_NONE: return true;
    case EXPECT_VEHICLE: return v->a;
    case EXPECT_NO_VEHICLE: return !v->a;
    case EXPECT_ARM_UP: return v->up;
    case EXPECT_ARM_DOWN: return v->down;
    }
    return false;
}

enum reason order_bar(const struct command *c, const struct order_view *v, bool busy,
                      struct wall_ms now)
{
    const struct {
        bool holds;
        enum reason why;
    } bars[] = {
        {v->told_time && now.v > c->not_after.v, REASON_LATE},
        {v->told_time && v->since.v <= now.v && c->issued.v < v->since.v,
         REASON_RESTARTED}, /* C6 */
        {traits[c->action].raises && !v->trusted_time, REASON_CLOCK},
        {traits[c->action].binds && !v->told_time && !v->trusted_time, REASON_CLOCK},
        {!v->fresh, REASON_UNAVAILABLE},
        {v->local && traits[c->action].moves, REASON_LOCAL},
        {v->fire && traits[c->action].moves, REASON_FIRE},
        {busy, REASON_BUSY},
        {c->action == ACTION_OPEN && !v->a, REASON_NO_VEHICLE},
        {!expected(c->expect, v), REASON_STATE},
    };
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++)
        if (bars[i].holds)
            return bars[i].why;
    return REASON_NONE;
}

/* --- while it is under way --- */

struct cell {
    enum stage to; /* STAGE_NONE: nothing changes */
    enum reason why;
};

#define __                                                                                         \
    {                                                                                              \
        STAGE_NONE, REASON_NONE                                                                    \
    }
#define RUN                                                                                        \
    {                                                                                              \
        STAGE_EXECUTING, REASON_NONE                                                               \
    }
#define DONE                                                                                       \
    {                                                                                              \
        STAGE_DONE, REASON_NONE                                                                    \
    }
#define FAIL(why)                                                                                  \
    {                                                                                              \
        STAGE_FAILED, REASON_##why                                                                 \
    }

/* clang-format off */
static const struct cell table[STAGES][ORDER_EVENTS] = {
    /*                    taken refused        proven late           local        fire        restarted */
    [STAGE_NONE]      = {__,   __,            __,    __,            __,          __,         __},
    [STAGE_ACCEPTED]  = {RUN,  FAIL(REFUSED), DONE,  FAIL(TIMEOUT), FAIL(LOCAL), FAIL(FIRE), FAIL(RESTARTED)},
    [STAGE_EXECUTING] = {__,   __,            DONE,  FAIL(TIMEOUT), FAIL(LOCAL), FAIL(FIRE), FAIL(RESTARTED)},
    [STAGE_DONE]      = {__,   __,            __,    __,            __,          __,         __},
    [STAGE_REJECTED]  = {__,   __,            __,    __,            __,          __,         __},
    [STAGE_FAILED]    = {__,   __,            __,    __,            __,          __,         __},
    [STAGE_EXPIRED]   = {__,   __,            __,    __,            __,          __,         __},
};
/* clang-format on */

bool order_under_way(const struct order *o)
{
    return o->stage == STAGE_ACCEPTED || o->stage == STAGE_EXECUTING;
}

bool order_step(struct order *o, enum order_event e, enum reason *ret_why)
{
    struct cell c = table[o->stage][e];
    if (c.to == STAGE_NONE)
        return false;
    o->stage = c.to;
    *ret_why = c.why;
    return true;
}

enum order_event order_look(const struct order *o, const struct order_view *v, struct mono_ms now)
{
    if (!order_under_way(o))
        return ORDER_EVENTS;
    if (order_moves(o->action) && v->local) /* C3 */
        return ORDER_EV_LOCAL;
    if (order_moves(o->action) && v->fire)
        return ORDER_EV_FIRE;
    if (order_proven(o->action, v))
        return ORDER_EV_PROVEN;
    return mono_diff_ms(now, o->deadline) >= 0 ? ORDER_EV_LATE : ORDER_EVENTS;
}
