/* The connection on paho 1.3.12.
 *
 * Q1 Every attempt has a handle of its own: what an old one still had queued is never sent on a new
 *    session, and its late callbacks find an ended link.
 * Q2 A link ends once: whoever ends it (failure, loss, DISCONNECT, refusal, the owner) is the one
 *    that may report it, so an attempt gives at most one `up` and exactly one `down`, unless the
 *    owner ended it.
 * Q3 Nothing here blocks inside a callback: paho's one lock is held there.
 * Q4 The next handle is made before the old one is destroyed: destroying the last one waits for
 *    paho's threads to end. */
#include "protocol/mqtt/mqtt.h"

#include "protocol/mqtt/nodelay.h"
#include "protocol/mqtt/paho_message.h"
#include "protocol/support/memory.h"

#include <MQTTAsync.h>
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { URI_MAX = 300, TEXT_MAX = 200, RECEIVE_MAX_DEFAULT = 65535 };

/* One attempt and the session it may become. */
struct link {
    struct mqtt *owner;
    MQTTAsync handle;
    atomic_bool up;
    atomic_bool ended;     /* Q2 */
    atomic_bool closed;    /* our DISCONNECT is out */
    atomic_int unanswered; /* QoS 1 messages without PUBACK */
};

struct mqtt {
    struct mqtt_handlers handlers;
    struct mqtt_options options; /* its numbers */
    char *client_id;
    char *username; /* NULL: none */
    char *password;
    uint32_t address; /* IPv4, network order; 0 if the host is a name */
    char uri[URI_MAX];
    atomic_bool muted; /* being freed: no handler any more */
    struct link *link; /* NULL before the first attempt */
};

static void link_down(struct link *l, bool taken_over, const char *text)
{
    struct mqtt *m = l->owner;
    atomic_store(&l->up, false);
    if (!atomic_exchange(&l->ended, true) && !atomic_load(&m->muted))
        m->handlers.down(m->handlers.self, taken_over, text);
}

/* paho's failure as a text: a positive code is an MQTT reason, a negative one its own. */
static void failure_text(const char *what, const MQTTAsync_failureData5 *f, char ret[TEXT_MAX])
{
    const char *reason = NULL;
    int code = f != NULL ? f->code : 0;
    if (code > 0)
        reason = MQTTReasonCode_toString((enum MQTTReasonCodes)code);
    else if (f != NULL)
        reason = f->message != NULL ? f->message : MQTTAsync_strerror(code);
    snprintf(ret, TEXT_MAX, "%s: %s (%d)", what, reason != NULL ? reason : "no reason given", code);
}

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    struct link *l = context;
    struct mqtt *m = l->owner;
    int receive_max = RECEIVE_MAX_DEFAULT;
    if (MQTTProperties_hasProperty(&data->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM))
        receive_max = (int)MQTTProperties_getNumericValue(&data->properties,
                                                          MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    nodelay_by_peer(m->address, m->options.port);
    atomic_store(&l->up, true);
    if (!atomic_load(&l->ended) && !atomic_load(&m->muted))
        m->handlers.up(m->handlers.self, (uint16_t)receive_max);
}

static void on_connect_failed(void *context, MQTTAsync_failureData5 *data)
{
    char text[TEXT_MAX];
    failure_text("connect failed", data, text);
    link_down(context, false, text);
}

static void on_connection_lost(void *context, char *cause)
{
    link_down(context, false, cause != NULL ? cause : "connection lost");
}

static void on_broker_disconnect(void *context, MQTTProperties *properties,
                                 enum MQTTReasonCodes reason)
{
    (void)properties;
    char text[TEXT_MAX];
    const char *why = MQTTReasonCode_toString(reason);
    snprintf(text, sizeof text, "broker disconnected: %s (0x%02x)", why != NULL ? why : "unknown",
             (unsigned)reason);
    link_down(context, reason == MQTTREASONCODE_SESSION_TAKEN_OVER, text);
}

/* Always answers 1: anything else neither holds the PUBACK back nor slows the sender. `topic_len`
 * is 0 on some of paho's paths; a topic with a NUL in it is nobody's. */
