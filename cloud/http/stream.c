/* /v1/stream: what changes, as server-sent events. Events: `place` (the document of one place),
 * `movement` (plates masked) and `beat` (time, rate, names of all places, breakers).
 *
 * S1 The service only leaves notes (which place, which movement); a thread of the hub reads what they
 *    are about and sends it, many changes of one place as one event. The service never waits.
 * S2 A new client begins with every place and the latest movements, then a beat; all clients get
 *    every place again with each beat, so that ages move on and a lost note heals.
 * S3 Clients, their suspension and their bytes are touched under one lock, also by the library's threads
 *    (stream_read suspends inside the library's call, the hub resumes).
 * S4 A client that does not take its bytes (frames.h F2) is cut by shutting its socket down.
 * S5 Before the library stops every client is resumed and ended: it aborts on suspended ones. */
#include "cloud/http/exchange.h"
#include "cloud/http/frames.h"
#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    NOTES_PLACES = 256, /* more at once: "all" */
    NOTES_MOVEMENTS = 256,
    GATHER_MS = 80,             /* at least this long between two rounds of events */
    SNAPSHOT_MOVES_PLACES = 50, /* beyond so many places a snapshot has no movements */
    KERNEL_BYTES =
        64 * 1024, /* what the kernel may keep for a slow client; it would be megabytes */
    CLOSE_WAIT_MS = 3000,
    NOTICE_BYTES_MAX = 8192,
};

struct client {
    struct client *next, *previous;
    struct hub *hub;
    struct MHD_Connection *connection;
    int fd;
    bool suspended;
    struct frames frames;
};

/* What the service said has changed, until the hub's thread takes it. */
struct notes {
    bool all;
    size_t place_count, movement_count;
    struct name places[NOTES_PLACES];
    struct movement_id movements[NOTES_MOVEMENTS];
};

struct hub {
    struct http *http;
    struct reader *reader;
    pthread_t thread;

    pthread_mutex_t notes_lock;
    pthread_cond_t noted;
    struct notes notes;
    bool stop;

    pthread_mutex_t lock; /* S3: everything below */
    pthread_cond_t gone;
    struct client clients; /* ring with a head */
    int64_t client_count;
    bool closing;
    _Atomic bool listened; /* client_count > 0, for the service's thread */
};

/* ---- notes, from the service's thread ---- */

static void note_place(struct notes *n, const struct name *place)
{
    for (size_t i = 0; i < n->place_count; i++)
        if (name_equal(&n->places[i], place))
            return;
    if (n->place_count == NOTES_PLACES)
        n->all = true;
    else
        n->places[n->place_count++] = *place;
}

/* A full list drops the oldest: a list of the latest movements loses them first anyway. */
static void note_movement(struct notes *n, const struct movement_id *id)
{
    for (size_t i = 0; i < n->movement_count; i++)
        if (strcmp(n->movements[i].text, id->text) == 0)
            return;
    if (n->movement_count == NOTES_MOVEMENTS) {
        memmove(n->movements, n->movements + 1, (NOTES_MOVEMENTS - 1) * sizeof n->movements[0]);
        n->movement_count--;
    }
    n->movements[n->movement_count++] = *id;
}

static bool movement_of_notice(const char *json, struct movement_id *ret)
{
    char text[MOVEMENT_ID_SIZE];
    json_t *notice;
    if (json_read(json, strlen(json), NOTICE_BYTES_MAX, &notice, NULL) != ERR_OK)
        return false;
    enum err e = json_get_text(notice, "movement", text, sizeof text);
    json_decref(notice);
    return e == ERR_OK && movement_id_parse(text, strlen(text), ret) == ERR_OK;
}

static void hub_publish(void *self, enum notice kind, const struct name *place, const char *json)
{
    struct hub *h = self;
    struct movement_id movement;
    if (!atomic_load_explicit(&h->listened, memory_order_relaxed))
        return;
    bool moved = kind == NOTICE_MOVEMENT && movement_of_notice(json, &movement);
    pthread_mutex_lock(&h->notes_lock);
    if (moved)
        note_movement(&h->notes, &movement);
    if (place != NULL)
        note_place(&h->notes, place);
    pthread_cond_signal(&h->noted);
    pthread_mutex_unlock(&h->notes_lock);
}

