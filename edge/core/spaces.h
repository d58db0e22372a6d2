/* The edge's side of the space protocol (PROTOCOL.md, "Spaces"): signed-free arithmetic on what
 * this edge holds. Pure; the agent records each step as an event in the same transaction.
 *
 * S1 free >= 0 and overdraft >= 0, and not both > 0 after a credit.
 * S2 no admission without free >= 1 (authorise). */
#ifndef BOOMGATE_EDGE_CORE_SPACES_H
#define BOOMGATE_EDGE_CORE_SPACES_H

#include "protocol/base/err.h"
#include "protocol/wire/words.h"

#include <stdint.h>

struct spaces {
    int64_t free;
    int64_t overdraft;
};

/* Adds n spaces: the overdraft is paid first. Returns how many paid it (the event's `repaid`). */
int64_t spaces_credit(struct spaces *s, int64_t n);

/* Spends one for an admission. ERR_FULL: none in hand; nothing changes. */
enum err spaces_authorise(struct spaces *s);

/* A crossing that already happened: spends one, or runs up the overdraft. */
enum spent spaces_intrude(struct spaces *s);

/* Gives back up to n; returns how many were. */
int64_t spaces_give_back(struct spaces *s, int64_t n);

#endif
