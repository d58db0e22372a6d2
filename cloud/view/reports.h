/* Reports, drawn from the views on a read-only connection. Times are cut into steps from `from` on; rows come
 * in order, steps in which nothing happened are left out (of occupancy, none is).
 *
 * A handle belongs to one thread at a time. Errors as in reader.h. */
#ifndef BOOMGATE_CLOUD_VIEW_REPORTS_H
#define BOOMGATE_CLOUD_VIEW_REPORTS_H

#include "cloud/core/records.h"

struct reports;

/* Of this ledger; its views must exist. */
enum err reports_open(const char *database, struct reports **ret);
void reports_close(struct reports *r); /* NULL is fine */

/* The views were made anew in another file: open again. */
bool reports_gone(const struct reports *r);

/* Between these all answers are of one moment. */
enum err reports_begin(struct reports *r);
void reports_end(struct reports *r);

/* The number of the last entry of the feed that is in. */
enum err reports_seen(struct reports *r, int64_t *ret);

struct report_range {
    struct name place;
    struct wall_ms from, to; /* from < to */
    int64_t step_ms;         /* > 0 */
};

struct occupancy_step {
    struct wall_ms at;
    int64_t entered, left, corrected;
    int64_t inside;      /* at its end */
    int64_t least, most; /* at any whole minute in it, and at its ends */
};
enum err reports_occupancy(struct reports *r, const struct report_range *range,
                           void (*visit)(void *arg, const struct occupancy_step *s), void *arg);

struct arrivals_step {
    struct wall_ms at;
    const char *lane;
    int64_t entered, left, denied, unauthorised;
};
/* By hours: `from` and `step_ms` are whole hours. */
enum err reports_arrivals(struct reports *r, const struct report_range *range,
                          void (*visit)(void *arg, const struct arrivals_step *s), void *arg);

enum revenue_by { REVENUE_BY_LANE, REVENUE_BY_KIND, REVENUE_BY_TARIFF, REVENUE_BYS };
/* "lane" (of the exit) "kind" (of payment) "tariff" */

struct revenue_step {
    struct wall_ms at;
    const char *group; /* "": not known */
    const char *currency;
    int64_t payments, amount_minor; /* less what was paid back */
};
enum err reports_revenue(struct reports *r, const struct report_range *range, enum revenue_by by,
                         void (*visit)(void *arg, const struct revenue_step *s), void *arg);

struct trace_step {
    const char *movement, *place, *type;
    struct wall_ms time, received; /* by the clock of whose fact it is; by ours */
    const char *trace;             /* traceparent; "" */
    const char *text;              /* its members in short, without plates */
};
/* Up to `limit` steps of this Movement's trace, or of the stay of this id (both its Movements), in the order
 * in which they were committed. */
enum err reports_trace(struct reports *r, const struct movement_id *movement, int limit,
                       void (*visit)(void *arg, const struct trace_step *s), void *arg);

#endif
