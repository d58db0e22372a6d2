#include "cloud/core/payment_machine.h"

#include "protocol/base/buf.h"

#include <string.h>

struct cell {
    bool legal;
    struct payment_step step;
};

#define TO(state, acts)                                                                            \
    {                                                                                              \
        true,                                                                                      \
        {                                                                                          \
            PAYMENT_##state, (acts)                                                                \
        }                                                                                          \
    }

/* An absent cell is not legal. */
static const struct cell table[PAYMENT_STATES][PAYMENT_EVENTS] = {
    [PAYMENT_CREATED] =
        {[PAYMENT_EV_SENT] = TO(SENT, 0),
         /* Refused before it was handed over: the breaker is open, the queue full. */
         [PAYMENT_EV_NOT_SENT] = TO(CREATED, PAYMENT_ACT_FAILED),
         /* The call may have begun just before the process died. */
         [PAYMENT_EV_RESTART] = TO(UNKNOWN, 0),
         [PAYMENT_EV_EXPIRED] = TO(MANUAL, PAYMENT_ACT_PERSON),
         [PAYMENT_EV_VOID] = TO(VOID, 0)},
    [PAYMENT_SENT] = {[PAYMENT_EV_SUCCEEDED] = TO(SUCCEEDED, PAYMENT_ACT_BOOK),
                      [PAYMENT_EV_DECLINED] = TO(DECLINED, PAYMENT_ACT_REFUSE),
                      [PAYMENT_EV_TIMEOUT] = TO(UNKNOWN, PAYMENT_ACT_FAILED),
                      [PAYMENT_EV_NOT_SENT] = TO(CREATED, PAYMENT_ACT_FAILED),
                      [PAYMENT_EV_RESTART] = TO(UNKNOWN, 0)},
    [PAYMENT_UNKNOWN] = {[PAYMENT_EV_QUERY] = TO(QUERYING, 0),
                         [PAYMENT_EV_NOT_SENT] = TO(UNKNOWN, PAYMENT_ACT_FAILED),
                         [PAYMENT_EV_RESTART] = TO(UNKNOWN, 0)},
    [PAYMENT_QUERYING] = {[PAYMENT_EV_SUCCEEDED] = TO(SUCCEEDED, PAYMENT_ACT_BOOK),
                          [PAYMENT_EV_DECLINED] = TO(DECLINED, PAYMENT_ACT_REFUSE),
                          [PAYMENT_EV_TIMEOUT] = TO(UNKNOWN, PAYMENT_ACT_FAILED),
                          [PAYMENT_EV_NOT_SENT] = TO(UNKNOWN, PAYMENT_ACT_FAILED),
                          [PAYMENT_EV_NOT_FOUND] = TO(CREATED, 0),
                          [PAYMENT_EV_RESTART] = TO(UNKNOWN, 0)},
    [PAYMENT_MANUAL] = {[PAYMENT_EV_RESOLVED_PAID] = TO(SUCCEEDED, PAYMENT_ACT_BOOK),
                        [PAYMENT_EV_RESOLVED_FAILED] = TO(DECLINED, PAYMENT_ACT_AGAIN)},
};

enum err payment_next(enum payment_state s, enum payment_event e, struct payment_step *ret)
{
    if ((int)s < 0 || s >= PAYMENT_STATES || (int)e < 0 || e >= PAYMENT_EVENTS)
        return ERR_CONFLICT;
    const struct cell *c = &table[s][e];
    if (!c->legal)
        return ERR_CONFLICT;
    *ret = c->step;
    return ERR_OK;
}

bool payment_is_final(enum payment_state s)
{
    return s == PAYMENT_SUCCEEDED || s == PAYMENT_DECLINED || s == PAYMENT_MANUAL ||
           s == PAYMENT_VOID;
}

enum err payment_key(const struct movement_id *session, const char *kind, int64_t n, char *ret)
{
    char memory[PAYMENT_KEY_SIZE];
    struct buf b = buf_of(memory, sizeof memory);
    buf_addf(&b, "%s:%s:%lld", session->text, kind, (long long)n);
    if (b.overflow)
        return ERR_INVAL;
    memcpy(ret, memory, b.len + 1);
    return ERR_OK;
}

int64_t payment_retry_ms(int64_t attempts)
{
    static const int64_t pauses_ms[] = {1000, 5000, 30 * 1000, 5 * 60 * 1000, 60 * 60 * 1000};
    int64_t last = (int64_t)(sizeof pauses_ms / sizeof pauses_ms[0]) - 1;
    int64_t at = attempts < 1 ? 0 : attempts - 1;
    return pauses_ms[at < last ? at : last];
}
