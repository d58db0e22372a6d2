/* What to do with a vehicle that wants to leave, from facts alone (domain.md, "Payment"). Asked
 * again whenever a fact changes: a payment's result, a deadline.
 *
 * X1 nobody is trapped: while the provider is the problem, every path ends in an open arm, at once
 *    (defer) or after hold_max (hold).
 * X2 nothing is charged while another payment of the stay is not final.
 * X3 the arm stays down only for a decline, a missing account, a place that denies unknown stays, or a
 *    ticket that is known not to be for leaving here.
 * X4 who can pay by a link waits for that, and asks again when it takes too long. */
#ifndef BOOMGATE_CLOUD_CORE_EXIT_DECISION_H
#define BOOMGATE_CLOUD_CORE_EXIT_DECISION_H

#include "cloud/core/records.h"

struct exit_facts {
    bool session;          /* an open stay with this plate or credential */
    bool ticket_used;      /* none: that of this ticket has ended, */
    bool other_place;      /* or the ticket is another place's */
    int64_t price_minor;   /* of the stay so far */
    int64_t due_minor;     /* of it, not yet paid and not in grace */
    bool account;          /* a payer account is linked to the plate */
    bool available;        /* the provider's breaker would take a call */
    bool payment_open;     /* the stay has a payment that is not final */
    bool payment_declined; /* the payment made for this question was declined */
    bool link;             /* a payment link may be shown */
    bool pay_over;         /* and was shown for long enough */
    bool failed;           /* this attempt gave no result, or none within the wait */
    bool hold_over;        /* the question is older than hold_max */
    enum payment_policy policy;
    enum unmatched_policy unmatched;
};

enum exit_action {
    EXIT_ALLOW_FREE,
    EXIT_ALLOW_PAID,
    EXIT_ALLOW_DEFERRED, /* a debt follows when the vehicle has left */
    EXIT_ALLOW_UNMATCHED,
    EXIT_DENY_NO_SESSION,
    EXIT_DENY_TICKET_USED,
    EXIT_DENY_OTHER_PLACE,
    EXIT_DENY_NO_ACCOUNT,
    EXIT_DENY_DECLINED,
    EXIT_PAY,          /* pending: the driver pays by link; no account */
    EXIT_PAY_DECLINED, /* ... the last payment was declined */
    EXIT_CHARGE,       /* pending: make a payment */
    EXIT_WAIT,         /* pending: a payment is under way */
    EXIT_HOLD,         /* pending: try again later */
    EXIT_ACTIONS
};

enum exit_action exit_decide(const struct exit_facts *f);

/* The answer for the lane, with the display text of at most 32 bytes; `due` is named on the display
 * where it matters. */
struct passage_answer exit_answer(enum exit_action a, struct money due);

#endif
