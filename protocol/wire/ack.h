/* Cumulative acknowledgement of events (cloud -> edge), sent only after COMMIT:
 * {"epoch":5,"upto":48213}. */
#ifndef BOOMGATE_WIRE_ACK_H
#define BOOMGATE_WIRE_ACK_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct ack {
    int64_t epoch; /* >= 1 */
    int64_t upto;  /* >= 0: every event with seq <= upto is committed */
};

enum { ACK_BYTES_MAX = 128 };

enum err ack_encode(const struct ack *a, char *ret, size_t size, size_t *ret_len);
enum err ack_decode(const void *bytes, size_t len, struct ack *ret, char *ret_reason);

#endif
