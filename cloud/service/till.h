/* The money of a stay that ended, by core/books.h: its debt, and what has to go back. */
#ifndef BOOMGATE_CLOUD_SERVICE_TILL_H
#define BOOMGATE_CLOUD_SERVICE_TILL_H

#include "cloud/service/state.h"

/* Brings the debt of a closed stay in line with its price and what was paid, gives an excess back, and
 * saves the stay. `credit_minor` came in just now (0: nothing). A payment that was never sent follows. */
void till_settle(struct service *s, struct session_row *r, int64_t credit_minor);

/* The closed stay costs another amount: what is missing becomes a debt, what is too much goes back. */
void till_reprice(struct service *s, struct session_row *r, int64_t price_minor);

/* Money of this payment came in, `quoted` when. */
void till_credit(struct service *s, const struct payment_row *row);

#endif
