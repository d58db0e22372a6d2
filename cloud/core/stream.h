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

/* ---- hellos ---- */

enum hello_case {
    HELLO_KNOWN,   /* a journal that goes on: it is told how far it is committed */
    HELLO_NEW,     /* an unknown journal: gets the next epoch, older ones are fenced */
    HELLO_ADOPTED, /* an epoch newer than any known here, all of it still kept by the edge: this
                      database was restored; the epoch is taken over and replayed from the start */
    HELLO_REPLAY,  /* the journal was set back or copied, or more is gone than it keeps: the next
                      epoch, in which it replays what comes after `common` */
    HELLO_AGAIN,   /* the same, and that epoch was given before and is not used yet */
    HELLO_PROBE,   /* first the edge has to show its event of seq `search.at` */
    HELLO_RETIRED, /* another journal has taken over: no answer */
    HELLO_FROZEN,  /* the stream waits for a person: no answer */
};

/* How far two histories of one journal are known to be the same; kept between a probe and the hello
 * that answers it. */
struct hello_search {
    int64_t at;     /* asked for */
    int64_t lo, hi; /* the same up to lo; from hi on not, or not there */
    int64_t last;   /* of our stream when the search began */
    bool differs;   /* at hi: seen */
};

struct hello_facts {
    const struct stream_state *newest; /* of this journal; NULL: it is not known */
    const struct stream_state *own;    /* of this journal and the epoch it names; NULL: none */
    int64_t newest_epoch;              /* of this edge, whatever its journal; 0: none */
    bool fresh;                        /* the hello answers the probe of `search` */
    struct hello_search search;
    const struct digest *ours; /* of the event asked for; NULL: we have none */
};

struct hello_verdict {
    enum hello_case what;
    int64_t epoch; /* to answer */
    int64_t upto;  /* committed in it */
    int64_t
        common; /* HELLO_REPLAY, HELLO_AGAIN: last event of the hello's epoch that is not replayed */
    bool gap;   /* facts that the edge was acknowledged are missing here */
    bool copy;  /* HELLO_REPLAY: a later epoch of this journal is in use; perhaps by a clone */
    struct hello_search search; /* HELLO_PROBE */
};

/* What a hello means. An answer is for the edge's latest hello only, but hellos may arrive late and
 * twice: a journal that seems to be set back must answer a probe before anything changes. */
struct hello_verdict stream_hello(const struct hello *h, const struct hello_facts *f);

#endif