static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *message)
{
    struct link *l = context;
    struct mqtt *m = l->owner;
    char memory[PAHO_TEXT_SIZE];
    struct mqtt_message in = paho_incoming(topic, message, memory);
    bool whole = topic_len == 0 || strlen(topic) == (size_t)topic_len;
    if (whole && !atomic_load(&l->ended) && !atomic_load(&m->muted))
        m->handlers.message(m->handlers.self, &in);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void answered(struct link *l, int token, bool ok)
{
    struct mqtt *m = l->owner;
    atomic_fetch_sub(&l->unanswered, 1);
    if (!atomic_load(&l->ended) && !atomic_load(&m->muted))
        m->handlers.taken(m->handlers.self, token, ok);
}

static void on_taken(void *context, MQTTAsync_successData5 *data)
{
    answered(context, data->token, true);
}

static void on_not_taken(void *context, MQTTAsync_failureData5 *data)
{
    answered(context, data->token, false);
}

static char *copy_of(const char *text)
{
    return text != NULL ? mem_text(text) : NULL;
}

enum err mqtt_create(const struct mqtt_options *o, const struct mqtt_handlers *h, struct mqtt **ret)
{
    struct in_addr address = {0};
    char uri[URI_MAX];
    int n = snprintf(uri, sizeof uri, "tcp://%s:%u", o->host, (unsigned)o->port);
    if (n < 0 || (size_t)n >= sizeof uri || o->host[0] == '\0' || o->port == 0 ||
        o->client_id[0] == '\0' || o->receive_max == 0)
        return ERR_INVAL;
    if (inet_pton(AF_INET, o->host, &address) != 1)
        address.s_addr = 0;

    struct mqtt *m = mem_alloc(sizeof *m);
    m->handlers = *h;
    m->options = *o;
    m->options.host = NULL;
    m->client_id = copy_of(o->client_id);
    m->username = copy_of(o->username);
    m->password = copy_of(o->password);
    m->address = address.s_addr;
    memcpy(m->uri, uri, sizeof uri);
    *ret = m;
    return ERR_OK;
}

static void link_free(struct link *l)
{
    if (l == NULL)
        return;
    MQTTAsync_destroy(&l->handle); /* takes paho's lock: no callback of this handle after it */
    free(l);
}

static enum err link_new(struct mqtt *m, struct link **ret)
{
    struct link *l = mem_alloc(sizeof *l);
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.sendWhileDisconnected = 0;
    l->owner = m;
    if (MQTTAsync_createWithOptions(&l->handle, m->uri, m->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                    NULL, &options) != MQTTASYNC_SUCCESS) {
        free(l);
        return ERR_INVAL;
    }
    MQTTAsync_setCallbacks(l->handle, l, on_connection_lost, on_message, NULL);
    MQTTAsync_setDisconnected(l->handle, l, on_broker_disconnect);
    *ret = l;
    return ERR_OK;
}

/* paho looks at this timeout every 3 s, and beside an idle connection it notices only at its next
 * poll, up to 1.1 s later, that a new one stands: less would refuse good connections. */
static int connect_timeout_s(int64_t timeout_ms)
{
    enum { LEAST_S = 3, MOST_S = 3600 };
    int64_t s = (timeout_ms + 999) / 1000;
    return (int)(s < LEAST_S ? LEAST_S : s > MOST_S ? MOST_S : s);
}

static enum err link_connect(struct link *l, const struct mqtt_message *will)
{
    const struct mqtt *m = l->owner;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_willOptions will_options = MQTTAsync_willOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    options.keepAliveInterval = m->options.keepalive_s;
    options.cleanstart = 1;
    options.automaticReconnect = 0;
    options.connectTimeout = connect_timeout_s(m->options.connect_timeout_ms);
    options.username = m->username;
    options.password = m->password;
    options.context = l;
    options.onSuccess5 = on_connected;
    options.onFailure5 = on_connect_failed;
    options.connectProperties = &properties;
    if (will != NULL) {
        will_options.topicName = will->topic;
        will_options.payload.data = will->payload;
        will_options.payload.len = (int)will->len;
        will_options.qos = will->qos;
        will_options.retained = will->retained;
        options.will = &will_options;
    }
    paho_add_number(&properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, m->options.receive_max);
    int rc = MQTTAsync_connect(l->handle, &options);
    MQTTProperties_free(&properties);
    return rc == MQTTASYNC_SUCCESS ? ERR_OK : ERR_INVAL;
}

enum err mqtt_connect(struct mqtt *m, const struct mqtt_message *will)
{
    struct link *fresh;
    if (m->link != NULL && !atomic_load(&m->link->ended))
        return ERR_CONFLICT;
    TRY(link_new(m, &fresh));
    link_free(m->link); /* Q4 */
    m->link = fresh;
    enum err result = link_connect(fresh, will);
    if (result != ERR_OK)
        atomic_store(&fresh->ended, true);
    return result;
}

/* The link in use, or NULL. */
static struct link *link_up(struct mqtt *m)
{
    struct link *l = m->link;
    return l != NULL && atomic_load(&l->up) && !atomic_load(&l->ended) ? l : NULL;
}

static enum err send_error(int rc)
{
    switch (rc) {
    case MQTTASYNC_SUCCESS: return ERR_OK;
    case MQTTASYNC_DISCONNECTED: return ERR_UNAVAIL;
    case MQTTASYNC_MAX_BUFFERED_MESSAGES:
    case MQTTASYNC_NO_MORE_MSGIDS: return ERR_FULL;
    default: return ERR_INVAL;
    }
}

/* Without response options paho drops all of a message's properties. */
static int link_send(struct link *l, const struct mqtt_message *msg, int *ret_token)
{
    MQTTAsync_message out = paho_outgoing(msg);
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    if (msg->qos > 0) {
        response.context = l;
        response.onSuccess5 = on_taken;
        response.onFailure5 = on_not_taken;
    }
    int rc = MQTTAsync_sendMessage(l->handle, msg->topic, &out, &response);
    MQTTProperties_free(&out.properties);
    *ret_token = response.token;
    return rc;
}

enum err mqtt_publish(struct mqtt *m, const struct mqtt_message *msg, int *ret_token)
{
    int token = 0;
    struct link *l = link_up(m);
    if (l == NULL)
        return ERR_UNAVAIL;
    if (msg->qos > 0)
        atomic_fetch_add(&l->unanswered, 1);
    enum err result = send_error(link_send(l, msg, &token));
    if (result != ERR_OK && msg->qos > 0)
        atomic_fetch_sub(&l->unanswered, 1);
    if (result == ERR_OK && ret_token != NULL)
        *ret_token = token;
    return result;
}

static void on_refused_closed(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    link_down(context, false, "the broker refused a subscription");
}

static void on_refused_not_closed(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    link_down(context, false, "the broker refused a subscription");
}

/* A session without its subscriptions is of no use: leave it, with the will. */
static void leave_refused(struct link *l)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    options.reasonCode = MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE;
    options.context = l;
    options.onSuccess5 = on_refused_closed;
    options.onFailure5 = on_refused_not_closed;
    MQTTAsync_disconnect(l->handle, &options); /* only queues, and fails only if the link is lost */
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    bool refused = data->reasonCode >= MQTTREASONCODE_UNSPECIFIED_ERROR;
    for (int i = 0; data->alt.sub.reasonCodeCount > 1 && i < data->alt.sub.reasonCodeCount; i++)
        refused |= data->alt.sub.reasonCodes[i] >= MQTTREASONCODE_UNSPECIFIED_ERROR;
    if (refused)
        leave_refused(context);
}

