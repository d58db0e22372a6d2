/* What the live stream is told; the members of each notice are listed in notice.c. */
#ifndef BOOMGATE_CLOUD_SERVICE_NOTICE_H
#define BOOMGATE_CLOUD_SERVICE_NOTICE_H

#include "cloud/service/state.h"

void notice_place(struct service *s, const struct place *p);
void notice_movement(struct service *s, const struct event *e);
void notice_session(struct service *s, const struct session_row *r);
void notice_payment(struct service *s, const struct payment_row *r);
void notice_edge(struct service *s, const struct edge_live_row *r);
void notice_anomaly(struct service *s, const struct anomaly_row *r);

void notice_command(struct service *s, const struct command_row *r);

#endif
