/* One call under way: its attempts, and the result they add up to. */
#include "cloud/payment/worker_inside.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/random.h"

#include <string.h>

enum { DELIVER_AGAIN_MS = 20 };

static int64_t left_ms(const struct slot *s, struct mono_ms now)
{
    return s->job->total_ms - mono_diff_ms(now, s->job->started);
}

static bool is_query(const struct payment_call *c)
{
    return c->kind == PAYMENT_CALL_QUERY || c->kind == PAYMENT_CALL_REFUND_QUERY;
}

/* Refunds and pages may take their time. */
static bool may_be_slow(const struct job *job)
{
    return job->page || job->call.kind == PAYMENT_CALL_REFUND ||
           job->call.kind == PAYMENT_CALL_REFUND_QUERY;
}

/* ---- results ---- */

void slot_deliver(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    enum err e =
        s->job->page ? w->settled(w->done_arg, s->job->page) : w->done(w->done_arg, &s->result);
    if (e != ERR_OK) {
        s->state = SLOT_DELIVER;
        s->wait_until = mono_after(now, DELIVER_AGAIN_MS);
        return;
    }
    job_free(s->job);
    s->job = NULL;
    s->state = SLOT_FREE;
}

static void count(struct payment_worker *w, const struct slot *s)
{
    const struct settlement_page *page = s->job->page;
    pthread_mutex_lock(&w->lock);
    if (page)
        meter_page(&w->meter, page->answered, s->result.latency_ms);
    else
        meter_result(&w->meter, &s->result);
    pthread_mutex_unlock(&w->lock);
    if (!page)
        metrics_time(w->options.metrics, SPAN_PAYMENT, s->result.latency_ms * 1000);
}

/* The answer that ends the call becomes its result. */
static void conclude(struct payment_worker *w, struct slot *s, const struct provider_answer *a,
                     struct mono_ms now)
{
    const struct payment_call *call = &s->job->call;
    struct payment_result *r = &s->result;
    struct settlement_page *page = s->job->page;
    *r = (struct payment_result){.kind = call->kind,
                                 .provider = call->provider,
                                 .outcome = a->outcome,
                                 .charged_minor = a->charged_minor};
    /* W2: an earlier attempt may have charged; and a question that was never asked tells nothing. */
    if (a->outcome == PAYMENT_RESULT_NOT_SENT && (s->unknown || is_query(call)))
        r->outcome = PAYMENT_RESULT_UNKNOWN;
    if (page) {
        page->answered = a->outcome == PAYMENT_RESULT_SUCCEEDED;
        memcpy(page->reason, a->reason, sizeof page->reason);
    }
    memcpy(r->key, call->key, sizeof r->key);
    memcpy(r->provider_ref, a->reference, sizeof r->provider_ref);
    memcpy(r->reason, a->reason, sizeof r->reason);
    r->latency_ms = mono_diff_ms(now, s->job->started);
    count(w, s);
    slot_deliver(w, s, now);
}

static void conclude_unsent(struct payment_worker *w, struct slot *s, const char *reason,
                            struct mono_ms now)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_NOT_SENT};
    struct buf text = buf_of(a.reason, sizeof a.reason);
    buf_adds(&text, reason);
    conclude(w, s, &a, now);
}

/* ---- attempts ---- */

static void begin_attempt(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    size_t avoid = s->attempts > 0 ? s->endpoint.at : w->options.endpoint_count;
    if (!s->transfer)
        s->transfer = transfer_new(s); /* when first needed: most daemons never use all slots */
    pthread_mutex_lock(&w->lock);
    s->endpoint = endpoint_begin(w->endpoints, w->options.endpoint_count, avoid, now);
    pthread_mutex_unlock(&w->lock);
    s->state = SLOT_RUNNING;
    s->attempts++;
    s->attempt_at = now;
    struct transfer_target to = {.base = w->options.urls[s->endpoint.at],
                                 .ca_file = w->options.ca_file,
                                 .connect_ms = w->options.connect_ms,
                                 .total_ms = left_ms(s, now)};
    transfer_start(s->transfer, w->multi, &to, &s->job->request);
}

static void begin_slot(struct slot *s, struct job *job)
{
    s->job = job;
    s->attempts = 0;
    s->unknown = false;
}

void slot_take(struct payment_worker *w, struct slot *s, struct job *job, struct mono_ms now)
{
    begin_slot(s, job);
    if (left_ms(s, now) > 0) {
        begin_attempt(w, s, now);
    } else {
        worker_tell_breaker(w, job->ticket, BREAKER_ABANDONED, 0);
        conclude_unsent(w, s, "no connection free in time", now);
    }
}

/* What the end of an attempt says, before earlier attempts are considered. */
static struct provider_answer judge(const struct payment_worker *w, const struct slot *s,
                                    const struct transfer_end *end)
{
    struct provider_answer a = {.outcome =
                                    end->sent ? PAYMENT_RESULT_UNKNOWN : PAYMENT_RESULT_NOT_SENT};
    struct settlement_page *page = s->job->page;
    if (end->how == TRANSFER_ANSWERED && page) {
        w->options.provider->read_page(&page->call, end->status, end->body, end->len, page, &a);
    } else if (end->how == TRANSFER_ANSWERED) {
        w->options.provider->read(&s->job->call, end->status, end->body, end->len, &a);
    } else {
        struct buf reason = buf_of(a.reason, sizeof a.reason);
        buf_adds(&reason, end->reason);
        a.retry = end->how != TRANSFER_OVERLONG;
    }
    return a;
}