/* ---- events ---- */

struct bytes {
    char *text;
    size_t len, size;
};

static void bytes_add(struct bytes *b, const char *text, size_t len)
{
    if (b->size - b->len < len) {
        b->size = (b->len + len) * 2;
        b->text = mem_resize(b->text, b->size);
    }
    memcpy(b->text + b->len, text, len);
    b->len += len;
}

/* Takes over `data`. Compact JSON has no line breaks, so that one line of data is enough. */
static void add_event(struct bytes *b, const char *event, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT);
    json_decref(data);
    if (text == NULL)
        abort();
    bytes_add(b, "event: ", 7);
    bytes_add(b, event, strlen(event));
    bytes_add(b, "\ndata: ", 7);
    bytes_add(b, text, strlen(text));
    bytes_add(b, "\n\n", 2);
    free(text);
}

static void add_breakers(const struct http *h, json_t *beat)
{
    enum { BREAKERS_MAX = 16 };
    struct http_breaker rows[BREAKERS_MAX];
    json_t *list = json_array();
    size_t n = h->ports.breakers != NULL
                   ? h->ports.breakers(h->ports.breakers_self, rows, BREAKERS_MAX)
                   : 0;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", rows[i].name, "state", rows[i].state));
    json_object_set_new(beat, "breakers", list);
}

static void add_beat(struct bytes *b, const struct http *h, const json_t *places,
                     const struct moment *m)
{
    json_t *names = json_array();
    size_t i;
    json_t *place;
    json_array_foreach(places, i, place) json_array_append(names, json_object_get(place, "place"));
    json_t *beat = json_pack("{s:o, s:I, s:I, s:o}", "now", json_time(m->now), "rate",
                             (json_int_t)h->ports.clock.rate, "heartbeat_ms",
                             (json_int_t)h->settings.heartbeat_ms, "places", names);
    add_breakers(h, beat);
    add_event(b, "beat", beat);
}

/* S2: every place, if wanted the latest movements, and a beat. */
static enum err add_everything(struct bytes *b, const struct http *h, struct reader *reader,
                               bool with_movements)
{
    struct moment m = http_moment(h);
    json_t *document;
    json_t *place;
    size_t i;
    TRY(document_places(reader, &m, &document));
    json_t *places = json_object_get(document, "places");
    bool moves = with_movements && json_array_size(places) <= SNAPSHOT_MOVES_PLACES;
    json_array_foreach(places, i, place)
    {
        json_t *list;
        struct name name = {0};
        add_event(b, "place", json_incref(place));
        if (!moves || json_get_text(place, "place", name.text, sizeof name.text) != ERR_OK ||
            document_movements(reader, &name, MOVEMENTS_DEFAULT, false, &list) != ERR_OK)
            continue;
        json_t *rows = json_object_get(list, "movements");
        for (size_t k = json_array_size(rows); k-- > 0;)
            add_event(b, "movement", json_incref(json_array_get(rows, k)));
        json_decref(list);
    }
    add_beat(b, h, places, &m);
    json_decref(document);
    return ERR_OK;
}

static void add_noted(struct bytes *b, const struct hub *h, const struct notes *n)
{
    struct moment m = http_moment(h->http);
    for (size_t i = 0; i < n->movement_count; i++) {
        struct movement_view v;
        if (reader_movement(h->reader, &n->movements[i], &v) == ERR_OK)
            add_event(b, "movement", document_movement(&v, false));
    }
    for (size_t i = 0; i < n->place_count; i++) {
        json_t *document;
        if (document_place(h->reader, &n->places[i], &m, &document) == ERR_OK)
            add_event(b, "place", document);
    }
}

/* ---- clients ---- */

/* Under the lock. */
static void wake(struct client *c)
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

