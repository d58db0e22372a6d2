/* Requests in, replies out: the seam between libmicrohttpd and the handlers.
 *
 * A request is admitted by its head alone (route, caller, announced length), so that a body is read
 * only from those who may send it. Answers that wait for the service suspend the connection; the
 * service resumes it after COMMIT. */
#include "cloud/http/server.h"

#include "cloud/http/exchange.h"
#include "cloud/http/feed.h"
#include "cloud/http/tls.h"
#include "cloud/view/reports.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct moment http_moment(const struct http *h)
{
    return (struct moment){&h->ports.clock, clock_now(&h->ports.clock).wall};
}

/* ---- replies ---- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        MHD_add_response_header(response, name, value);
}

struct MHD_Response *response_of_bytes(char *body, size_t len, const char *content_type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body != NULL ? len : 0, body,
        body != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        abort();
    add_header(response, "Content-Type", content_type);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    return response;
}

static struct MHD_Response *response_of_reply(struct http_reply *r)
{
    char retry[16], etag[TAG_SIZE + 2];
    struct MHD_Response *response = response_of_bytes(r->body, r->body_len, r->content_type);
    r->body = NULL;
    add_header(response, "Allow", r->allow);
    add_header(response, "Location", r->location);
    if (r->etag[0] != '\0') {
        snprintf(etag, sizeof etag, "\"%s\"", r->etag);
        add_header(response, "ETag", etag);
    }
    add_header(response, "WWW-Authenticate", r->authenticate);
    if (r->replayed)
        add_header(response, "Idempotency-Replayed", "true");
    if (r->retry_after_s > 0) {
        snprintf(retry, sizeof retry, "%d", r->retry_after_s);
        add_header(response, "Retry-After", retry);
    }
    if (r->close)
        add_header(response, "Connection", "close");
    return response;
}

void shared_response_put(struct shared_response *s)
{
    if (s != NULL && atomic_fetch_sub(&s->references, 1) == 1) {
        MHD_destroy_response(s->response);
        free(s);
    }
}

static int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void count_reply(struct exchange *x, int status)
{
    static const enum metric classes[] = {METRIC_HTTP_2XX, METRIC_HTTP_3XX, METRIC_HTTP_4XX,
                                          METRIC_HTTP_5XX};
    metrics_add(x->http->ports.metrics, classes[status / 100 - 2], 1);
    metrics_time(x->http->ports.metrics, SPAN_HTTP, real_us() - x->begun_us);
}

static enum MHD_Result send_reply(struct exchange *x, struct http_reply *r)
{
    enum MHD_Result done;
    watch_extend(x->http->watch, x->watched);
    count_reply(x, r->status);
    if (r->shared != NULL) {
        done = MHD_queue_response(x->connection, (unsigned)r->status, r->shared->response);
        shared_response_put(r->shared);
        r->shared = NULL;
        return done;
    }
    if (r->stream)
        watch_exempt(x->watched);
    struct MHD_Response *response = r->ready != NULL ? r->ready : response_of_reply(r);
    r->ready = NULL;
    if (x->http->settings.cors_origins[0] != '\0')
        origin_add_headers(x, response);
    if (r->preflight)
        origin_add_preflight(x, response);
    done = MHD_queue_response(x->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return done;
}

/* ---- bodies ---- */

static void take_body(struct exchange *x, const char *data, size_t len)
{
    if (x->body_len + len > BODY_MAX) {
        x->body_too_large = true; /* a chunked body; the rest is read and dropped */
        return;
    }
    x->body = mem_resize(x->body, x->body_len + len + 1);
    memcpy(x->body + x->body_len, data, len);
    x->body_len += len;
    x->body[x->body_len] = '\0';
}

/* ---- one request ---- */

