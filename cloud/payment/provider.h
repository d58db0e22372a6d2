/* The port of one payment provider: how a call becomes an HTTP request, and what its answer means.
 * A provider is one file of pure functions; sending, timeouts, retries and the breaker are the
 * worker's.
 *
 * V1 `read` never says SUCCEEDED, DECLINED or NOT_FOUND unless the provider said so in a complete,
 *    well-formed answer of its own about this key. Everything else is UNKNOWN: domain.md, "Payment".
 * V2 `read` says NOT_SENT only for an answer that proves that this request was not considered.
 * V3 `read_page` answers only with a page it understood to its last line: a line that is left out
 *    would look like money that never came. */
#ifndef BOOMGATE_CLOUD_PAYMENT_PROVIDER_H
#define BOOMGATE_CLOUD_PAYMENT_PROVIDER_H

#include "cloud/ports.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PROVIDER_TARGET_SIZE = 512,
    PROVIDER_BODY_SIZE = 2048,
    PROVIDER_HEADERS_MAX = 6,
    PROVIDER_HEADER_SIZE = 320,
    PROVIDER_SECRET_SIZE = 256,
    PROVIDER_ANSWER_MAX = 64 * 1024,
    PROVIDER_PAGE_MAX = 1024 * 1024, /* bytes of a settlement page */
};

struct provider_request {
    bool post;
    char target[PROVIDER_TARGET_SIZE]; /* path and query, to be put behind the base URL */
    char body[PROVIDER_BODY_SIZE]; /* "" for a GET; its type is among the headers unless a form */
    size_t answer_max;             /* bytes of body that are taken */
    size_t header_count;
    char headers[PROVIDER_HEADERS_MAX][PROVIDER_HEADER_SIZE]; /* "Name: value" */
};

struct provider_answer {
    enum payment_outcome outcome;
    bool retry;   /* the same request with the same key may be sent again within the deadline */
    bool healthy; /* the provider does its work (a decline included): a good call for the breaker */
    char reference[PROVIDER_REF_SIZE];
    char reason[PAYMENT_REASON_SIZE];
    int64_t charged_minor; /* see struct payment_result */
};

struct provider {
    const char *name;
    /* ERR_INVAL: the call cannot be expressed (amount <= 0, a character that has no place in a key,
     * a refund without the charge's reference). */
    enum err (*build)(const struct payment_call *call, const char *secret,
                      struct provider_request *ret);
    /* `status` is the HTTP status, body[0..len) the whole body. */
    void (*read)(const struct payment_call *call, long status, const char *body, size_t len,
                 struct provider_answer *ret);
    enum err (*build_page)(const struct settlement_call *call, const char *secret,
                           struct provider_request *ret);
    /* Outcome SUCCEEDED: the page's lines and `next` are set. UNKNOWN: they are not. */
    void (*read_page)(const struct settlement_call *call, long status, const char *body, size_t len,
                      struct settlement_page *ret_page, struct provider_answer *ret);
};

extern const struct provider provider_stripe;
extern const struct provider provider_toss;

#endif
