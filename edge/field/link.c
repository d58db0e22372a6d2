#include "edge/field/link.h"

#include "protocol/base/backoff.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    COMMANDS_MAX = 64,
    RECONNECT_MIN_MS = 100,
    RECONNECT_MAX_MS = 5000,
    SESSION_ENOUGH_MS = 2000,  /* a session this long resets the backoff */
    AWAY_TICK_US = 100 * 1000, /* how often staleness is looked at while there is no connection */
    STACK_BYTES = 256 * 1024,
};

struct link_command {
    size_t unit;
    enum lane_command command;
    struct mono_ms expires;
};

struct link {
    struct field_link config;
    const struct clock_source *clock;
    struct transport *transport;
    int64_t period_us;

    struct unit *units[FIELD_LANES_MAX]; /* large: only those there are */
    size_t unit_count;

    /* Shared with the loop thread. */
    struct mailbox *commands;
    pthread_mutex_t lock; /* guards `wanted` */
    struct outputs wanted[FIELD_LANES_MAX];
    atomic_bool stopping, commands_waiting, outputs_waiting;
    atomic_uint_least32_t alive[FIELD_LANES_MAX]; /* turns of the agent (F7) */
    atomic_uint_least64_t rounds;
    int wake_fd;
    pthread_t thread;

    /* The link thread's own. */
    struct backoff backoff;
    bool was_up, said_down;
    bool useful; /* some unit was scanned in this session */
    int64_t up_us;
    int64_t retry_us;
    int64_t next_scan_us;
};

static void wake(void *arg)
{
    struct link *l = arg;
    uint64_t one = 1;
    ssize_t n = write(l->wake_fd, &one, sizeof one);
    (void)n; /* full means: already awake */
}

static void wake_for_command(void *arg)
{
    struct link *l = arg;
    atomic_store(&l->commands_waiting, true);
    wake(l);
}

static enum err create_transport(const struct field_link *c, struct transport **ret)
{
    const struct budget_link b = field_budget_link(c);
    const struct transport_config t = {
        .host = c->host[0] ? c->host : NULL,
        .port = (int)c->port,
        .device = c->device,
        .baud = (int)c->baud,
        .parity = (enum transport_parity)c->parity,
        .stop = (int)c->stop,
        .silence_us = budget_silence_us(&b),
        .response_timeout_ms = c->response_timeout_ms,
    };
    return transport_create(&t, ret);
}

enum err link_new(const struct field_link *config, const struct clock_source *clock,
                  struct link **ret)
{
    struct transport *t;
    TRY(create_transport(config, &t));
    struct link *l = mem_alloc(sizeof *l);
    l->config = *config;
    l->clock = clock;
    l->transport = t;
    l->period_us = config->scan_ms * 1000;
    l->backoff = backoff_of(RECONNECT_MIN_MS, RECONNECT_MAX_MS);
    l->commands = mailbox_new(sizeof(struct link_command), COMMANDS_MAX, wake_for_command, l);
    pthread_mutex_init(&l->lock, NULL);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        abort(); /* at start; a process without descriptors cannot go on */
    *ret = l;
    return ERR_OK;
}

size_t link_add(struct link *l, const struct field_lane *lane, size_t number,
                struct mailbox *inputs)
{
    struct unit *u = mem_alloc(sizeof *u);
    l->units[l->unit_count] = u;
    unit_init(u, lane, number, l->transport, l->clock, inputs, l->config.stale_ms);
    return l->unit_count++;
}

void link_alive(struct link *l, size_t unit)
{
    atomic_fetch_add_explicit(&l->alive[unit], 1, memory_order_relaxed);
}

uint64_t link_rounds(const struct link *l)
{
    return atomic_load_explicit(&l->rounds, memory_order_relaxed);
}

enum err link_command(struct link *l, size_t unit, enum lane_command c, struct mono_ms expires)
{
    struct link_command item = {.unit = unit, .command = c, .expires = expires};
    return mailbox_post(l->commands, &item);
}

void link_outputs(struct link *l, size_t unit, void (*change)(struct outputs *o, const void *arg),
                  const void *arg)
{
    pthread_mutex_lock(&l->lock);
    change(&l->wanted[unit], arg);
    pthread_mutex_unlock(&l->lock);
    if (!atomic_exchange(&l->outputs_waiting, true))
        wake(l);
}

static void take_orders(struct link *l)
{
    if (atomic_exchange(&l->commands_waiting, false)) {
        struct link_command items[8];
        size_t n;
        while ((n = mailbox_drain(l->commands, items, sizeof items / sizeof items[0])) > 0)
            for (size_t i = 0; i < n; i++)
                unit_order(l->units[items[i].unit], items[i].command, items[i].expires);
    }
    if (atomic_exchange(&l->outputs_waiting, false)) {
        pthread_mutex_lock(&l->lock);
        for (size_t i = 0; i < l->unit_count; i++)
            l->units[i]->wanted = l->wanted[i];
        pthread_mutex_unlock(&l->lock);
    }
}

/* Where it leads, for the log. */
static const char *target(const struct link *l)
{
    return l->config.host[0] ? l->config.host : l->config.device;
}

static void link_down(struct link *l, const char *reason)
{
    int64_t now = real_us();
    transport_close(l->transport);
    for (size_t i = 0; i < l->unit_count; i++)
        unit_disconnected(l->units[i]);
    /* Where several units share the connection and another one answered, the endpoint is fine: it is
     * connected again in the next slot, and the unit that ended it is left alone (unit_failed). */
    bool shared = l->unit_count > 1 && l->useful;
    if (l->was_up)
        backoff_session_ended(&l->backoff, (now - l->up_us) / 1000, shared ? 0 : SESSION_ENOUGH_MS);
    uint32_t wait_ms =
        shared ? (uint32_t)l->config.scan_ms : backoff_next_ms(&l->backoff, random_u64());
    l->useful = false;
    l->retry_us = now + (int64_t)wait_ms * 1000;
    if (l->was_up || !l->said_down)
        log_warn("field.down", LT("link", l->config.name.text), LT("to", target(l)),
                 LN("port", l->config.port), LT("reason", reason), LN("retry_ms", wait_ms));
    l->said_down = true;
    l->was_up = false;
}

