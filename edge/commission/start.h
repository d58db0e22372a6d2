/* What `boomgate-edge --commission` does before and after the walk. */
#ifndef BOOMGATE_EDGE_COMMISSION_START_H
#define BOOMGATE_EDGE_COMMISSION_START_H

#include "edge/config.h"

struct commission_options {
    const char *lane;   /* only this one; NULL: all, in the order of the file */
    const char *report; /* a new file; NULL: commissioning-PLACE-EDGE.json */
};

/* ERR_INVAL: no such lane, or no signing key is configured; ERR_UNAVAIL: an agent runs with this
 * journal, or the person left at once; otherwise as commission_run. */
enum err commission_start(const struct edge_config *c, const struct clock_source *clock,
                          const struct commission_options *o);

#endif
