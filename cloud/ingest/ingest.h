/* Messages of edges become work of the service. Place and edge are read from the topic, which the
 * broker's ACL guards. Runs on paho's thread: it copies and posts, nothing else.
 *
 * N1 A full queue drops the message (the queue counts it): edges send again until they are
 * answered. N2 What cannot be work (a foreign topic, more than INGEST_BYTES_MAX bytes, a request
 * without correlation data) is counted and ignored; everything else goes to the service as it is.
 */
#ifndef BOOMGATE_CLOUD_INGEST_INGEST_H
#define BOOMGATE_CLOUD_INGEST_INGEST_H

#include "cloud/service.h"
#include "protocol/mqtt/mqtt.h"

enum { INGEST_BYTES_MAX = 64 * 1024 };

struct ingest {
    /* Takes the work over, or ERR_FULL. */
    enum err (*post)(void *arg, struct work *w);
    void *arg;
    struct metrics *metrics; /* may be NULL */
};

/* Handlers for broker_create; `self` is a struct ingest. */
void ingest_message(void *self, const struct mqtt_message *m);
enum err ingest_changed(void *self, bool up, uint16_t receive_max);

#endif
