/* The turn: drain the queue, decide, commit, release; and the thread that takes one after the other. */
#include "cloud/service/state.h"

#include "cloud/service/admin.h"
#include "cloud/service/audit.h"
#include "cloud/service/command.h"
#include "cloud/service/debt.h"
#include "cloud/service/effect.h"
#include "cloud/service/event.h"
#include "cloud/service/exit.h"
#include "cloud/service/flush.h"
#include "cloud/service/hello.h"
#include "cloud/service/live.h"
#include "cloud/service/load.h"
#include "cloud/service/offer.h"
#include "cloud/service/opening.h"
#include "cloud/service/payment.h"
#include "cloud/service/privacy.h"
#include "cloud/service/request.h"
#include "cloud/service/rights.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MAX = 16384, BATCH_MAX = 256, TIMER_MAX_MS = 60000 };

/* Answered grants may still be named by an edge that was away; commands and audits are asked for after a
 * business year. What people did to the ledger (acts) stays for ever. */
#define GRANTS_KEEP_MS (90 * 86400 * INT64_C(1000))
#define ORDERS_KEEP_MS (400 * 86400 * INT64_C(1000))
enum { PRUNE_MAX = 5000 }; /* rows an hour */

struct work *work_new(enum work_kind kind, const void *bytes, size_t len)
{
    struct work *w = mem_alloc(sizeof *w + len + 1);
    w->kind = kind;
    w->len = len;
    if (len)
        memcpy(w->bytes, bytes, len);
    return w;
}

void work_free(struct work *w)
{
    free(w);
}

