/* Payments: one at a time per stay, through core/payment_machine.h. */
#ifndef BOOMGATE_CLOUD_SERVICE_PAYMENT_H
#define BOOMGATE_CLOUD_SERVICE_PAYMENT_H

#include "cloud/service/state.h"

struct payment *payment_of(struct service *s, const struct movement_id *session);
void payment_load(struct service *s, const struct payment_row *row);
/* Commits a new payment of the session and hands it over. The session must have none open. */
void payment_create(struct service *s, const struct movement_id *session, const struct name *place,
                    enum payment_kind kind, const struct payer *payer, struct money amount);
/* Whether the payer has an account that can be charged, and whether one can be charged now. */
bool payment_possible(const struct service *s, const struct payer *payer);
bool payment_available(const struct service *s, const struct payer *payer);
/* Hands it over now unless a call is under way: a charge or, in doubt, a query. */
void payment_drive(struct service *s, struct payment *p);
/* One that certainly is not at any provider follows the price; others stay as they are. */
void payment_set_amount(struct service *s, struct payment *p, int64_t minor);
/* The stay has ended, or nobody waits for it to be paid: from here on its payment is for its debt, if
 * there is one. One that was never sent takes the debt's amount, or is void. */
void payment_follow(struct service *s, const struct movement_id *session);
/* MONEY_SUCCEEDED, MONEY_FAILED: what a person found out about a payment that is `manual`. */
enum err payment_resolve(struct service *s, const struct money_order *o, struct admin_result *ret);
void payment_take(struct service *s, const struct payment_result *r);
/* The calls that the port refused after the last COMMIT: they were not sent. */
void payment_refused(struct service *s);
/* Begins up to `max` calls for payments whose pause is over (or all); returns how many. */
size_t payment_drive_due(struct service *s, bool all, size_t max);
const struct account *account_of(const struct service *s, const struct plate *plate);

#endif
