/* See history.h. */
#include "sim/hardware/history.h"

const char *arm_change_word(enum arm_change c)
{
    static const char *const words[ARM_CHANGES] = {
        [ARM_OPENING] = "opening", [ARM_OPEN] = "open",         [ARM_CLOSING] = "closing",
        [ARM_CLOSED] = "closed",   [ARM_REVERSED] = "reversed", [ARM_STOPPED] = "stopped",
    };
    return words[c];
}

const char *barrier_cause_word(enum barrier_cause c)
{
    static const char *const words[BARRIER_CAUSES] = {
        [BARRIER_BY_ORDER] = "order",     [BARRIER_BY_KEY] = "key",
        [BARRIER_BY_HAND] = "hand",       [BARRIER_BY_SAFETY] = "safety",
        [BARRIER_BY_FIRE] = "fire",       [BARRIER_BY_HOLD] = "hold",
        [BARRIER_BY_HOST] = "watchdog",   [BARRIER_BY_STOP] = "stop",
        [BARRIER_BY_TIMEOUT] = "timeout",
    };
    return words[c];
}

struct history history_of(const struct barrier *b)
{
    return (struct history){.motion = b->motion, .up = barrier_up(b), .down = barrier_down(b)};
}

static void add(struct history *h, enum arm_change change, const struct barrier *b, int64_t now_ms)
{
    h->events[h->count++ % HISTORY_MAX] =
        (struct arm_event){now_ms, change, b->cause, barrier_percent(b)};
}

void history_note(struct history *h, const struct barrier *b, int64_t now_ms)
{
    bool up = barrier_up(b), down = barrier_down(b);
    if (b->motion == BARRIER_OPENING && h->motion != BARRIER_OPENING)
        add(h, h->motion == BARRIER_CLOSING ? ARM_REVERSED : ARM_OPENING, b, now_ms);
    if (b->motion == BARRIER_CLOSING && h->motion != BARRIER_CLOSING)
        add(h, ARM_CLOSING, b, now_ms);
    if (up && !h->up)
        add(h, ARM_OPEN, b, now_ms);
    if (down && !h->down)
        add(h, ARM_CLOSED, b, now_ms);
    bool arrived = (up && !h->up) || (down && !h->down);
    if (b->motion == BARRIER_STILL && h->motion != BARRIER_STILL && !arrived)
        add(h, ARM_STOPPED, b, now_ms);
    h->motion = b->motion;
    h->up = up;
    h->down = down;
}
