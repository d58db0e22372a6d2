/* Rights of a place: changes by an operator, lists for edges, what they mean for a stay. */
#ifndef BOOMGATE_CLOUD_SERVICE_RIGHTS_H
#define BOOMGATE_CLOUD_SERVICE_RIGHTS_H

#include "cloud/service/state.h"

/* ADMIN_RIGHTS: all of them in one version, or none. */
enum err rights_put(struct service *s, const struct work *w, struct admin_result *r);

/* ADMIN_RIGHTS_NEUTRAL: the right is given anew, or the whole list. */
enum err rights_neutral(struct service *s, const struct work *w, struct admin_result *r);

/* An edge's question: the answer, and the parts it asks for. */
void rights_ask(struct service *s, const struct work *w, struct edge *e, const struct request *r);

/* The ledger was set back: edges may have lists it knows nothing of, under numbers it gives again. */
void rights_restored(struct service *s, struct place *p);

/* Sets what covers a stay that begins. */
void rights_cover(struct service *s, struct place *p, struct session_row *r);

/* Is this plate or credential on the deny list now? */
bool rights_bar(struct service *s, struct place *p, const struct plate *plate,
                const struct credential_text *credential);

/* Hourly: removals no edge can miss any more, and lists nobody fetches. */
void rights_prune(struct service *s);

void rights_forget(struct place *p); /* frees its lists */

#endif
