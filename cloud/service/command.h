/* Commands to lanes: kept from the order to the edge's last word, sent until the edge answers.
 *
 * O1 A command is stored before it is sent (C1), and sent again unchanged until its first result, its
 *    deadline, or the end of the process; the edge acts on its id once. */
#ifndef BOOMGATE_CLOUD_SERVICE_COMMAND_H
#define BOOMGATE_CLOUD_SERVICE_COMMAND_H

#include "cloud/service/state.h"

/* An operator's order; the result's `reason` begins with the member at fault. ERR_NOTFOUND: no such
 * place or lane; ERR_CONFLICT: the id meant something else; ERR_INVAL: not_after. */
enum err command_order(struct service *s, const struct name *place, const struct command *c,
                       struct admin_result *r);

/* A command.result event. */
void command_result(struct service *s, const struct event *e);

/* Sends what waits for a first word of `e` (NULL: of any edge): all of it, or what is due. */
void command_resend(struct service *s, const struct edge *e, bool all);

/* Sends again, and presumes an end where nothing was heard. Before offer_timers, whose clock it
 * shares. */
void command_timers(struct service *s);

/* From the store, at the start. */
void command_keep(struct service *s, const struct command_row *row);

#endif
