/* See http_host.h. libmicrohttpd runs without threads: its epoll descriptor is watched by the loop, and
 * MHD_run is called when it is readable or when libmicrohttpd asked to be called. */
#include "sim/control/http_host.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, CONNECTIONS_MAX = 512, IDLE_TIMEOUT_S = 120, HEADER_SIZE = 64 };

struct http_host {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon; /* NULL while refusing */
    int reserved;              /* bound, not listening; -1 while listening */
    uv_poll_t *poll;           /* with the daemon */
    uv_timer_t timer;
    bool running;  /* inside MHD_run */
    bool stopping; /* whatever comes is cut */
    struct sockaddr_in address;
    http_handler handler;
    void *arg;
    struct http_exchange *held; /* suspended, in a list */
};

struct http_exchange {
    struct http_host *host;
    struct MHD_Connection *connection;
    char *path;
    char *method;
    char *body;
    size_t len;
    bool too_long;
    bool answered;
    bool cut;
    bool suspended;
    unsigned status;
    char *text; /* the answer */
    char header[2][HEADER_SIZE];
    uv_timer_t *timer; /* while suspended */
    struct http_exchange *next, *previous;
};

const char *http_method(const struct http_exchange *x)
{
    return x->method;
}

const char *http_path(const struct http_exchange *x)
{
    return x->path;
}

const char *http_argument(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *http_body(const struct http_exchange *x, size_t *ret_len)
{
    *ret_len = x->len;
    return x->body != NULL ? x->body : "";
}

void http_set_header(struct http_exchange *x, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);
    if (name_len >= HEADER_SIZE || value_len >= HEADER_SIZE)
        return;
    memcpy(x->header[0], name, name_len + 1);
    memcpy(x->header[1], value, value_len + 1);
}

static void run_daemon(struct http_host *h);

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void resume(struct http_exchange *x)
{
    struct http_host *h = x->host;
    uv_close((uv_handle_t *)x->timer, free_handle);
    x->timer = NULL;
    x->suspended = false;
    if (x->previous != NULL)
        x->previous->next = x->next;
    else
        h->held = x->next;
    if (x->next != NULL)
        x->next->previous = x->previous;
    MHD_resume_connection(x->connection);
}

static void on_delay(uv_timer_t *timer)
{
    struct http_exchange *x = timer->data;
    struct http_host *h = x->host;
    resume(x);
    run_daemon(h);
}

static void finish(struct http_exchange *x, int64_t delay_ms)
{
    struct http_host *h = x->host;
    x->answered = true;
    if (delay_ms <= 0)
        return;
    x->suspended = true;
    x->timer = mem_alloc(sizeof *x->timer);
    x->timer->data = x;
    uv_timer_init(h->loop, x->timer);
    uv_timer_start(x->timer, on_delay, (uint64_t)delay_ms, 0);
    x->previous = NULL;
    x->next = h->held;
    if (h->held != NULL)
        h->held->previous = x;
    h->held = x;
    MHD_suspend_connection(x->connection);
}

void http_reply(struct http_exchange *x, unsigned status, json_t *body, int64_t delay_ms)
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    x->status = text != NULL ? status : MHD_HTTP_INTERNAL_SERVER_ERROR;
    x->text = text != NULL ? text : mem_text("{}");
    finish(x, delay_ms);
}

void http_cut(struct http_exchange *x, int64_t delay_ms)
{
    x->cut = true;
    finish(x, delay_ms);
}

static enum MHD_Result send_answer(struct http_exchange *x)
{
    if (x->cut || x->host->stopping)
        return MHD_NO;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(x->text), x->text, MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return MHD_NO;
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (x->header[0][0] != '\0')
        MHD_add_response_header(r, x->header[0], x->header[1]);
    enum MHD_Result queued = MHD_queue_response(x->connection, x->status, r);
    MHD_destroy_response(r);
    return queued;
}

