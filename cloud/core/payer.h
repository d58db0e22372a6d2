/* Which provider is asked for a payer's money (domain.md, "Payment"). Providers are known by their
 * place in the configured order; a mask has a bit for each. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_PAYER_H
#define BOOMGATE_CLOUD_CORE_PAYER_H

#include "cloud/core/records.h"

/* The payer's token at this provider; NULL: none. */
const char *payer_token(const struct payer *p, const struct name *provider);

/* The place of a provider in order[0..count); -1: it is not there. */
int provider_place(const struct name *order, size_t count, const struct name *provider);

/* The first provider in order that the payer has a token for and that `barred` does not name;
 * -1: none. */
int payer_choose(const struct payer *p, const struct name *order, size_t count, unsigned barred);

#endif