static void wake(void *arg)
{
    struct service *s = arg;
    uint64_t one = 1;
    while (write(s->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static struct service_options with_defaults(const struct service_options *o)
{
    struct service_options r = *o;
    if (r.clock.rate == 0)
        r.clock = clock_real();
    r.queue_max = r.queue_max ? r.queue_max : QUEUE_MAX;
    r.batch_max = r.batch_max ? r.batch_max : BATCH_MAX;
    r.lease_ms = r.lease_ms ? r.lease_ms : 72 * 3600 * INT64_C(1000);
    r.payment_wait_ms = r.payment_wait_ms ? r.payment_wait_ms : 2000;
    r.hold_retry_ms = r.hold_retry_ms ? r.hold_retry_ms : 5000;
    r.collect_ms = r.collect_ms ? r.collect_ms : 1000;
    r.offer_resend_ms = r.offer_resend_ms ? r.offer_resend_ms : 2000;
    return r;
}

static void load_accounts(struct service *s)
{
    size_t n = s->options.account_count;
    s->account_list = mem_alloc((n + 1) * sizeof *s->account_list);
    for (size_t i = 0; i < n; i++) {
        s->account_list[i] = s->options.accounts[i];
        map_put(&s->accounts, s->account_list[i].plate.text, &s->account_list[i]);
    }
    s->options.accounts = s->account_list;
}

enum err service_create(const struct service_options *o, const struct service_ports *p,
                        struct service **ret)
{
    struct service *s = mem_alloc(sizeof *s);
    s->options = with_defaults(o);
    s->ports = *p;
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0) {
        free(s);
        return ERR_IO;
    }
    s->inbox = mailbox_new(sizeof(struct work *), s->options.queue_max, wake, s);
    s->batch = mem_alloc(s->options.batch_max * sizeof *s->batch);
    s->now = clock_now(&s->options.clock);
    load_accounts(s);
    enum err e = state_load(s);
    if (e != ERR_OK) {
        service_free(s);
        return e;
    }
    *ret = s;
    return ERR_OK;
}

enum err service_post(struct service *s, struct work *w)
{
    enum err e = mailbox_post(s->inbox, &w);
    if (e == ERR_FULL)
        metrics_add(s->options.metrics, METRIC_QUEUE_DROPPED, 1);
    return e;
}

/* One work of the batch. Returns true if it stays in use (a staged event). */
static bool take(struct service *s, struct work *w)
{
    s->trace.text[0] = '\0';
    switch (w->kind) {
    case WORK_EVENT: return event_take(s, w);
    case WORK_REQUEST: request_take(s, w); break;
    case WORK_STATUS: live_status(s, w); break;
    case WORK_TELEMETRY: live_telemetry(s, w); break;
    case WORK_BROKER: live_broker(s, w->broker.up); break;
    case WORK_PAYMENT: payment_take(s, &w->payment); break;
    case WORK_ADMIN: admin_take(s, w); break;
    }
    return false;
}

static void fire_timers(struct service *s)
{
    s->trace.text[0] = '\0';
    exit_timers(s);
    debt_timers(s);
    command_timers(s);
    opening_timers(s);
    offer_timers(s);
    live_timers(s);
    hello_timers(s);
    privacy_timers(s);
    if (reached(s->now.mono, s->prune_at)) {
        /* Long enough that no edge retries a request whose decision is gone. */
        int64_t keep_ms = 3600 * INT64_C(1000) + real_ms(s, 60 * 1000);
        STORE(s, prune_decisions, wall_after(s->now.wall, -keep_ms));
        rights_prune(s);
        STORE(s, prune_history, wall_after(s->now.wall, -GRANTS_KEEP_MS),
              wall_after(s->now.wall, -ORDERS_KEEP_MS), PRUNE_MAX);
        s->prune_at = mono_after(s->now.mono, keep_ms);
    }
}

static int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void commit(struct service *s)
{
    int64_t before_us = real_us();
    enum err e = s->ports.store.commit(s->ports.store.self);
    if (e != ERR_OK)
        service_die("commit", e);
    metrics_time(s->options.metrics, SPAN_COMMIT, real_us() - before_us);
}

size_t service_turn(struct service *s, struct now now)
{
    struct metrics *m = s->options.metrics;
    size_t n = mailbox_drain(s->inbox, s->batch, s->options.batch_max);
    s->now = now;
    if (n == 0 && service_next_timer_ms(s, now) > 0)
        return 0;

    enum err e = s->ports.store.begin(s->ports.store.self);
    if (e != ERR_OK)
        service_die("begin", e);
    payment_refused(s);
    for (size_t i = 0; i < n; i++)
        if (!take(s, s->batch[i]))
            work_free(s->batch[i]);
    fire_timers(s);
    audit_flush(s);
    offer_flush(s);
    state_flush(s);
    commit(s);
    metrics_add(m, METRIC_BATCHES, 1);
    metrics_add(m, METRIC_WORKS, (int64_t)n);
    metrics_set(m, METRIC_LAST_BATCH_WORKS, (int64_t)n);
    metrics_set(m, METRIC_QUEUE_DEPTH, (int64_t)mailbox_depth(s->inbox));
    effects_release(s);
    return n;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t service_next_timer_ms(const struct service *s, struct now now)
{
    if (s->refused_count > 0)
        return 0;
    int64_t ms = TIMER_MAX_MS;
    ms = sooner(ms, mono_diff_ms(s->collect_at, now.mono));
    ms = sooner(ms, mono_diff_ms(s->resend_at, now.mono));
    if (s->hello_wanted)
        ms = sooner(ms, mono_diff_ms(s->resync_at, now.mono));
    if (s->live_changed)
        ms = sooner(ms, mono_diff_ms(s->live_at, now.mono));
    for (size_t i = 0; i < s->case_count; i++) {
        const struct exit_case *c = s->cases[i];
        if (c->failed) {
            ms = sooner(ms, mono_diff_ms(c->retry_at, now.mono));
            ms = sooner(ms, mono_diff_ms(c->hold_until, now.mono));
        } else {
            ms = sooner(ms, mono_diff_ms(c->wait_until, now.mono));
        }
    }
    return ms > 0 ? ms : 0;
}

static void wait_for_work(struct service *s)
{
    struct now now = clock_now(&s->options.clock);
    int64_t ms = service_next_timer_ms(s, now);
    if (ms > 0)
        ms = clock_sleep_ms(&s->options.clock, ms);
    struct pollfd p = {.fd = s->wake_fd, .events = POLLIN};
    if (poll(&p, 1, (int)ms) > 0) {
        uint64_t count;
        while (read(s->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
            ;
    }
}

static void *run(void *arg)
{
    struct service *s = arg;
    while (!s->stopping) {
        if (service_turn(s, clock_now(&s->options.clock)) < s->options.batch_max)
            wait_for_work(s);
    }
    while (service_turn(s, clock_now(&s->options.clock)) > 0)
        ;
    return NULL;
}

enum err service_start(struct service *s)
{
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        return ERR_IO;
    pthread_setname_np(s->thread, "service");
    s->running = true;
    return ERR_OK;
}

void service_stop(struct service *s)
{
    if (!s->running)
        return;
    s->stopping = true;
    wake(s);
    pthread_join(s->thread, NULL);
    s->running = false;
}

static void drop_queue(struct service *s)
{
    static const struct admin_result stopped = {.err = ERR_UNAVAIL, .reason = "stopping"};
    struct work *w;
    while (mailbox_drain(s->inbox, &w, 1) == 1) {
        if (w->kind == WORK_ADMIN && w->admin.done)
            w->admin.done(w->admin.arg, &stopped);
        work_free(w);
    }
}

void service_free(struct service *s)
{
    if (!s)
        return;
    service_stop(s);
    drop_queue(s);
    effects_free(s);
    state_free(s);
    mailbox_free(s->inbox);
    map_free(&s->accounts);
    free(s->account_list);
    free(s->batch);
    close(s->wake_fd);
    free(s);
}
