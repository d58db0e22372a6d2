/* One MQTT 5 connection on paho's MQTTAsync: the only code that includes MQTTAsync.h.
 *
 * Clean start on every connect, no client persistence, no offline buffer, no automatic reconnect:
 * the owner calls mqtt_connect again, with its own backoff, and subscribes in `up`. Handlers run on
 * paho's threads with paho's lock held: they may copy and post, nothing else; never call back into
 * this interface from a handler.
 * TCP_NODELAY is set on the socket as soon as it is connected (a QoS 1 round trip costs 40 ms
 * without). */
#ifndef BOOMGATE_MQTT_MQTT_H
#define BOOMGATE_MQTT_MQTT_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MQTT_CORRELATION_SIZE = 16 };

struct mqtt_message {
    const char *topic; /* NUL-terminated */
    const void *payload;
    size_t len;
    int qos; /* 0 or 1 */
    bool retained;
    const char *response_topic; /* NULL: none */
    const uint8_t *correlation; /* MQTT_CORRELATION_SIZE bytes; NULL: none */
    uint32_t expiry_s;          /* 0: none */
};

struct mqtt_handlers {
    void *self;
    /* Connected; `receive_max` is the broker's receive maximum. */
    void (*up)(void *self, uint16_t receive_max);
    /* Not connected any more, or the attempt failed: exactly once per attempt, unless the owner
     * ended it with mqtt_disconnect or mqtt_free. `taken_over`: another client has our identity
     * (0x8E); do not reconnect, raise an alarm (Mosquitto 2.0.11 closes without saying so: a
     * session that is lost again and again right after `up` means the same). `text` says why. */
    void (*down)(void *self, bool taken_over, const char *text);
    void (*message)(void *self, const struct mqtt_message *m); /* valid during the call only */
    /* The broker took a QoS 1 message (PUBACK): moves a window, says nothing about durability. */
    void (*taken)(void *self, int token, bool ok);
};

struct mqtt_options {
    const char *host; /* an IPv4 literal; a name is resolved by paho with its lock held */
    uint16_t port;
    const char *client_id;
    const char *username; /* NULL: none */
    const char *password;
    uint16_t keepalive_s;       /* 15..120 */
    uint16_t receive_max;       /* what we let the broker have in flight towards us */
    int64_t connect_timeout_ms; /* less than 3000 counts as 3000: paho looks every 3 s */
};

struct mqtt;

/* Copies everything. Creates threads (paho's) but does not connect. */
enum err mqtt_create(const struct mqtt_options *o, const struct mqtt_handlers *h,
                     struct mqtt **ret);

/* Starts one attempt, on a handle of its own: what was handed over before is not sent any more. The
 * outcome arrives as `up` or `down`, on loopback 0.1 s later for the first attempt of a process and
 * 1.1 s for any other (paho's polls). The will is per attempt, since it names the session.
 * ERR_CONFLICT: already connected or connecting. */
enum err mqtt_connect(struct mqtt *m, const struct mqtt_message *will);

/* Hands a message to paho. *ret_token (may be NULL) identifies a QoS 1 message in `taken`.
 * ERR_UNAVAIL: not connected. ERR_FULL: paho's buffer is full, keep a smaller window. */
enum err mqtt_publish(struct mqtt *m, const struct mqtt_message *msg, int *ret_token);

/* Asynchronous; a refused subscription arrives as `down` after a disconnect. */
enum err mqtt_subscribe(struct mqtt *m, const char *const *filters, const int *qos, size_t count);

/* Waits for the PUBACKs of what was published, then sends DISCONNECT (which suppresses the will);
 * at most `wait_ms` in all. No `down` follows. Does nothing unless connected. */
void mqtt_disconnect(struct mqtt *m, int64_t wait_ms);

/* No handler runs after this returns. The last one of a process also waits for paho's threads, up
 * to about a second. NULL is fine. */
void mqtt_free(struct mqtt *m);

#endif
