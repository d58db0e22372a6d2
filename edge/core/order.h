/* A command from afar, from its arrival to its end, for one lane. Pure.
 *
 * C1 One command per lane is under way at a time.
 * C2 It ends `done` only when what proves it was seen (order_proven).
 * C3 The service key, the local stop and fire end any motion that is under way.
 * C4 An end is an end: no event leads away from it. A dense table (order.c) over the stages.
 * C5 What restricts a lane or raises an arm needs a clock that can be held to not_after; what only ends a
 *    restriction does not.
 * C6 The ids of a journal that is gone are not known any more: nothing issued before its successor is begun. */
#ifndef BOOMGATE_EDGE_CORE_ORDER_H
#define BOOMGATE_EDGE_CORE_ORDER_H

#include "protocol/base/clock.h"
#include "protocol/wire/command.h"

#include <stdbool.h>

/* The lane and the clock as a command finds them. */
struct order_view {
    bool fresh;       /* the inputs are known */
    bool a, up, down; /* loop A, limit switches */
    bool held, locked, fire, local, fault;
    bool told_time;       /* the clock can be compared with a deadline */
    bool trusted_time;    /* ... and is good enough to raise an arm on */
    struct wall_ms since; /* commands issued before were another journal's; {0}: none were */
};

enum order_event {
    ORDER_EV_TAKEN,   /* the device took the motion */
    ORDER_EV_REFUSED, /* it did not */
    ORDER_EV_PROVEN,
    ORDER_EV_LATE, /* not proven in time */
    ORDER_EV_LOCAL,
    ORDER_EV_FIRE,
    ORDER_EV_RESTARTED, /* the agent stopped in between */
    ORDER_EVENTS
};

/* All zero: none under way. */
struct order {
    struct request_id id;
    struct name lane;
    enum action action;
    enum stage stage;
    struct wall_ms not_after;
    struct mono_ms deadline; /* to be proven by */
};

/* May it begin? REASON_NONE: as far as it can be told here; the lane machine has the last word.
 * REASON_LATE: its time is over (`expired`). */
enum reason order_bar(const struct command *c, const struct order_view *v, bool busy,
                      struct wall_ms now);

/* C2 */
bool order_proven(enum action a, const struct order_view *v);

/* Does it move the arm? */
bool order_moves(enum action a);

/* Is what it asks for a state that the lane keeps over a restart? */
bool order_lasts(enum action a);

/* True: the stage changed, and *ret_why is why (REASON_NONE if that needs no word). */
bool order_step(struct order *o, enum order_event e, enum reason *ret_why);

/* What time and the lane bring to one that is under way; ORDER_EVENTS: nothing. */
enum order_event order_look(const struct order *o, const struct order_view *v, struct mono_ms now);

bool order_under_way(const struct order *o);

#endif
