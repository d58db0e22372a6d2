/* Corrections of the count by loops: a person saw that it is wrong by some vehicles. No stay is closed
 * and no event changed; the difference comes from the pool or goes there, and a pool below zero is
 * worked off by recalls, as after an audit (PROTOCOL.md, "Corrections"). */
#ifndef BOOMGATE_CLOUD_SERVICE_CORRECTION_H
#define BOOMGATE_CLOUD_SERVICE_CORRECTION_H

#include "cloud/service/state.h"

/* ADMIN_CORRECT */
enum err correction_make(struct service *s, const struct act_order *o, struct admin_result *r);

/* The opposite of `done`, a correction that was not undone. */
enum err correction_undo(struct service *s, const struct act_order *o, const struct act_row *done,
                         struct admin_result *r);

#endif
