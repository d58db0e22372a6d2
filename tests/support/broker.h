/* A real Mosquitto of a test's own: loopback, a free port, a configuration in a temporary folder.
 * It dies with the test's process, however that ends. A broker that cannot be started fails the
 * test. */
#ifndef BOOMGATE_TESTS_BROKER_H
#define BOOMGATE_TESTS_BROKER_H

#include <stdint.h>

struct broker;

/* Starts one and waits until it accepts connections. `extra` (may be NULL) is added to the
 * configuration. */
struct broker *broker_start(const char *extra);

uint16_t broker_port(const struct broker *b);

/* kill -9, and waits for the end: sessions, queues and retained messages are gone. */
void broker_kill(struct broker *b);

/* It stays connected and answers nothing, until it is resumed: a half-open connection. */
void broker_pause(struct broker *b);
void broker_resume(struct broker *b);

/* Starts it again on the same port, after broker_kill. */
void broker_restart(struct broker *b);

/* Ends it if it runs and removes its folder. NULL is fine. */
void broker_stop(struct broker *b);

/* A TCP port of 127.0.0.1 that was free a moment ago. */
uint16_t free_port(void);

#endif
