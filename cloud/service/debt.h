/* Debts: what a stay left owing, and the rounds that collect it. */
#ifndef BOOMGATE_CLOUD_SERVICE_DEBT_H
#define BOOMGATE_CLOUD_SERVICE_DEBT_H

#include "cloud/core/books.h"
#include "cloud/service/state.h"

/* Saves and tells what core/books.h made of a debt. */
void debt_save(struct service *s, const struct debt_row *d, enum books_debt done);
bool debt_is_open(struct service *s, const struct movement_id *session);
/* An open debt stays open, with the reason; it is not tried again by itself. */
void debt_note(struct service *s, const struct movement_id *session, const char *word,
               const char *detail);
/* The debt may be collected again: no money moved after all. */
void debt_again(struct service *s, const struct movement_id *session);
/* What a person decided: MONEY_WAIVE, MONEY_WRITE_OFF, MONEY_COLLECT. */
enum err debt_order(struct service *s, const struct money_order *o, struct admin_result *ret);
/* A round, while the provider can be called: unfinished payments first, then open debts. */
void debt_timers(struct service *s);

#endif
