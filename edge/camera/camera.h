/* Plates from cameras that push over HTTP: POST /v1/plates becomes an input of the lane, as a plate in
 * the device's registers does.
 *
 * M1 The server's thread checks a request and posts a value into the loop's mailbox; nothing else.
 * M2 A body is bounded and so is the time to send it; a fault is answered 400 and names the field.
 * M3 It binds to the loopback unless configured; with a token, a request has to bring it. */
#ifndef BOOMGATE_EDGE_CAMERA_CAMERA_H
#define BOOMGATE_EDGE_CAMERA_CAMERA_H

#include "edge/ports.h"
#include "protocol/support/mailbox.h"

enum { CAMERA_TOKEN_SIZE = 128, CAMERA_LANES_MAX = 16 };

struct camera_config {
    const char *bind;  /* a numeric address */
    uint16_t port;     /* 0: any free one */
    const char *token; /* "": none */
    struct name lanes[CAMERA_LANES_MAX];
    size_t lane_count;
};

struct camera;

/* Serves; `inputs` takes struct agent_input. Copies the configuration. ERR_INVAL: `bind` is no address;
 * ERR_UNAVAIL: it cannot be bound. */
enum err camera_start(const struct camera_config *c, struct mailbox *inputs, struct camera **ret);
uint16_t camera_port(const struct camera *c);
void camera_stop(struct camera *c); /* NULL is fine */

#endif