static void take_body(struct http_exchange *x, const char *data, size_t len)
{
    if (x->too_long || x->len + len > HTTP_BODY_MAX) {
        x->too_long = true;
        return;
    }
    x->body = mem_resize(x->body, x->len + len + 1);
    memcpy(x->body + x->len, data, len);
    x->len += len;
    x->body[x->len] = '\0';
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **state)
{
    struct http_host *h = arg;
    struct http_exchange *x = *state;
    (void)version;
    if (x == NULL) {
        x = mem_alloc(sizeof *x);
        x->host = h;
        x->connection = connection;
        x->path = mem_text(url);
        x->method = mem_text(method);
        *state = x;
        return MHD_YES;
    }
    if (*len > 0) {
        take_body(x, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (h->stopping)
        return MHD_NO;
    if (!x->answered && x->too_long)
        http_reply(x, MHD_HTTP_CONTENT_TOO_LARGE, json_pack("{s:s}", "error", "body too large"), 0);
    else if (!x->answered)
        h->handler(h->arg, x);
    return x->suspended ? MHD_YES : send_answer(x);
}

static void on_done(void *arg, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode why)
{
    struct http_exchange *x = *state;
    (void)arg;
    (void)connection;
    (void)why;
    if (x == NULL)
        return;
    free(x->path);
    free(x->method);
    free(x->body);
    free(x->text);
    free(x);
    *state = NULL;
}

static void on_wake(uv_timer_t *timer)
{
    run_daemon(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_daemon(poll->data);
}

static void run_daemon(struct http_host *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (h->daemon == NULL || h->running)
        return;
    h->running = true;
    MHD_run(h->daemon);
    h->running = false;
    if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&h->timer, on_wake, wait_ms, 0);
    else
        uv_timer_stop(&h->timer);
}

/* A socket bound to the host's address, which learns its port on the way. */
static int bind_socket(struct http_host *h)
{
    socklen_t size = sizeof h->address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&h->address, sizeof h->address) != 0 ||
        getsockname(fd, (struct sockaddr *)&h->address, &size) != 0) {
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

static enum err cannot(const struct http_host *h, const char *what)
{
    log_error("sim.http_failed", LT("step", what), LN("port", ntohs(h->address.sin_port)),
              LT("cause", strerror(errno)));
    return ERR_UNAVAIL;
}

/* Starts to listen on the reserved socket. */
static enum err start(struct http_host *h)
{
    if (listen(h->reserved, BACKLOG) != 0)
        return cannot(h, "listen");
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                 on_request, h, MHD_OPTION_LISTEN_SOCKET, h->reserved,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_END);
    if (h->daemon == NULL)
        return cannot(h, "start");
    h->reserved = -1; /* libmicrohttpd's now */
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    h->poll = mem_alloc(sizeof *h->poll);
    h->poll->data = h;
    uv_poll_init(h->loop, h->poll, info->epoll_fd);
    uv_poll_start(h->poll, UV_READABLE, on_poll);
    run_daemon(h);
    return ERR_OK;
}

static void free_host(uv_handle_t *timer)
{
    free(timer->data);
}

/* Cuts what is held and everything else. */
static void stop(struct http_host *h)
{
    if (h->daemon == NULL)
        return;
    h->stopping = true;
    while (h->held != NULL)
        resume(h->held);
    run_daemon(h); /* libmicrohttpd aborts when it is stopped with suspended connections */
    uv_timer_stop(&h->timer);
    uv_close((uv_handle_t *)h->poll, free_handle);
    h->poll = NULL;
    MHD_stop_daemon(h->daemon); /* closes the listening socket */
    h->daemon = NULL;
    h->stopping = false;
}

enum err http_host_refuse(struct http_host *h, bool refuse)
{
    if (refuse == (h->daemon == NULL))
        return ERR_OK;
    if (!refuse)
        return start(h);
    stop(h);
    h->reserved = bind_socket(h); /* bound and not listening: connections are refused (H2) */
    return h->reserved >= 0 ? ERR_OK : cannot(h, "bind");
}

enum err http_host_open(uv_loop_t *loop, const char *host, uint16_t port, http_handler handler,
                        void *arg, struct http_host **ret)
{
    struct http_host *h = mem_alloc(sizeof *h);
    *h = (struct http_host){.loop = loop, .handler = handler, .arg = arg, .reserved = -1};
    h->address.sin_family = AF_INET;
    h->address.sin_port = htons(port);
    enum err e = ERR_OK;
    if (inet_pton(AF_INET, host, &h->address.sin_addr) != 1) {
        errno = EINVAL;
        e = cannot(h, "address");
    } else {
        h->reserved = bind_socket(h);
        e = h->reserved >= 0 ? ERR_OK : cannot(h, "bind");
    }
    uv_timer_init(loop, &h->timer);
    h->timer.data = h;
    if (e == ERR_OK)
        e = start(h);
    if (e != ERR_OK) {
        http_host_close(h);
        return e;
    }
    *ret = h;
    return ERR_OK;
}

uint16_t http_host_port(const struct http_host *h)
{
    return ntohs(h->address.sin_port);
}

void http_host_close(struct http_host *h)
{
    if (h == NULL)
        return;
    stop(h);
    if (h->reserved >= 0)
        close(h->reserved);
    uv_close((uv_handle_t *)&h->timer, free_host);
}
