/* The control port from the other side: one call, one connection, for the command line. */
#ifndef BOOMGATE_SIM_CONTROL_CLIENT_H
#define BOOMGATE_SIM_CONTROL_CLIENT_H

#include "protocol/base/err.h"

#include <jansson.h>
#include <stdint.h>

/* Calls http://127.0.0.1:port. `body` may be NULL and stays the caller's. Any status is an answer.
 * ERR_UNAVAIL: nobody listens. ERR_TIMEOUT: no whole answer within 10 s. ERR_INVAL: no JSON object. */
enum err client_call(uint16_t port, const char *method, const char *path, const json_t *body,
                     int *ret_status, json_t **ret_answer);

#endif
