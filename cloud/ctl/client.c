#include "cloud/ctl/client.h"

#include "cloud/ctl/print.h"
#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_MS = 3000, TOTAL_MS = 15000, ANSWER_MAX = 16 * 1024 * 1024, URL_MAX = 1024 };

struct client {
    CURL *curl;
    char *url;
    struct curl_slist *headers;
    bool json_wanted;
};

struct body {
    char *bytes;
    size_t len;
};

static size_t take(char *bytes, size_t one, size_t count, void *arg)
{
    struct body *b = arg;
    size_t len = one * count;
    if (b->len + len > ANSWER_MAX)
        return 0; /* ends the transfer */
    b->bytes = mem_resize(b->bytes, b->len + len + 1);
    memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    return len;
}

enum err client_open(const char *url, const char *token, bool json_wanted, struct client **ret)
{
    char header[8320];
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    if (token != NULL &&
        (size_t)snprintf(header, sizeof header, "Authorization: Bearer %s", token) >= sizeof header)
        return ERR_INVAL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return ERR_UNAVAIL;
    struct client *c = mem_alloc(sizeof *c);
    c->url = mem_copy(url, len);
    c->json_wanted = json_wanted;
    c->curl = curl_easy_init();
    if (c->curl == NULL)
        abort();
    c->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (token != NULL)
        c->headers = curl_slist_append(c->headers, header);
    *ret = c;
    return ERR_OK;
}

void client_close(struct client *c)
{
    if (c == NULL)
        return;
    curl_slist_free_all(c->headers);
    curl_easy_cleanup(c->curl);
    curl_global_cleanup();
    free(c->url);
    free(c);
}

bool client_json(const struct client *c)
{
    return c->json_wanted;
}

static void report_unreachable(const struct client *c, const char *method, CURLcode code)
{
    char *url = NULL;
    curl_easy_getinfo(c->curl, CURLINFO_EFFECTIVE_URL, &url);
    fprintf(stderr, "boomgatectl: %s: %s\n", url != NULL ? url : c->url, curl_easy_strerror(code));
    if (code == CURLE_COULDNT_CONNECT)
        fprintf(stderr,
                "Is boomgate-cloud running? Its address comes from --url or $BOOMGATE_URL.\n");
    else if (code == CURLE_OPERATION_TIMEDOUT && strcmp(method, "GET") != 0)
        fprintf(stderr, "Whether it was done is not known. It is safe to run the command again.\n");
}

/* Waits when the daemon says that this client asks too often. */
static CURLcode perform(struct client *c, struct body *answer, long *ret_status)
{
    enum { TRIES = 10, WAIT_MAX_S = 5 };
    for (int i = 1;; i++) {
        curl_off_t wait_s = 0;
        answer->len = 0;
        CURLcode code = curl_easy_perform(c->curl);
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, ret_status);
        curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &wait_s);
        if (code != CURLE_OK || *ret_status != 429 || i == TRIES || wait_s > WAIT_MAX_S)
            return code;
        nanosleep(&(struct timespec){.tv_sec = wait_s > 0 ? (time_t)wait_s : 1}, NULL);
    }
}

static enum ctl_status call(struct client *c, const char *method, const char *path,
                            struct curl_slist *headers, const json_t *body, int *ret_status,
                            json_t **ret)
{
    char url[URL_MAX];
    struct body answer = {0};
    long status = 0;
    if ((size_t)snprintf(url, sizeof url, "%s%s", c->url, path) >= sizeof url) {
        fprintf(stderr, "boomgatectl: the address is too long\n");
        return CTL_USAGE;
    }
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &answer);
    if (text != NULL)
        curl_easy_setopt(c->curl, CURLOPT_COPYPOSTFIELDS, text);
    CURLcode code = perform(c, &answer, &status);
    free(text);
    if (code != CURLE_OK) {
        report_unreachable(c, method, code);
        free(answer.bytes);
        return CTL_UNREACHABLE;
    }
    *ret_status = (int)status;
    *ret = answer.len > 0 ? json_loadb(answer.bytes, answer.len, 0, NULL) : NULL;
    free(answer.bytes);
    return CTL_OK;
}

enum ctl_status client_call(struct client *c, const char *method, const char *path,
                            const json_t *body, int *ret_status, json_t **ret)
{
    return call(c, method, path, c->headers, body, ret_status, ret);
}

enum ctl_status client_call_with(struct client *c, const char *method, const char *path,
                                 const char *header, const json_t *body, int *ret_status,
                                 json_t **ret)
{
    struct curl_slist *headers = NULL;
    for (const struct curl_slist *h = c->headers; h != NULL; h = h->next)
        headers = curl_slist_append(headers, h->data);
    headers = curl_slist_append(headers, header);
    enum ctl_status s = call(c, method, path, headers, body, ret_status, ret);
    curl_slist_free_all(headers);
    return s;
}

enum ctl_status client_post_once(struct client *c, const char *path, const char *key,
                                 const json_t *body, int *ret_status, json_t **ret)
{
    char header[256];
    if (strpbrk(key, "\r\n") != NULL ||
        (size_t)snprintf(header, sizeof header, "Idempotency-Key: %s", key) >= sizeof header) {
        fprintf(stderr, "boomgatectl: the key must be one line of at most 128 characters\n");
        return CTL_USAGE;
    }
    return client_call_with(c, "POST", path, header, body, ret_status, ret);
}

void client_report(int status, const json_t *problem)
{
    const char *detail = print_text(problem, "detail");
    size_t i;
    json_t *error;
    fprintf(stderr, "boomgatectl: ");
    if (detail[0] != '\0')
        print_safe(stderr, detail);
    else
        fprintf(stderr, "the server answered %d", status);
    fprintf(stderr, "\n");
    json_array_foreach(json_object_get(problem, "errors"), i, error)
    {
        const char *pointer = print_text(error, "pointer");
        fprintf(stderr, "  ");
        print_safe(stderr, pointer + (pointer[0] == '/'));
        fprintf(stderr, ": ");
        print_safe(stderr, print_text(error, "detail"));
        fprintf(stderr, "\n");
    }
    if (status == 401)
        fprintf(stderr, "A token comes from --token-file or $BOOMGATE_TOKEN.\n");
}

enum ctl_status client_get(struct client *c, const char *path, json_t **ret)
{
    int status;
    json_t *document;
    enum ctl_status s = client_call(c, "GET", path, NULL, &status, &document);
    if (s != CTL_OK)
        return s;
    if (status != 200 || document == NULL) {
        client_report(status, document);
        json_decref(document);
        return CTL_REFUSED;
    }
    *ret = document;
    return CTL_OK;
}

enum err client_escape(const char *text, char *ret, size_t size)
{
    struct buf b = buf_of(ret, size);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c) != NULL)
            buf_add(&b, text, 1);
        else
            buf_addf(&b, "%%%02X", c);
    }
    return b.overflow ? ERR_FULL : ERR_OK;
}
