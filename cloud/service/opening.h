/* When a place is open: closed by a person, or by its hours (core/hours.h, PROTOCOL.md, "Opening hours").
 *
 * O1 A closed place offers no spaces and wants back those that its edges have; it denies entries. Exits
 *    always go on.
 * O2 No edge may use its spaces beyond the next closing without a word from here: its lease ends with the
 *    hours, and while they are closed lasts a minute. */
#ifndef BOOMGATE_CLOUD_SERVICE_OPENING_H
#define BOOMGATE_CLOUD_SERVICE_OPENING_H

#include "cloud/service/state.h"

/* Reads its rules from the settings. */
void opening_read(struct place *p);
/* The settings were changed. */
void opening_settle(struct service *s, struct place *p);

/* O2 */
int64_t opening_lease_ms(const struct service *s, const struct place *p);

void opening_timers(struct service *s);
void opening_forget(struct place *p);

#endif
