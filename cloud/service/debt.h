/* Debts: what a stay left owing, and the rounds that collect it. */
#ifndef BOOMGATE_CLOUD_SERVICE_DEBT_H
#define BOOMGATE_CLOUD_SERVICE_DEBT_H

#include "cloud/service/state.h"

/* `r` has ended and owes this. A payment of it that is under way is for the debt from here on. */
void debt_open(struct service *s, const struct session_row *r, int64_t due_minor);
bool debt_is_open(struct service *s, const struct movement_id *session);
/* Money came in for the session; settles the debt if it has an open one. */
void debt_credit(struct service *s, const struct movement_id *session, int64_t minor);
/* An open debt stays open, with the reason; it is not tried again by itself. */
void debt_note(struct service *s, const struct movement_id *session, const char *word,
               const char *detail);
/* A round, while the provider can be called: unfinished payments first, then open debts. */
void debt_timers(struct service *s);

#endif
