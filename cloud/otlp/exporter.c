/* The thread that reads the feed and posts it. */
#include "cloud/otlp/otlp.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAUSE_FACTOR = 2, PAUSE_MAX_MS = 60000, TARGET_SIZE = OTLP_URL_SIZE + 16 };

struct otlp {
    struct otlp_options options;
    char target[TARGET_SIZE];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic bool stop;
    struct reader *reader;
    CURL *easy;
    struct curl_slist *headers;
    int64_t seen;
};

static void count(struct otlp *t, enum metric m, int64_t n)
{
    metrics_add(t->options.metrics, m, n);
}

/* False: it is time to stop. */
static bool rest(struct otlp *t, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&t->lock);
    while (!t->stop && pthread_cond_timedwait(&t->changed, &t->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&t->lock);
    return !t->stop;
}

/* ---- one request ---- */

static size_t drop_body(char *bytes, size_t size, size_t n, void *self)
{
    (void)bytes, (void)self;
    return size * n;
}

static int give_up(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct otlp *t = self;
    (void)a, (void)b, (void)c, (void)d;
    return t->stop;
}

/* The HTTP status; 0: no answer. */
static long post(struct otlp *t, const char *body)
{
    CURL *e = t->easy;
    long status = 0;
    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_URL, t->target);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)t->options.timeout_ms);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, give_up);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
    if (curl_easy_perform(e) == CURLE_OK)
        curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* ---- a batch ---- */

struct batch {
    json_t *document;
    int64_t spans;
};

static bool take(void *arg, const struct feed_item *i)
{
    struct batch *b = arg;
    b->spans += otlp_add(b->document, i);
    return true;
}

/* True if the batch is over with, one way or the other (O2). */
static bool deliver(struct otlp *t, const struct batch *b)
{
    if (b->spans == 0)
        return true;
    char *body = json_dumps(b->document, JSON_COMPACT);
    if (body == NULL)
        abort();
    long status = post(t, body);
    free(body);
    bool refused = status >= 400 && status < 500 && status != 408 && status != 429;
    if (status >= 200 && status < 300)
        count(t, METRIC_SPANS_SENT, b->spans);
    else if (refused)
        count(t, METRIC_SPANS_DROPPED, b->spans);
    else
        return false;
    if (refused)
        log_warn("otlp.refused", LN("status", status), LN("spans", b->spans));
    return true;
}

/* O2 */
static void leave_out(struct otlp *t)
{
    int64_t head = 0;
    if (reader_feed_head(t->reader, &head) != ERR_OK || head - t->seen <= OTLP_BEHIND_MAX)
        return;
    count(t, METRIC_SPANS_DROPPED, head - OTLP_BEHIND_MAX - t->seen);
    t->seen = head - OTLP_BEHIND_MAX;
}

/* ERR_UNAVAIL: the collector, or the database, is to be tried again. *ret_more: there is more to send. */
static enum err step(struct otlp *t, bool *ret_more)
{
    struct batch b = {.document = otlp_document(t->options.instance.text)};
    struct feed_query q = {.limit = OTLP_BATCH};
    int64_t seen = 0;
    leave_out(t);
    q.after = t->seen;
    enum err e = reader_feed(t->reader, &q, take, &b, &seen);
    if (e == ERR_OK && !deliver(t, &b))
        e = ERR_UNAVAIL;
    json_decref(b.document);
    TRY(e);
    *ret_more = seen - t->seen >= OTLP_BATCH;
    t->seen = seen;
    return ERR_OK;
}

static void *run(void *arg)
{
    struct otlp *t = arg;
    int64_t pause_ms = t->options.pause_ms;
    while (rest(t, pause_ms)) {
        bool more = true;
        enum err e = ERR_OK;
        while (e == ERR_OK && more && !t->stop)
            e = step(t, &more);
        if (e == ERR_OK)
            pause_ms = t->options.pause_ms;
        else if (pause_ms < PAUSE_MAX_MS)
            pause_ms *= PAUSE_FACTOR;
    }
    return NULL;
}

/* ---- life ---- */

static void release(struct otlp *t)
{
    reader_close(t->reader);
    curl_slist_free_all(t->headers);
    curl_easy_cleanup(t->easy);
    free(t);
}

enum err otlp_start(const struct otlp_options *o, struct otlp **ret)
{
    struct otlp *t = mem_alloc(sizeof *t);
    t->options = *o;
    struct buf b = buf_of(t->target, sizeof t->target);
    buf_adds(&b, o->url);
    buf_adds(&b, "/v1/traces");
    t->easy = curl_easy_init();
    t->headers = curl_slist_append(NULL, "Content-Type: application/json");
    enum err e = b.overflow || t->easy == NULL ? ERR_INVAL : reader_open(o->database, &t->reader);
    if (e == ERR_OK)
        e = reader_feed_head(t->reader, &t->seen); /* O1 */
    if (e != ERR_OK) {
        release(t);
        return e;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&t->lock, NULL);
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        abort();
    *ret = t;
    return ERR_OK;
}

void otlp_stop(struct otlp *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    release(t);
}
