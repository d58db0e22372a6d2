/* Changes of what somebody saw: refused if it is not so any more (struct seen in service.h). */
#ifndef BOOMGATE_CLOUD_SERVICE_SEEN_H
#define BOOMGATE_CLOUD_SERVICE_SEEN_H

#include "cloud/service/state.h"

/* True: go on. False: *ret says why not; nothing may be done. */
bool seen_right(struct service *s, const struct work *w, struct admin_result *ret);

#endif
