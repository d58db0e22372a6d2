/* Traces for a collector: OTLP/HTTP with JSON (OpenTelemetry protocol 1.x, POST <url>/v1/traces).
 *
 * O1 What is exported is read from the feed, from its end at the start on: the ledger's writer knows nothing
 *    of it, and no queue of ours can grow.
 * O2 A collector that is away is tried again after a pause that grows. When more than OTLP_BEHIND_MAX entries
 *    wait, the oldest are left out and counted; what it refuses (4xx) is left out at once.
 * O3 Each entry of a trace is one span below the Movement's (PROTOCOL.md, "Traces"); the Movement's own
 *    begins with `vehicle.presented`. No plate leaves. */
#ifndef BOOMGATE_CLOUD_OTLP_OTLP_H
#define BOOMGATE_CLOUD_OTLP_OTLP_H

#include "cloud/metrics.h"
#include "cloud/store/reader.h"

#include <jansson.h>

enum { OTLP_URL_SIZE = 256, OTLP_BATCH = 256, OTLP_BEHIND_MAX = 20000 };

/* ---- the document ---- */

/* An empty export request of this daemon; the caller's. */
json_t *otlp_document(const char *instance);

/* Adds the span of an entry. False: it is part of no trace. */
bool otlp_add(json_t *document, const struct feed_item *i);

/* ---- the exporter ---- */

struct otlp_options {
    char url[OTLP_URL_SIZE]; /* "http://127.0.0.1:4318" */
    const char *database;    /* the ledger's file */
    struct name instance;
    int64_t pause_ms;        /* real time between looks, and the first pause of O2 */
    int64_t timeout_ms;      /* of one request */
    struct metrics *metrics; /* may be NULL */
};

struct otlp;
/* Starts its thread. `database` must outlive it. Errors as reader_open. */
enum err otlp_start(const struct otlp_options *o, struct otlp **ret);
/* Gives up what is under way, joins and frees; NULL is fine. */
void otlp_stop(struct otlp *t);

#endif
