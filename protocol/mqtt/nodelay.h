/* Sets TCP_NODELAY on sockets that a library opened and does not show. */
#ifndef BOOMGATE_MQTT_NODELAY_H
#define BOOMGATE_MQTT_NODELAY_H

#include <stdint.h>

/* Sets it on every socket of this process that is connected to TCP port `port`, at IPv4 address
 * `address` (network order) unless that is 0. Returns how many were found. Looks through
 * /proc/self/fd: call it once per connection, not per message. */
int nodelay_by_peer(uint32_t address, uint16_t port);

#endif