static void link_connect(struct link *l)
{
    if (transport_connect(l->transport) != ERR_OK) {
        link_down(l, transport_reason(l->transport));
        return;
    }
    l->up_us = real_us();
    /* On the clock's own grid, so that links of one period wake the machine once, not each for
     * itself; the first slot has just begun. */
    l->next_scan_us = l->up_us - l->up_us % l->period_us;
    l->was_up = true;
    log_info("field.up", LT("link", l->config.name.text), LT("to", target(l)),
             LN("port", l->config.port));
}

/* False: the connection is gone. A unit that failed, since `began_us`, is counted. */
static bool judge(struct link *l, struct unit *u, enum err e, int64_t began_us)
{
    if (e == ERR_OK)
        return true;
    int64_t now = real_us();
    unit_failed(u, now, now - began_us);
    if (transport_connected(l->transport))
        return true;
    link_down(l, transport_reason(l->transport));
    return false;
}

/* Commands of every unit. False: the connection is gone. */
static bool carry_out(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++) {
        struct unit *u = l->units[i];
        if (u->motion_count == 0)
            continue;
        int64_t began_us = real_us();
        if (!judge(l, u, unit_move(u), began_us))
            return false;
        unit_report(u, real_us());
    }
    return true;
}

/* F6: between two transactions of anything else. False: the connection is gone. */
static bool let_commands_by(struct link *l)
{
    if (!atomic_load_explicit(&l->commands_waiting, memory_order_relaxed))
        return true;
    take_orders(l);
    return carry_out(l);
}

static bool write_outputs(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++) {
        struct unit *u = l->units[i];
        bool more = true;
        u->alive = atomic_load_explicit(&l->alive[i], memory_order_relaxed);
        while (more) {
            int64_t began_us = real_us();
            enum err e = unit_write_outputs(u, began_us, &more);
            if (!judge(l, u, e, began_us) || !let_commands_by(l))
                return false;
            more = more && e == ERR_OK;
        }
    }
    return true;
}

/* One unit's scan, or what is left of it when it fails. False: the connection is gone. */
static bool scan_unit(struct link *l, struct unit *u)
{
    int failures = u->breaker.failures;
    bool more = true;
    while (more) {
        int64_t began_us = real_us();
        if (!judge(l, u, unit_scan(u, began_us, &more), began_us))
            return false;
        if (u->breaker.failures == failures && more && !let_commands_by(l))
            return false;
        if (u->breaker.failures != failures)
            return true; /* F9; also by a command that went between */
    }
    unit_scanned(u);
    l->useful = true;
    return true;
}

static bool scan(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++) {
        struct unit *u = l->units[i];
        if (!breaker_ready(&u->breaker, real_us()))
            continue;
        if (!scan_unit(l, u))
            return false;
        unit_report(u, real_us());
        if (!let_commands_by(l))
            return false;
    }
    return true;
}

static void work(struct link *l)
{
    if (!carry_out(l))
        return;
    int64_t now = real_us();
    if (now >= l->next_scan_us) {
        /* The next slot of the schedule that is still ahead: late scans are not made up for. */
        l->next_scan_us += ((now - l->next_scan_us) / l->period_us + 1) * l->period_us;
        if (!scan(l) || !carry_out(l))
            return;
    }
    write_outputs(l);
}

static void wait_for_work(struct link *l)
{
    int64_t now = real_us();
    int64_t until = l->next_scan_us;
    if (!transport_connected(l->transport)) {
        until = now + AWAY_TICK_US;
        for (size_t i = 0; i < l->unit_count; i++)
            if (l->units[i]->motion_count > 0)
                until = now + l->period_us; /* to report expiry in time */
        if (l->retry_us < until)
            until = l->retry_us;
    }
    if (until <= now)
        return;
    struct timespec left = {.tv_sec = (until - now) / 1000000,
                            .tv_nsec = (until - now) % 1000000 * 1000};
    struct pollfd fd = {.fd = l->wake_fd, .events = POLLIN};
    if (ppoll(&fd, 1, &left, NULL) > 0) {
        uint64_t count;
        ssize_t n = read(l->wake_fd, &count, sizeof count);
        (void)n;
    }
}

static void *link_main(void *arg)
{
    struct link *l = arg;
    while (!atomic_load(&l->stopping)) {
        atomic_fetch_add_explicit(&l->rounds, 1, memory_order_relaxed);
        take_orders(l);
        if (!transport_connected(l->transport) && real_us() >= l->retry_us)
            link_connect(l);
        if (transport_connected(l->transport))
            work(l);
        int64_t now = real_us();
        for (size_t i = 0; i < l->unit_count; i++) {
            if (l->units[i]->motion_count > 0)
                unit_expire(l->units[i]);
            unit_report(l->units[i], now);
        }
        wait_for_work(l);
    }
    transport_close(l->transport);
    return NULL;
}

void link_start(struct link *l)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals belong to the loop thread */
    if (pthread_create(&l->thread, &attr, link_main, l) != 0)
        abort();
    pthread_setname_np(l->thread, "link");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

void link_stop(struct link *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
    pthread_join(l->thread, NULL);
    mailbox_free(l->commands);
    transport_free(l->transport);
    close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    for (size_t i = 0; i < l->unit_count; i++)
        free(l->units[i]);
    free(l);
}
