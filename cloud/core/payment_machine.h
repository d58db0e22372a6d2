/* The life of one payment as a dense table (domain.md, "Payment").
 *
 * P1 a charge starts only from `created`, where the provider certainly has nothing under this key
 * or has just said so. P2 whatever may have reached the provider is asked about before it is
 * charged again, with the same key. P3 succeeded, declined and void never change; manual
 * only by a person. P4 only what was never sent becomes void. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_PAYMENT_MACHINE_H
#define BOOMGATE_CLOUD_CORE_PAYMENT_MACHINE_H

#include "cloud/core/records.h"

enum payment_event {
    PAYMENT_EV_SENT,  /* a charge was handed to the worker */
    PAYMENT_EV_QUERY, /* a query was handed to the worker */
    PAYMENT_EV_SUCCEEDED,
    PAYMENT_EV_DECLINED,
    PAYMENT_EV_TIMEOUT,         /* the call may have reached the provider; the outcome is unknown */
    PAYMENT_EV_NOT_SENT,        /* the call certainly never left */
    PAYMENT_EV_NOT_FOUND,       /* the provider has no such charge */
    PAYMENT_EV_RESTART,         /* this process has just started */
    PAYMENT_EV_EXPIRED,         /* the key is too old to be used for a charge */
    PAYMENT_EV_VOID,            /* it was never sent, and nobody wants it any more */
    PAYMENT_EV_RESOLVED_PAID,   /* a person looked: the money moved */
    PAYMENT_EV_RESOLVED_FAILED, /* a person looked: it did not */
    PAYMENT_EVENTS
};

/* What the caller has to do with a transition; a mask. */
enum payment_act {
    PAYMENT_ACT_BOOK = 1 << 0,   /* the money is ours: credit the session and its debt */
    PAYMENT_ACT_REFUSE = 1 << 1, /* tell the lane, keep the debt open */
    PAYMENT_ACT_FAILED = 1 << 2, /* no result from this attempt: the place's policy decides */
    PAYMENT_ACT_PERSON = 1 << 3, /* a person must look */
    PAYMENT_ACT_AGAIN = 1 << 4,  /* no money moved: what is owed may be charged anew */
};

struct payment_step {
    enum payment_state next;
    unsigned acts;
};

/* ERR_CONFLICT: the event is not legal in that state; *ret is untouched. */
enum err payment_next(enum payment_state s, enum payment_event e, struct payment_step *ret);

bool payment_is_final(enum payment_state s);

/* "<session>:<kind>:<n>" into ret[PAYMENT_KEY_SIZE]. ERR_INVAL: does not fit. */
enum err payment_key(const struct movement_id *session, const char *kind, int64_t n, char *ret);

enum { PAYMENT_KEY_HOURS = 24 }; /* providers forget keys after that (field notes) */

/* When to try an unfinished payment again after its `attempts`-th attempt: 1 s, 5 s, 30 s, 5 min,
 * then hourly. */
int64_t payment_retry_ms(int64_t attempts);

#endif
