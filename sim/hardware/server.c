/* See server.h. */
#include "sim/hardware/server.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BACKLOG = 16, IN_BYTES = 4 * FRAME_BYTES_MAX, QUEUED_BYTES_MAX = 64 * 1024 };

struct peer {
    uv_tcp_t tcp;
    struct gate_server *server;
    struct peer *next, *previous;
    bool counted; /* among the server's connections */
    uint8_t in[IN_BYTES];
    size_t in_len;
};

struct gate_server {
    uv_tcp_t tcp;
    gate_handler handler;
    void *arg;
    int limit;
    int count;
    struct peer *peers;
    int handles; /* still open in the loop: the listener and all peers */
};

/* An answer the socket did not take at once. */
struct pending {
    uv_write_t request;
    uint8_t bytes[];
};

static void release(struct gate_server *s)
{
    if (--s->handles == 0)
        free(s);
}

static void on_peer_closed(uv_handle_t *handle)
{
    struct peer *p = handle->data;
    struct gate_server *s = p->server;
    free(p);
    release(s);
}

static void close_peer(struct peer *p)
{
    if (uv_is_closing((uv_handle_t *)&p->tcp))
        return;
    if (p->counted) {
        p->server->count--;
        if (p->previous != NULL)
            p->previous->next = p->next;
        else
            p->server->peers = p->next;
        if (p->next != NULL)
            p->next->previous = p->previous;
    }
    uv_close((uv_handle_t *)&p->tcp, on_peer_closed);
}

static void on_written(uv_write_t *request, int status)
{
    struct peer *p = request->data;
    if (status < 0)
        close_peer(p);
    free(request); /* the first member of its struct pending */
}

static void send_bytes(struct peer *p, const uint8_t *bytes, size_t len)
{
    uv_buf_t now = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
    int sent = uv_try_write((uv_stream_t *)&p->tcp, &now, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0 || uv_stream_get_write_queue_size((uv_stream_t *)&p->tcp) > QUEUED_BYTES_MAX) {
        close_peer(p);
        return;
    }
    if ((size_t)sent == len)
        return;
    size_t rest = len - (size_t)sent;
    struct pending *w = mem_alloc(sizeof *w + rest);
    memcpy(w->bytes, bytes + sent, rest);
    w->request.data = p;
    uv_buf_t later = uv_buf_init((char *)w->bytes, (unsigned)rest);
    if (uv_write(&w->request, (uv_stream_t *)&p->tcp, &later, 1, on_written) != 0) {
        free(w);
        close_peer(p);
    }
}

static void serve(struct peer *p, const struct frame_request *r)
{
    union frame_values values;
    enum frame_exception e = FRAME_OK;
    uint8_t out[FRAME_BYTES_MAX];
    switch (p->server->handler(p->server->arg, r, &values, &e)) {
    case GATE_ANSWER:
        send_bytes(p, out, e == FRAME_OK ? frame_answer(r, &values, out) : frame_refuse(r, e, out));
        break;
    case GATE_SILENT: break;
    case GATE_CUT: close_peer(p); break;
    }
}

/* Serves every whole frame that has arrived. */
static void take_frames(struct peer *p)
{
    size_t at = 0;
    while (!uv_is_closing((uv_handle_t *)&p->tcp)) {
        struct frame_request r;
        enum frame_exception e = FRAME_OK;
        uint8_t out[FRAME_BYTES_MAX];
        size_t used = 0;
        switch (frame_parse(p->in + at, p->in_len - at, &r, &used, &e)) {
        case FRAME_INCOMPLETE:
            memmove(p->in, p->in + at, p->in_len - at);
            p->in_len -= at;
            return;
        case FRAME_BROKEN: close_peer(p); return;
        case FRAME_REFUSED: send_bytes(p, out, frame_refuse(&r, e, out)); break;
        case FRAME_READY: serve(p, &r); break;
        }
        at += used;
    }
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct peer *p = handle->data;
    (void)suggested;
    *ret = uv_buf_init((char *)p->in + p->in_len, (unsigned)(sizeof p->in - p->in_len));
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct peer *p = stream->data;
    (void)buf;
    if (n < 0) {
        close_peer(p);
        return;
    }
    p->in_len += (size_t)n;
    take_frames(p);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct gate_server *s = listener->data;
    if (status < 0)
        return;
    struct peer *p = mem_alloc(sizeof *p);
    p->server = s;
    uv_tcp_init(listener->loop, &p->tcp);
    p->tcp.data = p;
    s->handles++;
    if (uv_accept(listener, (uv_stream_t *)&p->tcp) != 0 || s->count >= s->limit) {
        close_peer(p); /* S1 */
        return;
    }
    p->counted = true;
    p->next = s->peers;
    if (s->peers != NULL)
        s->peers->previous = p;
    s->peers = p;
    s->count++;
    uv_tcp_nodelay(&p->tcp, 1);
    uv_read_start((uv_stream_t *)&p->tcp, on_space, on_bytes);
}

static void on_listener_closed(uv_handle_t *handle)
{
    release(handle->data);
}

enum err gate_server_open(uv_loop_t *loop, const char *host, uint16_t port, int connections,
                          gate_handler handler, void *arg, struct gate_server **ret)
{
    struct sockaddr_in address;
    struct gate_server *s = mem_alloc(sizeof *s);
    *s = (struct gate_server){.handler = handler, .arg = arg, .limit = connections, .handles = 1};
    uv_tcp_init(loop, &s->tcp);
    s->tcp.data = s;
    int failed = uv_ip4_addr(host, port, &address);
    if (failed == 0)
        failed = uv_tcp_bind(&s->tcp, (const struct sockaddr *)&address, 0);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
    if (failed != 0) {
        log_error("sim.gate_listen_failed", LT("host", host), LN("port", port),
                  LT("cause", uv_strerror(failed)));
        gate_server_close(s);
        return ERR_UNAVAIL;
    }
    *ret = s;
    return ERR_OK;
}

uint16_t gate_server_port(const struct gate_server *s)
{
    struct sockaddr_in address = {0};
    int size = sizeof address;
    uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

void gate_server_close(struct gate_server *s)
{
    if (s == NULL)
        return;
    while (s->peers != NULL)
        close_peer(s->peers);
    uv_close((uv_handle_t *)&s->tcp, on_listener_closed);
}
