#include "cloud/payment/payments.h"

#include "protocol/support/memory.h"

#include <stdlib.h>

struct payments {
    size_t count;
    struct name names[PROVIDERS_MAX];
    struct payment_worker *workers[PROVIDERS_MAX];
};

static struct payment_worker *find(struct payments *p, const struct name *provider)
{
    for (size_t i = 0; i < p->count; i++)
        if (name_equal(&p->names[i], provider))
            return p->workers[i];
    return NULL;
}

static enum err port_start(void *self, const struct payment_call *c)
{
    struct payment_worker *w = find(self, &c->provider);
    return w ? payment_worker_start(w, c) : ERR_INVAL;
}

static enum err port_settlement(void *self, const struct settlement_call *c)
{
    struct payment_worker *w = find(self, &c->provider);
    return w ? payment_worker_settlement(w, c) : ERR_INVAL;
}

static bool port_available(void *self, const struct name *provider)
{
    struct payments *p = self;
    for (size_t i = 0; i < p->count; i++)
        if ((!provider || name_equal(&p->names[i], provider)) &&
            payment_worker_available(p->workers[i]))
            return true;
    return false;
}

struct payments_port payments_port_of(struct payments *p)
{
    struct payments_port port = {.self = p,
                                 .provider_count = p->count,
                                 .start = port_start,
                                 .available = port_available,
                                 .settlement = port_settlement};
    for (size_t i = 0; i < p->count; i++)
        port.providers[i] = p->names[i];
    return port;
}

size_t payments_status(struct payments *p, struct provider_status *ret, size_t max)
{
    size_t n = p->count < max ? p->count : max;
    for (size_t i = 0; i < n; i++)
        ret[i] = payment_worker_status(p->workers[i]);
    return n;
}

enum err payments_create(const struct payment_options *list, size_t count, payment_done done,
                         settlement_done settled, void *arg, struct payments **ret)
{
    if (count > PROVIDERS_MAX)
        return ERR_INVAL;
    struct payments *p = mem_alloc(sizeof *p);
    for (; p->count < count; p->count++) {
        enum err e =
            payment_worker_create(&list[p->count], done, settled, arg, &p->workers[p->count]);
        if (e != ERR_OK) {
            payments_free(p);
            return e;
        }
        p->names[p->count] = list[p->count].name;
    }
    *ret = p;
    return ERR_OK;
}

void payments_stop(struct payments *p, int64_t wait_ms)
{
    for (size_t i = 0; i < p->count; i++)
        payment_worker_close(p->workers[i], wait_ms);
    for (size_t i = 0; i < p->count; i++)
        payment_worker_stop(p->workers[i], wait_ms);
}

void payments_free(struct payments *p)
{
    for (size_t i = 0; p && i < p->count; i++)
        payment_worker_free(p->workers[i]);
    free(p);
}
