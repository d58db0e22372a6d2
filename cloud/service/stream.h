/* The end of a stream: fenced by a newer epoch or by a person, or frozen because two histories of one
 * journal were seen. */
#ifndef BOOMGATE_CLOUD_SERVICE_STREAM_H
#define BOOMGATE_CLOUD_SERVICE_STREAM_H

#include "cloud/service/state.h"

/* Nothing of this epoch is applied any more. What it holds stays reserved until an audit; what it owes
 * the pool pays. Its offers are no longer sent. */
void stream_fence(struct service *s, struct stream *st);

/* A second history: nothing is applied and no hello answered until a person releases it. Stops the
 * place's offers. */
void stream_freeze(struct service *s, struct stream *st, int64_t seq, const char *detail);

/* Forgets the events that wait for a gap to fill: they will be sent again. */
void stream_forget_staged(struct stream *st);

#endif
