#include "edge/loop.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <time.h>
#include <uv.h>

enum {
    INPUTS_MAX = 1024,                 /* mailbox of the field */
    TURN_MAX = 128,                    /* inputs per turn */
    TELEMETRY_MS = 10 * 1000,          /* domain time */
    PRUNE_MS = 60 * 1000,              /* domain time; a thousand rows each */
    KEEP_MS = 7 * 24 * 60 * 60 * 1000, /* domain time: acknowledged rows */
    SLEEP_MAX_MS = 60 * 60 * 1000,
};

struct loop {
    struct clock_source clock;
    uv_loop_t uv;
    uv_async_t async;
    uv_timer_t timer;
    uv_signal_t signals[2];
    struct mailbox *inputs;

    struct agent *agent;
    struct journal *journal;
    struct uplink *uplink;
    struct mono_ms telemetry_due, prune_due;
    enum err result;

    struct agent_input turn[TURN_MAX];
    size_t turn_count;
};

void loop_wake(void *arg)
{
    struct loop *l = arg;
    uv_async_send(&l->async);
}

struct mailbox *loop_inputs(struct loop *l)
{
    return l->inputs;
}

/* P3 */
static void fail(struct loop *l, const char *where, enum err e)
{
    if (l->result != ERR_OK)
        return;
    log_error("edge.failed", LT("at", where), LT("reason", err_text(e)));
    l->result = e;
    uv_stop(&l->uv);
}

static void run_turn(struct loop *l)
{
    enum err e = agent_turn(l->agent, l->turn, l->turn_count, clock_now(&l->clock));
    l->turn_count = 0;
    if (e != ERR_OK)
        fail(l, "turn", e);
}

static void take(void *arg, const struct agent_input *input)
{
    struct loop *l = arg;
    if (l->turn_count == TURN_MAX)
        run_turn(l);
    l->turn[l->turn_count++] = *input;
}

static void send_telemetry(struct loop *l, struct now now)
{
    struct telemetry t;
    agent_snapshot(l->agent, now, &t);
    int64_t base = agent_memory(l->agent)->base;
    enum err e = journal_backlog_age(l->journal, base, now.wall, &t.outbox_age_ms);
    if (e != ERR_OK) {
        fail(l, "backlog", e);
        return;
    }
    uplink_telemetry(l->uplink, &t);
}

static void run_chores(struct loop *l)
{
    struct now now = clock_now(&l->clock);
    enum err e = journal_checkpoint(l->journal);
    if (e != ERR_OK)
        fail(l, "checkpoint", e);
    if (mono_diff_ms(now.mono, l->telemetry_due) >= 0) {
        l->telemetry_due = mono_after(now.mono, TELEMETRY_MS);
        send_telemetry(l, now);
    }
    if (mono_diff_ms(now.mono, l->prune_due) >= 0) {
        l->prune_due = mono_after(now.mono, PRUNE_MS);
        e = journal_prune(l->journal, now.wall, KEEP_MS);
        if (e != ERR_OK)
            fail(l, "prune", e);
    }
}

static int64_t until_ms(const struct loop *l, struct mono_ms now, struct mono_ms deadline)
{
    if (deadline.v == INT64_MAX)
        return SLEEP_MAX_MS;
    if (deadline.v <= now.v)
        return 0;
    int64_t ms = clock_sleep_ms(&l->clock, mono_diff_ms(deadline, now));
    return ms < SLEEP_MAX_MS ? ms : SLEEP_MAX_MS;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t uplink_wait_ms(const struct loop *l)
{
    struct timespec t;
    int64_t deadline_us = uplink_deadline_us(l->uplink);
    if (deadline_us == INT64_MAX)
        return SLEEP_MAX_MS;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t left_us = deadline_us - ((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    return left_us <= 0 ? 0 : least((left_us + 999) / 1000, SLEEP_MAX_MS);
}

static void on_timer(uv_timer_t *timer);

/* P2 */
static void sleep_until_next(struct loop *l)
{
    struct mono_ms now = clock_now(&l->clock).mono;
    int64_t ms = until_ms(l, now, agent_next_deadline(l->agent));
    ms = least(ms, until_ms(l, now, l->telemetry_due));
    ms = least(ms, until_ms(l, now, l->prune_due));
    ms = least(ms, uplink_wait_ms(l));
    uv_update_time(&l->uv);
    uv_timer_start(&l->timer, on_timer, (uint64_t)ms, 0);
}

/* P1 */
static void do_turn(struct loop *l)
{
    size_t n;
    do {
        uplink_drain(l->uplink, take, l);
        n = mailbox_drain(l->inputs, l->turn + l->turn_count, TURN_MAX - l->turn_count);
        l->turn_count += n;
        run_turn(l);
    } while (n > 0 && l->result == ERR_OK && mailbox_depth(l->inputs) > 0);
    if (l->result == ERR_OK) {
        enum err e = uplink_tick(l->uplink, agent_memory(l->agent));
        if (e != ERR_OK)
            fail(l, "outbox", e);
    }
    if (l->result == ERR_OK)
        run_chores(l);
    if (l->result == ERR_OK)
        sleep_until_next(l);
}

static void on_async(uv_async_t *async)
{
    do_turn(async->data);
}

static void on_timer(uv_timer_t *timer)
{
    do_turn(timer->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *l = handle->data;
    log_notice("edge.stopping", LN("signal", number));
    uv_stop(&l->uv);
}

enum err loop_create(const struct clock_source *clock, struct loop **ret)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    struct loop *l = mem_alloc(sizeof *l);
    l->clock = *clock;
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return ERR_UNAVAIL;
    }
    uv_async_init(&l->uv, &l->async, on_async);
    uv_timer_init(&l->uv, &l->timer);
    l->async.data = l->timer.data = l;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&l->uv, &l->signals[i]);
        l->signals[i].data = l;
        uv_signal_start(&l->signals[i], on_signal, numbers[i]);
    }
    l->inputs = mailbox_new(sizeof(struct agent_input), INPUTS_MAX, loop_wake, l);
    *ret = l;
    return ERR_OK;
}

enum err loop_run(struct loop *l, struct agent *agent, struct journal *journal,
                  struct uplink *uplink)
{
    struct mono_ms now = clock_now(&l->clock).mono;
    l->agent = agent;
    l->journal = journal;
    l->uplink = uplink;
    l->telemetry_due = now;
    l->prune_due = now;
    do_turn(l);
    if (l->result == ERR_OK)
        uv_run(&l->uv, UV_RUN_DEFAULT);
    return l->result;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_close((uv_handle_t *)&l->timer, NULL);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_loop_close(&l->uv);
    mailbox_free(l->inputs);
    free(l);
}
