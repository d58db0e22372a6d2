#include "cloud/payment/worker_inside.h"

#include "cloud/payment/text.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_MS = 1000 };

struct payment_options payment_defaults(void)
{
    return (struct payment_options){
        .name = {"stripe"},
        .provider = &provider_stripe,
        .connect_ms = 500,
        .charge_ms = 2000,
        .refund_ms = 10000,
        .settlement_ms = 30000,
        .retries = 3,
        .retry_ms = 100,
        .connections = 128,
        .queue = 256,
        .ejection = {.failures_in_row = 5, .eject_ms = 30000},
        .breaker = breaker_defaults(),
    };
}

struct mono_ms worker_now(const struct payment_worker *w)
{
    return clock_now(&w->clock).mono;
}

void job_free(struct job *job)
{
    if (job)
        free(job->page);
    free(job);
}

/* ---- any thread ---- */

void worker_tell_breaker(struct payment_worker *w, uint32_t ticket, enum breaker_result r,
                         int64_t latency_ms)
{
    struct mono_ms now = worker_now(w);
    pthread_mutex_lock(&w->lock);
    enum breaker_state before = breaker_state(&w->breaker, now);
    breaker_end(&w->breaker, ticket, r, latency_ms, now, random_u64());
    enum breaker_state after = breaker_state(&w->breaker, now);
    int64_t open_ms = mono_diff_ms(w->breaker.open_until, now);
    w->meter.openings += before != after && after == BREAKER_OPEN;
    pthread_mutex_unlock(&w->lock);
    if (before != after)
        log_notice("payment.breaker", LT("provider", w->options.name.text),
                   LT("from", breaker_state_word(before)), LT("to", breaker_state_word(after)),
                   LN("open_ms", after == BREAKER_OPEN ? open_ms : 0));
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

/* Takes the job, built with outcome `e`. */
static enum err take_in(struct payment_worker *w, struct job *job, enum err e)
{
    job->started = worker_now(w);
    if (e == ERR_OK) {
        pthread_mutex_lock(&w->lock);
        e = enqueue(w, job);
        meter_refused(&w->meter, e);
        pthread_mutex_unlock(&w->lock);
    }
    if (e != ERR_OK)
        job_free(job);
    return e;
}

enum err payment_worker_start(struct payment_worker *w, const struct payment_call *call)
{
    const struct payment_options *o = &w->options;
    bool refund = call->kind == PAYMENT_CALL_REFUND || call->kind == PAYMENT_CALL_REFUND_QUERY;
    struct job *job = mem_alloc(sizeof *job);
    job->call = *call;
    job->total_ms = refund ? o->refund_ms : o->charge_ms;
    enum err e = o->provider->build(call, o->secret, &job->request);
    if (e == ERR_OK && call->traceparent[0])
        e = text_header(&job->request, "traceparent", call->traceparent);
    return take_in(w, job, e);
}

enum err payment_worker_settlement(struct payment_worker *w, const struct settlement_call *call)
{
    const struct payment_options *o = &w->options;
    struct job *job = mem_alloc(sizeof *job);
    job->page = mem_alloc(sizeof *job->page);
    job->page->call = *call;
    job->total_ms = o->settlement_ms;
    return take_in(w, job, o->provider->build_page(call, o->secret, &job->request));
}

bool payment_worker_available(struct payment_worker *w)
{
    pthread_mutex_lock(&w->lock);
    enum breaker_state s = breaker_state(&w->breaker, worker_now(w));
    bool open = w->closed;
    pthread_mutex_unlock(&w->lock);
    return !open && (s == BREAKER_CLOSED || s == BREAKER_HALF_OPEN);
}

static struct endpoint_status endpoint_status_of(const struct endpoint *e, const char *url)
{
    struct endpoint_status s = {.state = endpoint_state_word(e->state),
                                .in_flight = e->in_flight,
                                .ejections = e->ejections,
                                .good = e->good,
                                .failed = e->failed,
                                .timed_out = e->timed_out};
    struct buf b = buf_of(s.url, sizeof s.url);
    buf_adds(&b, url);
    return s;
}

struct provider_status payment_worker_status(struct payment_worker *w)
{
    struct provider_status s = {.name = w->options.name,
                                .queue_max = w->options.queue,
                                .in_flight_max = w->options.connections,
                                .endpoint_count = w->options.endpoint_count};
    pthread_mutex_lock(&w->lock);
    s.breaker = breaker_state_word(breaker_state(&w->breaker, worker_now(w)));
    meter_read(&w->meter, &s);
    for (size_t i = 0; i < s.endpoint_count; i++)
        s.endpoints[i] = endpoint_status_of(&w->endpoints[i], w->options.urls[i]);
    pthread_mutex_unlock(&w->lock);
    s.queue = (int64_t)mailbox_depth(w->queue);
    return s;
}

static void wake(void *self)
{
    curl_multi_wakeup(((struct payment_worker *)self)->multi);
}

/* ---- the worker's thread: one slot per call under way ---- */

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
                slot_retry(w, s, now);
            else
                slot_deliver(w, s, now);
        }
        struct job *job;
        while (s->state == SLOT_FREE && mailbox_drain(w->queue, &job, 1) == 1)
            slot_take(w, s, job, now);
        if (s->state == SLOT_PAUSE || s->state == SLOT_DELIVER) {
            int64_t ms = mono_diff_ms(s->wait_until, now);
            *wait_ms = ms < *wait_ms ? ms : *wait_ms;
        }
        used += s->state != SLOT_FREE;
    }
    pthread_mutex_lock(&w->lock);
    w->meter.in_flight = used;
    pthread_mutex_unlock(&w->lock);
    return used;
}

