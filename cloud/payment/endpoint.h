/* The endpoints of one provider and which of them is used. Pure: the caller brings time and serialises
 * the calls.
 *
 * E1 Of the endpoints that are in, the one with the fewest attempts under way is used, of these the one
 *    used longest ago; a retry avoids the endpoint that just failed if there is another.
 * E2 `failures_in_row` failures in a row eject an endpoint for eject_ms; then exactly one trial: good,
 *    and it is in again; bad, and it is ejected anew.
 * E3 When all are ejected the one whose time ends first is used all the same: whether the provider is
 *    called at all is the breaker's decision.
 * E4 A result counts only in the state in which its attempt began. */
#ifndef BOOMGATE_CLOUD_PAYMENT_ENDPOINT_H
#define BOOMGATE_CLOUD_PAYMENT_ENDPOINT_H

#include "cloud/payment/breaker.h"

#include <stddef.h>

struct endpoint_options {
    int64_t failures_in_row; /* >= 1 */
    int64_t eject_ms;
};

enum endpoint_state { ENDPOINT_IN, ENDPOINT_EJECTED, ENDPOINT_TRIAL };

struct endpoint {
    enum endpoint_state state;
    uint32_t era;     /* counts changes of state */
    int64_t failures; /* in a row */
    int64_t used;     /* number of its last attempt */
    int64_t in_flight, ejections, good, failed, timed_out;
    struct mono_ms until; /* ejected up to here */
};

struct endpoint_ticket {
    size_t at; /* which endpoint */
    uint32_t era;
};

/* Chooses one of list[0..count), count >= 1, for an attempt. `avoid` is an index, or `count` for none.
 * Every ticket must be handed back to endpoint_end exactly once. */
struct endpoint_ticket endpoint_begin(struct endpoint *list, size_t count, size_t avoid,
                                      struct mono_ms now);

void endpoint_end(struct endpoint *list, const struct endpoint_ticket *t,
                  const struct endpoint_options *o, enum breaker_result result, struct mono_ms now);

/* Whether another endpoint than `at` works: then a failure at it says nothing about the provider. */
bool endpoint_others_work(const struct endpoint *list, size_t count, size_t at);

/* "in" "ejected" "trial" */
const char *endpoint_state_word(enum endpoint_state s);

#endif
