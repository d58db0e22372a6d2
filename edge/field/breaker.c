#include "edge/field/breaker.h"

enum {
    FAILURES_MIN = 3,
    OPEN_AFTER_US = 1000 * 1000,
    REST_TIMES = 9,
    REST_MAX_US = 1000 * 1000,
    WAIT_MIN_US = 500 * 1000,
    WAIT_MAX_US = 10 * 1000 * 1000,
    HOLD_US = 5 * 1000 * 1000,
};

bool breaker_succeeded(struct breaker *b)
{
    bool was_open = b->open;
    *b = (struct breaker){0};
    return was_open;
}

bool breaker_failed(struct breaker *b, int64_t now_us, int64_t took_us)
{
    if (b->failures++ == 0)
        b->first_us = now_us - took_us;
    if (b->open) {
        b->wait_us = b->wait_us * 2 > WAIT_MAX_US ? WAIT_MAX_US : b->wait_us * 2;
        b->next_us = now_us + b->wait_us;
        return false;
    }
    if (b->failures >= FAILURES_MIN && now_us - b->first_us >= OPEN_AFTER_US) {
        b->open = true;
        b->wait_us = WAIT_MIN_US;
        b->next_us = now_us + WAIT_MIN_US;
        return true;
    }
    int64_t rest_us = b->failures < 2 ? 0 : REST_TIMES * took_us;
    b->next_us = now_us + (rest_us > REST_MAX_US ? REST_MAX_US : rest_us);
    return false;
}

void breaker_hold(struct breaker *b, int64_t now_us)
{
    b->failures++;
    b->open = true;
    b->wait_us = HOLD_US;
    b->next_us = now_us + HOLD_US;
}

enum device_breaker breaker_state_of(const struct breaker *b, int64_t now_us)
{
    if (!b->open)
        return DEVICE_BREAKER_CLOSED;
    return breaker_ready(b, now_us) ? DEVICE_BREAKER_PROBING : DEVICE_BREAKER_OPEN;
}
