/* The books of one stay: what it was priced at, what was paid, given back and forgiven, what is owed
 * (domain.md, "Payment"). Pure.
 *
 * B1 a stay that ended: paid - refunded + owed + waived + written off = price + excess, and of owed
 *    and excess at least one is 0.
 * B2 0 <= refunded <= paid; owed, waived and written off are never below 0; no debt was paid with more
 *    than came in.
 * B3 money that comes late settles the debt, then takes back what was written off; the rest of it is
 *    an excess, to be given back in the transaction that books it.
 * B4 what a person gives back of a stay that ended is forgiven: no debt arises from it. Of a stay that
 *    goes on it is owed again, and its grace is over. */
#ifndef BOOMGATE_CLOUD_CORE_BOOKS_H
#define BOOMGATE_CLOUD_CORE_BOOKS_H

#include "cloud/core/records.h"

/* What is kept of the money that came in. */
int64_t books_kept(const struct session_row *s);

/* What is still owed of a debt. */
int64_t books_owed(const struct debt_row *d);

/* What was kept beyond the price of a stay that ended; `d` NULL: it has no debt. */
int64_t books_excess(const struct session_row *s, const struct debt_row *d);

/* Whether B1 and B2 hold. */
bool books_balanced(const struct session_row *s, const struct debt_row *d);

/* What books_settle did to the debt. */
enum books_debt { BOOKS_DEBT_SAME, BOOKS_DEBT_OPENED, BOOKS_DEBT_CHANGED, BOOKS_DEBT_SETTLED };

/* Makes the debt of a stay that ended what it has to be by B1, after `credit_minor` came in (0: its
 * price changed, or nothing did). `known`: *d is its debt; else one may be written there. Returns what
 * was done; *ret_excess is what is to be given back. */
enum books_debt books_settle(const struct session_row *s, int64_t credit_minor, bool known,
                             struct wall_ms now, struct debt_row *d, int64_t *ret_excess);

/* The stay that ended costs another amount; what was forgiven shrinks first, then what
 * was given up as lost. books_settle follows.
 * `d` NULL: it has no debt. */
void books_reprice(struct session_row *s, struct debt_row *d, int64_t price_minor);

/* Nobody is asked for the rest any more. ERR_CONFLICT: nothing is owed. */
enum err books_waive(struct session_row *s, struct debt_row *d, struct wall_ms now);

/* The rest is given up as lost; what comes in later is taken. ERR_CONFLICT: nothing is owed. */
enum err books_write_off(struct debt_row *d, struct wall_ms now);

/* Of a payment, what can still be given back. */
int64_t books_refundable(const struct payment_row *p);

/* `forgive`: B4. ERR_CONFLICT: more than the payment has left, or nothing. */
enum err books_refund(struct session_row *s, struct payment_row *p, int64_t minor, bool forgive);

/* The provider refused: the money is ours as before. Returns what of it the stay can be paid with, which
 * may have ended, or been priced anew, meanwhile: books_settle with this credit follows. */
int64_t books_refund_failed(struct session_row *s, struct payment_row *p, int64_t minor,
                            bool forgiven);

#endif
