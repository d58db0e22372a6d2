/* Offers of spaces to edges. */
#ifndef BOOMGATE_CLOUD_SERVICE_OFFER_H
#define BOOMGATE_CLOUD_SERVICE_OFFER_H

#include "cloud/core/ledger.h"
#include "cloud/service/state.h"

void offer_want(struct service *s, struct place *p);
/* One space of the pool for the vehicle of this right, at this edge. ERR_FULL: there is none;
 * ERR_CONFLICT: the edge takes no spaces. */
enum err offer_bind(struct service *s, struct edge *e, const struct right_id *right);
/* Asks for it back; if it was used, nothing comes. */
enum err offer_unbind(struct service *s, struct edge *e, const struct right_id *right);
void offer_flush(struct service *s); /* plans for all places that want it */
/* Spaces this edge was offered and has not answered yet. */
bool offer_under_way(const struct edge *e);
void offer_resend(struct service *s, struct edge *e, bool all);
void offer_timers(struct service *s);
/* The grant an edge answered; takes it off the list. */
enum grant_fact offer_answered(struct service *s, struct stream *st, enum grant_kind kind,
                               int64_t id, bool accepted, int64_t *ret_n);
void offer_keep(struct service *s, struct edge *e, const struct grant_row *row);

#endif
