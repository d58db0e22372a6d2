/* What a handler reads and what it answers, as values: handlers know no HTTP library.
 *
 * P1 Every error is application/problem+json (RFC 9457) with a stable `code`, a sentence for people in
 *    `detail`, and for invalid fields one entry of `errors` per field (a JSON pointer and what was
 *    expected).
 * P2 A reply is filled exactly once; its body is owned by the reply until the server takes it. */
#ifndef BOOMGATE_CLOUD_HTTP_REPLY_H
#define BOOMGATE_CLOUD_HTTP_REPLY_H

#include "cloud/core/records.h"
#include "cloud/http/auth.h"
#include "cloud/http/router.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct MHD_Response;
struct exchange;
struct shared_response;

struct http_request {
    const char *method;
    const char *query; /* raw, without '?'; NULL if there is none */
    const struct route_match *match;
    struct principal principal;
    const char *body; /* body_len bytes, then a NUL */
    size_t body_len;
    const char *content_type;    /* NULL if absent */
    const char *if_none_match;   /* NULL if absent */
    const char *if_match;        /* NULL if absent */
    const char *idempotency_key; /* of a POST, checked; NULL if absent */
    const char *authorization;   /* only where the caller is not checked before: NEEDS_FORM */
    struct exchange *exchange;   /* for handlers that answer later (server.h) */
};

struct http_reply {
    int status;
    const char *content_type; /* a constant */
    char *body;               /* heap; may be NULL when body_len is 0 */
    size_t body_len;
    char allow[ROUTE_ALLOW_SIZE]; /* "" : no such header */
    char location[LOCATION_SIZE];
    char etag[TAG_SIZE];      /* without its quotes; "": none */
    const char *authenticate; /* WWW-Authenticate; NULL: no such header */
    int retry_after_s;        /* 0: no such header */
    bool replayed;            /* given before to the same request */
    bool preflight;           /* an answer to OPTIONS */
    bool close;               /* the connection ends with this answer */
    struct MHD_Response
        *ready; /* already built: of the above only `status` counts; the server takes
                                 * over the reference */
    struct shared_response *shared; /* likewise, one reference */
    bool stream;                    /* `ready` has no end: its connection has no deadline */
    bool later; /* the handler keeps the exchange and answers from another thread */
};

/* Takes over `object`. 200 unless told otherwise; application/json. */
void reply_json(struct http_reply *r, int status, json_t *object);

/* One text of `len` bytes, copied. `content_type` is a constant. */
void reply_text(struct http_reply *r, int status, const char *content_type, const char *text,
                size_t len);

/* `code` is a constant such as "not_found"; `detail` is copied. */
void reply_problem(struct http_reply *r, int status, const char *code, const char *detail);

/* A problem with fields: problem_new, problem_add_field for each, then reply_problem_json, which
 * takes over the object. */
json_t *problem_new(int status, const char *code, const char *detail);
void problem_add_field(json_t *problem, const char *pointer, const char *detail);
void reply_problem_json(struct http_reply *r, json_t *problem);

/* "Not Found"; "Unknown" for codes we never send. */
const char *status_title(int status);

#endif