static const char *header_of(struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result respond(struct exchange *x, const char *method)
{
    struct http_reply r = {0};
    if (x->body_too_large) {
        reply_problem(&r, 413, "body_too_large", "A body may have at most 65536 bytes.");
        r.close = true;
        return send_reply(x, &r);
    }
    struct http_request q = {
        .method = method,
        .query = x->query,
        .match = &x->match,
        .principal = x->principal,
        .body = x->body != NULL ? x->body : "",
        .body_len = x->body_len,
        .content_type = x->body_expected ? header_of(x, "Content-Type") : NULL,
        .if_none_match = header_of(x, "If-None-Match"),
        .if_match = header_of(x, "If-Match"),
        .idempotency_key = strcmp(method, "POST") == 0 ? header_of(x, "Idempotency-Key") : NULL,
        .authorization =
            (x->match.route->roles & NEEDS_FORM) != 0 ? header_of(x, "Authorization") : NULL,
        .exchange = x,
    };
    x->match.route->handle(x->http, &q, &r);
    if (r.later)
        return MHD_YES; /* suspended; x belongs to exchange_answer until it is resumed */
    return send_reply(x, &r);
}

/* The library calls with the head, then for each piece of the body, then once more. What is queued at
 * the head ends the connection (the body would be taken for the next request), so that only refusals
 * of a body are. */
static enum MHD_Result on_head(struct exchange *x, const char *method)
{
    struct http_reply r = {0};
    x->begun = true;
    x->begun_us = real_us();
    watch_extend(x->http->watch, x->watched);
    if (exchange_admit(x, method, &r))
        return MHD_YES;
    if (x->body_expected || r.status == 413 || r.status == 400) {
        r.close = true;
        return send_reply(x, &r);
    }
    x->answer = r;
    x->answered = true;
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **con_cls)
{
    struct exchange *x = *con_cls;
    (void)cls;
    (void)url;
    (void)version;
    if (!x->begun) {
        x->connection = connection;
        return on_head(x, method);
    }
    if (*upload_len > 0) {
        take_body(x, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return x->answered ? send_reply(x, &x->answer) : respond(x, method);
}

/* Counted before the flag is read, while http_stop raises the flag before it reads the count: one of
 * the two sees the other. */
bool exchange_suspend(struct exchange *x)
{
    struct http *h = x->http;
    atomic_fetch_add(&h->writes_open, 1);
    if (atomic_load(&h->closing)) {
        atomic_fetch_sub(&h->writes_open, 1);
        return false;
    }
    x->counted = true;
    MHD_suspend_connection(x->connection);
    return true;
}

void exchange_answer(struct exchange *x, struct http_reply *reply)
{
    x->answer = *reply;
    x->answered = true;
    if (!x->held)
        exchange_release(x);
}

void exchange_release(struct exchange *x)
{
    MHD_resume_connection(x->connection); /* x may be gone from here on */
}

/* ---- the library's callbacks ---- */

/* The first thing that is known of a request: its raw target. "http://host/path" is the form meant for
 * proxies, which a server must take too (RFC 9112, 3.2.2). */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = mem_alloc(sizeof *x);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    x->http = cls;
    x->watched = info->socket_context;
    x->uri = mem_text(uri);
    char *path = x->uri;
    if (strncasecmp(path, "http://", 7) == 0) {
        char *slash = strchr(path + 7, '/');
        path = slash != NULL ? slash : path + strlen(path);
    }
    x->path = path;
    char *mark = strchr(path, '?');
    if (mark != NULL) {
        *mark = '\0';
        x->query = mark + 1;
    }
    return x;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *con_cls;
    (void)cls;
    (void)connection;
    (void)why;
    if (x == NULL)
        return;
    watch_extend(x->http->watch, x->watched);
    if (x->counted)
        atomic_fetch_sub(&x->http->writes_open, 1);
    free(x->answer.body); /* of an answer whose client did not wait for it */
    free(x->uri);
    free(x->body);
    free(x);
    *con_cls = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *h = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = watch_add(h->watch, info->connect_fd);
    } else {
        watch_remove(h->watch, *context);
        *context = NULL;
    }
}

/* Escapes are decoded by the router, strictly; the library must not guess. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static void on_library_log(void *cls, const char *format, va_list ap)
{
    char text[256];
    (void)cls;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof text, format, ap);
#pragma GCC diagnostic pop
    text[strcspn(text, "\r\n")] = '\0';
    log_debug("http.library", LT("text", text));
}

/* ---- start and stop ---- */

enum { MEMORY_PER_CONNECTION = 32 * 1024 };

static enum err bind_address(const struct http_settings *s, struct sockaddr_storage *ret)
{
    struct sockaddr_storage a = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
    if (inet_pton(AF_INET, s->bind, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)s->port);
    } else if (inet_pton(AF_INET6, s->bind, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)s->port);
    } else {
        return ERR_INVAL;
    }
    *ret = a;
    return ERR_OK;
}

