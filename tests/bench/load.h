/* Many simulated edges on a few connections, as a load for the daemon or for a bare subscriber.
 *
 * An edge sends real events (hash-chained, about 300 bytes: presented, read, denied, ended) in order. A
 * connection keeps at most `window` QoS 1 messages without PUBACK, and all edges together at most
 * `outstanding` events without the receiver's acknowledgement, so that nothing is dropped and the rate
 * is the receiver's. An edge without progress for a second sends again, as a real one does. */
#ifndef BOOMGATE_BENCH_LOAD_H
#define BOOMGATE_BENCH_LOAD_H

#include "protocol/base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_EDGES_MAX = 8192, LOAD_CONNECTIONS_MAX = 64 };

struct load_options {
    uint16_t port;
    struct name place;
    size_t edges;
    int64_t events; /* per edge */
    size_t connections;
    int64_t window;
    int64_t outstanding;
    int64_t rate; /* events per second over all edges; 0: as fast as it goes */
    bool bare;    /* no hello; the receiver acknowledges to edge e0 what it counted in all */
};

struct load_result {
    int64_t events;
    int64_t event_bytes; /* of one event, on average */
    int64_t resent;
    double seconds; /* from the first publish to the last acknowledgement */
};

struct load;

/* Connects, says hello for every edge and builds all events. Ends the process when that fails. */
struct load *load_new(const struct load_options *o);
struct load_result load_run(struct load *l);
void load_free(struct load *l);

/* Real time. */
int64_t bench_now_ns(void);

/* Prints a line on stderr and ends the process. */
_Noreturn void bench_die(const char *what, const char *why);

/* "--name=value" arguments: the number given for `name`, or `dflt`. */
int64_t bench_number(int argc, char **argv, const char *name, int64_t dflt);

#endif
