/* Where an event stands in the stream of its edge (PROTOCOL.md, "Stream"), and what a hello means.
 *
 * S1 events are applied in the order of seq without gaps; each names its predecessor by digest.
 * S2 an event that was applied is never applied again.
 * S3 a second history (another digest where one is known) freezes the stream. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_STREAM_H
#define BOOMGATE_CLOUD_CORE_STREAM_H

#include "protocol/base/id.h"
#include "protocol/wire/request.h"

#include <stdbool.h>
#include <stdint.h>

enum { STREAM_STAGE_MAX = 256 }; /* how far ahead of `last` an event may wait in memory */

struct stream_state {
    int64_t epoch;
    int64_t last;       /* applied up to here */
    struct digest head; /* of event `last`; zeros if last == 0 */
    bool frozen;
    bool fenced;
};

enum stream_verdict {
    STREAM_NEXT,      /* apply */
    STREAM_DUPLICATE, /* applied before: acknowledge again */
    STREAM_AHEAD,     /* stage until the gap is filled */
    STREAM_TOO_FAR,   /* ahead of the stage: drop, it is resent */
    STREAM_FORK,      /* contradicts what is known: freeze */
    STREAM_FROZEN,    /* drop, without acknowledgement */
    STREAM_FENCED,    /* an epoch that is over: drop, without acknowledgement */
    STREAM_VERDICTS
};

/* 32 zeros: the predecessor of the first event. */
struct digest stream_origin(void);

/* `own` is the digest of the event's bytes; `known` the recorded digest of the event with that seq,
 * or NULL if none is recorded (any more). */
enum stream_verdict stream_judge(const struct stream_state *s, int64_t seq,
                                 const struct digest *prev, const struct digest *own,
                                 const struct digest *known);

/* Moves on by one event: applied, quarantined or stored raw. */
void stream_advance(struct stream_state *s, const struct digest *own);

enum hello_case {
    HELLO_KNOWN,   /* the journal of the newest epoch: go on */
    HELLO_RETIRED, /* a journal whose epoch is over: it is told the newest epoch of its own */
    HELLO_NEW,     /* an unknown journal: gets the next epoch, older ones are fenced */
    HELLO_ADOPTED, /* an unknown journal with an epoch newer than any known here: this database was
                      restored; the epoch is taken over and replayed from the start */
    HELLO_STALE, /* this journal as it was: a hello that came late or twice; no answer. A journal that
                      was truly set back freezes the stream with its first word that differs */
    HELLO_FORK, /* the journal's history is not ours: freeze */
};

struct hello_verdict {
    enum hello_case what;
    int64_t epoch; /* to answer */
    int64_t upto;
    bool gap; /* the edge holds more to be acknowledged than we have: facts are missing here */
};

/* `own` is the stream of this journal, NULL if the journal is not known; `then` is the digest that is
 * committed for its event h->next - 1, NULL if there is none; `newest_epoch` of this edge, 0 if it has
 * none. */
struct hello_verdict stream_hello(const struct hello *h, const struct stream_state *own,
                                  const struct digest *then, int64_t newest_epoch);

#endif