static void end_finished(struct payment_worker *w)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left));)
        if (m->msg == CURLMSG_DONE)
            slot_end_attempt(w, transfer_owner(m->easy_handle), m->data.result);
}

/* W1 at a stop that will not wait: whatever is left gets its result now. */
static void give_up(struct payment_worker *w)
{
    struct mono_ms now = worker_now(w);
    for (int64_t i = 0; i < w->options.connections; i++) {
        struct slot *s = &w->slots[i];
        slot_give_up(w, s, now);
        struct job *job;
        while (s->state == SLOT_FREE && mailbox_drain(w->queue, &job, 1) == 1)
            slot_give_up_queued(w, s, job, now);
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
        struct mono_ms now = worker_now(w);
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

static bool is_url(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static void cut_slashes(char *url)
{
    size_t len = strlen(url);
    while (url[len - 1] == '/')
        url[--len] = '\0';
}

enum err payment_worker_create(const struct payment_options *o, payment_done done,
                               settlement_done settled, void *arg, struct payment_worker **ret)
{
    if (o->endpoint_count == 0 || o->endpoint_count > ENDPOINTS_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < o->endpoint_count; i++)
        if (!is_url(o->urls[i]))
            return ERR_INVAL;
    pthread_once(&curl_once, init_curl);
    struct payment_worker *w = mem_alloc(sizeof *w);
    w->options = *o;
    for (size_t i = 0; i < o->endpoint_count; i++)
        cut_slashes(w->options.urls[i]);
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

void payment_worker_close(struct payment_worker *w, int64_t wait_ms)
{
    struct mono_ms by = mono_after(worker_now(w), wait_ms);
    pthread_mutex_lock(&w->lock);
    if (!w->closed || mono_diff_ms(by, w->stop_by) < 0)
        w->stop_by = by;
    w->closed = true;
    pthread_mutex_unlock(&w->lock);
    wake(w);
}

void payment_worker_stop(struct payment_worker *w, int64_t wait_ms)
{
    if (w->joined)
        return;
    payment_worker_close(w, wait_ms);
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
    explicit_bzero(w->options.secret, sizeof w->options.secret);
    free(w);
}
