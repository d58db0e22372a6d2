/* How a rights list comes in, part by part (PROTOCOL.md, "Rights list"). Pure.
 *
 * F1 Parts are taken in order, each vouched for by the digests of all before it.
 * F2 What does not fit (an older list, another list's part, one that is there already or too early)
 *    changes nothing.
 * F3 The list in force changes only when the last part was taken.
 * F4 A part that fails three times in a row gives up the whole list: it is asked for anew. */
#ifndef BOOMGATE_EDGE_CORE_RIGHTS_FETCH_H
#define BOOMGATE_EDGE_CORE_RIGHTS_FETCH_H

#include "protocol/wire/rights.h"

struct rights_fetch {
    int64_t have;                 /* version in force; 0: none */
    int64_t version;              /* coming in; 0: nothing is */
    int64_t from, of;             /* of it */
    int64_t next;                 /* the part that is missing */
    char sha256[RIGHTS_SHA_SIZE]; /* of the part before it; "" if it is the first */
    int64_t failures;             /* of the part that is missing */
};

enum fetch_verdict {
    FETCH_DROP,     /* F2 */
    FETCH_STAGE,    /* keep the part; more are missing */
    FETCH_COMPLETE, /* keep the part and put the list in force */
    FETCH_BROKEN,   /* its digest does not follow: ask for it again */
    FETCH_ABANDON, /* F4, or changes since a version that is not in force: ask for the newest list */
    FETCH_NEWER,   /* there is a newer list: ask for it */
};

/* What the digest of part `p` follows. */
const char *rights_fetch_before(const struct rights_fetch *f, const struct rights_part *p);

/* `sha256` is what the part's digest should be after rights_fetch_before. Updates `f`; after
 * FETCH_COMPLETE `have` is the new version. */
enum fetch_verdict rights_fetch_part(struct rights_fetch *f, const struct rights_part *p,
                                     const char *sha256);

#endif
