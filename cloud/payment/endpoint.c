#include "cloud/payment/endpoint.h"

static void change(struct endpoint *e, enum endpoint_state s)
{
    e->state = s;
    e->era++;
}

/* E1: b is the better choice than a. */
static bool better(const struct endpoint *a, const struct endpoint *b)
{
    return b->in_flight != a->in_flight ? b->in_flight < a->in_flight : b->used < a->used;
}

static size_t first_due(const struct endpoint *list, size_t count)
{
    size_t at = 0;
    for (size_t i = 1; i < count; i++)
        if (mono_diff_ms(list[i].until, list[at].until) < 0)
            at = i;
    return at;
}

static size_t choose(struct endpoint *list, size_t count, size_t avoid, struct mono_ms now)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        struct endpoint *e = &list[i];
        if (e->state == ENDPOINT_EJECTED && mono_diff_ms(now, e->until) >= 0) { /* E2 */
            change(e, ENDPOINT_TRIAL);
            return i;
        }
        if (e->state == ENDPOINT_IN && i != avoid && (best == count || better(&list[best], e)))
            best = i;
    }
    if (best == count && avoid < count && list[avoid].state == ENDPOINT_IN)
        best = avoid;
    return best < count ? best : first_due(list, count); /* E3 */
}

struct endpoint_ticket endpoint_begin(struct endpoint *list, size_t count, size_t avoid,
                                      struct mono_ms now)
{
    int64_t latest = 0;
    for (size_t i = 0; i < count; i++)
        latest = list[i].used > latest ? list[i].used : latest;
    size_t at = choose(list, count, avoid, now);
    list[at].used = latest + 1;
    list[at].in_flight++;
    return (struct endpoint_ticket){at, list[at].era};
}

static void eject(struct endpoint *e, const struct endpoint_options *o, struct mono_ms now)
{
    change(e, ENDPOINT_EJECTED);
    e->failures = 0;
    e->ejections++;
    e->until = mono_after(now, o->eject_ms);
}

static void failed(struct endpoint *e, const struct endpoint_options *o, struct mono_ms now)
{
    e->failures++;
    if (e->state == ENDPOINT_TRIAL || e->failures >= o->failures_in_row)
        eject(e, o, now);
}

void endpoint_end(struct endpoint *list, const struct endpoint_ticket *t,
                  const struct endpoint_options *o, enum breaker_result result, struct mono_ms now)
{
    struct endpoint *e = &list[t->at];
    bool counts = t->era == e->era; /* E4 */
    e->in_flight--;
    switch (result) {
    case BREAKER_GOOD:
        e->good++;
        if (counts) {
            e->failures = 0;
            if (e->state != ENDPOINT_IN)
                change(e, ENDPOINT_IN);
        }
        break;
    case BREAKER_FAILED:
    case BREAKER_TIMED_OUT:
        e->failed += result == BREAKER_FAILED;
        e->timed_out += result == BREAKER_TIMED_OUT;
        if (counts)
            failed(e, o, now);
        break;
    case BREAKER_ABANDONED: /* a trial that was none: the next one is due at once */
        if (counts && e->state == ENDPOINT_TRIAL) {
            change(e, ENDPOINT_EJECTED);
            e->until = now;
        }
        break;
    }
}

bool endpoint_others_work(const struct endpoint *list, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        if (i != at && list[i].state == ENDPOINT_IN && list[i].failures == 0)
            return true;
    return false;
}

const char *endpoint_state_word(enum endpoint_state s)
{
    static const char *const words[] = {
        [ENDPOINT_IN] = "in", [ENDPOINT_EJECTED] = "ejected", [ENDPOINT_TRIAL] = "trial"};
    return words[s];
}
