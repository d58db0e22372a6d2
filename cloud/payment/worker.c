#include "cloud/payment/worker.h"

#include "cloud/payment/text.h"
#include "cloud/payment/transfer.h"
#include "protocol/base/buf.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/log.h"
#include "protocol/support/mailbox.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { DELIVER_AGAIN_MS = 20, IDLE_MS = 1000 };

/* What `start` puts into the queue: the call, already in the provider's words, and its ticket. */
struct job {
    struct payment_call call;
    struct settlement_page *page; /* owned; NULL: `call` is meant, else page->call */
    struct provider_request request;
    struct mono_ms started;
    uint32_t ticket;
};

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
    bool closed; /* takes no new call */
    struct mono_ms stop_by;
};

struct payment_options payment_defaults(void)
{
    return (struct payment_options){
        .provider = &provider_stripe,
        .connect_ms = 500,
        .total_ms = 2000,
        .retries = 3,
        .retry_ms = 50,
        .connections = 128,
        .queue = 256,
        .breaker = breaker_defaults(),
    };
}

static struct mono_ms now_of(const struct payment_worker *w)
{
    return clock_now(&w->clock).mono;
}

/* ---- any thread ---- */

static void tell_breaker(struct payment_worker *w, uint32_t ticket, enum breaker_result r,
                         int64_t latency_ms)
{
    struct mono_ms now = now_of(w);
    pthread_mutex_lock(&w->lock);
    enum breaker_state before = breaker_state(&w->breaker, now);
    breaker_end(&w->breaker, ticket, r, latency_ms, now, random_u64());
    enum breaker_state after = breaker_state(&w->breaker, now);
    int64_t open_ms = mono_diff_ms(w->breaker.open_until, now);
    pthread_mutex_unlock(&w->lock);
    if (before != after)
        log_notice("payment.breaker", LT("provider", w->options.provider->name),
                   LT("from", breaker_state_word(before)), LT("to", breaker_state_word(after)),
                   LN("open_ms", after == BREAKER_OPEN ? open_ms : 0));
}

enum breaker_state payment_worker_breaker(struct payment_worker *w)
{
    pthread_mutex_lock(&w->lock);
    enum breaker_state s = breaker_state(&w->breaker, now_of(w));
    pthread_mutex_unlock(&w->lock);
    return s;
}

/* Under the lock, so that no job slips in behind the thread's last look into the queue. */
static enum err enqueue(struct payment_worker *w, struct job *job)
{
    if (w->closed)
        return ERR_UNAVAIL;
    TRY(breaker_begin(&w->breaker, job->started, &job->ticket));
    uint32_t ticket = job->ticket;
    enum err e = mailbox_post(w->queue, &job);
    if (e != ERR_OK)
        breaker_end(&w->breaker, ticket, BREAKER_ABANDONED, 0, job->started, 0);
    return e;
}

static void job_free(struct job *job)
{
    if (job)
        free(job->page);
    free(job);
}

/* Takes the job, built with outcome `e`. */
static enum err take_in(struct payment_worker *w, struct job *job, enum err e)
{
    job->started = now_of(w);
    if (e == ERR_OK) {
        pthread_mutex_lock(&w->lock);
        e = enqueue(w, job);
        pthread_mutex_unlock(&w->lock);
    }
    if (e != ERR_OK)
        job_free(job);
    return e;
}

static bool is_mine(const struct payment_worker *w, const struct name *provider)
{
    return strcmp(provider->text, w->options.provider->name) == 0;
}

static enum err port_start(void *self, const struct payment_call *call)
{
    struct payment_worker *w = self;
    if (!is_mine(w, &call->provider))
        return ERR_INVAL;
    struct job *job = mem_alloc(sizeof *job);
    job->call = *call;
    enum err e = w->options.provider->build(call, w->options.secret, &job->request);
    if (e == ERR_OK && call->traceparent[0])
        e = text_header(&job->request, "traceparent", call->traceparent);
    return take_in(w, job, e);
}

