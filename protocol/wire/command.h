/* What a person far away asks of one lane (cloud -> edge), at most once by its id:
 * {"id":...,"lane":"in-1","action":"open","issued":...,"not_after":...,"actor":"kim",
 *  "reason":"help call","expect":"arm_down"}. The result is a sequence of command.result events. */
#ifndef BOOMGATE_WIRE_COMMAND_H
#define BOOMGATE_WIRE_COMMAND_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/wire/event.h"
#include "protocol/wire/words.h"

#include <stddef.h>

struct command {
    struct request_id id;
    struct name lane;
    enum action action;
    struct wall_ms issued;
    struct wall_ms not_after;       /* after issued; not begun afterwards */
    struct name actor;              /* who asks */
    char reason[EVENT_DETAIL_SIZE]; /* and why, in a person's words */
    enum expect expect;             /* optional */
};

enum { COMMAND_BYTES_MAX = 1024 };

enum err command_encode(const struct command *c, char *ret, size_t size, size_t *ret_len);
/* ERR_INVAL, with the reason (RECORD_REASON_SIZE bytes; may be NULL). */
enum err command_decode(const void *bytes, size_t len, struct command *ret, char *ret_reason);

#endif
