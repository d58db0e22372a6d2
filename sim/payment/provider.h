/* The payment provider's HTTP port: charges.h behind a server that can be slow, down, wrong or silent
 * at the worst moment. */
#ifndef BOOMGATE_SIM_PAYMENT_PROVIDER_H
#define BOOMGATE_SIM_PAYMENT_PROVIDER_H

#include "protocol/support/clock_source.h"
#include "sim/config.h"
#include "sim/payment/charges.h"

#include <uv.h>

/* In the order of the configuration's words. */
enum provider_mode {
    PROVIDER_OK,
    PROVIDER_DOWN,        /* connections are refused */
    PROVIDER_SLOW,        /* charges at once, answers after latency_ms (default 3000) */
    PROVIDER_DECLINE,     /* every charge */
    PROVIDER_ERROR,       /* 500 before anything happened */
    PROVIDER_LOSE_ANSWER, /* charges, then cuts the connection */
    PROVIDER_MODES
};

/* ERR_NOTFOUND: no such mode. */
enum err provider_mode_parse(const char *word, enum provider_mode *ret);

struct provider;

/* `clock` must outlive the provider. ERR_UNAVAIL: no port; logged. */
enum err provider_open(uv_loop_t *loop, const struct sim_provider *config,
                       const struct clock_source *clock, struct provider **ret);
void provider_close(struct provider *p); /* before the loop ends; NULL is fine */

uint16_t provider_port(const struct provider *p);

/* From now on, or for the next `count` > 0 calls that the mode concerns, then PROVIDER_OK. decline and
 * lose_answer concern charges, the others every call; PROVIDER_DOWN takes no count (ERR_INVAL). */
enum err provider_set_mode(struct provider *p, enum provider_mode mode, int64_t latency_ms,
                           int64_t count);

const struct charges *provider_charges(const struct provider *p);
int64_t provider_calls(const struct provider *p);

#endif
