/* This process's TCP connections to a port, seen through /proc/self/fd. */
#ifndef BOOMGATE_TESTS_MQTT_SOCKETS_H
#define BOOMGATE_TESTS_MQTT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_set {
    int fds[64];
    size_t count;
};

struct socket_set sockets_set(uint16_t port);
int sockets_to(uint16_t port);

/* All of them, and at least one. */
bool sockets_have_nodelay(uint16_t port);

/* Cuts those that are not in `old`, as a dead network would be noticed: no goodbye. */
void sockets_cut_new(uint16_t port, const struct socket_set *old);

#endif
