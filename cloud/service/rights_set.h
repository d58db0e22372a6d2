/* A rights list cut into parts and encoded, while edges fetch it. All parts come from one transaction, so
 * that they fit together however long the fetch takes. */
#ifndef BOOMGATE_CLOUD_SERVICE_RIGHTS_SET_H
#define BOOMGATE_CLOUD_SERVICE_RIGHTS_SET_H

#include "cloud/service/state.h"

struct rights_set;

/* The changes since `from`, or the whole list (0), of the version that is current. */
struct rights_set *rights_set_build(struct service *s, const struct place *p, int64_t from);
void rights_set_free(struct rights_set *set); /* NULL is fine */

int64_t rights_set_version(const struct rights_set *set);
int64_t rights_set_from(const struct rights_set *set);
int64_t rights_set_parts(const struct rights_set *set);
size_t rights_set_entries(const struct rights_set *set);

/* When it was last asked for. */
struct mono_ms *rights_set_used(struct rights_set *set);

/* Part `i` as a message to this edge. */
void rights_set_send(struct service *s, const struct edge *e, const struct rights_set *set,
                     int64_t i);

/* Tells an edge that there is a list of this version. */
void rights_announce(struct service *s, const struct edge *e, int64_t version);

#endif
