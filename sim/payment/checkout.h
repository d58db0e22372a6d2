/* A stand-in for the provider's hosted form: the driver "pays" by opening it, and comes back with the name
 * of an account there. */
#ifndef BOOMGATE_SIM_PAYMENT_CHECKOUT_H
#define BOOMGATE_SIM_PAYMENT_CHECKOUT_H

#include "sim/control/http_host.h"

/* GET /checkout?return=URL&amount=N&currency=C[&payer=cus_...]: 303 to URL?payer=cus_link_<n>; `serial`
 * makes the names differ. False: it is another request. */
bool checkout_take(struct http_exchange *x, int64_t serial);

#endif
