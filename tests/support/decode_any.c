#include "tests/support/decode_any.h"

#include "protocol/wire/ack.h"
#include "protocol/wire/command.h"
#include "protocol/wire/event_codec.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN = 0xA5, AGAIN_SIZE = EVENT_BYTES_MAX + 1 };

union message {
    struct event event;
    struct ack ack;
    struct request request;
    struct response response;
    struct grant grant;
    struct command command;
    struct status status;
    struct telemetry telemetry;
    struct occupancy occupancy;
    struct cloud_status cloud_status;
    struct rights_part rights;
};

static enum err decode(const struct topic *t, const void *bytes, size_t len, union message *m,
                       char *reason)
{
    switch (t->kind) {
    case TOPIC_EVENT: return event_decode(t, bytes, len, &m->event, reason);
    case TOPIC_ACK: return ack_decode(bytes, len, &m->ack, reason);
    case TOPIC_REQUEST: return request_decode(bytes, len, &m->request, reason);
    case TOPIC_RESPONSE: return response_decode(bytes, len, &m->response, reason);
    case TOPIC_GRANT: return grant_decode(bytes, len, &m->grant, reason);
    case TOPIC_COMMAND: return command_decode(bytes, len, &m->command, reason);
    case TOPIC_STATUS: return status_decode(bytes, len, &m->status, reason);
    case TOPIC_TELEMETRY: return telemetry_decode(bytes, len, &m->telemetry, reason);
    case TOPIC_OCCUPANCY: return occupancy_decode(bytes, len, &m->occupancy, reason);
    case TOPIC_CLOUD_STATUS: return cloud_status_decode(bytes, len, &m->cloud_status, reason);
    case TOPIC_RIGHTS: return rights_decode(bytes, len, &m->rights, NULL, reason);
    case TOPIC_KINDS: break;
    }
    return ERR_NOTFOUND;
}

static enum err encode(const struct topic *t, const union message *m, char *ret)
{
    size_t len;
    switch (t->kind) {
    case TOPIC_EVENT: return event_encode(&m->event, ret, AGAIN_SIZE, &len);
    case TOPIC_ACK: return ack_encode(&m->ack, ret, AGAIN_SIZE, &len);
    case TOPIC_REQUEST: return request_encode(&m->request, ret, AGAIN_SIZE, &len);
    case TOPIC_RESPONSE: return response_encode(&m->response, ret, AGAIN_SIZE, &len);
    case TOPIC_GRANT: return grant_encode(&m->grant, ret, AGAIN_SIZE, &len);
    case TOPIC_COMMAND: return command_encode(&m->command, ret, AGAIN_SIZE, &len);
    case TOPIC_STATUS: return status_encode(&m->status, ret, AGAIN_SIZE, &len);
    case TOPIC_TELEMETRY: return telemetry_encode(&m->telemetry, ret, AGAIN_SIZE, &len);
    case TOPIC_OCCUPANCY: return occupancy_encode(&m->occupancy, ret, AGAIN_SIZE, &len);
    case TOPIC_CLOUD_STATUS: return cloud_status_encode(&m->cloud_status, ret, AGAIN_SIZE, &len);
    case TOPIC_RIGHTS: return rights_encode(&m->rights, ret, AGAIN_SIZE, &len);
    case TOPIC_KINDS: break;
    }
    return ERR_NOTFOUND;
}

static void die(const char *what, const void *bytes, size_t len)
{
    fprintf(stderr, "%s: %.*s\n", what, (int)len, (const char *)bytes);
    abort();
}

enum err decode_any(const struct topic *topic, const void *bytes, size_t len, char *ret_reason,
                    char *again)
{
    static union message m, untouched; /* large */
    memset(&m, PATTERN, sizeof m);
    memset(&untouched, PATTERN, sizeof untouched);
    enum err result = decode(topic, bytes, len, &m, ret_reason);
    if (result != ERR_OK) {
        if (memcmp(&m, &untouched, sizeof m) != 0)
            die("a failed decode touched its output", bytes, len);
        return result;
    }
    if (again == NULL)
        return ERR_OK;
    again[0] = '\0';
    if (topic->kind == TOPIC_EVENT && m.event.kind == EVENT_UNKNOWN)
        return ERR_OK;
    if (encode(topic, &m, again) != ERR_OK)
        die("a decoded value cannot be encoded", bytes, len); /* R3 of record.h */
    return ERR_OK;
}