/* W5 */
static void tell(struct payment_worker *w, struct slot *s, enum breaker_result result,
                 struct mono_ms now)
{
    int64_t took_ms = may_be_slow(s->job) ? 0 : mono_diff_ms(now, s->attempt_at);
    size_t n = w->options.endpoint_count;
    size_t at = s->endpoint.at;
    pthread_mutex_lock(&w->lock);
    int64_t before = w->endpoints[at].ejections;
    endpoint_end(w->endpoints, &s->endpoint, &w->options.ejection, result, now);
    bool ejected = w->endpoints[at].ejections > before;
    bool endpoint_only = endpoint_others_work(w->endpoints, n, at);
    pthread_mutex_unlock(&w->lock);
    if (ejected)
        log_notice("payment.endpoint_ejected", LT("provider", w->options.name.text),
                   LT("url", w->options.urls[at]), LN("ms", w->options.ejection.eject_ms));
    if (result != BREAKER_GOOD && endpoint_only)
        result = BREAKER_ABANDONED;
    worker_tell_breaker(w, s->job->ticket, result, took_ms);
}

static bool may_retry(const struct payment_worker *w, const struct slot *s,
                      const struct provider_answer *a, int64_t pause_ms, struct mono_ms now)
{
    bool settled = a->outcome != PAYMENT_RESULT_UNKNOWN && a->outcome != PAYMENT_RESULT_NOT_SENT;
    return !settled && a->retry && s->attempts <= w->options.retries && left_ms(s, now) > pause_ms;
}

static void count_attempt(struct metrics *m, enum breaker_result r)
{
    if (r != BREAKER_ABANDONED)
        metrics_add(m,
                    r == BREAKER_GOOD     ? METRIC_ATTEMPTS_GOOD
                    : r == BREAKER_FAILED ? METRIC_ATTEMPTS_FAILED
                                          : METRIC_ATTEMPTS_TIMED_OUT,
                    1);
}

/* W3: uniform in [0, bound], the bound doubles with each attempt. */
static int64_t pause_of(const struct payment_worker *w, const struct slot *s)
{
    int64_t bound_ms = w->options.retry_ms << (s->attempts - 1);
    return (int64_t)(random_u64() % (uint64_t)(bound_ms + 1));
}

void slot_end_attempt(struct payment_worker *w, struct slot *s, CURLcode code)
{
    struct mono_ms now = worker_now(w);
    struct transfer_end end = transfer_finish(s->transfer, w->multi, code);
    struct provider_answer a = judge(w, s, &end);
    bool given_up = code == CURLE_ABORTED_BY_CALLBACK;
    /* A list that cannot be had says nothing about charges: vehicles do not wait for it. */
    bool no_verdict = given_up || (s->job->page && !a.healthy);
    enum breaker_result result = no_verdict                      ? BREAKER_ABANDONED
                                 : end.how == TRANSFER_TIMED_OUT ? BREAKER_TIMED_OUT
                                 : a.healthy                     ? BREAKER_GOOD
                                                                 : BREAKER_FAILED;
    tell(w, s, result, now);
    count_attempt(w->options.metrics, result);
    s->unknown = s->unknown || a.outcome == PAYMENT_RESULT_UNKNOWN;
    if (!a.healthy)
        log_warn("payment.attempt", LT("provider", w->options.name.text),
                 LT("url", w->options.urls[s->endpoint.at]), LT("key", s->job->call.key),
                 LN("attempt", s->attempts), LT("reason", a.reason), LN("sent", end.sent),
                 LN("ms", mono_diff_ms(now, s->attempt_at)));

    int64_t pause_ms = pause_of(w, s);
    if (!given_up && may_retry(w, s, &a, pause_ms, now)) {
        s->state = SLOT_PAUSE;
        s->wait_until = mono_after(now, pause_ms);
    } else {
        conclude(w, s, &a, now);
    }
}

void slot_retry(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    pthread_mutex_lock(&w->lock);
    enum err e = breaker_begin(&w->breaker, now, &s->job->ticket);
    pthread_mutex_unlock(&w->lock);
    if (e != ERR_OK) {
        conclude_unsent(w, s, "breaker opened", now);
    } else if (left_ms(s, now) > 0) {
        begin_attempt(w, s, now);
    } else {
        worker_tell_breaker(w, s->job->ticket, BREAKER_ABANDONED, 0);
        conclude_unsent(w, s, "deadline passed", now);
    }
}

/* ---- the end ---- */

void slot_give_up(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    switch (s->state) {
    case SLOT_FREE: break;
    case SLOT_RUNNING: slot_end_attempt(w, s, CURLE_ABORTED_BY_CALLBACK); break;
    case SLOT_PAUSE: conclude_unsent(w, s, "given up at stop", now); break;
    case SLOT_DELIVER: slot_deliver(w, s, now); break;
    }
}

void slot_give_up_queued(struct payment_worker *w, struct slot *s, struct job *job,
                         struct mono_ms now)
{
    begin_slot(s, job);
    worker_tell_breaker(w, job->ticket, BREAKER_ABANDONED, 0);
    conclude_unsent(w, s, "given up at stop", now);
}
