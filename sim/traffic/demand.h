/* How many vehicles want in or out of one place, and when. Pure: it is asked in domain milliseconds
 * since the start of the run, and told what is true. Demand says nothing about who gets through.
 *
 * A trace is demand: between two rows the vehicles that are missing or too many at the second row,
 * as seen at the first one, come spread over the time between. What a lane could not take in time
 * is missing again at the next row; nothing is lost and nothing runs away. */
#ifndef BOOMGATE_SIM_TRAFFIC_DEMAND_H
#define BOOMGATE_SIM_TRAFFIC_DEMAND_H

#include "sim/traffic/prng.h"
#include "sim/traffic/trace.h"

#include <stdbool.h>

enum demand_kind { DEMAND_NONE, DEMAND_POISSON, DEMAND_TRACE };

enum demand_wish { WISH_NOTHING, WISH_ARRIVAL, WISH_DEPARTURE };

struct demand_facts {
    int64_t inside;
    int64_t entering; /* on their way in */
    int64_t leaving;  /* inside, on their way out */
};

struct demand {
    enum demand_kind kind;
    double gap_ms;             /* Poisson: mean time between arrivals */
    const struct trace *trace; /* not owned */
    int64_t shift_ms;          /* add to a row's wall time for run time */
    int32_t capacity;          /* of the place; 0: as in the trace */

    int64_t next_ms; /* Poisson: the next arrival */
    size_t row;      /* trace: the next row */
    bool replan;     /* trace: at once */
    int64_t target;  /* trace: vehicles inside wanted at that row */
    enum demand_wish wish;
    int64_t wishes;    /* still to come before the next row */
    int64_t spread_ms; /* between them */
    int64_t wish_ms;   /* the next of them */
};

struct demand demand_poisson(int64_t arrivals_per_hour, int64_t now_ms, struct prng *p);

/* `shift_ms`: run time = wall time of a row + shift_ms. */
struct demand demand_trace(const struct trace *t, int64_t shift_ms, int32_t capacity);

/* When to ask next; INT64_MAX: never. */
int64_t demand_due_ms(const struct demand *d);

/* What is wished at now_ms >= demand_due_ms(d); may be nothing. */
enum demand_wish demand_take(struct demand *d, int64_t now_ms, const struct demand_facts *f,
                             struct prng *p);

/* After a pause: what fell into it is not made up for arrivals at random; a trace plans anew. */
void demand_resume(struct demand *d, int64_t now_ms, struct prng *p);

#endif