static enum err port_settlement(void *self, const struct settlement_call *call)
{
    struct payment_worker *w = self;
    if (!is_mine(w, &call->provider))
        return ERR_INVAL;
    struct job *job = mem_alloc(sizeof *job);
    job->page = mem_alloc(sizeof *job->page);
    job->page->call = *call;
    return take_in(w, job, w->options.provider->build_page(call, w->options.secret, &job->request));
}

static bool port_available(void *self, const struct name *provider)
{
    enum breaker_state s = payment_worker_breaker(self);
    return (!provider || is_mine(self, provider)) &&
           (s == BREAKER_CLOSED || s == BREAKER_HALF_OPEN);
}

struct payments_port payment_worker_port(struct payment_worker *w)
{
    struct payments_port port = {.self = w,
                                 .provider_count = 1,
                                 .start = port_start,
                                 .available = port_available,
                                 .settlement = port_settlement};
    struct buf name = buf_of(port.providers[0].text, sizeof port.providers[0].text);
    buf_adds(&name, w->options.provider->name);
    return port;
}

static void wake(void *self)
{
    curl_multi_wakeup(((struct payment_worker *)self)->multi);
}

/* ---- the worker's thread: one slot per call under way ---- */

static int64_t left_ms(const struct payment_worker *w, const struct slot *s, struct mono_ms now)
{
    return w->options.total_ms - mono_diff_ms(now, s->job->started);
}

static void deliver(struct payment_worker *w, struct slot *s, struct mono_ms now)
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

/* The answer that ends the call becomes its result. */
static void conclude(struct payment_worker *w, struct slot *s, const struct provider_answer *a,
                     struct mono_ms now)
{
    const struct payment_call *call = &s->job->call;
    struct payment_result *r = &s->result;
    struct settlement_page *page = s->job->page;
    bool query = call->kind == PAYMENT_CALL_QUERY || call->kind == PAYMENT_CALL_REFUND_QUERY;
    *r = (struct payment_result){
        .kind = call->kind, .provider = call->provider, .outcome = a->outcome};
    /* W2: an earlier attempt may have charged; and a question that was never asked tells nothing. */
    if (a->outcome == PAYMENT_RESULT_NOT_SENT && (s->unknown || query))
        r->outcome = PAYMENT_RESULT_UNKNOWN;
    if (page) {
        page->answered = a->outcome == PAYMENT_RESULT_SUCCEEDED;
        memcpy(page->reason, a->reason, sizeof page->reason);
    }
    memcpy(r->key, call->key, sizeof r->key);
    memcpy(r->provider_ref, a->reference, sizeof r->provider_ref);
    memcpy(r->reason, a->reason, sizeof r->reason);
    r->latency_ms = mono_diff_ms(now, s->job->started);
    metrics_time(w->options.metrics, SPAN_PAYMENT, r->latency_ms * 1000);
    deliver(w, s, now);
}

static void conclude_unsent(struct payment_worker *w, struct slot *s, const char *reason,
                            struct mono_ms now)
{
    struct provider_answer a = {.outcome = PAYMENT_RESULT_NOT_SENT};
    struct buf text = buf_of(a.reason, sizeof a.reason);
    buf_adds(&text, reason);
    conclude(w, s, &a, now);
}

static void begin_attempt(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    if (!s->transfer)
        s->transfer = transfer_new(s); /* when first needed: most daemons never use all slots */
    s->state = SLOT_RUNNING;
    s->attempts++;
    s->attempt_at = now;
    transfer_start(s->transfer, w->multi, w->options.url, &s->job->request, w->options.connect_ms,
                   left_ms(w, s, now));
}

