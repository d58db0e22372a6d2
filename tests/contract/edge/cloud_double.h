/* The cloud's end of the wire for tests of the uplink: a client that writes down what an edge says
 * and answers when told to. */
#ifndef BOOMGATE_TESTS_CLOUD_DOUBLE_H
#define BOOMGATE_TESTS_CLOUD_DOUBLE_H

#include "protocol/mqtt/mqtt.h"

#include <stdbool.h>
#include <stdint.h>

enum { DOUBLE_EVENTS = 2048, DOUBLE_TEXT = 1024, DOUBLE_BYTES = 256 * 1024 };

struct cloud_double;

/* Connects to the broker and listens to everything of edge a/e1. */
struct cloud_double *double_start(uint16_t port);
void double_stop(struct cloud_double *d);

/* What arrived so far; each is safe to call while more arrives. Events are the numbers in their
 * texts ("event N"), in order of arrival. */
size_t double_events(struct cloud_double *d, int64_t *ret, size_t max);
size_t double_requests(struct cloud_double *d, char ret_last[DOUBLE_TEXT]);
bool double_request_is_whole(
    struct cloud_double *d); /* response topic and correlation were there */
size_t double_telemetry(struct cloud_double *d);
size_t double_statuses(struct cloud_double *d, char ret_last[DOUBLE_TEXT]);
size_t double_offlines(struct cloud_double *d); /* statuses that said offline */

/* True if some event's text so far contains `part`. */
bool double_saw(struct cloud_double *d, const char *part);

/* Publishes to a topic below boomgate/v1/. */
void double_say(struct cloud_double *d, const char *topic, const char *text, bool retained);

#endif
