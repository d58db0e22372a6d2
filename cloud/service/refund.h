/* Refunds: money on its way back, through the same machine as payments (core/payment_machine.h).
 * Committed before called, asked about in doubt, each with a key of its own. */
#ifndef BOOMGATE_CLOUD_SERVICE_REFUND_H
#define BOOMGATE_CLOUD_SERVICE_REFUND_H

#include "cloud/service/state.h"

/* Gives `minor` of this stay back, out of its newest payments first. What no payment has any more
 * becomes an anomaly. The caller saves the stay. */
void refund_excess(struct service *s, struct session_row *r, int64_t minor);

/* What a person ordered: of one payment, or of a stay. See enum admin_kind. */
enum err refund_order(struct service *s, const struct money_order *o, struct admin_result *ret);

/* MANUAL: a person looked. */
enum err refund_resolve(struct service *s, const struct money_order *o, struct admin_result *ret);

bool refund_key_is(const char *key); /* of a refund, not of a payment */
void refund_load(struct service *s, const struct refund_row *row);
void refund_take(struct service *s, const struct payment_result *r);
/* The port refused the call; `never`: it has no words for it. */
void refund_refused(struct service *s, const char *key, bool never);
/* Begins up to `max` calls for refunds whose pause is over (or all); returns how many. */
size_t refund_drive_due(struct service *s, bool all, size_t max);
void refund_free(struct service *s);

#endif
