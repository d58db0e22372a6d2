/* The clients of the live stream (hub.h): libmicrohttpd pulls, the hub pushes, frames lie between. */
#include "cloud/http/exchange.h"
#include "cloud/http/hub.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>

/* What the kernel may keep for a client that does not read; left alone it would be megabytes. */
enum { KERNEL_BYTES = 64 * 1024 };

void stream_wake(struct client *c)
{
    if (c->suspended) {
        c->suspended = false;
        MHD_resume_connection(c->connection);
    }
}

static struct frame *frame_of(struct bytes *b)
{
    struct frame *f = frame_new(b->text, b->len);
    if (f == NULL)
        abort();
    *b = (struct bytes){0};
    return f;
}

void stream_broadcast(struct hub *h, struct bytes *b)
{
    struct frame *frame = frame_of(b);
    pthread_mutex_lock(&h->lock);
    for (struct client *c = h->clients.next; c != &h->clients; c = c->next) {
        bool cut = c->frames.overflow;
        if (!frames_add(&c->frames, frame) && !cut) {
            log_info("http.stream_cut", LN("frames", c->frames.count),
                     LN("bytes", c->frames.bytes));
            shutdown(c->fd, SHUT_RDWR); /* S4; still open: stream_gone comes before close */
        }
        stream_wake(c);
    }
    frame_put(frame);
    pthread_mutex_unlock(&h->lock);
}

static ssize_t stream_read(void *cls, uint64_t at, char *to, size_t max)
{
    struct client *c = cls;
    struct hub *h = c->hub;
    (void)at;
    pthread_mutex_lock(&h->lock);
    ssize_t n = MHD_CONTENT_READER_END_WITH_ERROR;
    if (h->closing) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (!c->frames.overflow) {
        n = (ssize_t)frames_take(&c->frames, to, max);
        if (n == 0) {
            c->suspended = true;
            MHD_suspend_connection(c->connection);
        }
    }
    pthread_mutex_unlock(&h->lock);
    return n;
}

static void stream_gone(void *cls)
{
    struct client *c = cls;
    struct hub *h = c->hub;
    pthread_mutex_lock(&h->lock);
    c->next->previous = c->previous;
    c->previous->next = c->next;
    h->client_count--;
    atomic_store(&h->listened, h->client_count > 0);
    frames_clear(&c->frames);
    pthread_cond_signal(&h->gone);
    pthread_mutex_unlock(&h->lock);
    free(c);
}

/* False: too many, or closing. From here on notes are kept for this client. */
static bool enrol(struct hub *h, struct client *c)
{
    pthread_mutex_lock(&h->lock);
    bool ok = !h->closing && h->client_count < h->http->settings.streams;
    if (ok) {
        c->next = h->clients.next;
        c->previous = &h->clients;
        c->next->previous = c;
        h->clients.next = c;
        h->client_count++;
        atomic_store(&h->listened, true);
    }
    pthread_mutex_unlock(&h->lock);
    return ok;
}

void handle_stream(struct http *http, struct http_request *q, struct http_reply *r)
{
    struct bytes b = {0};
    if (!query_known(q, NULL, 0, r))
        return;
    struct client *c = mem_alloc(sizeof *c);
    int kernel_bytes = KERNEL_BYTES;
    c->hub = http->hub;
    c->connection = q->exchange->connection;
    c->fd = MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
    if (!enrol(http->hub, c)) {
        free(c);
        reply_problem(r, 503, "too_many_streams", "No more live streams can be served now.");
        r->retry_after_s = 5;
        return;
    }
    struct reader_slot *slot = readers_take(http->readers);
    enum err e = hub_everything(&b, http, slot->reader, true);
    readers_put(http->readers, slot);
    if (e != ERR_OK) {
        free(b.text);
        stream_gone(c);
        reply_reader_error(r, e, "place");
        return;
    }
    pthread_mutex_lock(&http->hub->lock);
    frames_begin(&c->frames, frame_of(&b));
    pthread_mutex_unlock(&http->hub->lock);
    r->ready =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, stream_read, c, stream_gone);
    if (r->ready == NULL)
        abort();
    r->status = 200;
    r->stream = true;
    MHD_add_response_header(r->ready, "Content-Type", "text/event-stream");
    MHD_add_response_header(r->ready, "Cache-Control", "no-store");
    MHD_add_response_header(r->ready, "X-Accel-Buffering", "no");
    MHD_add_response_header(r->ready, "X-Content-Type-Options", "nosniff");
}
