/* The rate tables and zones of the configuration, as the rates port of the service. A table is
 * DIR/<name>.yaml, further versions of it are DIR/<name>.<any>.yaml (protocol/tariff); zones come from the system's tzdata, each read once. */
#ifndef BOOMGATE_CLOUD_RATES_H
#define BOOMGATE_CLOUD_RATES_H

#include "cloud/ports.h"

struct rates;

enum { RATES_REASON_SIZE = 320 };

/* Reads every *.yaml in `directory`. ERR_INVAL or ERR_NOTFOUND: ret_reason (RATES_REASON_SIZE
 * bytes) names file, line and what was expected. */
enum err rates_load(const char *directory, struct rates **ret, char *ret_reason);
void rates_free(struct rates *r); /* NULL is fine */

/* One thread at a time: zones are read when first asked for. */
struct rates_port rates_port(struct rates *r);

/* The currency of a table. Any thread. ERR_NOTFOUND: no such table. */
enum err rates_currency(const struct rates *r, const struct name *tariff, struct currency *ret);

#endif
