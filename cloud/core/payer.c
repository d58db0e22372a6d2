#include "cloud/core/payer.h"

const char *payer_token(const struct payer *p, const struct name *provider)
{
    for (size_t i = 0; i < p->count; i++)
        if (name_equal(&p->tokens[i].provider, provider))
            return p->tokens[i].token;
    return NULL;
}

int provider_place(const struct name *order, size_t count, const struct name *provider)
{
    for (size_t i = 0; i < count; i++)
        if (name_equal(&order[i], provider))
            return (int)i;
    return -1;
}

int payer_choose(const struct payer *p, const struct name *order, size_t count, unsigned barred)
{
    for (size_t i = 0; i < count; i++)
        if (!(barred & 1u << i) && payer_token(p, &order[i]))
            return (int)i;
    return -1;
}
