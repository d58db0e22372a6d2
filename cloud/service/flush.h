/* What a batch changed: marked while it is decided, written once before COMMIT. */
#ifndef BOOMGATE_CLOUD_SERVICE_FLUSH_H
#define BOOMGATE_CLOUD_SERVICE_FLUSH_H

#include "cloud/service/state.h"

void stream_touch(struct service *s, struct stream *st);
void place_touch(struct service *s, struct place *p);
void edge_ack(struct service *s, struct edge *e);
/* L1 and L2 of every touched place, then writes what is dirty. */
void state_flush(struct service *s);
/* L1 and L2 of core/ledger.h. */
bool place_balanced(const struct place *p);

#endif
