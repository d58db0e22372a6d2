#include "edge/loop.h"

#include "edge/core/liveness.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/notify.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

enum {
    INPUTS_MAX = 1024,        /* mailbox of the field */
    TURN_MAX = 128,           /* inputs per turn */
    TELEMETRY_MS = 10 * 1000, /* domain time */
    TIDY_MS = 200,            /* domain time: while a rights list is being cleared away */
    TIDY_IDLE_MS = 60 * 1000, /* domain time */
    CRIPPLED_MS = 5,          /* a crippled agent may have a deadline that only a commit moves */
    SLEEP_MAX_MS = 60 * 60 * 1000,
    SIGNALS = 3,
};

struct loop {
    struct clock_source clock;
    uv_loop_t uv;
    uv_async_t async;
    uv_timer_t timer;
    uv_signal_t signals[SIGNALS];
    struct mailbox *inputs;

    struct keeper *keeper;
    struct host *host;
    struct reload *reload;
    struct uplink *uplink;
    struct rights_store *rights; /* NULL: none */
    struct field *field;
    size_t link_count;
    struct notify notify;
    struct liveness liveness;
    bool starved; /* P4 */
    uint64_t turns;
    struct mono_ms telemetry_due;
    struct mono_ms tidy_due;
    int64_t look_us; /* when to look at the host again */
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

static void run_turn(struct loop *l)
{
    keeper_turn(l->keeper, l->turn, l->turn_count);
    for (size_t i = 0; i < l->turn_count; i++)
        agent_input_release(&l->turn[i]);
    l->turn_count = 0;
    l->turns++;
}

static void take(void *arg, const struct agent_input *input)
{
    struct loop *l = arg;
    if (l->turn_count == TURN_MAX)
        run_turn(l);
    l->turn[l->turn_count++] = *input;
}

/* P3 */
static void watch_journal(struct loop *l, const char *what, enum err e)
{
    if (e != ERR_OK)
        keeper_failed(l->keeper, what);
}

static void send_telemetry(struct loop *l, struct now now)
{
    struct journal *journal = l->keeper->journal;
    struct telemetry t;
    agent_snapshot(l->keeper->agent, now, &t);
    int64_t base = agent_memory(l->keeper->agent)->base;
    if (journal)
        watch_journal(l, "backlog", journal_backlog_age(journal, base, now.wall, &t.outbox_age_ms));
    uplink_telemetry(l->uplink, &t);
}

static void look_at_host(struct loop *l)
{
    struct keeper *k = l->keeper;
    struct agent_input in[HOST_INPUTS];
    enum err e;
    l->look_us = keeper_real_us() + HOST_LOOK_MS * 1000;
    size_t n =
        host_look(l->host, k->journal, l->uplink, agent_memory(k->agent)->base, k->asides, in, &e);
    if (e != ERR_OK && !agent_crippled(k->agent))
        watch_journal(l, "storage", e);
    keeper_turn(k, in, n);
}

/* P4 */
static void feed_watchdog(struct loop *l)
{
    int64_t now_us = keeper_real_us();
    size_t part;
    if (l->notify.period_us == 0)
        return;
    liveness_note(&l->liveness, LIVENESS_LANES, l->turns, now_us);
    liveness_note(&l->liveness, LIVENESS_JOURNAL, l->keeper->tries + l->host->looks, now_us);
    liveness_note(&l->liveness, LIVENESS_UPLINK, uplink_progress(l->uplink), now_us);
    for (size_t i = 0; i < l->link_count; i++)
        liveness_note(&l->liveness, LIVENESS_LINKS + i, field_rounds(l->field, i), now_us);
    if (liveness_alive(&l->liveness, now_us, &part))
        notify_say(&l->notify, "WATCHDOG=1");
    else if (!l->starved)
        log_error("edge.hangs", LT("part", liveness_part_word(part)), LN("number", part));
    l->starved = !liveness_alive(&l->liveness, now_us, &part);
}

static void run_chores(struct loop *l)
{
    struct now now = clock_now(&l->clock);
    if (l->keeper->journal)
        watch_journal(l, "checkpoint", journal_checkpoint(l->keeper->journal));
    keeper_tick(l->keeper);
    if (keeper_real_us() >= l->look_us) {
        look_at_host(l);
        feed_watchdog(l);
    }
    if (mono_diff_ms(now.mono, l->telemetry_due) >= 0) {
        l->telemetry_due = mono_after(now.mono, TELEMETRY_MS);
        send_telemetry(l, now);
    }
    if (l->rights && mono_diff_ms(now.mono, l->tidy_due) >= 0)
        l->tidy_due = mono_after(now.mono, rights_store_tidy(l->rights) ? TIDY_MS : TIDY_IDLE_MS);
    if (l->keeper->back)
        l->result = ERR_IO;
    if (l->keeper->back || (reload_due(l->reload) && agent_idle(l->keeper->agent))) /* P5 */
        uv_stop(&l->uv);
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

static int64_t until_us(int64_t deadline_us)
{
    if (deadline_us == INT64_MAX)
        return SLEEP_MAX_MS;
    int64_t left_us = deadline_us - keeper_real_us();
    return left_us <= 0 ? 0 : least((left_us + 999) / 1000, SLEEP_MAX_MS);
}

static void on_timer(uv_timer_t *timer);

/* P2 */
static void sleep_until_next(struct loop *l)
{
    struct agent *agent = l->keeper->agent;
    struct mono_ms now = clock_now(&l->clock).mono;
    int64_t ms = until_ms(l, now, agent_next_deadline(agent));
    if (agent_crippled(agent) && ms < CRIPPLED_MS)
        ms = CRIPPLED_MS;
    ms = least(ms, until_ms(l, now, l->telemetry_due));
    if (l->rights)
        ms = least(ms, until_ms(l, now, l->tidy_due));
    ms = least(ms, until_us(l->look_us));
    ms = least(ms, until_us(keeper_deadline_us(l->keeper)));
    ms = least(ms, until_us(uplink_deadline_us(l->uplink)));
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
    } while (n > 0 && mailbox_depth(l->inputs) > 0);
    const struct agent *a = l->keeper->agent;
    watch_journal(l, "outbox", uplink_tick(l->uplink, agent_memory(a), agent_introduced(a)));
    run_chores(l);
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
    if (number == SIGHUP) { /* P5 */
        reload_look(l->reload);
        l->look_us = 0;
        uv_async_send(&l->async);
        return;
    }
    reload_drop(l->reload);
    log_notice("edge.stopping", LN("signal", number));
    uv_stop(&l->uv);
}

enum err loop_create(const struct clock_source *clock, struct loop **ret)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    struct loop *l = mem_alloc(sizeof *l);
    l->clock = *clock;
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return ERR_UNAVAIL;
    }
    uv_async_init(&l->uv, &l->async, on_async);
    uv_timer_init(&l->uv, &l->timer);
    l->async.data = l->timer.data = l;
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&l->uv, &l->signals[i]);
        l->signals[i].data = l;
        uv_signal_start(&l->signals[i], on_signal, numbers[i]);
    }
    l->inputs = mailbox_new(sizeof(struct agent_input), INPUTS_MAX, loop_wake, l);
    *ret = l;
    return ERR_OK;
}

static void take_reloads(bool on)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(on ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

enum err loop_run(struct loop *l, const struct loop_parts *parts)
{
    l->reload = parts->reload;
    l->keeper = parts->keeper;
    l->host = parts->host;
    l->uplink = parts->uplink;
    l->field = parts->field;
    l->rights = parts->rights;
    l->telemetry_due = l->tidy_due = clock_now(&l->clock).mono;
    l->notify = notify_open();
    l->link_count = parts->link_count;
    liveness_init(&l->liveness, l->link_count, l->notify.period_us, keeper_real_us());
    do_turn(l);
    notify_say(&l->notify, "READY=1");
    take_reloads(true);
    if (l->result == ERR_OK)
        uv_run(&l->uv, UV_RUN_DEFAULT);
    take_reloads(false);
    notify_say(&l->notify, reload_due(l->reload) ? "RELOADING=1" : "STOPPING=1");
    notify_close(&l->notify);
    return l->result;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_close((uv_handle_t *)&l->timer, NULL);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_loop_close(&l->uv);
    mailbox_free(l->inputs);
    free(l);
}
