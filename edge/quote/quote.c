#include "edge/quote/quote.h"

#include "protocol/support/memory.h"
#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"

#include <stdio.h>
#include <stdlib.h>

struct quote {
    struct tariff tariff;
    struct zone_table zone;
};

enum err quote_open(const char *tariff_file, const char *zone, struct quote **ret)
{
    struct table_error error = {0};
    struct quote *q = mem_alloc(sizeof *q);
    enum err e = rate_table_read(tariff_file, &q->tariff, &error);
    if (e != ERR_OK)
        fprintf(stderr, "%s:%d: %s%s%s\n", tariff_file, error.line, error.path,
                error.path[0] ? ": " : "", error.text);
    if (e == ERR_OK) {
        e = zone_load(zone, &q->zone);
        if (e != ERR_OK)
            fprintf(stderr, "zone: no time zone \"%s\"\n", zone);
    }
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
