/* Calls to one payment provider: one thread on curl_multi behind the payments port. All times here
 * are real time, also in simulation: the network's patience is not scaled.
 *
 * W1 Every call that `start` accepts ends in exactly one result, at most total_ms (and a scheduling
 *    moment) later.
 * W2 NOT_SENT is said only if no attempt got as far as sending its request, or the provider's
 *    answer proves it was not considered. Once sent, silence is UNKNOWN.
 * W3 A retry repeats the same bytes under the same key, within the call's deadline, at most `retries`
 *    times, and only if the breaker lets it.
 * W4 `start` and `settlement` never block: ERR_UNAVAIL while the breaker is open or after stop,
 *    ERR_FULL when the queue is full, ERR_INVAL for a call the provider has no words for. */
#ifndef BOOMGATE_CLOUD_PAYMENT_WORKER_H
#define BOOMGATE_CLOUD_PAYMENT_WORKER_H

#include "cloud/metrics.h"
#include "cloud/payment/breaker.h"
#include "cloud/payment/provider.h"
#include "cloud/ports.h"

#include <stddef.h>
#include <stdint.h>

enum { PAYMENT_URL_SIZE = 256 };

struct payment_options {
    const struct provider *provider;
    char url[PAYMENT_URL_SIZE]; /* "https://api.stripe.com"; a trailing slash is ignored */
    char secret[PROVIDER_SECRET_SIZE];
    int64_t connect_ms;  /* per attempt */
    int64_t total_ms;    /* per call, from `start`, over queue, attempts and pauses */
    int64_t retries;     /* 0..3 */
    int64_t retry_ms;    /* pause before a retry: uniform in [retry_ms, 2 retry_ms] */
    int64_t connections; /* calls under way at once */
    int64_t queue;       /* calls waiting for a connection */
    struct breaker_options breaker;
    struct metrics *metrics; /* may be NULL */
};

/* 500 ms, 2 s, 3 retries after 50 to 100 ms, 128 connections, queue of 256. */
struct payment_options payment_defaults(void);

/* Takes a result, on the worker's thread. ERR_FULL: it is offered again a little later. */
typedef enum err (*payment_done)(void *arg, const struct payment_result *result);
typedef enum err (*settlement_done)(void *arg, const struct settlement_page *page);

struct payment_worker;

/* Starts the thread. Does not contact the provider. ERR_INVAL: the URL is not http or https. */
enum err payment_worker_create(const struct payment_options *o, payment_done done,
                               settlement_done settled, void *arg, struct payment_worker **ret);

/* The port for the service; valid as long as the worker. */
struct payments_port payment_worker_port(struct payment_worker *w);

/* Thread-safe. */
enum breaker_state payment_worker_breaker(struct payment_worker *w);

/* Takes no new call, gives those under way up to wait_ms, and then reports the rest as UNKNOWN or
 * NOT_SENT; the thread has ended when this returns. The port still answers, with ERR_UNAVAIL. */
void payment_worker_stop(struct payment_worker *w, int64_t wait_ms);

void payment_worker_free(struct payment_worker *w); /* stops first, at once; NULL is fine */

#endif
