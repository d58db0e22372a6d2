/* All payment providers behind the one port of the service. Each has a worker of its own with its own
 * thread, connections, queue and breaker: a sick one takes nothing from the others. */
#ifndef BOOMGATE_CLOUD_PAYMENT_PAYMENTS_H
#define BOOMGATE_CLOUD_PAYMENT_PAYMENTS_H

#include "cloud/payment/worker.h"

struct payments;

/* The providers in the order in which they are tried; count 0: nobody is ever charged. Errors as
 * payment_worker_create. */
enum err payments_create(const struct payment_options *list, size_t count, payment_done done,
                         settlement_done settled, void *arg, struct payments **ret);

/* The port for the service; valid as long as the payments. */
struct payments_port payments_port_of(struct payments *p);

/* Thread-safe; writes up to `max` and returns how many. */
size_t payments_status(struct payments *p, struct provider_status *ret, size_t max);

/* As payment_worker_stop, side by side. */
void payments_stop(struct payments *p, int64_t wait_ms);
void payments_free(struct payments *p); /* NULL is fine */

#endif
