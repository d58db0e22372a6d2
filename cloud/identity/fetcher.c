/* The keys of an external issuer, fetched by a thread of their own: at the start, every `refetch_s`, and for a
 * key that is not known, at most once in `refetch_min_s` (I1). What was fetched last stays in use while the
 * issuer is away. */
#include "cloud/identity/inside.h"
#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_MAX = 256 * 1024, CONNECT_MS = 3000, TOTAL_MS = 10000 };

struct fetcher {
    struct identity *identity;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop, wanted;
    char *body;
    size_t len;
};

enum err key_set_read(const char *text, size_t len, struct key_set *ret)
{
    struct key_set s = {0};
    json_t *document, *jwk;
    size_t i;
    if (json_read(text, len, BODY_MAX, &document, NULL) != ERR_OK)
        return ERR_INVAL;
    json_array_foreach(json_object_get(document, "keys"), i, jwk)
    {
        /* Keys of other kinds are none of our business. */
        if (s.count < JWKS_KEYS_MAX && jwt_key_of_jwk(jwk, &s.keys[s.count]) == ERR_OK)
            s.count++;
    }
    json_decref(document);
    if (s.count == 0)
        return ERR_INVAL;
    *ret = s;
    return ERR_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct fetcher *f = arg;
    size_t n = size * count;
    if (n > BODY_MAX - f->len)
        return 0; /* ends the transfer */
    memcpy(f->body + f->len, bytes, n);
    f->len += n;
    return n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct fetcher *f = arg;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    pthread_mutex_lock(&f->lock);
    bool stop = f->stop;
    pthread_mutex_unlock(&f->lock);
    return stop;
}

static CURLcode get(struct fetcher *f, long *ret_status)
{
    CURL *e = curl_easy_init();
    if (e == NULL)
        abort();
    f->len = 0;
    curl_easy_setopt(e, CURLOPT_URL, f->identity->settings.external.jwks_url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "boomgate/" BOOMGATE_VERSION);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, f);
    CURLcode code = curl_easy_perform(e);
    curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, ret_status);
    curl_easy_cleanup(e);
    return code;
}

static void fetch(struct fetcher *f)
{
    struct identity *i = f->identity;
    struct key_set fresh;
    long status = 0;
    CURLcode code = get(f, &status);
    if (code != CURLE_OK || status != 200) {
        log_warn("oauth.keys_not_fetched", LT("url", i->settings.external.jwks_url),
                 LN("status", status), LT("reason", curl_easy_strerror(code)));
    } else if (key_set_read(f->body, f->len, &fresh) != ERR_OK) {
        log_warn("oauth.keys_not_usable", LT("url", i->settings.external.jwks_url));
    } else {
        pthread_rwlock_wrlock(&i->lock);
        struct key_set old = i->external;
        i->external = fresh;
        pthread_rwlock_unlock(&i->lock);
        key_set_clear(&old);
        log_info("oauth.keys_fetched", LN("count", (long long)fresh.count));
    }
}

/* Until `at_s`, or until a key is wanted if `may_be_wanted`. False: the end. */
static bool wait_until(struct fetcher *f, int64_t at_s, bool may_be_wanted)
{
    struct timespec until = {.tv_sec = at_s};
    pthread_mutex_lock(&f->lock);
    while (!f->stop && !(may_be_wanted && f->wanted) &&
           pthread_cond_timedwait(&f->changed, &f->lock, &until) == 0)
        continue;
    bool go_on = !f->stop;
    pthread_mutex_unlock(&f->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct fetcher *f = arg;
    const struct identity_external *x = &f->identity->settings.external;
    struct timespec now;
    do {
        fetch(f);
        pthread_mutex_lock(&f->lock);
        f->wanted = false; /* who asked meanwhile may find the key now, or asks again */
        pthread_mutex_unlock(&f->lock);
        clock_gettime(CLOCK_MONOTONIC, &now);
        pthread_rwlock_rdlock(&f->identity->lock);
        bool empty = f->identity->external.count == 0;
        pthread_rwlock_unlock(&f->identity->lock);
        if (!wait_until(f, now.tv_sec + x->refetch_min_s, false))
            break;
        if (empty) /* the issuer is not there yet: try on */
            continue;
        if (!wait_until(f, now.tv_sec + x->refetch_s, true))
            break;
    } while (true);
    return NULL;
}

struct fetcher *fetcher_new(struct identity *i)
{
    struct fetcher *f = mem_alloc(sizeof *f);
    pthread_condattr_t monotonic;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&f->lock, NULL);
    f->identity = i;
    f->body = mem_alloc(BODY_MAX);
    if (pthread_create(&f->thread, NULL, run, f) != 0)
        abort();
    return f;
}

void fetcher_free(struct fetcher *f)
{
    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f->body);
    free(f);
    curl_global_cleanup();
}

void fetcher_want(struct fetcher *f)
{
    pthread_mutex_lock(&f->lock);
    f->wanted = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}
