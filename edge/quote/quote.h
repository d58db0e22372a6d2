/* The price of a stay by a rate table of this edge's own: what an exit without the cloud shows and
 * reports. The cloud prices anew. */
#ifndef BOOMGATE_EDGE_QUOTE_QUOTE_H
#define BOOMGATE_EDGE_QUOTE_QUOTE_H

#include "edge/ports.h"

struct quote;

/* Reads a rate table (protocol/support/rate_table.h) and an IANA zone. On failure prints what is wrong on
 * stderr. ERR_NOTFOUND, ERR_INVAL. */
enum err quote_open(const char *tariff_file, const char *zone, struct quote **ret);
void quote_close(struct quote *q); /* NULL is fine */
struct quote_port quote_port(struct quote *q);

#endif
