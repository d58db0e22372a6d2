/* The inside of the worker: its state, and the life of one call (slot.c) on its thread (worker.c). */
#ifndef BOOMGATE_CLOUD_PAYMENT_WORKER_INSIDE_H
#define BOOMGATE_CLOUD_PAYMENT_WORKER_INSIDE_H

#include "cloud/payment/meter.h"
#include "cloud/payment/transfer.h"
#include "cloud/payment/worker.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

#include <pthread.h>

/* What is put into the queue: the call, already in the provider's words, and its ticket. */
struct job {
    struct payment_call call;
    struct settlement_page *page; /* owned; NULL: `call` is meant, else page->call */
    struct provider_request request;
    struct mono_ms started;
    int64_t total_ms;
    uint32_t ticket; /* of the breaker */
};

void job_free(struct job *job); /* NULL is fine */

enum slot_state {
    SLOT_FREE,
    SLOT_RUNNING, /* an attempt is under way */
    SLOT_PAUSE,   /* until `wait_until`, then the next attempt */
    SLOT_DELIVER, /* the result is ready; offered at `wait_until` */
};

struct slot {
    enum slot_state state;
    struct job *job; /* owned; NULL when free */
    struct transfer *transfer;
    struct endpoint_ticket endpoint;
    struct mono_ms attempt_at;
    struct mono_ms wait_until;
    int64_t attempts;
    bool unknown; /* an attempt was sent and its fate is not known (W2) */
    struct payment_result result;
};

struct payment_worker {
    struct payment_options options;
    payment_done done;
    settlement_done settled;
    void *done_arg;
    struct clock_source clock;
    struct mailbox *queue; /* of struct job * */
    CURLM *multi;
    struct slot *slots; /* options.connections of them; the worker's thread only */
    pthread_t thread;
    bool joined;
    pthread_mutex_t lock; /* guards the members below, never held over a call out */
    struct breaker breaker;
    struct endpoint endpoints[ENDPOINTS_MAX];
    struct meter meter;
    bool closed; /* takes no new call */
    struct mono_ms stop_by;
};

struct mono_ms worker_now(const struct payment_worker *w);

/* Tells the breaker, and logs when it changes. */
void worker_tell_breaker(struct payment_worker *w, uint32_t ticket, enum breaker_result r,
                         int64_t latency_ms);

/* ---- slot.c, on the worker's thread ---- */

void slot_take(struct payment_worker *w, struct slot *s, struct job *job, struct mono_ms now);
void slot_end_attempt(struct payment_worker *w, struct slot *s, CURLcode code);
void slot_retry(struct payment_worker *w, struct slot *s, struct mono_ms now);
/* Offers the result; free if it was taken. */
void slot_deliver(struct payment_worker *w, struct slot *s, struct mono_ms now);
/* At a stop that will not wait: the call ends now. */
void slot_give_up(struct payment_worker *w, struct slot *s, struct mono_ms now);
/* A call that never got a connection ends now. */
void slot_give_up_queued(struct payment_worker *w, struct slot *s, struct job *job,
                         struct mono_ms now);

#endif
