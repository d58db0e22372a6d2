/* Space offers, recalls and bound spaces (cloud -> edge), idempotent by id, resent until answered by an event:
 * {"kind":"offer","id":17,"epoch":5,"n":8}. An unknown kind is ERR_NOTFOUND and is ignored. */
#ifndef BOOMGATE_WIRE_GRANT_H
#define BOOMGATE_WIRE_GRANT_H

#include "protocol/base/err.h"
#include "protocol/wire/right.h"

#include <stddef.h>
#include <stdint.h>

enum grant_kind {
    GRANT_NONE,
    GRANT_OFFER,  /* n spaces to use */
    GRANT_RECALL, /* n spaces are wanted back, now or from the next credits; with a right: of those
                     bound to it, now or never */
    GRANT_BOUND,  /* n spaces for the vehicle of one right */
};
/* "offer" "recall" "bound" */

struct grant {
    enum grant_kind kind;
    int64_t id;            /* > 0, unique per place */
    int64_t epoch;         /* of the edge it is meant for */
    int64_t n;             /* 1..10000 spaces */
    struct right_id right; /* GRANT_BOUND: always; GRANT_RECALL: "" or the right */
};

enum { GRANT_BYTES_MAX = 256 };

const char *grant_kind_word(enum grant_kind k);
/* ERR_NOTFOUND for a word that is not in the list. */
enum err grant_kind_parse(const char *text, enum grant_kind *ret);

enum err grant_encode(const struct grant *g, char *ret, size_t size, size_t *ret_len);
enum err grant_decode(const void *bytes, size_t len, struct grant *ret, char *ret_reason);

#endif