static void take_job(struct payment_worker *w, struct slot *s, struct job *job, struct mono_ms now)
{
    s->job = job;
    s->attempts = 0;
    s->unknown = false;
    if (left_ms(w, s, now) > 0) {
        begin_attempt(w, s, now);
    } else {
        tell_breaker(w, job->ticket, BREAKER_ABANDONED, 0);
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

static bool may_retry(const struct payment_worker *w, const struct slot *s,
                      const struct provider_answer *a, int64_t pause_ms, struct mono_ms now)
{
    bool settled = a->outcome != PAYMENT_RESULT_UNKNOWN && a->outcome != PAYMENT_RESULT_NOT_SENT;
    return !settled && a->retry && s->attempts <= w->options.retries &&
           left_ms(w, s, now) > pause_ms;
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

static void end_attempt(struct payment_worker *w, struct slot *s, CURLcode code)
{
    struct mono_ms now = now_of(w);
    int64_t took_ms = mono_diff_ms(now, s->attempt_at);
    struct transfer_end end = transfer_finish(s->transfer, w->multi, code);
    struct provider_answer a = judge(w, s, &end);
    bool given_up = code == CURLE_ABORTED_BY_CALLBACK;
    enum breaker_result result = given_up                        ? BREAKER_ABANDONED
                                 : end.how == TRANSFER_TIMED_OUT ? BREAKER_TIMED_OUT
                                 : a.healthy                     ? BREAKER_GOOD
                                                                 : BREAKER_FAILED;
    tell_breaker(w, s->job->ticket, result, took_ms);
    count_attempt(w->options.metrics, result);
    s->unknown = s->unknown || a.outcome == PAYMENT_RESULT_UNKNOWN;
    if (!a.healthy)
        log_warn("payment.attempt", LT("provider", w->options.provider->name),
                 LT("key", s->job->call.key), LN("attempt", s->attempts), LT("reason", a.reason),
                 LN("sent", end.sent), LN("ms", took_ms));

    int64_t pause_ms =
        w->options.retry_ms + (int64_t)(random_u64() % (uint64_t)(w->options.retry_ms + 1));
    if (!given_up && may_retry(w, s, &a, pause_ms, now)) {
        s->state = SLOT_PAUSE;
        s->wait_until = mono_after(now, pause_ms);
    } else {
        conclude(w, s, &a, now);
    }
}

static void retry(struct payment_worker *w, struct slot *s, struct mono_ms now)
{
    pthread_mutex_lock(&w->lock);
    enum err e = breaker_begin(&w->breaker, now, &s->job->ticket);
    pthread_mutex_unlock(&w->lock);
    if (e != ERR_OK)
        conclude_unsent(w, s, "breaker opened", now);
    else if (left_ms(w, s, now) > 0)
        begin_attempt(w, s, now);
    else {
        tell_breaker(w, s->job->ticket, BREAKER_ABANDONED, 0);
        conclude_unsent(w, s, "deadline passed", now);
    }
}

/* Moves every slot whose time has come and fills the free ones. Returns how many are in use; lowers
 * *wait_ms to the time of the next move. */
static int64_t move_slots(struct payment_worker *w, struct mono_ms now, int64_t *wait_ms)
{
    int64_t used = 0;
    for (int64_t i = 0; i < w->options.connections; i++) {
        struct slot *s = &w->slots[i];
        bool waits = s->state == SLOT_PAUSE || s->state == SLOT_DELIVER;
        if (waits && mono_diff_ms(now, s->wait_until) >= 0) {
            if (s->state == SLOT_PAUSE)
                retry(w, s, now);
            else
                deliver(w, s, now);
        }
        struct job *job;
        while (s->state == SLOT_FREE && mailbox_drain(w->queue, &job, 1) == 1)
            take_job(w, s, job, now);
        if (s->state == SLOT_PAUSE || s->state == SLOT_DELIVER) {
            int64_t ms = mono_diff_ms(s->wait_until, now);
            *wait_ms = ms < *wait_ms ? ms : *wait_ms;
        }
        used += s->state != SLOT_FREE;
    }
    return used;
}

static void end_finished(struct payment_worker *w)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left));)
        if (m->msg == CURLMSG_DONE)
            end_attempt(w, transfer_owner(m->easy_handle), m->data.result);
}

