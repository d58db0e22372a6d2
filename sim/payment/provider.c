/* See provider.h. */
#include "sim/payment/provider.h"

#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "sim/control/http_host.h"
#include "sim/payment/checkout.h"

#include <stdlib.h>
#include <string.h>

enum { SLOW_DEFAULT_MS = 3000, MUTE_MS = 600000, PAGE_MAX = 100 };

static const char *const mode_words[PROVIDER_MODES] = {
    [PROVIDER_OK] = "ok",       [PROVIDER_DOWN] = "down",
    [PROVIDER_SLOW] = "slow",   [PROVIDER_DECLINE] = "decline",
    [PROVIDER_ERROR] = "error", [PROVIDER_LOSE_ANSWER] = "lose_answer",
    [PROVIDER_MUTE] = "mute",   [PROVIDER_BUSY] = "busy",
    [PROVIDER_WRONG] = "wrong",
};

struct endpoint {
    struct provider *provider;
    struct http_host *host;
    struct provider_conduct conduct;
};

struct provider {
    struct endpoint endpoints[SIM_ENDPOINTS_MAX];
    size_t endpoint_count;
    struct charges *charges;
    struct refunds *refunds;
    struct toss *toss;
    const struct clock_source *clock;
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

static bool concerns(enum provider_mode mode, bool money)
{
    return money ||
           (mode != PROVIDER_DECLINE && mode != PROVIDER_LOSE_ANSWER && mode != PROVIDER_WRONG);
}

/* The mode this call meets; counts it off. */
static enum provider_mode take_mode(struct endpoint *e, bool money)
{
    enum provider_mode mode = e->conduct.mode;
    if (!concerns(mode, money))
        return PROVIDER_OK;
    if (e->conduct.count > 0 && --e->conduct.count == 0)
        e->conduct = (struct provider_conduct){.mode = PROVIDER_OK};
    return mode;
}

static int64_t delay_of(const struct endpoint *e)
{
    const struct provider_conduct *c = &e->conduct;
    if (c->mode == PROVIDER_SLOW && c->latency_ms == 0)
        return SLOW_DEFAULT_MS;
    if (c->latency_max_ms <= c->latency_ms)
        return c->latency_ms;
    return c->latency_ms +
           (int64_t)(random_u64() % (uint64_t)(c->latency_max_ms - c->latency_ms + 1));
}

static int64_t number_argument(struct http_exchange *x, const char *name, int64_t otherwise)
{
    const char *text = http_argument(x, name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

/* What only reads, beside the intents. NULL body: no such resource. */
static struct charge_answer read_lists(struct provider *p, struct http_exchange *x)
{
    int64_t limit = number_argument(x, "limit", 10);
    if (strcmp(http_path(x), "/v1/refunds") == 0)
        return refunds_list(p->refunds, http_argument(x, "payment_intent"));
    if (strcmp(http_path(x), "/v1/balance_transactions") == 0)
        return refunds_balance(p->refunds, p->charges, number_argument(x, "created[gte]", 0),
                               number_argument(x, "created[lt]", INT64_MAX),
                               limit >= 1 && limit <= PAGE_MAX ? (size_t)limit : PAGE_MAX,
                               http_argument(x, "starting_after"));
    return (struct charge_answer){404, NULL, false};
}

static struct charge_answer route_toss(struct provider *p, struct http_exchange *x,
                                       enum provider_mode mode)
{
    size_t len = 0;
    const char *body = http_body(x, &len);
    struct toss_call c = {.post = strcmp(http_method(x), "POST") == 0,
                          .path = http_path(x),
                          .key = http_header(x, "Idempotency-Key"),
                          .body = body,
                          .len = len,
                          .authorization = http_header(x, "Authorization"),
                          .start_date = http_argument(x, "startDate"),
                          .end_date = http_argument(x, "endDate"),
                          .page = number_argument(x, "page", 1),
                          .size = number_argument(x, "size", 100),
                          .decline = mode == PROVIDER_DECLINE};
    return toss_answer(p->toss, &c, clock_now(p->clock).wall);
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
    bool get = strcmp(http_method(x), "GET") == 0;
    if (!get && strcmp(path, "/v1/refunds") == 0)
        return refunds_create(p->refunds, p->charges, http_header(x, "Idempotency-Key"), body, len,
                              clock_now(p->clock).wall);
    if (get) {
        struct charge_answer a = read_lists(p, x);
        if (a.body != NULL)
            return a;
    }
    if (strncmp(path, base, sizeof base - 1) != 0 || !get)
        return charges_error(404, "invalid_request_error", NULL, "Unrecognized request URL");
    path += sizeof base - 1;
    if (strcmp(path, "/search") == 0)
        return charges_search(p->charges, http_argument(x, "query"));
    if (path[0] == '/' && path[1] != '\0')
        return charges_get(p->charges, path + 1);
    return charges_error(404, "invalid_request_error", NULL, "Unrecognized request URL");
}

/* Another amount than the one that was charged. */
static void falsify(struct charge_answer *a)
{
    json_t *body = json_deep_copy(a->body);
    const char *member = json_object_get(body, "totalAmount") ? "totalAmount" : "amount";
    json_int_t amount = json_integer_value(json_object_get(body, member));
    json_object_set_new(body, member, json_integer(amount + 1));
    json_decref(a->body);
    a->body = body;
}

static void on_call(void *arg, struct http_exchange *x)
{
    struct endpoint *e = arg;
    struct provider *p = e->provider;
    if (checkout_take(x, p->calls))
        return;
    bool post = strcmp(http_method(x), "POST") == 0;
    bool charge = post && strcmp(http_path(x), "/v1/payment_intents") == 0;
    bool toss = toss_speaks(http_path(x));
    bool money = charge || (post && (toss || strcmp(http_path(x), "/v1/refunds") == 0));
    int64_t delay_ms = delay_of(e);
    p->calls++;
    enum provider_mode mode = take_mode(e, money);
    if (mode == PROVIDER_MUTE) {
        http_cut(x, MUTE_MS);
        return;
    }
    struct charge_answer a =
        mode == PROVIDER_ERROR && toss  ? toss_error(500, "FAILED_INTERNAL_SYSTEM_PROCESSING")
        : mode == PROVIDER_BUSY && toss ? toss_error(429, "TOO_MANY_REQUESTS")
        : mode == PROVIDER_ERROR
            ? charges_error(500, "api_error", NULL, "An unknown error occurred.")
        : mode == PROVIDER_BUSY
            ? charges_error(429, "invalid_request_error", "rate_limit", "Too many requests.")
        : toss ? route_toss(p, x, mode)
               : route(p, x, charge, mode);
    if (mode == PROVIDER_LOSE_ANSWER) {
        json_decref(a.body);
        http_cut(x, delay_ms);
        return;
    }
    if (mode == PROVIDER_WRONG)
        falsify(&a);
    if (a.replayed)
        http_set_header(x, "Idempotent-Replayed", "true");
    http_reply(x, a.status, a.body, delay_ms);
}

/* Port 0: any; else the ports behind the first one. */
static enum err open_endpoint(struct provider *p, uv_loop_t *loop,
                              const struct sim_provider *config)
{
    struct endpoint *e = &p->endpoints[p->endpoint_count];
    int64_t port = config->port == 0 ? 0 : config->port + (int64_t)p->endpoint_count;
    e->provider = p;
    TRY(http_host_open(loop, config->host, (uint16_t)port, on_call, e, &e->host));
    p->endpoint_count++;
    return ERR_OK;
}

enum err provider_open(uv_loop_t *loop, const struct sim_provider *config,
                       const struct clock_source *clock, struct provider **ret)
{
    struct provider *p = mem_alloc(sizeof *p);
    struct provider_conduct conduct = {.mode = (enum provider_mode)config->mode,
                                       .latency_ms = config->latency_ms,
                                       .latency_max_ms = config->latency_max_ms};
    p->clock = clock;
    p->charges = charges_new();
    p->refunds = refunds_new();
    p->toss = toss_new();
    enum err e = ERR_OK;
    for (int64_t i = 0; i < config->endpoints && e == ERR_OK; i++)
        e = open_endpoint(p, loop, config);
    if (e == ERR_OK)
        e = provider_conduct(p, -1, &conduct);
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
    for (size_t i = 0; i < p->endpoint_count; i++)
        http_host_close(p->endpoints[i].host);
    charges_free(p->charges);
    refunds_free(p->refunds);
    toss_free(p->toss);
    free(p);
}

size_t provider_endpoints(const struct provider *p)
{
    return p->endpoint_count;
}

uint16_t provider_port(const struct provider *p, size_t endpoint)
{
    return http_host_port(p->endpoints[endpoint].host);
}

enum err provider_conduct(struct provider *p, int64_t endpoint, const struct provider_conduct *c)
{
    if (c->mode == PROVIDER_DOWN && c->count > 0)
        return ERR_INVAL;
    if (endpoint < -1 || endpoint >= (int64_t)p->endpoint_count)
        return ERR_NOTFOUND;
    for (int64_t i = 0; i < (int64_t)p->endpoint_count; i++) {
        if (endpoint >= 0 && i != endpoint)
            continue;
        TRY(http_host_refuse(p->endpoints[i].host, c->mode == PROVIDER_DOWN));
        p->endpoints[i].conduct = *c;
    }
    return ERR_OK;
}

const struct charges *provider_charges(const struct provider *p)
{
    return p->charges;
}

const struct refunds *provider_refunds(const struct provider *p)
{
    return p->refunds;
}

const struct toss *provider_toss(const struct provider *p)
{
    return p->toss;
}

int64_t provider_calls(const struct provider *p)
{
    return p->calls;
}
