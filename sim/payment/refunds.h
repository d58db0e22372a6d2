/* What a payment provider gave back, and what it booked in all: Stripe's Refunds and balance
 * transactions, on top of charges.h. No sockets here.
 *
 * R1 The same Idempotency-Key gives the answer given before and does nothing.
 * R2 No more is given back of an intent than was charged. */
#ifndef BOOMGATE_SIM_PAYMENT_REFUNDS_H
#define BOOMGATE_SIM_PAYMENT_REFUNDS_H

#include "sim/payment/charges.h"

struct refunds;

struct refunds *refunds_new(void);
void refunds_free(struct refunds *r); /* NULL is fine */

/* POST /v1/refunds */
struct charge_answer refunds_create(struct refunds *r, const struct charges *c, const char *key,
                                    const char *form, size_t len, struct wall_ms now);

/* GET /v1/refunds?payment_intent=; `intent` may be NULL: all. */
struct charge_answer refunds_list(const struct refunds *r, const char *intent);

/* GET /v1/balance_transactions: those created in [from_s, to_s), newest first, `limit` of them behind
 * the transaction `after` (NULL: from the first). */
struct charge_answer refunds_balance(const struct refunds *r, const struct charges *c,
                                     int64_t from_s, int64_t to_s, size_t limit, const char *after);

/* All refunds made, oldest first. The caller's reference. */
json_t *refunds_all(const struct refunds *r);
int64_t refunds_count(const struct refunds *r);

#endif
