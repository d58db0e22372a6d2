/* Questions an edge asks and their answers (PROTOCOL.md, "Requests"). QoS 0; the correlation data is
 * the request id in 16 raw bytes and also stands in the payload; a retry repeats the id and gets the
 * stored answer. */
#ifndef BOOMGATE_WIRE_REQUEST_H
#define BOOMGATE_WIRE_REQUEST_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/wire/credential.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/words.h"

#include <stddef.h>

enum {
    REQUEST_BYTES_MAX = 4096,
    HELLO_LANES_MAX = 16,
    DISPLAY_SIZE = 33, /* the display takes 32 bytes of UTF-8 */
    VERSION_SIZE = 32,
};

enum request_kind { REQUEST_NONE, REQUEST_HELLO, REQUEST_ENTRY, REQUEST_EXIT, REQUEST_RIGHTS };
/* "hello" "entry" "exit" "rights" */

/* A journal introduces itself: at each session start, when it has no epoch, and every 10 minutes. */
struct hello {
    struct request_id journal; /* random, minted when the journal was created */
    int64_t epoch;             /* 0: none yet */
    int64_t next;              /* seq of the next event, >= 1 */
    int64_t base;              /* acknowledged up to here, < next */
    struct digest head;        /* of event next - 1; zeros if none */
    int64_t boot;
    char version[VERSION_SIZE];
    int64_t free; /* spaces in hand */
    int64_t overdraft;
    int64_t oldest;          /* seq of the oldest event kept, `next` if none is; 0: not said */
    struct request_id asked; /* the hello whose answer had a probe, which this one answers; or "" */
    int64_t at;              /* that probe, */
    struct digest digest;    /* and the digest of the event of that seq; "": it is not kept */
    size_t lane_count;
    struct hello_lane {
        struct name lane;
        enum direction direction;
    } lanes[HELLO_LANES_MAX];
};

/* A vehicle wants to pass. */
struct passage_question {
    struct name lane;
    struct movement_id movement;
    struct plate plate;
    struct wall_ms time;               /* when it was presented, by the edge's clock */
    int64_t deadline_ms;               /* real time the edge will wait, relative */
    bool no_space;                     /* entry: the edge has no space in hand */
    bool passback;                     /* entry: the right seems to be inside already */
    struct credential_text credential; /* "": none */
};

/* Which rights list the edge has, and what it wants of a newer one (rights.h). */
struct rights_question {
    int64_t have;    /* version in force; 0: none */
    int64_t version; /* the list that is being fetched; 0: whatever is newest */
    int64_t part;    /* of that list: this part and the next ones are wanted */
};

struct request {
    enum request_kind kind;
    struct request_id id;
    union {
        struct hello hello;               /* REQUEST_HELLO */
        struct passage_question question; /* REQUEST_ENTRY, REQUEST_EXIT */
        struct rights_question rights;    /* REQUEST_RIGHTS */
    };
};

struct hello_answer {
    int64_t epoch;    /* the epoch to use from now on */
    int64_t upto;     /* committed in that epoch */
    int64_t lease_ms; /* spaces may be used this long after the hello was sent */
    int64_t common;   /* another epoch than the hello's: the last event of that one to be kept */
    int64_t audited;  /* a count by a person covers its events of this epoch up to here; 0: none */
    int64_t probe;    /* > 0: nothing changes; say hello again with the digest of this event */
};

struct passage_answer {
    enum verdict verdict; /* VERDICT_PENDING: exits only; a final answer follows under this id */
    enum basis basis;     /* with allow */
    enum reason reason;   /* with deny and pending */
    struct money due;     /* exit: the price; currency "" if there is none to name */
    char display[DISPLAY_SIZE]; /* "": the edge's own text for the reason */
};

/* The list whose parts follow on the `rights` topic; of == 0: `version` is what the edge has, and it
 * is confirmed. */
struct rights_answer {
    int64_t version; /* 0: the place has no list */
    int64_t from;    /* 0: a whole list; otherwise the changes since that version */
    int64_t of;      /* parts */
};

struct response {
    enum request_kind kind;
    struct request_id id;
    union {
        struct hello_answer hello;
        struct passage_answer answer;
        struct rights_answer rights;
    };
};

const char *request_kind_word(enum request_kind k);

/* Decoding answers ERR_NOTFOUND for a kind it does not know, which is ignored; ERR_INVAL for anything
 * else that is wrong; ret_reason (160 bytes, may be NULL) says what, where and what was expected. */
enum err request_encode(const struct request *r, char *ret, size_t size, size_t *ret_len);
enum err request_decode(const void *bytes, size_t len, struct request *ret, char *ret_reason);
enum err response_encode(const struct response *r, char *ret, size_t size, size_t *ret_len);
enum err response_decode(const void *bytes, size_t len, struct response *ret, char *ret_reason);

#endif
