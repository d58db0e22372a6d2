#include "cloud/reconcile/inside.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 5000,             /* whether a day has to be done */
    FAILED_MS = 10 * 60 * 1000, /* real time, before a day is tried again by itself */
};

/* ---- waiting ---- */

int64_t reconciler_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool reconciler_pause(struct reconciler *r, int64_t until_ms)
{
    struct timespec t = {.tv_sec = (time_t)(until_ms / 1000),
                         .tv_nsec = (long)(until_ms % 1000) * 1000000L};
    return pthread_cond_timedwait(&r->changed, &r->lock, &t) != ETIMEDOUT;
}

void reconciler_stage(struct reconciler *r, const char *stage, int64_t lines)
{
    pthread_mutex_lock(&r->lock);
    memset(r->progress.stage, 0, sizeof r->progress.stage);
    memcpy(r->progress.stage, stage, strlen(stage));
    r->progress.lines = lines;
    pthread_mutex_unlock(&r->lock);
}

/* ---- any thread ---- */

static bool day_good(const char *day)
{
    struct wall_ms from, to;
    return day_bounds(day, "UTC", &from, &to) == ERR_OK;
}

static bool same_order(const struct day_order *o, const struct name *place, const char *day)
{
    return name_equal(&o->place, place) && strcmp(o->day, day) == 0;
}

enum err reconciler_order(struct reconciler *r, const struct name *place, const char *day)
{
    enum err e = ERR_OK;
    if (!day_good(day))
        return ERR_INVAL;
    pthread_mutex_lock(&r->lock);
    if (name_equal(&r->progress.failed_place, place) && strcmp(r->progress.failed_day, day) == 0)
        r->progress.failed_place.text[0] = '\0';
    bool known = false;
    for (size_t i = 0; i < r->order_count; i++)
        known = known || same_order(&r->orders[i], place, day);
    if (!known && r->order_count == ORDERS_MAX)
        e = ERR_FULL;
    if (!known && e == ERR_OK) {
        struct day_order *o = &r->orders[r->order_count++];
        *o = (struct day_order){.place = *place};
        memcpy(o->day, day, DAY_SIZE);
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return e;
}

void reconciler_page(struct reconciler *r, const struct settlement_page *page)
{
    pthread_mutex_lock(&r->lock);
    if (r->page_wanted && !r->page) {
        r->page = mem_alloc(sizeof *r->page);
        *r->page = *page;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
}

struct reconciler_progress reconciler_look(struct reconciler *r)
{
    pthread_mutex_lock(&r->lock);
    struct reconciler_progress p = r->progress;
    p.waiting = (int64_t)r->order_count;
    pthread_mutex_unlock(&r->lock);
    return p;
}

/* ---- the thread ---- */

/* Yesterday of a place, once its hour has come and there is no whole report of it. */
static void want_yesterday(void *arg, const struct place_view *p)
{
    struct reconciler *r = arg;
    const struct place_settings *c = &p->row.settings;
    struct day_order *o = &r->orders[r->order_count];
    int minute = 0;
    *o = (struct day_order){.place = c->place};
    if (r->order_count < ORDERS_MAX &&
        day_of(clock_now(&r->options.clock).wall, c->zone, 1, o->day, &minute) == ERR_OK &&
        minute >= r->options.at_minute)
        r->order_count++;
}

static bool is_done(struct reconciler *r, const struct day_order *o)
{
    struct reconciliation_row row;
    struct place_view place;
    struct wall_ms first, from, to;
    if (reader_place(r->reader, &o->place, &place) != ERR_OK ||
        reader_first_movement(r->reader, &o->place, &first) != ERR_OK ||
        day_bounds(o->day, place.row.settings.zone, &from, &to) != ERR_OK)
        return true;
    if (first.v == 0 || first.v >= to.v)
        return true; /* nothing had ever happened there */
    return reader_reconciliation(r->reader, &o->place, o->day, &row) == ERR_OK && !row.partial;
}

/* Puts what is due into the queue; what is ordered stays before it. */
static void look_for_days(struct reconciler *r)
{
    struct reconciler due = {.options = r->options, .reader = r->reader};
    if (r->options.at_minute < 0 || reader_places(r->reader, want_yesterday, &due) != ERR_OK)
        return;
    for (size_t i = 0; i < due.order_count; i++)
        if (!is_done(r, &due.orders[i]))
            reconciler_order(r, &due.orders[i].place, due.orders[i].day);
}

static void begin(struct reconciler *r, const struct day_order *o)
{
    r->progress.busy = true;
    r->progress.place = o->place;
    memcpy(r->progress.day, o->day, sizeof r->progress.day);
    r->progress.lines = 0;
}

static void end(struct reconciler *r, const struct day_order *o, enum err e, const char *reason)
{
    struct reconciler_progress *p = &r->progress;
    p->busy = false;
    if (e != ERR_OK) {
        p->failed_place = o->place;
        memcpy(p->failed_day, o->day, sizeof p->failed_day);
        memcpy(p->failure, reason, sizeof p->failure);
    } else if (name_equal(&p->failed_place, &o->place) && strcmp(p->failed_day, o->day) == 0) {
        p->failed_place.text[0] = '\0';
    }
}

static bool take_order(struct reconciler *r, struct day_order *ret)
{
    if (r->order_count == 0 || r->stopping)
        return false;
    *ret = r->orders[0];
    r->order_count--;
    memmove(&r->orders[0], &r->orders[1], r->order_count * sizeof r->orders[0]);
    return true;
}

static void *run(void *self)
{
    struct reconciler *r = self;
    int64_t look_at_ms = 0; /* real time */
    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        struct day_order o;
        char reason[PAYMENT_REASON_SIZE] = "";
        if (take_order(r, &o)) {
            begin(r, &o);
            pthread_mutex_unlock(&r->lock);
            enum err e = day_reconcile(r, &o, reason);
            if (e != ERR_OK)
                look_at_ms = reconciler_now_ms() + FAILED_MS;
            pthread_mutex_lock(&r->lock);
            end(r, &o, e, reason);
            continue;
        }
        if (reconciler_now_ms() >= look_at_ms) {
            pthread_mutex_unlock(&r->lock);
            look_for_days(r);
            pthread_mutex_lock(&r->lock);
            look_at_ms = reconciler_now_ms() + LOOK_MS;
        }
        if (r->order_count == 0 && !r->stopping)
            reconciler_pause(r, reconciler_now_ms() + LOOK_MS);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- life ---- */

enum err reconciler_start(const struct reconciler_options *o, struct reconciler **ret)
{
    struct reconciler *r = mem_alloc(sizeof *r);
    pthread_condattr_t monotonic;
    r->options = *o;
    enum err e = reader_open(o->database, &r->reader);
    if (e != ERR_OK) {
        free(r);
        return e;
    }
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *ret = r; /* the first page may arrive before this returns */
    if (pthread_create(&r->thread, NULL, run, r) != 0)
        abort(); /* no thread to be had at start */
    return ERR_OK;
}

void reconciler_stop(struct reconciler *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    reader_close(r->reader);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r->page);
    free(r);
}
