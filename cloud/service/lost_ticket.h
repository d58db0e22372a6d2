/* Lost tickets: the vehicle at an exit is given a stay named by its Movement there, which costs what the
 * rate table asks for a lost ticket. The exit asks again, finds it, and is paid like any other. */
#ifndef BOOMGATE_CLOUD_SERVICE_LOST_TICKET_H
#define BOOMGATE_CLOUD_SERVICE_LOST_TICKET_H

#include "cloud/service/state.h"

/* ADMIN_LOST_TICKET */
enum err lost_ticket_order(struct service *s, const struct lost_order *o, struct admin_result *r);

/* The open stay that a lost ticket made of this Movement at an exit. */
bool lost_ticket_stay(struct service *s, const struct movement_id *exit, struct session_row *ret);

/* What it costs. False: the rate table does not say. */
bool lost_ticket_price(struct service *s, struct place *p, const struct session_row *r,
                       int64_t *ret_minor);

#endif
