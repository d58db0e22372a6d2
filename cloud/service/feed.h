/* What happened here, for the feed: GET /v1/events shows it between the events of edges.
 *
 * Facts are written in the transaction that makes them true and are never changed; only the plate, which
 * stands beside the data, may be forgotten. Types, subjects and members are listed in PROTOCOL.md, "The feed". */
#ifndef BOOMGATE_CLOUD_SERVICE_FEED_H
#define BOOMGATE_CLOUD_SERVICE_FEED_H

#include "cloud/service/state.h"
#include "protocol/base/buf.h"

enum { FEED_DATA_MAX = 4096 };

/* Writes members of one JSON object; "" and time 0 write nothing. */
struct feed_data {
    char memory[FEED_DATA_MAX];
    struct buf buf;
};
void feed_begin(struct feed_data *d);
void feed_text(struct feed_data *d, const char *key, const char *value);
void feed_int(struct feed_data *d, const char *key, int64_t value);
void feed_bool(struct feed_data *d, const char *key, bool value);
void feed_time(struct feed_data *d, const char *key, struct wall_ms value);

/* What happens from here on, up to the next work, is the doing of this Movement's trace; `span` names the
 * span in it: "", a request's id, a payment's key. */
void feed_cause(struct service *s, const struct trace *trace, const char *span);

/* Ends the object and appends the fact. `type` is a constant of lower-case words, "session.opened";
 * `place` may be NULL (of all places), `plate` may be NULL. Data that does not fit is left out and logged:
 * no word from outside may end the process. */
void feed_append(struct service *s, const char *type, const struct name *place, const char *subject,
                 const struct plate *plate, struct feed_data *d);

/* The facts that exist so far. */
void feed_session(struct service *s, const char *type, const struct session_row *r);
void feed_payment(struct service *s, const struct payment_row *r); /* "payment.<state>" */
void feed_refund(struct service *s, const struct refund_row *r);   /* "refund.<state>" */
void feed_reconciliation(struct service *s, const struct reconciliation_row *r);
void feed_debt(struct service *s, const char *type, const struct debt_row *r);
void feed_place(struct service *s, const char *type, const struct place *p);
void feed_decision(struct service *s, const struct decision_row *r); /* "decision.made" */
void feed_anomaly(struct service *s, const struct anomaly_row *r);
void feed_audit(struct service *s, const char *type, const struct audit_row *r);
void feed_rights(struct service *s, const struct name *place, int64_t version, int64_t changed);
void feed_command(struct service *s, const struct command_row *r);

#endif