/* W1 at a stop that will not wait: whatever is left gets its result now. */
static void give_up(struct payment_worker *w)
{
    struct mono_ms now = now_of(w);
    for (int64_t i = 0; i < w->options.connections; i++) {
        struct slot *s = &w->slots[i];
        if (s->state == SLOT_RUNNING)
            end_attempt(w, s, CURLE_ABORTED_BY_CALLBACK);
        else if (s->state == SLOT_PAUSE)
            conclude_unsent(w, s, "given up at stop", now);
        else if (s->state == SLOT_DELIVER)
            deliver(w, s, now);
        struct job *job;
        while (s->state == SLOT_FREE && mailbox_drain(w->queue, &job, 1) == 1) {
            s->job = job;
            s->unknown = false;
            tell_breaker(w, job->ticket, BREAKER_ABANDONED, 0);
            conclude_unsent(w, s, "given up at stop", now);
        }
        if (s->state == SLOT_DELIVER) /* nobody takes it: the next start asks the provider */
            log_warn("payment.result_lost", LT("key", s->result.key));
    }
}

static bool must_end(struct payment_worker *w, bool idle, struct mono_ms now, int64_t *wait_ms)
{
    pthread_mutex_lock(&w->lock);
    bool closed = w->closed;
    int64_t left = mono_diff_ms(w->stop_by, now);
    pthread_mutex_unlock(&w->lock);
    if (closed && left < *wait_ms)
        *wait_ms = left;
    return closed && (idle || left <= 0);
}

static void *run(void *self)
{
    struct payment_worker *w = self;
    for (;;) {
        int running;
        curl_multi_perform(w->multi, &running);
        end_finished(w);
        struct mono_ms now = now_of(w);
        int64_t wait_ms = IDLE_MS;
        bool idle = move_slots(w, now, &wait_ms) == 0;
        if (must_end(w, idle, now, &wait_ms))
            break;
        curl_multi_poll(w->multi, NULL, 0, (int)wait_ms, NULL);
    }
    give_up(w);
    return NULL;
}

/* ---- life ---- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum err payment_worker_create(const struct payment_options *o, payment_done done,
                               settlement_done settled, void *arg, struct payment_worker **ret)
{
    if (strncmp(o->url, "http://", 7) != 0 && strncmp(o->url, "https://", 8) != 0)
        return ERR_INVAL;
    pthread_once(&curl_once, init_curl);
    struct payment_worker *w = mem_alloc(sizeof *w);
    w->options = *o;
    size_t len = strlen(w->options.url);
    while (w->options.url[len - 1] == '/')
        w->options.url[--len] = '\0';
    w->done = done;
    w->settled = settled;
    w->done_arg = arg;
    w->clock = clock_real();
    w->breaker = breaker_of(&o->breaker);
    pthread_mutex_init(&w->lock, NULL);
    w->multi = curl_multi_init();
    if (!w->multi)
        abort(); /* out of memory */
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)o->connections);
    w->queue = mailbox_new(sizeof(struct job *), (size_t)o->queue, wake, w);
    w->slots = mem_alloc((size_t)o->connections * sizeof *w->slots);
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        abort(); /* no thread to be had at start */
    *ret = w;
    return ERR_OK;
}

void payment_worker_stop(struct payment_worker *w, int64_t wait_ms)
{
    if (w->joined)
        return;
    pthread_mutex_lock(&w->lock);
    w->closed = true;
    w->stop_by = mono_after(now_of(w), wait_ms);
    pthread_mutex_unlock(&w->lock);
    wake(w);
    pthread_join(w->thread, NULL);
    w->joined = true;
}

void payment_worker_free(struct payment_worker *w)
{
    if (!w)
        return;
    payment_worker_stop(w, 0);
    for (int64_t i = 0; i < w->options.connections; i++) {
        job_free(w->slots[i].job);
        transfer_free(w->slots[i].transfer);
    }
    curl_multi_cleanup(w->multi);
    mailbox_free(w->queue);
    free(w->slots);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
