/* One HTTP attempt on curl: options, limits, and what its end proves. Used by worker.c alone, on
 * the worker's thread. */
#ifndef BOOMGATE_CLOUD_PAYMENT_TRANSFER_H
#define BOOMGATE_CLOUD_PAYMENT_TRANSFER_H

#include "cloud/payment/provider.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transfer;

/* `owner` comes back from transfer_owner. Ends the process when memory is short. */
struct transfer *transfer_new(void *owner);
void transfer_free(struct transfer *t); /* not while it is under way; NULL is fine */

struct transfer_target {
    const char *base;    /* URL without a trailing slash */
    const char *ca_file; /* "": the system's authorities */
    int64_t connect_ms, total_ms;
};

/* Adds the attempt to `multi`. The certificate of an https endpoint must be good for its name. */
void transfer_start(struct transfer *t, CURLM *multi, const struct transfer_target *to,
                    const struct provider_request *r);

void *transfer_owner(CURL *easy);

enum transfer_how {
    TRANSFER_ANSWERED, /* a complete HTTP answer */
    TRANSFER_TIMED_OUT,
    TRANSFER_FAILED,   /* refused, reset, not resolved, no TLS */
    TRANSFER_OVERLONG, /* more bytes than the request takes */
};

struct transfer_end {
    enum transfer_how how;
    bool sent; /* the request began to leave: it may have reached the provider */
    long status;
    const char *body; /* until the next start */
    size_t len;
    const char *reason; /* constant text; "" if answered */
};

/* Takes the attempt out of `multi`. `code` is curl's result, or CURLE_ABORTED_BY_CALLBACK for an
 * attempt that is given up while it runs. */
struct transfer_end transfer_finish(struct transfer *t, CURLM *multi, CURLcode code);

#endif
