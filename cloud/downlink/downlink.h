/* What the service tells edges and signs, put into words and topics. Every message is either resent
 * by nature (acknowledgements, offers), asked for again (answers) or renewed (occupancy), so that
 * what the broker's connection cannot take is dropped; link.h counts it. */
#ifndef BOOMGATE_CLOUD_DOWNLINK_DOWNLINK_H
#define BOOMGATE_CLOUD_DOWNLINK_DOWNLINK_H

#include "cloud/downlink/link.h"
#include "cloud/ports.h"

struct downlink {
    struct link *link;
    struct name instance;
    struct clock_source clock;
};

/* `d` must outlive the port. */
struct downlink_port downlink_port_of(struct downlink *d);

#endif