/* A negative code means that the connection is going, which is reported elsewhere. */
static void on_not_subscribed(void *context, MQTTAsync_failureData5 *data)
{
    if (data->code >= 0)
        leave_refused(context);
}

enum err mqtt_subscribe(struct mqtt *m, const char *const *filters, const int *qos, size_t count)
{
    enum { FILTERS_MAX = 16 };
    char *copies[FILTERS_MAX];
    int qos_copy[FILTERS_MAX];
    struct link *l = link_up(m);
    if (count == 0 || count > FILTERS_MAX)
        return ERR_INVAL;
    if (l == NULL)
        return ERR_UNAVAIL;
    for (size_t i = 0; i < count; i++) {
        copies[i] = mem_text(filters[i]);
        qos_copy[i] = qos[i];
    }
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    response.context = l;
    response.onSuccess5 = on_subscribed;
    response.onFailure5 = on_not_subscribed;
    int rc = MQTTAsync_subscribeMany(l->handle, (int)count, copies, qos_copy, &response);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return send_error(rc);
}

static void on_closed(void *context, MQTTAsync_successData5 *data)
{
    struct link *l = context;
    (void)data;
    atomic_store(&l->closed, true);
}

static void on_not_closed(void *context, MQTTAsync_failureData5 *data)
{
    struct link *l = context;
    (void)data;
    atomic_store(&l->closed, true);
}

/* A callback of paho's turns the condition; looking again every few milliseconds is fine at the end
 * of a session. Returns what is left of `wait_ms`. */
static int64_t wait_a_little(int64_t wait_ms)
{
    enum { STEP_MS = 2 };
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    nanosleep(&step, NULL);
    return wait_ms - STEP_MS;
}

void mqtt_disconnect(struct mqtt *m, int64_t wait_ms)
{
    struct link *l = link_up(m);
    if (l == NULL)
        return;
    while (atomic_load(&l->unanswered) > 0 && !atomic_load(&l->ended) && wait_ms > 0)
        wait_ms = wait_a_little(wait_ms);
    if (atomic_exchange(&l->ended, true))
        return;
    atomic_store(&l->up, false);
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    options.context = l;
    options.onSuccess5 = on_closed;
    options.onFailure5 = on_not_closed;
    if (MQTTAsync_disconnect(l->handle, &options) != MQTTASYNC_SUCCESS)
        return;
    while (!atomic_load(&l->closed) && wait_ms > 0)
        wait_ms = wait_a_little(wait_ms);
}

void mqtt_free(struct mqtt *m)
{
    if (m == NULL)
        return;
    atomic_store(&m->muted, true);
    link_free(m->link);
    free(m->client_id);
    free(m->username);
    free(m->password);
    free(m);
}
