#include "tests/contract/cloud/payment/http_script.h"

#include "protocol/support/memory.h"
#include "protocol/support/random.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256 };

struct http_script {
    const struct http_step *steps;
    size_t step_count;
    int listener;
    int stop_pipe[2]; /* readable once the server stops */
    uint16_t port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    size_t seen_count;
    struct http_seen *seen;
    size_t busy, peak;
    size_t connection_count;
    struct connection {
        struct http_script *script;
        int socket;
        pthread_t thread;
    } connections[CONNECTIONS_MAX];
};

/* Waits until `fd` is readable; false: the server stops, or `ms` passed. */
static bool readable(struct http_script *s, int fd, int ms)
{
    struct pollfd p[2] = {{.fd = s->stop_pipe[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    return poll(p, fd < 0 ? 1 : 2, ms) > 0 && p[0].revents == 0;
}

/* One whole request into `seen`; false at the end of the connection. */
static bool read_request(struct connection *c, struct http_seen *seen)
{
    size_t len = 0;
    while (readable(c->script, c->socket, -1)) {
        ssize_t n = recv(c->socket, seen->text + len, sizeof seen->text - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        seen->text[len] = '\0';
        const char *end = strstr(seen->text, "\r\n\r\n");
        if (!end)
            continue;
        const char *length = strcasestr(seen->text, "\r\nContent-Length:");
        size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        if (len >= (size_t)(end + 4 - seen->text) + body)
            return true;
    }
    return false;
}

static bool send_all(int socket, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(socket, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool reply(struct connection *c, const struct http_step *step, const char *body)
{
    char head[512];
    int n =
        snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", step->status,
                 strlen(body) + step->padding, step->headers ? step->headers : "");
    char *padding = mem_alloc(step->padding + 1);
    memset(padding, ' ', step->padding);
    bool ok = send_all(c->socket, head, (size_t)n) && send_all(c->socket, padding, step->padding) &&
              send_all(c->socket, body, strlen(body) / (step->deed == HTTP_CUT ? 2 : 1));
    free(padding);
    return ok && step->deed != HTTP_CUT;
}

static bool do_step(struct connection *c, const struct http_step *step, const char *request)
{
    char made[1024];
    const char *body = step->body ? step->body : "";
    switch (step->deed) {
    case HTTP_HANG: readable(c->script, c->socket, -1); return false;
    case HTTP_DIE: shutdown(c->script->listener, SHUT_RDWR); /* fall through */
    case HTTP_RESET:
        setsockopt(c->socket, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        return false;
    case HTTP_CUT:
    case HTTP_REPLY: break;
    }
    if (step->answer) {
        step->answer(step->answer_arg, request, made, sizeof made);
        body = made;
    }
    int delay_ms = step->delay_ms;
    if (step->delay_more_ms > 0)
        delay_ms += (int)(random_u64() % (uint64_t)(step->delay_more_ms + 1));
    if (delay_ms > 0)
        readable(c->script, -1, delay_ms);
    return reply(c, step, body);
}

static void *serve(void *self)
{
    struct connection *c = self;
    struct http_script *s = c->script;
    struct http_seen seen;
    bool open = true;
    while (open && read_request(c, &seen)) {
        pthread_mutex_lock(&s->lock);
        size_t at = s->seen_count;
        if (s->seen_count < HTTP_REQUESTS_MAX)
            s->seen[s->seen_count++] = seen;
        if (++s->busy > s->peak)
            s->peak = s->busy;
        pthread_mutex_unlock(&s->lock);
        open = do_step(c, &s->steps[at < s->step_count ? at : s->step_count - 1], seen.text);
        pthread_mutex_lock(&s->lock);
        s->busy--;
        pthread_mutex_unlock(&s->lock);
    }
    close(c->socket);
    return NULL;
}

static void *accept_all(void *self)
{
    struct http_script *s = self;
    while (s->connection_count < CONNECTIONS_MAX && readable(s, s->listener, -1)) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            break; /* HTTP_DIE */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *c = &s->connections[s->connection_count++];
        c->script = s;
        c->socket = fd;
        if (pthread_create(&c->thread, NULL, serve, c) != 0)
            abort();
    }
    return NULL;
}

static int listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        abort();
    *ret_port = ntohs(a.sin_port);
    return fd;
}

struct http_script *http_script_start(const struct http_step *steps, size_t count)
{
    struct http_script *s = mem_alloc(sizeof *s);
    s->steps = steps;
    s->step_count = count;
    s->seen = mem_alloc(HTTP_REQUESTS_MAX * sizeof *s->seen);
    s->listener = listen_anywhere(&s->port);
    pthread_mutex_init(&s->lock, NULL);
    if (pipe(s->stop_pipe) != 0 || pthread_create(&s->acceptor, NULL, accept_all, s) != 0)
        abort();
    return s;
}

uint16_t http_script_port(const struct http_script *s)
{
    return s->port;
}

size_t http_script_count(struct http_script *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->seen_count;
    pthread_mutex_unlock(&s->lock);
    return n;
}

size_t http_script_peak(struct http_script *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->peak;
    pthread_mutex_unlock(&s->lock);
    return n;
}

struct http_seen http_script_seen(struct http_script *s, size_t i)
{
    pthread_mutex_lock(&s->lock);
    struct http_seen seen = i < s->seen_count ? s->seen[i] : (struct http_seen){{0}};
    pthread_mutex_unlock(&s->lock);
    return seen;
}

void http_script_free(struct http_script *s)
{
    if (write(s->stop_pipe[1], "x", 1) != 1)
        abort();
    pthread_join(s->acceptor, NULL);
    for (size_t i = 0; i < s->connection_count; i++)
        pthread_join(s->connections[i].thread, NULL);
    close(s->listener);
    close(s->stop_pipe[0]);
    close(s->stop_pipe[1]);
    pthread_mutex_destroy(&s->lock);
    free(s->seen);
    free(s);
}

uint16_t http_port_refused(void)
{
    uint16_t port;
    close(listen_anywhere(&port));
    return port;
}
