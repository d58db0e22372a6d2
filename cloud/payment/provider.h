/* The port of one payment provider: how a call becomes an HTTP request, and what its answer means.
 * A provider is one file of pure functions; sending, timeouts, retries and the breaker are the
 * worker's.
 *
 * V1 `read` never says SUCCEEDED, DECLINED or NOT_FOUND unless the provider said so in a complete,
 *    well-formed answer of its own about this key. Everything else is UNKNOWN: domain.md,
 * "Payment". V2 `read` says NOT_SENT only for an answer that proves that this request was not
 * considered. */
#ifndef BOOMGATE_CLOUD_PAYMENT_PROVIDER_H
#define BOOMGATE_CLOUD_PAYMENT_PROVIDER_H

#include "cloud/ports.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PROVIDER_TARGET_SIZE = 512,
    PROVIDER_BODY_SIZE = 2048,
    PROVIDER_HEADERS_MAX = 4,
    PROVIDER_HEADER_SIZE = 320,
    PROVIDER_SECRET_SIZE = 256,
};

struct provider_request {
    bool post;
    char target[PROVIDER_TARGET_SIZE]; /* path and query, to be put behind the base URL */
    char body[PROVIDER_BODY_SIZE];     /* form-encoded; "" for a GET */
    size_t header_count;
    char headers[PROVIDER_HEADERS_MAX][PROVIDER_HEADER_SIZE]; /* "Name: value" */
};

struct provider_answer {
    enum payment_outcome outcome;
    bool retry;   /* the same request with the same key may be sent again within the deadline */
    bool healthy; /* the provider does its work (a decline included): a good call for the breaker */
    char reference[PROVIDER_REF_SIZE];
    char reason[PAYMENT_REASON_SIZE];
};

struct provider {
    const char *name;
    /* ERR_INVAL: the call cannot be expressed (amount <= 0, a character that has no place in a
     * key). */
    enum err (*build)(const struct payment_call *call, const char *secret,
                      struct provider_request *ret);
    /* `status` is the HTTP status, body[0..len) the whole body. */
    void (*read)(const struct payment_call *call, long status, const char *body, size_t len,
                 struct provider_answer *ret);
};

extern const struct provider provider_stripe;

#endif
