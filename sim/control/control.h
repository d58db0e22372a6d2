/* The control port: JSON over HTTP on loopback, for tests, the demo and people.
 *
 *   GET  /truth           the run as it is (truth.h)
 *   GET  /charges         every charge the provider made
 *   POST /vehicles        {"place","lane","plate"[,"then"][,"force"]} -> 202 {"vehicle"}
 *   GET  /vehicles/{id}   {"state",...}
 *   POST /vehicles/{id}   {"then"}: what the driver does next
 *   POST /provider        {"mode"[,"latency_ms"][,"count"]}
 *   POST /traffic         {"running"}
 *   POST /drain           {}
 *   POST /hardware        {"place","lane","fault"}
 *
 * Errors are {"error": text} with 400, 404, 405 or 409. */
#ifndef BOOMGATE_SIM_CONTROL_CONTROL_H
#define BOOMGATE_SIM_CONTROL_CONTROL_H

#include "sim/control/http_host.h"
#include "sim/payment/provider.h"
#include "sim/traffic/world.h"

struct control {
    struct world *world;
    struct provider *provider;
    /* Brings the world up to now, before every call. */
    void (*advance)(void *arg);
    void *arg;
};

/* An http_handler; arg is a struct control. */
void control_handle(void *arg, struct http_exchange *x);

#endif
