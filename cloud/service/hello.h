/* A journal introduces itself, and those who have not are asked to. */
#ifndef BOOMGATE_CLOUD_SERVICE_HELLO_H
#define BOOMGATE_CLOUD_SERVICE_HELLO_H

#include "cloud/service/state.h"

void hello_take(struct service *s, const struct work *w, const struct request *r);
/* Somebody speaks whose hello is missing, or was lost with our database: all are asked (resync), once
 * for many, and ever more rarely while it does not help. */
void hello_ask(struct service *s);
/* A hello that had no answer may have one now: soon, however often it did not help before. */
void hello_ask_soon(struct service *s);
/* Everybody is asked at once: nothing was heard for a while. */
void hello_ask_now(struct service *s);
void hello_timers(struct service *s);

#endif