static void broadcast(struct hub *h, struct bytes *b)
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
        wake(c);
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
    enum err e = add_everything(&b, http, slot->reader, true);
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

/* ---- the hub's thread ---- */

static int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct timespec real_time(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
}

static bool any_notes(const struct notes *n)
{
    return n->all || n->place_count > 0 || n->movement_count > 0;
}

/* Waits for notes (not before `earliest`), the next beat or the end. False: the end. */
static bool wait_for_work(struct hub *h, int64_t earliest, int64_t beat, struct notes *ret)
{
    pthread_mutex_lock(&h->notes_lock);
    for (;;) {
        int64_t now = real_ms();
        bool noted = any_notes(&h->notes);
        if (h->stop || now >= beat || (noted && now >= earliest))
            break;
        struct timespec until = real_time(noted && earliest < beat ? earliest : beat);
        pthread_cond_timedwait(&h->noted, &h->notes_lock, &until);
    }
    *ret = h->notes;
    h->notes.all = false;
    h->notes.place_count = h->notes.movement_count = 0;
    bool go_on = !h->stop;
    pthread_mutex_unlock(&h->notes_lock);
    return go_on;
}

static void *hub_run(void *arg)
{
    struct hub *h = arg;
    struct notes *n = mem_alloc(sizeof *n);
    int64_t beat = real_ms();
    int64_t earliest = beat;
    while (wait_for_work(h, earliest, beat, n)) {
        struct bytes b = {0};
        enum err e = ERR_OK;
        int64_t now = real_ms();
        bool all = n->all || now >= beat;
        if (now >= beat)
            beat = now + h->http->settings.heartbeat_ms;
        earliest = now + GATHER_MS;
        if (!atomic_load(&h->listened))
            continue;
        n->place_count = all ? 0 : n->place_count;
        add_noted(&b, h, n);
        if (all)
            e = add_everything(&b, h->http, h->reader, false);
        if (e != ERR_OK)
            log_warn("http.stream_read_failed", LT("error", err_text(e)));
        if (b.len > 0)
            broadcast(h, &b);
    }
    free(n);
    return NULL;
}

/* ---- life ---- */

static void monotonic_cond(pthread_cond_t *c)
{
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

struct hub *hub_new(void)
{
    struct hub *h = mem_alloc(sizeof *h);
    pthread_mutex_init(&h->notes_lock, NULL);
    pthread_mutex_init(&h->lock, NULL);
    monotonic_cond(&h->noted);
    monotonic_cond(&h->gone);
    h->clients.next = h->clients.previous = &h->clients;
    return h;
}

void hub_free(struct hub *h)
{
    if (h == NULL)
        return;
    pthread_cond_destroy(&h->noted);
    pthread_cond_destroy(&h->gone);
    pthread_mutex_destroy(&h->notes_lock);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

struct notifier_port hub_notifier(struct hub *h)
{
    return (struct notifier_port){.self = h, .publish = hub_publish};
}

enum err hub_open(struct hub *hub, struct http *h)
{
    TRY(reader_open(h->ports.database, &hub->reader));
    hub->http = h;
    hub->stop = hub->closing = false;
    if (pthread_create(&hub->thread, NULL, hub_run, hub) != 0)
        abort();
    return ERR_OK;
}

void hub_close(struct hub *h)
{
    struct timespec until = real_time(real_ms() + CLOSE_WAIT_MS);
    pthread_mutex_lock(&h->notes_lock);
    h->stop = true;
    pthread_cond_signal(&h->noted);
    pthread_mutex_unlock(&h->notes_lock);
    pthread_join(h->thread, NULL);
    pthread_mutex_lock(&h->lock);
    h->closing = true;
    for (struct client *c = h->clients.next; c != &h->clients; c = c->next)
        wake(c);
    /* Those that hang in a write are not suspended; the library closes them when it stops. */
    while (h->client_count > 0 && pthread_cond_timedwait(&h->gone, &h->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&h->lock);
    reader_close(h->reader);
    h->reader = NULL;
}
