#include "edge/quote/quote.h"

#include "protocol/support/memory.h"
#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"

#include <stdlib.h>

struct quote {
    struct tariff tariff;
    struct zone_table zone;
};

enum err quote_open(const char *text, size_t len, const char *zone, struct quote **ret,
                    struct table_error *ret_error)
{
    struct quote *q = mem_alloc(sizeof *q);
    enum err e = rate_table_read_text(text, len, &q->tariff, ret_error);
    if (e == ERR_OK)
        e = zone_load(zone, &q->zone) == ERR_OK ? ERR_OK : ERR_NOTFOUND;
    if (e != ERR_OK) {
        free(q);
        return e;
    }
    *ret = q;
    return ERR_OK;
}

void quote_close(struct quote *q)
{
    free(q);
}

static enum err price(void *self, struct wall_ms entry, struct wall_ms exit, struct money *ret)
{
    struct quote *q = self;
    struct tariff_quote quoted;
    TRY(tariff_price(&q->tariff, &q->zone, entry, exit, &quoted));
    *ret = quoted.amount;
    return ERR_OK;
}

struct quote_port quote_port(struct quote *q)
{
    return (struct quote_port){.self = q, .price = price};
}
