#include "cloud/payment/breaker.h"

#include <string.h>

enum breaker_event {
    EVENT_ELAPSED,
    EVENT_BEGIN,
    EVENT_GOOD,
    EVENT_BAD,
    EVENT_TRIP,
    EVENT_ABANDON,
    EVENTS
};

enum breaker_act { ACT_NONE, ACT_REFUSE, ACT_RESET, ACT_OPEN };

struct breaker_cell {
    enum breaker_state next;
    enum breaker_act act;
};

/* Results reach only the states in which their call may have begun (B4); the other cells keep
 * still. */
static const struct breaker_cell breaker_table[BREAKER_STATES][EVENTS] = {
    [BREAKER_CLOSED] =
        {
            [EVENT_ELAPSED] = {BREAKER_CLOSED, ACT_NONE},
            [EVENT_BEGIN] = {BREAKER_CLOSED, ACT_NONE},
            [EVENT_GOOD] = {BREAKER_CLOSED, ACT_NONE},
            [EVENT_BAD] = {BREAKER_CLOSED, ACT_NONE},
            [EVENT_TRIP] = {BREAKER_OPEN, ACT_OPEN},
            [EVENT_ABANDON] = {BREAKER_CLOSED, ACT_NONE},
        },
    [BREAKER_OPEN] =
        {
            [EVENT_ELAPSED] = {BREAKER_HALF_OPEN, ACT_NONE},
            [EVENT_BEGIN] = {BREAKER_OPEN, ACT_REFUSE},
            [EVENT_GOOD] = {BREAKER_OPEN, ACT_NONE},
            [EVENT_BAD] = {BREAKER_OPEN, ACT_NONE},
            [EVENT_TRIP] = {BREAKER_OPEN, ACT_NONE},
            [EVENT_ABANDON] = {BREAKER_OPEN, ACT_NONE},
        },
    [BREAKER_HALF_OPEN] =
        {
            [EVENT_ELAPSED] = {BREAKER_HALF_OPEN, ACT_NONE},
            [EVENT_BEGIN] = {BREAKER_TRIAL, ACT_NONE},
            [EVENT_GOOD] = {BREAKER_HALF_OPEN, ACT_NONE},
            [EVENT_BAD] = {BREAKER_HALF_OPEN, ACT_NONE},
            [EVENT_TRIP] = {BREAKER_HALF_OPEN, ACT_NONE},
            [EVENT_ABANDON] = {BREAKER_HALF_OPEN, ACT_NONE},
        },
    [BREAKER_TRIAL] =
        {
            [EVENT_ELAPSED] = {BREAKER_TRIAL, ACT_NONE},
            [EVENT_BEGIN] = {BREAKER_TRIAL, ACT_REFUSE},
            [EVENT_GOOD] = {BREAKER_CLOSED, ACT_RESET},
            [EVENT_BAD] = {BREAKER_OPEN, ACT_OPEN},
            [EVENT_TRIP] = {BREAKER_OPEN, ACT_OPEN},
            [EVENT_ABANDON] = {BREAKER_HALF_OPEN, ACT_NONE},
        },
};

struct breaker_options breaker_defaults(void)
{
    return (struct breaker_options){
        .window_ms = 60000,
        .min_calls = 5,
        .bad_percent = 50,
        .slow_ms = 1500,
        .timeouts_in_row = 3,
        .open_ms = 30000,
        .open_max_ms = 300000,
    };
}

struct breaker breaker_of(const struct breaker_options *o)
{
    struct breaker b = {.options = *o, .state = BREAKER_CLOSED, .bound_ms = o->open_ms};
    return b;
}

static void window_clear(struct breaker *b)
{
    memset(b->buckets, 0, sizeof b->buckets);
    b->timeouts = 0;
}

