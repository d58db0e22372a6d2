/* Movements: the events of one batch are added up in memory and written once, before COMMIT. */
#ifndef BOOMGATE_CLOUD_SERVICE_MOVEMENT_H
#define BOOMGATE_CLOUD_SERVICE_MOVEMENT_H

#include "cloud/service/state.h"

/* Adds what an event tells of the Movement it names. */
void movement_note(struct service *s, const struct event *e);

/* What is known of a Movement of this edge, with the events of this batch. False: nothing, or it is
 * another edge's. */
bool movement_known(struct service *s, const struct movement_id *id, const struct name *place,
                    const struct name *edge, struct movement_row *ret);

void movement_flush(struct service *s);

#endif
