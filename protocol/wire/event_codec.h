/* Events as CloudEvents 1.0 structured JSON. Encode, decode and validation share one table. */
#ifndef BOOMGATE_WIRE_EVENT_CODEC_H
#define BOOMGATE_WIRE_EVENT_CODEC_H

#include "protocol/wire/event.h"
#include "protocol/wire/topic.h"

enum { CODEC_REASON_SIZE = 160 };

/* Compact JSON into ret[size], length into *ret_len. ERR_FULL: does not fit or exceeds
 * EVENT_BYTES_MAX. ERR_INVAL: a member its kind requires is absent or out of bounds. */
enum err event_encode(const struct event *e, char *ret, size_t size, size_t *ret_len);

/* Reads and validates. `place` and `edge` come from the topic (the broker guards it): an id that
 * says otherwise is ERR_INVAL. Unknown members are ignored; an unknown type is ERR_OK with
 * EVENT_UNKNOWN, its envelope read. On failure ret_reason[CODEC_REASON_SIZE] (may be NULL) says what,
 * where and what was expected. */
enum err event_decode(const struct topic *source, const void *bytes, size_t len, struct event *ret,
                      char *ret_reason);

/* Reads only epoch, seq and prev, so that a bad body can be quarantined in its place in the stream;
 * the rest need not be JSON. ERR_INVAL: not even that can be read. */
struct event_header {
    int64_t epoch;
    int64_t seq;
    struct digest prev;
};
enum err event_peek(const void *bytes, size_t len, struct event_header *ret);

#endif
