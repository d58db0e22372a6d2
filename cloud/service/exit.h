/* Exits: what a vehicle that wants to leave is told. */
#ifndef BOOMGATE_CLOUD_SERVICE_EXIT_H
#define BOOMGATE_CLOUD_SERVICE_EXIT_H

#include "cloud/service/state.h"

void exit_ask(struct service *s, const struct work *w, struct place *p, const struct request *r);
/* The question is still open in this process. */
bool exit_case_known(struct service *s, const struct request_id *id);
/* Something about a payment of this session changed. */
void exit_payment_changed(struct service *s, const struct movement_id *session, unsigned acts);
/* The vehicle of this Movement is no longer at the exit: its question is over, and a payment that was
 * not sent for it yet is not sent any more. */
void exit_gone(struct service *s, const struct movement_id *movement);
/* Somebody waits at an exit with this stay. */
bool exit_waits(struct service *s, const struct movement_id *session);
/* The driver pays by a link. */
void exit_payment_begun(struct service *s, const struct movement_id *session);
/* The price of this stay fell: whoever waits with it is asked for less. */
void exit_price_changed(struct service *s, const struct movement_id *session);
void exit_timers(struct service *s);

#endif
