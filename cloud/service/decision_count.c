#include "cloud/service/decision_count.h"

static enum metric refusal(enum reason why)
{
    switch (why) {
    case REASON_PLEASE_WAIT: /* no space in hand, and no answer within the deadline */
    case REASON_LATE: return METRIC_DECISIONS_NO_ANSWER;
    case REASON_UNAVAILABLE:
    case REASON_CLOCK:
    case REASON_AUDIT: return METRIC_DECISIONS_FAILED;
    default: return METRIC_DECISIONS_DENIED;
    }
}

enum metric decision_count(const struct event *e)
{
    if (e->kind == EVENT_PASSAGE_AUTHORISED)
        return e->data.basis == BASIS_OFFLINE ? METRIC_DECISIONS_NO_ANSWER
                                              : METRIC_DECISIONS_ALLOWED;
    return e->kind == EVENT_PASSAGE_DENIED ? refusal(e->data.reason) : METRICS;
}
