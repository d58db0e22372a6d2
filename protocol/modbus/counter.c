#include "protocol/modbus/counter.h"

bool counter_take(struct counter *c, uint32_t raw, bool wide)
{
    uint32_t mask = wide ? UINT32_MAX : UINT16_MAX;
    uint32_t difference = (raw - c->last) & mask;
    bool counts = c->based && difference <= mask / 2;
    if (counts)
        c->total += difference;
    c->based = true;
    c->last = raw & mask;
    return counts;
}

void counter_lost(struct counter *c)
{
    c->based = false;
}

uint32_t crossings_missed(struct crossings *c, uint32_t counted, uint32_t seen)
{
    c->balance += (int64_t)counted - seen;
    if (c->balance <= 0) {
        /* One count may still come for what was just seen; more than that was backing out. */
        c->balance = seen > 0 && c->balance < 0 ? -1 : 0;
        c->pending = false;
        return 0;
    }
    uint32_t missed = c->pending ? (uint32_t)c->balance : 0;
    c->balance -= missed;
    c->pending = c->balance > 0;
    return missed;
}
