/* Stays: opened and closed by crossings, priced when they end. */
#ifndef BOOMGATE_CLOUD_SERVICE_STAY_H
#define BOOMGATE_CLOUD_SERVICE_STAY_H

#include "cloud/core/session.h"
#include "cloud/service/state.h"

/* The open stay of this credential; else of this plate; else the only one whose plate differs from it in
 * one character that cameras confuse. The credential of a vehicle with quite another plate does not stand
 * for one that has an open stay of its own: a ticket passed on does not shorten a stay. */
enum stay_known stay_find(struct service *s, struct place *p, const struct plate *plate,
                          const struct credential_text *credential, struct wall_ms at,
                          struct session_row *ret);

void stay_enter(struct service *s, struct place *p, const struct crossing *entry);
void stay_leave(struct service *s, struct place *p, const struct crossing *exit,
                const struct request_id *request);
/* Driven out under fire: the open stay ends, and nothing more is due. Whose plate is not known, or has no
 * stay, just left. */
/* A vehicle that was let out did not leave: what it paid for the exit is kept, and its grace begins
 * anew (the only rule for a reversal before leaving; a person may give the money back instead). */
void stay_reversed(struct service *s, struct place *p, const struct crossing *exit,
                   const struct request_id *request);
void stay_evacuate(struct service *s, struct place *p, const struct crossing *exit);
/* It has ended: its price, what is owed of it, and whoever wants to know. `fact` as in feed.h. */
void stay_settle(struct service *s, struct place *p, struct session_row *r,
                 const struct request_id *request, const char *fact);
/* Price of a stay up to `at`; false: it cannot be priced (recorded as an anomaly). */
bool stay_price(struct service *s, struct place *p, const struct session_row *r, struct wall_ms at,
                int64_t *ret_minor);

/* The stay of who stands at an exit: by a lost ticket there, else by what is shown. */
enum stay_known stay_leaving(struct service *s, struct place *p, const struct crossing *exit,
                             struct session_row *ret);

/* The version of the rates in force when it begins rules the stay to its end. */
void stay_fix_version(struct service *s, const struct place *p, struct session_row *r);

/* The stay that an order means: the one of this id, or an open one. ERR_NOTFOUND, with the reason. */
enum err stay_named(struct service *s, const struct stay_name *n, struct session_row *ret,
                    struct admin_result *result);
/* What it costs now, for the answer to an order; 0 if it cannot be priced. */
void stay_told(struct service *s, const struct session_row *r, struct admin_result *result);

#endif
