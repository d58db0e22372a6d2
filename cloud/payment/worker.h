/* Calls to one payment provider: one thread on curl_multi behind the payments port. All times here
 * are real time, also in simulation: the network's patience is not scaled.
 *
 * W1 Every call that is accepted ends in exactly one result, at most its kind's time (and a scheduling
 *    moment) later.
 * W2 NOT_SENT is said only if no attempt got as far as sending its request, or the provider's
 *    answer proves it was not considered. Once sent, silence is UNKNOWN.
 * W3 A retry repeats the same bytes under the same key, within the call's deadline, at most `retries`
 *    times, and only if the breaker lets it. Pauses are full jitter, their bound doubles.
 * W4 Nothing blocks: ERR_UNAVAIL while the breaker is open or after stop, ERR_FULL when the queue is
 *    full, ERR_INVAL for a call the provider has no words for.
 * W5 A failure at one endpoint while another works is the endpoint's (endpoint.h), not the provider's:
 *    the breaker is not told. */
#ifndef BOOMGATE_CLOUD_PAYMENT_WORKER_H
#define BOOMGATE_CLOUD_PAYMENT_WORKER_H

#include "cloud/metrics.h"
#include "cloud/payment/breaker.h"
#include "cloud/payment/endpoint.h"
#include "cloud/payment/provider.h"
#include "cloud/provider_status.h"

#include <stddef.h>
#include <stdint.h>

struct payment_options {
    struct name name; /* in the configuration and in the payments' rows */
    const struct provider *provider;
    size_t endpoint_count;                       /* 1..ENDPOINTS_MAX */
    char urls[ENDPOINTS_MAX][ENDPOINT_URL_SIZE]; /* a trailing slash is ignored */
    char secret[PROVIDER_SECRET_SIZE];
    char ca_file[ENDPOINT_URL_SIZE]; /* who may sign for https; "": the system's authorities */
    int64_t connect_ms;              /* per attempt */
    int64_t charge_ms;     /* per charge or question about one, over queue, attempts and pauses */
    int64_t refund_ms;     /* per refund or question about one */
    int64_t settlement_ms; /* per page */
    int64_t retries;       /* 0..3 */
    int64_t retry_ms;      /* bound of the first pause: uniform in [0, retry_ms] */
    int64_t connections;   /* calls under way at once */
    int64_t queue;         /* calls waiting for a connection */
    struct endpoint_options ejection;
    struct breaker_options breaker;
    struct metrics *metrics; /* may be NULL */
};

/* Stripe without an endpoint; 500 ms, 2 s, 10 s, 30 s, 3 retries after up to 100 ms, 128 connections,
 * queue of 256, 5 failures eject for 30 s. */
struct payment_options payment_defaults(void);

/* Takes a result, on the worker's thread. ERR_FULL: it is offered again a little later. */
typedef enum err (*payment_done)(void *arg, const struct payment_result *result);
typedef enum err (*settlement_done)(void *arg, const struct settlement_page *page);

struct payment_worker;

/* Starts the thread. Does not contact the provider. ERR_INVAL: no URL, or one that is not http or
 * https. */
enum err payment_worker_create(const struct payment_options *o, payment_done done,
                               settlement_done settled, void *arg, struct payment_worker **ret);

/* As the functions of the payments port; the call's provider is not looked at. */
enum err payment_worker_start(struct payment_worker *w, const struct payment_call *call);
enum err payment_worker_settlement(struct payment_worker *w, const struct settlement_call *call);
bool payment_worker_available(struct payment_worker *w);

/* Thread-safe. */
struct provider_status payment_worker_status(struct payment_worker *w);

/* Takes no new call, gives those under way up to wait_ms, and then reports the rest as UNKNOWN or
 * NOT_SENT. */
void payment_worker_close(struct payment_worker *w, int64_t wait_ms);

/* Closes, if that is not done, and waits until the thread has ended. */
void payment_worker_stop(struct payment_worker *w, int64_t wait_ms);

void payment_worker_free(struct payment_worker *w); /* stops first, at once; NULL is fine */

#endif
