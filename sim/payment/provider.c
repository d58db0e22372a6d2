/* See provider.h. */
#include "sim/payment/provider.h"

#include "protocol/support/memory.h"
#include "sim/control/http_host.h"
#include "sim/payment/checkout.h"

#include <stdlib.h>
#include <string.h>

enum { SLOW_DEFAULT_MS = 3000 };

static const char *const mode_words[PROVIDER_MODES] = {
    [PROVIDER_OK] = "ok",       [PROVIDER_DOWN] = "down",
    [PROVIDER_SLOW] = "slow",   [PROVIDER_DECLINE] = "decline",
    [PROVIDER_ERROR] = "error", [PROVIDER_LOSE_ANSWER] = "lose_answer",
};

struct provider {
    struct http_host *host;
    struct charges *charges;
    const struct clock_source *clock;
    enum provider_mode mode;
    int64_t latency_ms;
    int64_t count; /* calls left in this mode; 0: for ever */
    int64_t calls;
};

enum err provider_mode_parse(const char *word, enum provider_mode *ret)
{
    for (int m = 0; m < PROVIDER_MODES; m++) {
        if (strcmp(word, mode_words[m]) == 0) {
            *ret = (enum provider_mode)m;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

static bool concerns(enum provider_mode mode, bool charge)
{
    return charge || (mode != PROVIDER_DECLINE && mode != PROVIDER_LOSE_ANSWER);
}

/* The mode this call meets; counts it off. */
static enum provider_mode take_mode(struct provider *p, bool charge)
{
    enum provider_mode mode = p->mode;
    if (!concerns(mode, charge))
        return PROVIDER_OK;
    if (p->count > 0 && --p->count == 0) {
        p->mode = PROVIDER_OK;
        p->latency_ms = 0;
    }
    return mode;
}

static struct charge_answer route(struct provider *p, struct http_exchange *x, bool charge,
                                  enum provider_mode mode)
{
    static const char base[] = "/v1/payment_intents";
    const char *path = http_path(x);
    size_t len = 0;
    const char *body = http_body(x, &len);
    if (charge) {
        const char *key = http_header(x, "Idempotency-Key");
        const char *trace = http_header(x, "traceparent");
        struct charge_answer a = charges_create(p->charges, key, body, len,
                                                mode == PROVIDER_DECLINE, clock_now(p->clock).wall);
        if (key != NULL && trace != NULL)
            charges_trace(p->charges, key, trace);
        return a;
    }
    if (strncmp(path, base, sizeof base - 1) != 0 || strcmp(http_method(x), "GET") != 0)
        return charges_error(404, "invalid_request_error", NULL, "Unrecognized request URL");
    path += sizeof base - 1;
    if (strcmp(path, "/search") == 0)
        return charges_search(p->charges, http_argument(x, "query"));
    if (path[0] == '/' && path[1] != '\0')
        return charges_get(p->charges, path + 1);
    return charges_error(404, "invalid_request_error", NULL, "Unrecognized request URL");
}

static void on_call(void *arg, struct http_exchange *x)
{
    struct provider *p = arg;
    if (checkout_take(x, p->calls))
        return;
    bool charge =
        strcmp(http_method(x), "POST") == 0 && strcmp(http_path(x), "/v1/payment_intents") == 0;
    int64_t delay_ms = p->latency_ms;
    p->calls++;
    enum provider_mode mode = take_mode(p, charge);
    if (mode == PROVIDER_SLOW && delay_ms == 0)
        delay_ms = SLOW_DEFAULT_MS;
    struct charge_answer a =
        mode == PROVIDER_ERROR ? charges_error(500, "api_error", NULL, "An unknown error occurred.")
                               : route(p, x, charge, mode);
    if (mode == PROVIDER_LOSE_ANSWER) {
        json_decref(a.body);
        http_cut(x, delay_ms);
        return;
    }
    if (a.replayed)
        http_set_header(x, "Idempotent-Replayed", "true");
    http_reply(x, a.status, a.body, delay_ms);
}

enum err provider_open(uv_loop_t *loop, const struct sim_provider *config,
                       const struct clock_source *clock, struct provider **ret)
{
    struct provider *p = mem_alloc(sizeof *p);
    p->clock = clock;
    p->charges = charges_new();
    enum err e = http_host_open(loop, config->host, (uint16_t)config->port, on_call, p, &p->host);
    if (e == ERR_OK)
        e = provider_set_mode(p, (enum provider_mode)config->mode, config->latency_ms, 0);
    if (e != ERR_OK) {
        provider_close(p);
        return e;
    }
    *ret = p;
    return ERR_OK;
}

void provider_close(struct provider *p)
{
    if (p == NULL)
        return;
    http_host_close(p->host);
    charges_free(p->charges);
    free(p);
}

uint16_t provider_port(const struct provider *p)
{
    return http_host_port(p->host);
}

enum err provider_set_mode(struct provider *p, enum provider_mode mode, int64_t latency_ms,
                           int64_t count)
{
    if (mode == PROVIDER_DOWN && count > 0)
        return ERR_INVAL;
    TRY(http_host_refuse(p->host, mode == PROVIDER_DOWN));
    p->mode = mode;
    p->latency_ms = latency_ms;
    p->count = count;
    return ERR_OK;
}

const struct charges *provider_charges(const struct provider *p)
{
    return p->charges;
}

int64_t provider_calls(const struct provider *p)
{
    return p->calls;
}
