/* Payments that a driver makes: before leaving, or by a link at the exit. One at a time per stay. */
#ifndef BOOMGATE_CLOUD_SERVICE_PAY_H
#define BOOMGATE_CLOUD_SERVICE_PAY_H

#include "cloud/service/state.h"

/* ADMIN_PAY */
enum err pay_order(struct service *s, const struct pay_order *o, struct admin_result *r);

/* ADMIN_PAY_LINK: an address to pay for this stay. */
enum err pay_link_order(struct service *s, const struct stay_name *n, struct admin_result *r);

/* Whether links can be given at all; the one of this stay, made now if it has none. */
bool pay_links(const struct service *s);
struct pay_token pay_link_of(struct service *s, const struct movement_id *session, bool at_exit);

#endif
