/* The daily reconciliation: a thread that asks the providers what they booked, reads the day from the
 * ledger through a reader of its own, compares (core/reconcile.h) and posts the report. Neither the
 * writer nor a request waits for it.
 *
 * Q1 a report is stored whole or not at all; while a provider does not answer there is none, and the
 *    day is tried again later.
 * Q2 the same day may be reconciled again at any time: the report replaces the one before. */
#ifndef BOOMGATE_CLOUD_RECONCILE_RECONCILER_H
#define BOOMGATE_CLOUD_RECONCILE_RECONCILER_H

#include "cloud/ports.h"
#include "cloud/service.h"
#include "protocol/support/clock_source.h"

struct reconciler_options {
    const char *database; /* the service's; must exist */
    struct clock_source clock;
    struct payments_port payments;
    enum err (*post)(void *self, struct work *w); /* as service_post */
    void *post_self;
    int at_minute; /* of the place's day: the day before is reconciled from here on; below 0: only on
                      demand */
};

struct reconciler;

/* ERR_IO: the database cannot be read. */
enum err reconciler_start(const struct reconciler_options *o, struct reconciler **ret);

/* The day is done next. Any thread. ERR_INVAL: `day` is no date; ERR_FULL: too many wait. */
enum err reconciler_order(struct reconciler *r, const struct name *place, const char *day);

/* A page that was asked for arrived. Any thread, never blocks. */
void reconciler_page(struct reconciler *r, const struct settlement_page *page);

struct reconciler_progress {
    bool busy;
    struct name place;
    char day[DAY_SIZE];
    char stage[16]; /* "provider", "ledger" or "compare" */
    int64_t lines;  /* of providers so far */
    int64_t waiting;
    struct name failed_place; /* the last one that came to nothing; "": none since it succeeded */
    char failed_day[DAY_SIZE];
    char failure[PAYMENT_REASON_SIZE];
};

/* Any thread. */
struct reconciler_progress reconciler_look(struct reconciler *r);

/* While the service still runs. NULL is fine. */
void reconciler_stop(struct reconciler *r);

#endif
