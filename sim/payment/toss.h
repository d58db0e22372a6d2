/* The same provider in the words of Toss Payments (docs.tosspayments.com): automatic payments by billing
 * key, cancellations, look-ups and settlements. No sockets here.
 *
 * T1 The same Idempotency-Key gives the answer given before and does nothing; an orderId is charged once.
 * T2 No more is cancelled of a payment than was charged.
 * T3 A charge once made stays, whether its answer arrived or not. */
#ifndef BOOMGATE_SIM_PAYMENT_TOSS_H
#define BOOMGATE_SIM_PAYMENT_TOSS_H

#include "sim/payment/charges.h"

struct toss;

struct toss *toss_new(void);
void toss_free(struct toss *t); /* NULL is fine */

/* Whether a path is one of Toss'. */
bool toss_speaks(const char *path);

struct toss_call {
    bool post;
    const char *path;
    const char *key; /* Idempotency-Key; may be NULL */
    const char *body;
    size_t len;
    const char *authorization;         /* may be NULL */
    const char *start_date, *end_date; /* of settlements; may be NULL */
    int64_t page, size;
    bool decline; /* charges only */
};

struct charge_answer toss_answer(struct toss *t, const struct toss_call *c, struct wall_ms now);

/* An error in Toss' form. */
struct charge_answer toss_error(unsigned status, const char *code);

/* All payments, oldest first, as Toss shows them. The caller's reference. */
json_t *toss_payments(const struct toss *t);

#endif
