#include "cloud/payment/transfer.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { URL_SIZE = 256 + PROVIDER_TARGET_SIZE, BODY_FIRST = 4096 };

struct transfer {
    void *owner;
    CURL *easy;
    struct curl_slist *headers;
    bool sent;
    bool overlong;
    char *body; /* grows to at most body_max bytes */
    size_t body_max;
    size_t len;
    size_t size;
};

/* Called when a connection is ready and the request is about to leave, also when curl repeats it on
 * a fresh connection after a kept one died: what was sent stays sent. */
static int on_request(void *self, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    ((struct transfer *)self)->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *t = self;
    size_t n = size * count;
    if (n > t->body_max - t->len) {
        t->overlong = true;
        return 0; /* ends the transfer */
    }
    while (t->size < t->len + n) {
        t->size = t->size ? 2 * t->size : BODY_FIRST;
        t->body = mem_resize(t->body, t->size);
    }
    if (n > 0)
        memcpy(t->body + t->len, bytes, n);
    t->len += n;
    return n;
}

struct transfer *transfer_new(void *owner)
{
    struct transfer *t = mem_alloc(sizeof *t);
    t->owner = owner;
    t->easy = curl_easy_init();
    if (!t->easy)
        abort(); /* out of memory */
    return t;
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    curl_slist_free_all(t->headers);
    curl_easy_cleanup(t->easy);
    free(t->body);
    free(t);
}

void *transfer_owner(CURL *easy)
{
    char *owner = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return ((struct transfer *)(void *)owner)->owner;
}

void transfer_start(struct transfer *t, CURLM *multi, const struct transfer_target *to,
                    const struct provider_request *r)
{
    char url[URL_SIZE];
    struct buf b = buf_of(url, sizeof url);
    buf_adds(&b, to->base);
    buf_adds(&b, r->target);

    t->sent = t->overlong = false;
    t->len = 0;
    t->body_max = r->answer_max;
    curl_slist_free_all(t->headers);
    t->headers = curl_slist_append(NULL, "Expect:"); /* no pause for a 100-continue */
    for (size_t i = 0; i < r->header_count; i++)
        t->headers = curl_slist_append(t->headers, r->headers[i]);

    CURL *e = t->easy;
    curl_easy_reset(e); /* keeps the connections: they belong to the multi handle */
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_PROXY, ""); /* a proxy is never taken from the environment */
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(to->connect_ms < to->total_ms ? to->connect_ms : to->total_ms));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)to->total_ms);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    if (to->ca_file[0])
        curl_easy_setopt(e, CURLOPT_CAINFO, to->ca_file);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "boomgate/" BOOMGATE_VERSION);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    if (r->post)
        curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, r->body);
    if (curl_multi_add_handle(multi, e) != CURLM_OK)
        abort(); /* a handle added twice, or out of memory */
}

struct transfer_end transfer_finish(struct transfer *t, CURLM *multi, CURLcode code)
{
    struct transfer_end end = {.how = TRANSFER_FAILED,
                               .sent = t->sent,
                               .body = t->body ? t->body : "",
                               .len = t->len,
                               .reason = ""};
    curl_multi_remove_handle(multi, t->easy);
    if (t->overlong) {
        end.how = TRANSFER_OVERLONG;
        end.reason = "answer too long";
    } else if (code == CURLE_OK) {
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &end.status);
        end.how = TRANSFER_ANSWERED;
    } else if (code == CURLE_ABORTED_BY_CALLBACK) {
        end.reason = "given up at stop";
    } else {
        end.how = code == CURLE_OPERATION_TIMEDOUT ? TRANSFER_TIMED_OUT : TRANSFER_FAILED;
        end.reason = curl_easy_strerror(code);
    }
    return end;
}
