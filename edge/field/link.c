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

struct command {
    size_t unit;
    enum lane_command command;
    struct mono_ms expires;
};

struct link {
    struct field_link config;
    const struct clock_source *clock;
    struct transport *transport;
    int64_t period_us;

    struct unit units[FIELD_LANES_MAX];
    size_t unit_count;

    /* Shared with the loop thread. */
    struct mailbox *commands;
    pthread_mutex_t lock; /* guards `wanted` */
    struct outputs wanted[FIELD_LANES_MAX];
    atomic_bool stopping, commands_waiting, outputs_waiting;
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

enum err link_new(const struct field_link *config, const struct clock_source *clock,
                  struct link **ret)
{
    struct transport *t;
    TRY(transport_create(config->host, (int)config->port, config->response_timeout_ms, &t));
    struct link *l = mem_alloc(sizeof *l);
    l->config = *config;
    l->clock = clock;
    l->transport = t;
    l->period_us = config->scan_ms * 1000;
    l->backoff = backoff_of(RECONNECT_MIN_MS, RECONNECT_MAX_MS);
    l->commands = mailbox_new(sizeof(struct command), COMMANDS_MAX, wake_for_command, l);
    pthread_mutex_init(&l->lock, NULL);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        abort(); /* at start; a process without descriptors cannot go on */
    *ret = l;
    return ERR_OK;
}

size_t link_add(struct link *l, size_t lane, const struct name *name, uint8_t address,
                struct mailbox *inputs)
{
    unit_init(&l->units[l->unit_count], lane, name, address, l->transport, l->clock, inputs,
              l->config.stale_ms);
    return l->unit_count++;
}

enum err link_command(struct link *l, size_t unit, enum lane_command c, struct mono_ms expires)
{
    struct command item = {.unit = unit, .command = c, .expires = expires};
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
        struct command items[8];
        size_t n;
        while ((n = mailbox_drain(l->commands, items, sizeof items / sizeof items[0])) > 0)
            for (size_t i = 0; i < n; i++)
                unit_order(&l->units[items[i].unit], items[i].command, items[i].expires);
    }
    if (atomic_exchange(&l->outputs_waiting, false)) {
        pthread_mutex_lock(&l->lock);
        for (size_t i = 0; i < l->unit_count; i++)
            l->units[i].wanted = l->wanted[i];
        pthread_mutex_unlock(&l->lock);
    }
}

static void link_down(struct link *l, const char *reason)
{
    int64_t now = real_us();
    transport_close(l->transport);
    for (size_t i = 0; i < l->unit_count; i++)
        unit_disconnected(&l->units[i]);
    /* Where several units share the connection, one of them ended it: the endpoint deserves no
     * longer wait, and the unit is left alone for a while (unit_failed). */
    bool shared = l->unit_count > 1 && l->useful;
    if (l->was_up)
        backoff_session_ended(&l->backoff, (now - l->up_us) / 1000, shared ? 0 : SESSION_ENOUGH_MS);
    l->useful = false;
    uint32_t wait_ms = backoff_next_ms(&l->backoff, random_u64());
    l->retry_us = now + (int64_t)wait_ms * 1000;
    if (l->was_up || !l->said_down)
        log_warn("field.down", LT("link", l->config.name.text), LT("host", l->config.host),
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
    log_info("field.up", LT("link", l->config.name.text), LT("host", l->config.host),
             LN("port", l->config.port));
}

/* False: the connection is gone. A unit that failed alone is counted. */
static bool judge(struct link *l, struct unit *u, enum err e)
{
    if (e == ERR_OK)
        return true;
    unit_failed(u, real_us(), e == ERR_DENIED || l->unit_count > 1);
    if (e == ERR_DENIED)
        return true;
    link_down(l, transport_reason(l->transport));
    return false;
}

/* Commands of every unit, then outputs. False: the connection is gone. */
static bool carry_out(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++) {
        struct unit *u = &l->units[i];
        if (u->motion_count == 0)
            continue;
        if (!judge(l, u, unit_move(u)))
            return false;
        unit_report(u, real_us());
    }
    return true;
}

static bool write_outputs(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++)
        if (!judge(l, &l->units[i], unit_write_outputs(&l->units[i], real_us())))
            return false;
    return true;
}

/* One scan of every unit; commands that arrive meanwhile go between two units. */
static bool scan(struct link *l)
{
    for (size_t i = 0; i < l->unit_count; i++) {
        struct unit *u = &l->units[i];
        int64_t now = real_us();
        if (now < u->skip_until_us)
            continue;
        enum err e = unit_scan(u, now);
        l->useful = l->useful || e == ERR_OK;
        if (!judge(l, u, e))
            return false;
        unit_report(u, real_us());
        if (atomic_load(&l->commands_waiting)) {
            take_orders(l);
            if (!carry_out(l))
                return false;
        }
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
            if (l->units[i].motion_count > 0)
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
        take_orders(l);
        if (!transport_connected(l->transport) && real_us() >= l->retry_us)
            link_connect(l);
        if (transport_connected(l->transport))
            work(l);
        int64_t now = real_us();
        for (size_t i = 0; i < l->unit_count; i++) {
            if (l->units[i].motion_count > 0)
                unit_expire(&l->units[i]);
            unit_report(&l->units[i], now);
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
    free(l);
}
