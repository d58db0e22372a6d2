#include "edge/host.h"

#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

enum {
    PRUNE_MS = 60 * 1000,              /* domain time; a thousand rows each */
    KEEP_MS = 7 * 24 * 60 * 60 * 1000, /* domain time: acknowledged rows */
    STEP_ALARM_MS = 10 * 60 * 1000,
    ASIDE_ALARM_MS = 60 * 60 * 1000, /* domain time */
    STALLED_MS = 10 * 60 * 1000,     /* domain time: the oldest event without acknowledgement ... */
    FLOWS_MS = 60 * 1000,            /* ... and it flows again */
};

static const char *const levels[] = {"normal", "tight", "frugal"};

void host_init(struct host *h, const struct clock_source *clock, struct journal *journal,
               const char *config_fault)
{
    struct wall_ms recorded = {0};
    struct now now = clock_now(clock);
    *h = (struct host){.clock = *clock,
                       .step_until = now.mono,
                       .prune_due = now.mono,
                       .config_fault = config_fault};
    if (journal)
        (void)journal_last_recorded(journal, &recorded);
    clock_watch_init(&h->watch, recorded, clock_disciplined(clock), now);
    if (clock_simulated(clock))
        h->watch.state = CLOCK_SYNCED;
    log_notice("clock.state", LT("state", clock_state_word(h->watch.state)));
}

/* --- storage --- */

static enum err prune(struct host *h, struct journal *journal, struct now now)
{
    bool pressed = h->storage != STORAGE_NORMAL;
    if (!pressed && mono_diff_ms(now.mono, h->prune_due) < 0)
        return ERR_OK;
    h->prune_due = mono_after(now.mono, PRUNE_MS);
    return journal_prune(journal, now.wall, pressed ? -1 : KEEP_MS);
}

static enum err look_at_storage(struct host *h, struct journal *journal, struct now now)
{
    struct journal_fill fill;
    if (!journal)
        return ERR_OK;
    TRY(journal_fill(journal, &fill));
    h->percent = retention_percent(fill.room_bytes, fill.limit_bytes);
    enum storage_level level = retention_level(h->storage, h->percent);
    if (level != h->storage)
        log_warn("journal.storage", LT("level", levels[level]), LN("percent", h->percent),
                 LN("used_bytes", fill.used_bytes), LN("room_bytes", fill.room_bytes));
    h->storage = level;
    if (level == STORAGE_NORMAL)
        journal_restore_reserve(journal);
    return prune(h, journal, now);
}

/* --- clock --- */

static void look_at_clock(struct host *h, struct now now)
{
    enum clock_state before = h->watch.state;
    if (clock_simulated(&h->clock)) /* H2 */
        return;
    struct clock_verdict v = clock_watch_look(&h->watch, clock_disciplined(&h->clock), now);
    if (v.step_ms != 0) {
        h->step_ms = v.step_ms;
        h->step_until = mono_after(now.mono, STEP_ALARM_MS);
        log_warn("clock.stepped", LN("by_ms", v.step_ms));
    }
    if (v.state != before)
        log_notice("clock.state", LT("state", clock_state_word(v.state)));
}

/* --- uplink --- */

static enum err look_at_uplink(struct host *h, struct journal *journal, int64_t base,
                               struct now now)
{
    int64_t age_ms;
    if (!journal)
        return ERR_OK;
    TRY(journal_backlog_age(journal, base, now.wall, &age_ms));
    bool stalled = age_ms >= (h->stalled ? FLOWS_MS : STALLED_MS);
    if (stalled != h->stalled)
        log_warn(stalled ? "uplink.stalled" : "uplink.flows", LN("oldest_ms", age_ms));
    h->stalled = stalled;
    return ERR_OK;
}

/* --- what the agent is told --- */

static struct agent_input alarm_input(enum alarm alarm, bool active)
{
    return (struct agent_input){.kind = INPUT_EDGE_ALARM,
                                .alarm = {.alarm = alarm, .active = active}};
}

static struct agent_input clock_alarm(const struct host *h, struct now now)
{
    bool stepped = mono_diff_ms(h->step_until, now.mono) > 0;
    struct agent_input in = alarm_input(ALARM_CLOCK, stepped || h->watch.state == CLOCK_UNSET);
    if (stepped)
        snprintf(in.alarm.detail, sizeof in.alarm.detail, "the wall clock stepped by %lld ms",
                 (long long)h->step_ms);
    else if (in.alarm.active)
        snprintf(in.alarm.detail, sizeof in.alarm.detail, "the wall clock cannot be right");
    return in;
}

static struct agent_input disk_alarm(const struct host *h)
{
    struct agent_input in = alarm_input(ALARM_DISK, h->storage != STORAGE_NORMAL);
    if (in.alarm.active)
        snprintf(in.alarm.detail, sizeof in.alarm.detail, "the journal's storage is %d %% full",
                 h->percent);
    return in;
}

static struct agent_input journal_alarm(struct host *h, int asides, struct now now)
{
    if (asides != h->asides)
        h->aside_until = mono_after(now.mono, ASIDE_ALARM_MS);
    h->asides = asides;
    struct agent_input in =
        alarm_input(ALARM_JOURNAL, asides > 0 && mono_diff_ms(h->aside_until, now.mono) > 0);
    if (in.alarm.active)
        snprintf(in.alarm.detail, sizeof in.alarm.detail, "a damaged journal was set aside");
    return in;
}

/* The first words of it; all of it is in the log. Paths may hold any byte, an event only text. */
static struct agent_input config_alarm(const struct host *h)
{
    struct agent_input in = alarm_input(ALARM_CONFIGURATION, h->config_fault[0] != '\0');
    char *to = in.alarm.detail;
    for (size_t i = 0; i < sizeof in.alarm.detail - 1 && h->config_fault[i] != '\0'; i++)
        *to++ = h->config_fault[i] >= ' ' && h->config_fault[i] <= '~' ? h->config_fault[i] : '?';
    return in;
}

size_t host_look(struct host *h, struct journal *journal, const struct uplink *uplink, int64_t base,
                 int asides, struct agent_input ret[HOST_INPUTS], enum err *ret_e)
{
    struct now now = clock_now(&h->clock);
    size_t n = 0;
    enum err e = look_at_storage(h, journal, now);
    if (e == ERR_OK)
        e = look_at_uplink(h, journal, base, now);
    look_at_clock(h, now);
    ret[n++] = (struct agent_input){.kind = INPUT_STORAGE, .frugal = h->storage == STORAGE_FRUGAL};
    ret[n++] = (struct agent_input){.kind = INPUT_CLOCK, .clock = h->watch.state};
    ret[n++] = disk_alarm(h);
    ret[n++] = journal_alarm(h, asides, now);
    ret[n++] = clock_alarm(h, now);
    ret[n++] = config_alarm(h);
    ret[n++] = alarm_input(ALARM_SESSION_TAKEN_OVER, uplink_taken_over(uplink));
    ret[n++] = alarm_input(ALARM_UPLINK_STALLED, h->stalled);
    if (e == ERR_OK)
        h->looks++;
    *ret_e = e;
    return n;
}
