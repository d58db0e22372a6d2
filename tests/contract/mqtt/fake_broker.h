/* A broker of a few bytes that misbehaves in one way, on a thread of its own. */
#ifndef BOOMGATE_TESTS_MQTT_FAKE_BROKER_H
#define BOOMGATE_TESTS_MQTT_FAKE_BROKER_H

#include <stdint.h>

enum misbehaviour {
    CLOSES_AT_ONCE,        /* accepts and closes */
    SAYS_NOTHING,          /* accepts and reads */
    REFUSES_CONNECT,       /* CONNACK 0x87 */
    REFUSES_SUBSCRIPTIONS, /* CONNACK 0, SUBACK 0x87 for the last filter */
    SAYS_TAKEN_OVER,       /* CONNACK 0, then DISCONNECT 0x8E */
    CLOSES_SESSIONS,       /* CONNACK 0, closes at the first SUBSCRIBE */
    SAYS_GARBAGE,          /* answers CONNECT with bytes that are no packet */
};

struct fake_broker;

struct fake_broker *fake_broker_start(enum misbehaviour how);
uint16_t fake_broker_port(const struct fake_broker *b);

/* The DISCONNECT reason of the client, 256 if it sent none yet. */
int fake_broker_goodbye(const struct fake_broker *b);

void fake_broker_stop(struct fake_broker *b);

#endif
