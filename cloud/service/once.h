/* Requests that may come twice and have one effect (struct once in service.h). */
#ifndef BOOMGATE_CLOUD_SERVICE_ONCE_H
#define BOOMGATE_CLOUD_SERVICE_ONCE_H

#include "cloud/service/state.h"

/* True: this request was answered before, or its key means something else; *ret says so, and nothing
 * may be done for it. */
bool once_again(struct service *s, const struct admin_command *c, struct admin_result *ret);

/* Keeps what will be answered, in the batch that holds the effect, and forgets answers that nobody asks
 * for again. */
void once_keep(struct service *s, const struct admin_command *c, const struct admin_result *r);

#endif
