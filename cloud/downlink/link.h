/* The daemon's one connection to the broker: sessions, birth and will, subscriptions, and a bounded
 * way out for messages of any thread.
 *
 * K1 paho's threads only copy a note and wake: no lock of ours is taken in a handler that is also
 * held over a call into paho. K2 A missing broker never delays the start and never ends the
 * process: attempts go on with full jitter, and the backoff is reset only by a session that lasted.
 * K3 At most `window` QoS 1 messages are unanswered (paho sleeps up to a second beyond the broker's
 *    receive maximum); the rest waits in a bounded queue, in order. What does not fit, and
 * everything while there is no session, is dropped and counted: it is all resent by nature. K4
 * Subscriptions are on their way before `changed` says that the session is up, and so before
 *    anything that makes edges send. */
#ifndef BOOMGATE_CLOUD_DOWNLINK_LINK_H
#define BOOMGATE_CLOUD_DOWNLINK_LINK_H

#include "cloud/metrics.h"
#include "protocol/base/id.h"
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/clock_source.h"

#include <stdbool.h>
#include <stdint.h>

struct link_options {
    const char *host;
    uint16_t port;
    const char *username; /* NULL: none */
    const char *password;
    struct name instance;     /* client id "cloud-<instance>" */
    int64_t reconnect_min_ms; /* real time */
    int64_t reconnect_max_ms;
    int64_t receive_max;       /* what the broker may have in flight towards us */
    int64_t window;            /* K3 */
    int64_t queue;             /* K3 */
    struct clock_source clock; /* for the time in birth and will */
    struct metrics *metrics;   /* may be NULL */
};

struct link_handlers {
    void *self;
    /* On paho's thread, with its lock held: copy and post. */
    void (*message)(void *self, const struct mqtt_message *m);
    /* On the connection's own thread. ERR_FULL: called again a little later. */
    enum err (*changed)(void *self, bool up, uint16_t receive_max);
};

struct link;

/* Copies everything. ERR_INVAL: host, port or instance cannot be used. */
enum err link_create(const struct link_options *o, const struct link_handlers *h,
                     struct link **ret);

/* Starts the thread, which connects; returns at once. */
void link_start(struct link *l);

/* Any thread; copies; never blocks on the network. ERR_UNAVAIL: no session; ERR_FULL: the queue is
 * full. Both are counted. */
enum err link_publish(struct link *l, const struct mqtt_message *m);

bool link_up(const struct link *l);

/* Publishes the offline status, disconnects and joins the thread. */
void link_stop(struct link *l);

void link_free(struct link *l); /* NULL is fine; stopped first */

#endif