static enum err start_daemon(struct http *h)
{
    const struct http_settings *s = &h->settings;
    struct sockaddr_storage address;
    TRY(bind_address(s, &address));
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_callback()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (h->tls != NULL)
        flags |= MHD_USE_TLS;
    h->daemon = MHD_start_daemon(
        flags, (uint16_t)s->port, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER,
        on_library_log, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)s->threads, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)s->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(s->request_ms / 1000 + 1),
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_ARRAY,
        h->tls != NULL ? tls : tls + 2, MHD_OPTION_END);
    if (h->daemon == NULL) {
        log_error("http.bind", LT("address", s->bind), LN("port", s->port),
                  LT("error", strerror(errno)));
        return ERR_UNAVAIL;
    }
    h->port = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return ERR_OK;
}

static void free_parts(struct http *h)
{
    feed_wait_free(h->feed_wait);
    probe_free(h->probe);
    watch_free(h->watch);
    readers_close(h->readers);
    reports_close(h->reports);
    pthread_mutex_destroy(&h->reports_lock);
    tls_free(h->tls);
    pthread_mutex_destroy(&h->limiter_lock);
    pthread_mutex_destroy(&h->rates_lock);
    free(h);
}

enum err http_start(const struct http_settings *settings, const struct auth *auth,
                    const struct http_ports *ports, struct hub *hub, struct http **ret)
{
    struct http *h = mem_alloc(sizeof *h);
    h->settings = *settings;
    h->auth = *auth;
    h->ports = *ports;
    h->ports.pay_url = ports->pay_url != NULL ? ports->pay_url : "";
    h->ports.pay_form = ports->pay_form != NULL ? ports->pay_form : "";
    h->hub = hub;
    pthread_mutex_init(&h->rates_lock, NULL);
    pthread_mutex_init(&h->limiter_lock, NULL);
    h->limiter.rate = settings->rate_per_s;
    h->limiter.burst = settings->rate_burst;
    pthread_mutex_init(&h->reports_lock, NULL);
    h->watch = watch_new(settings->request_ms);
    enum err e = settings->tls_cert[0] != '\0'
                     ? tls_new(settings->tls_cert, settings->tls_key, &h->tls)
                     : ERR_OK;
    if (e == ERR_OK)
        e = readers_open(ports->database, (size_t)settings->threads, &h->readers);
    if (e == ERR_OK)
        e = feed_wait_new(ports->database, (size_t)settings->streams, &h->feed_wait);
    if (e == ERR_OK)
        e = hub_open(hub, h);
    if (e == ERR_OK)
        h->probe = probe_new(h);
    /* Last: the first request may come before the call returns. */
    if (e == ERR_OK && (e = start_daemon(h)) != ERR_OK)
        hub_close(hub);
    if (e != ERR_OK) {
        free_parts(h);
        return e;
    }
    *ret = h;
    return ERR_OK;
}

enum err http_reload(struct http *h)
{
    return h->tls != NULL ? tls_reload(h->tls) : ERR_OK;
}

uint16_t http_port(const struct http *h)
{
    return h->port;
}

static void wait_for_writes(struct http *h)
{
    enum { STEP_MS = 5, WAIT_MS = 30000 };
    for (int waited = 0; atomic_load(&h->writes_open) > 0; waited += STEP_MS) {
        struct timespec step = {0, STEP_MS * 1000000L};
        if (waited > WAIT_MS) {
            /* The library aborts on suspended connections; say why before it does. */
            log_error("http.writes_unanswered", LN("count", atomic_load(&h->writes_open)));
            abort();
        }
        nanosleep(&step, NULL);
    }
}

void http_drain(struct http *h)
{
    struct timespec left = {h->settings.drain_ms / 1000, h->settings.drain_ms % 1000 * 1000000};
    atomic_store(&h->draining, true);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* New requests are told that the server stops. (MHD_quiesce_daemon would not take them at all, but
 * races with the library's own threads for the listening socket and then ends the process.) */
void http_stop(struct http *h)
{
    if (h == NULL)
        return;
    atomic_store(&h->closing, true);
    hub_close(h->hub);
    feed_wait_stop(h->feed_wait);
    wait_for_writes(h);
    MHD_stop_daemon(h->daemon);
    free_parts(h);
}
