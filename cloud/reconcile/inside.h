/* Inside of the reconciliation: shared by its thread and by the work of one day. */
#ifndef BOOMGATE_CLOUD_RECONCILE_INSIDE_H
#define BOOMGATE_CLOUD_RECONCILE_INSIDE_H

#include "cloud/reconcile/reconciler.h"
#include "cloud/store/reader.h"

#include <pthread.h>

enum { ORDERS_MAX = 64 };

struct day_order {
    struct name place;
    char day[DAY_SIZE];
};

struct reconciler {
    struct reconciler_options options;
    struct reader *reader; /* the thread's only */
    pthread_t thread;
    pthread_mutex_t lock; /* guards the members below, never held over a call out */
    pthread_cond_t changed;
    bool stopping;
    struct day_order orders[ORDERS_MAX];
    size_t order_count;
    struct reconciler_progress progress;
    bool page_wanted;
    struct settlement_page *page; /* arrived; NULL: not yet */
    bool posted_done;             /* the report was stored or refused */
    struct admin_result posted;
};

/* Real time. */
int64_t reconciler_now_ms(void);

/* Waits until something changed; false: it is `until_ms` (reconciler_now_ms). Under the lock. */
bool reconciler_pause(struct reconciler *r, int64_t until_ms);

void reconciler_stage(struct reconciler *r, const char *stage, int64_t lines);

/* One day from its rows to the stored report. `ret_reason` is written on failure. */
enum err day_reconcile(struct reconciler *r, const struct day_order *o,
                       char ret_reason[PAYMENT_REASON_SIZE]);

/* The instants at which the place's day begins and ends. ERR_INVAL: no such day or zone. */
enum err day_bounds(const char *day, const char *zone, struct wall_ms *ret_from,
                    struct wall_ms *ret_to);

/* The local day of `now`, less `days`, and the minute of the day. ERR_INVAL: no such zone. */
enum err day_of(struct wall_ms now, const char *zone, int days, char ret[DAY_SIZE],
                int *ret_minute);

#endif
