/* What a payment provider remembers: intents, charges, and the answers it gave under idempotency keys.
 * The wire is that of Stripe's PaymentIntents (docs.stripe.com/api), as far as an off-session charge
 * needs it. No sockets here.
 *
 * C1 The same Idempotency-Key with the same parameters gives the answer given before and does nothing;
 *    with other parameters it is refused (400, idempotency_error).
 * C2 An answer is remembered once the charge was tried, also a decline. What failed before that
 *    (wrong parameters, the provider's own error) is not remembered.
 * C3 A charge once made stays, whether its answer arrived or not. */
#ifndef BOOMGATE_SIM_PAYMENT_CHARGES_H
#define BOOMGATE_SIM_PAYMENT_CHARGES_H

#include "protocol/base/clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charges;

struct charges *charges_new(void);
void charges_free(struct charges *c); /* NULL is fine */

struct charge_answer {
    unsigned status;
    json_t *body;  /* the caller's reference */
    bool replayed; /* C1 */
};

/* POST /v1/payment_intents: `key` may be NULL, `form` is the body, `decline` declines whatever the
 * customer. Customers that begin with "cus_declined" always decline. */
struct charge_answer charges_create(struct charges *c, const char *key, const char *form,
                                    size_t len, bool decline, struct wall_ms now);

/* GET /v1/payment_intents/{id} */
struct charge_answer charges_get(const struct charges *c, const char *id);

/* GET /v1/payment_intents/search: metadata['NAME']:'VALUE' only. */
struct charge_answer charges_search(const struct charges *c, const char *query);

/* An error in the provider's form. */
struct charge_answer charges_error(unsigned status, const char *type, const char *code,
                                   const char *message);

/* Notes the trace context that came with the charge of this key, the first one. */
void charges_trace(struct charges *c, const char *key, const char *traceparent);

/* All charges made, oldest first: key, customer, amount_minor, currency (upper case), time, intent,
 * metadata, and traceparent if one came. The caller's reference. */
json_t *charges_list(const struct charges *c);

struct charge_counts {
    int64_t charges;
    int64_t declined;
    int64_t replayed;     /* calls with a key known already */
    const json_t *amount; /* minor units by currency; borrowed */
};

struct charge_counts charges_count(const struct charges *c);

#endif
