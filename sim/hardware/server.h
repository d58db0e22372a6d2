/* A Modbus TCP endpoint on the simulator's loop: bytes in, requests to the owner, answers out. It owns
 * connections and nothing else.
 *
 * S1 At most `connections` at a time, as small controllers do; one more is closed at once.
 * S2 A stream that cannot be framed is closed; so is one whose peer does not take its answers. */
#ifndef BOOMGATE_SIM_HARDWARE_SERVER_H
#define BOOMGATE_SIM_HARDWARE_SERVER_H

#include "protocol/base/err.h"
#include "sim/hardware/frame.h"

#include <uv.h>

enum gate_verdict {
    GATE_ANSWER, /* with *ret_exception, or the values */
    GATE_SILENT, /* not at all */
    GATE_CUT,    /* close the connection */
};

/* Carries out one request. Called on the loop. */
typedef enum gate_verdict (*gate_handler)(void *arg, const struct frame_request *r,
                                          union frame_values *ret,
                                          enum frame_exception *ret_exception);

struct gate_server;

/* ERR_UNAVAIL: the address cannot be had; logged. Port 0: a free one. */
enum err gate_server_open(uv_loop_t *loop, const char *host, uint16_t port, int connections,
                          gate_handler handler, void *arg, struct gate_server **ret);
uint16_t gate_server_port(const struct gate_server *s);

/* Closes everything; the memory goes when the loop has run once more. NULL is fine. */
void gate_server_close(struct gate_server *s);

#endif
