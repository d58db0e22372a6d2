/* One endpoint's thread. See field.h for the rules. */
#ifndef BOOMGATE_EDGE_FIELD_LINK_H
#define BOOMGATE_EDGE_FIELD_LINK_H

#include "edge/field/field.h"
#include "edge/field/unit.h"

struct link;

/* Makes a link; units are added before it is started. ERR_INVAL: bad host or device. */
enum err link_new(const struct field_link *config, const struct clock_source *clock,
                  struct link **ret);

/* Adds lane `number` and returns its number on this link. */
size_t link_add(struct link *l, const struct field_lane *lane, size_t number,
                struct mailbox *inputs);

void link_start(struct link *l);
void link_stop(struct link *l); /* joins and frees */

/* From the loop thread. ERR_FULL: the queue is full. */
enum err link_command(struct link *l, size_t unit, enum lane_command c, struct mono_ms expires);

/* Applies `change` to the unit's wanted outputs under the link's lock and wakes it. */
void link_outputs(struct link *l, size_t unit, void (*change)(struct outputs *o, const void *arg),
                  const void *arg);

/* The agent turned (F7). */
void link_alive(struct link *l, size_t unit);

uint64_t link_rounds(const struct link *l);

#endif
