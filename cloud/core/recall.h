/* Which spaces are wanted back from which edge (PROTOCOL.md, "Recalls"). Pure.
 *
 * C1 What is missing in the pool is taken where most lies free; what lies nowhere is recalled all the
 *    same and comes from the credits of vehicles that leave.
 * C2 What is recalled and not yet returned is not recalled again.
 * C3 An edge that starves gets half of what another has more than it; the last space only from an
 *    edge that nobody drove in at lately. */
#ifndef BOOMGATE_CLOUD_CORE_RECALL_H
#define BOOMGATE_CLOUD_CORE_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recall_edge {
    bool live;     /* its epoch goes on */
    bool exits;    /* has an exit lane: gets credits */
    bool idle;     /* nobody drove in lately */
    bool starving; /* stands with no space in hand, and the pool has none */
    int64_t view;
    int64_t owed; /* recalled, not yet returned */
    int64_t n;    /* out: what to recall now */
};

/* `missing`: what the pool is short of, 0 if nothing. */
void recall_plan(int64_t missing, struct recall_edge *edges, size_t count);

/* The place is closed: all that lies free anywhere. */
void recall_all(struct recall_edge *edges, size_t count);

#endif
