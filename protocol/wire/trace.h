/* Trace context (W3C Trace Context, level 1): what one vehicle at one gate causes, from loop A to the payment
 * and the arm, is one trace.
 *
 * R1 The trace is a function of the Movement, so that whoever knows the Movement knows the trace: nothing
 *    is kept for it, and a restart, a retry or a second daemon goes on in the same one.
 * R2 Its first span is the Movement itself, at the gate; `traceparent` names that span or one below it.
 *
 * Pure. */
#ifndef BOOMGATE_WIRE_TRACE_H
#define BOOMGATE_WIRE_TRACE_H

#include "protocol/base/id.h"

enum { TRACE_ID_SIZE = 33, SPAN_ID_SIZE = 17, TRACEPARENT_SIZE = 56 };

/* 32 lower-case hex digits, the Movement's 16 first; text[0] == '\0': none. */
struct trace {
    char text[TRACE_ID_SIZE];
};

/* 16 lower-case hex digits, not all zero. */
struct span_id {
    char text[SPAN_ID_SIZE];
};

/* None for a Movement that is none. */
struct trace trace_of(const struct movement_id *movement);

/* The first span (R2). */
struct span_id trace_root(const struct trace *trace);

/* The span of something with a name of its own: a request's id, a payment's key. */
struct span_id trace_span(const struct trace *trace, const char *name);

/* The Movement a trace belongs to. */
struct movement_id trace_movement(const struct trace *trace);

/* "00-<trace>-<span>-01"; "" if the trace is none. */
void traceparent_format(const struct trace *trace, const struct span_id *span,
                        char ret[TRACEPARENT_SIZE]);

#endif
