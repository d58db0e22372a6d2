/* Handlers that write down what they are told, and a thread that waits for it. */
#ifndef BOOMGATE_TESTS_MQTT_OBSERVER_H
#define BOOMGATE_TESTS_MQTT_OBSERVER_H

#include "protocol/mqtt/mqtt.h"

#include <pthread.h>

enum { SEEN_TEXT = 256, SEEN_PAYLOAD = 1024 };

struct observer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int ups, downs, messages, taken, refused;
    uint16_t receive_max;
    int last_token;
    bool taken_over;
    char text[SEEN_TEXT];
    /* the last message */
    char topic[SEEN_TEXT];
    char payload[SEEN_PAYLOAD];
    size_t len;
    int qos;
    bool retained, has_response_topic, has_correlation;
    char response_topic[SEEN_TEXT];
    uint8_t correlation[MQTT_CORRELATION_SIZE];
    uint32_t expiry_s;
};

void observer_init(struct observer *o);
struct mqtt_handlers observer_handlers(struct observer *o);

/* Waits until *counter (a member of `o`) is at least `n`; fails the test after 10 s. */
void observer_wait(struct observer *o, const int *counter, int n, const char *what);

/* The value of a counter now. */
int observer_count(struct observer *o, const int *counter);

#endif