/* B2, B3: the time is drawn once per opening, then the bound doubles. */
static void open_now(struct breaker *b, struct mono_ms now, uint64_t random)
{
    int64_t extra = b->bound_ms / 4;
    int64_t open_ms = b->bound_ms + (int64_t)(random % (uint64_t)(extra + 1));
    if (open_ms > b->options.open_max_ms)
        open_ms = b->options.open_max_ms;
    b->open_until = mono_after(now, open_ms);
    b->bound_ms =
        b->bound_ms > b->options.open_max_ms / 2 ? b->options.open_max_ms : b->bound_ms * 2;
    window_clear(b);
}

static enum breaker_act apply(struct breaker *b, enum breaker_event e, struct mono_ms now,
                              uint64_t random)
{
    struct breaker_cell cell = breaker_table[b->state][e];
    if (cell.next != b->state)
        b->era++;
    b->state = cell.next;
    switch (cell.act) {
    case ACT_NONE:
    case ACT_REFUSE: break;
    case ACT_RESET:
        b->bound_ms = b->options.open_ms;
        window_clear(b);
        break;
    case ACT_OPEN: open_now(b, now, random); break;
    }
    return cell.act;
}

static void elapse(struct breaker *b, struct mono_ms now)
{
    if (b->state == BREAKER_OPEN && mono_diff_ms(now, b->open_until) >= 0)
        apply(b, EVENT_ELAPSED, now, 0);
}

/* Counts one ended call and says whether the breaker must open (B1). */
static bool count_call(struct breaker *b, bool bad, bool timed_out, struct mono_ms now)
{
    int64_t number = now.v / (b->options.window_ms / BREAKER_BUCKETS);
    struct breaker_bucket *bucket = &b->buckets[number % BREAKER_BUCKETS];
    if (bucket->number != number)
        *bucket = (struct breaker_bucket){.number = number};
    bucket->calls++;
    bucket->bad += bad;
    b->timeouts = timed_out ? b->timeouts + 1 : 0;

    int64_t calls = 0;
    int64_t bads = 0;
    for (int i = 0; i < BREAKER_BUCKETS; i++) {
        if (b->buckets[i].number <= number - BREAKER_BUCKETS)
            continue; /* left the window */
        calls += b->buckets[i].calls;
        bads += b->buckets[i].bad;
    }
    return b->timeouts >= b->options.timeouts_in_row ||
           (calls >= b->options.min_calls && bads * 100 >= calls * b->options.bad_percent);
}

enum err breaker_begin(struct breaker *b, struct mono_ms now, uint32_t *ret_ticket)
{
    elapse(b, now);
    if (apply(b, EVENT_BEGIN, now, 0) == ACT_REFUSE)
        return ERR_UNAVAIL;
    *ret_ticket = b->era;
    return ERR_OK;
}

void breaker_end(struct breaker *b, uint32_t ticket, enum breaker_result result, int64_t latency_ms,
                 struct mono_ms now, uint64_t random)
{
    elapse(b, now);
    if (ticket != b->era)
        return; /* B4 */
    if (result == BREAKER_ABANDONED) {
        apply(b, EVENT_ABANDON, now, random);
        return;
    }
    bool bad = result != BREAKER_GOOD || latency_ms > b->options.slow_ms;
    bool trip = count_call(b, bad, result == BREAKER_TIMED_OUT, now);
    apply(b, !bad ? EVENT_GOOD : trip ? EVENT_TRIP : EVENT_BAD, now, random);
}

enum breaker_state breaker_state(const struct breaker *b, struct mono_ms now)
{
    if (b->state == BREAKER_OPEN && mono_diff_ms(now, b->open_until) >= 0)
        return BREAKER_HALF_OPEN;
    return b->state;
}

const char *breaker_state_word(enum breaker_state s)
{
    static const char *const words[BREAKER_STATES] = {
        [BREAKER_CLOSED] = "closed",
        [BREAKER_OPEN] = "open",
        [BREAKER_HALF_OPEN] = "half_open",
        [BREAKER_TRIAL] = "trial",
    };
    return (unsigned)s < BREAKER_STATES ? words[s] : "";
}
