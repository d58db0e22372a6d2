/* What a person did to the ledger: who, when, what, why, before and after. An act is a signed event of
 * its own chain (PROTOCOL.md, "Acts of people"); it is never changed, only undone by another one.
 * `text` is the JSON object as signed, `digest` that of these bytes, which the place's next act names. */
#ifndef BOOMGATE_CLOUD_CORE_ACT_H
#define BOOMGATE_CLOUD_CORE_ACT_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/wire/event.h"

#include <stddef.h>
#include <stdint.h>

enum act_kind {
    ACT_CORRECTION,     /* of the count by loops, by `delta` */
    ACT_SESSION_CLOSE,  /* of `session`, which nobody saw leave */
    ACT_SESSION_REOPEN, /* undoes that */
    ACT_SESSION_MATCH,  /* `other`, an unmatched exit, is the exit of `session` */
    ACT_SESSION_SPLIT,  /* it is not: `other` is unmatched, `session` open again */
    ACT_KINDS
};
/* "correction" "session.close" "session.reopen" "session.match" "session.split" */

enum { ACT_TEXT_SIZE = 4096 };

struct act_row {
    struct name place;
    int64_t id; /* 1, 2, ... in its place */
    enum act_kind kind;
    struct name actor;
    char reason[EVENT_DETAIL_SIZE]; /* in the actor's words */
    struct movement_id session, other;
    int64_t delta;
    int64_t undoes; /* the id of another act; 0: none */
    struct wall_ms at;
    struct digest digest;
    size_t len;
    char text[ACT_TEXT_SIZE];
};

const char *act_kind_word(enum act_kind v);
enum err act_kind_parse(const char *text, enum act_kind *ret); /* ERR_NOTFOUND */

#endif
