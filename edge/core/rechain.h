/* A journal that was set back or copied begins a new epoch from no spaces (PROTOCOL.md, "A new
 * epoch"): what its events of the old one mean in the new one. Pure; the agent encodes and chains.
 *
 * R1 Events that only move spaces (accepted, declined, returned, recalled) have no successor: those spaces
 *    stay with the old epoch, reserved until an audit.
 * R2 A vehicle that was let in or drove in takes a space that a replayed exit or void brought back,
 *    otherwise it is overdraft: nothing is spent that was not credited in the new epoch.
 * R3 An admission that ends in the new epoch was authorised in it: where its authorisation belongs
 *    to the events both sides have, it is repeated before its end. */
#ifndef BOOMGATE_EDGE_CORE_RECHAIN_H
#define BOOMGATE_EDGE_CORE_RECHAIN_H

#include "edge/core/spaces.h"
#include "protocol/wire/event.h"

#include <stddef.h>

enum { RECHAIN_OPEN_MAX = 64, RECHAIN_EVENTS_MAX = 2 };

struct rechain {
    struct spaces spaces; /* of the new epoch so far */
    size_t count;
    struct movement_id open[RECHAIN_OPEN_MAX]; /* entries authorised in it, neither in nor void */
};

/* Writes what stands for `e` into ret[RECHAIN_EVENTS_MAX] and returns how many: kind, data, time,
 * boot, mono and clock; position and digests are the caller's. */
size_t rechain_event(struct rechain *r, const struct event *e, struct event *ret);

/* An entry under way whose admission goes on in the new epoch. False: it is authorised in it already.
 * True: `ret` is its authorisation, made from the members of `data` that all passages have. */
bool rechain_resume(struct rechain *r, const struct event_data *data, struct event_data *ret);

#endif
