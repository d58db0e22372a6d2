/* The price of a stay by a rate table of this edge's own: what an exit without the cloud shows and
 * reports. The cloud prices anew. */
#ifndef BOOMGATE_EDGE_QUOTE_QUOTE_H
#define BOOMGATE_EDGE_QUOTE_QUOTE_H

#include "edge/ports.h"
#include "protocol/support/table.h"

struct quote;

/* From the text of a rate table (protocol/support/rate_table.h) and an IANA zone. ERR_INVAL: the table is
 * wrong, see *ret_error; ERR_NOTFOUND: there is no such zone. */
enum err quote_open(const char *text, size_t len, const char *zone, struct quote **ret,
                    struct table_error *ret_error);
void quote_close(struct quote *q); /* NULL is fine */
struct quote_port quote_port(struct quote *q);

#endif
