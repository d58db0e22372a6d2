/* Topic names (PROTOCOL.md, "Topics"): boomgate/v1/{place}/{edge}/{channel} and a few others. */
#ifndef BOOMGATE_WIRE_TOPIC_H
#define BOOMGATE_WIRE_TOPIC_H

#include "protocol/base/id.h"

#include <stddef.h>

/* "boomgate/v1/" + two names + the longest channel + NUL, with room. */
enum { TOPIC_SIZE = 112 };

enum topic_kind {
    TOPIC_EVENT,     /* edge -> cloud, QoS 1 */
    TOPIC_ACK,       /* cloud -> edge, QoS 1 */
    TOPIC_REQUEST,   /* edge -> cloud, QoS 0 */
    TOPIC_RESPONSE,  /* cloud -> edge, QoS 0 */
    TOPIC_GRANT,     /* cloud -> edge, QoS 1 */
    TOPIC_STATUS,    /* edge -> all, QoS 1, retained */
    TOPIC_TELEMETRY, /* edge -> all, QoS 0 */
    TOPIC_COMMAND,   /* cloud -> edge, QoS 1 */
    TOPIC_RIGHTS,    /* cloud -> edge, QoS 1 */
    TOPIC_EDGE_KINDS,
    TOPIC_OCCUPANCY = TOPIC_EDGE_KINDS, /* boomgate/v1/{place}/occupancy: QoS 1, retained */
    TOPIC_CLOUD_STATUS, /* boomgate/v1/cloud/{instance}/status: QoS 1, retained; `edge` = instance */
    TOPIC_KINDS
};

struct topic {
    enum topic_kind kind;
    struct name place; /* empty for TOPIC_CLOUD_STATUS */
    struct name edge;  /* empty for TOPIC_OCCUPANCY; the instance for TOPIC_CLOUD_STATUS */
};

/* Writes the topic into ret[TOPIC_SIZE]. */
enum err topic_format(const struct topic *t, char *ret);

/* Splits a received topic. ERR_INVAL: not one of ours (wrong prefix, version, name or channel). */
enum err topic_parse(const char *text, size_t len, struct topic *ret);

/* The subscription of a cloud daemon to one kind of all edges: "boomgate/v1/+/+/event". */
enum err topic_filter_all(enum topic_kind kind, char *ret);

#endif
