/* Audits: a person counted, with the lanes locked; the ledger takes that count over once it knows that
 * it speaks of the same vehicles (PROTOCOL.md, "Audits").
 *
 * U1 Each edge names the event up to which the count covers it, in a hello that was asked for after
 *    the count was reported; all of these are applied first.
 * U2 What vehicles did after those events is added to the count.
 * U3 Spaces of an epoch that is over come back only when its lease has ended, or a person said that
 *    its device is gone.
 * U4 What was wrong with an event after those stays open, and goes on stopping offers. */
#ifndef BOOMGATE_CLOUD_SERVICE_AUDIT_H
#define BOOMGATE_CLOUD_SERVICE_AUDIT_H

#include "cloud/service/state.h"

enum err audit_order(struct service *s, const struct audit_order *o, struct admin_result *r);
enum err audit_cancel(struct service *s, const struct name *place, int64_t id,
                      const struct name *actor, struct admin_result *r);

/* Does an audit wait for a word of this epoch's edge? */
bool audit_wants(const struct stream *st);
/* Its fresh hello: its history ends with event `last`. */
void audit_heard(struct service *s, struct stream *st, int64_t last);
/* Event `seq` of `st` changed what the place counts by `occupied`. */
void audit_moved(struct service *s, struct stream *st, int64_t seq, int64_t occupied);

/* Applies what is ready. */
void audit_flush(struct service *s);
void audit_load(struct service *s, const struct audit_row *row);

#endif
