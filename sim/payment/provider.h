/* The payment provider over HTTP: charges.h and refunds.h (Stripe) and toss.h behind one or more endpoints, each of which can
 * be slow, down, wrong or silent at the worst moment. */
#ifndef BOOMGATE_SIM_PAYMENT_PROVIDER_H
#define BOOMGATE_SIM_PAYMENT_PROVIDER_H

#include "protocol/support/clock_source.h"
#include "sim/config.h"
#include "sim/payment/refunds.h"
#include "sim/payment/toss.h"

#include <uv.h>

/* In the order of the configuration's words. */
enum provider_mode {
    PROVIDER_OK,
    PROVIDER_DOWN,        /* connections are refused */
    PROVIDER_SLOW,        /* charges at once, answers after latency_ms (default 3000) */
    PROVIDER_DECLINE,     /* every charge */
    PROVIDER_ERROR,       /* 500 before anything happened */
    PROVIDER_LOSE_ANSWER, /* charges or refunds, then cuts the connection */
    PROVIDER_MUTE,        /* takes the request, does nothing, never answers */
    PROVIDER_BUSY,        /* 429 before anything happened */
    PROVIDER_WRONG,       /* charges, and answers with another amount */
    PROVIDER_MODES
};

/* ERR_NOTFOUND: no such mode. */
enum err provider_mode_parse(const char *word, enum provider_mode *ret);

struct provider;

/* `clock` must outlive the provider. ERR_UNAVAIL: no port; logged. */
enum err provider_open(uv_loop_t *loop, const struct sim_provider *config,
                       const struct clock_source *clock, struct provider **ret);
void provider_close(struct provider *p); /* before the loop ends; NULL is fine */

size_t provider_endpoints(const struct provider *p);
uint16_t provider_port(const struct provider *p, size_t endpoint);

struct provider_conduct {
    enum provider_mode mode;
    int64_t latency_ms, latency_max_ms; /* before each answer, at random between; max 0: exactly */
    int64_t count;                      /* for so many calls; 0: from now on */
};

/* How an endpoint (-1: all) behaves from now on, or for the next `count` calls that the mode concerns, then
 * PROVIDER_OK. decline, lose_answer and wrong concern what moves money, the others every call;
 * PROVIDER_DOWN takes no count (ERR_INVAL). ERR_NOTFOUND: no such endpoint. */
enum err provider_conduct(struct provider *p, int64_t endpoint, const struct provider_conduct *c);

const struct charges *provider_charges(const struct provider *p);
const struct refunds *provider_refunds(const struct provider *p);
const struct toss *provider_toss(const struct provider *p);
int64_t provider_calls(const struct provider *p);

#endif
