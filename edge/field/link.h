/* One endpoint's thread. See field.h for the rules. */
#ifndef BOOMGATE_EDGE_FIELD_LINK_H
#define BOOMGATE_EDGE_FIELD_LINK_H

#include "edge/field/field.h"
#include "edge/field/unit.h"

struct link;

/* Makes a link to `config->host`; units are added before it is started. ERR_INVAL: bad host. */
enum err link_new(const struct field_link *config, const struct clock_source *clock,
                  struct link **ret);

/* Adds a unit and returns its number on this link. */
size_t link_add(struct link *l, size_t lane, const struct name *name, uint8_t address,
                struct mailbox *inputs);

void link_start(struct link *l);
void link_stop(struct link *l); /* joins and frees */

/* From the loop thread. ERR_FULL: the queue is full. */
enum err link_command(struct link *l, size_t unit, enum lane_command c, struct mono_ms expires);

/* Applies `change` to the unit's wanted outputs under the link's lock and wakes it. */
void link_outputs(struct link *l, size_t unit, void (*change)(struct outputs *o, const void *arg),
                  const void *arg);

#endif
