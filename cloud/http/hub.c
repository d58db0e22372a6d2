/* The middle of the live stream: takes the service's notes, reads up on them, and sends. */
#include "cloud/http/hub.h"

#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    GATHER_MS = 80,             /* at least this long between two rounds of events */
    SNAPSHOT_MOVES_PLACES = 50, /* beyond so many places a snapshot has no movements */
    CLOSE_WAIT_MS = 3000,
    NOTICE_BYTES_MAX = 8192,
};

/* ---- notes, from the service's thread ---- */

static bool id_of_notice(const char *json, const char *key, char *ret, size_t size)
{
    json_t *notice;
    if (json_read(json, strlen(json), NOTICE_BYTES_MAX, &notice, NULL) != ERR_OK)
        return false;
    enum err e = json_get_text(notice, key, ret, size);
    json_decref(notice);
    return e == ERR_OK;
}

static bool hub_listening(void *self)
{
    struct hub *h = self;
    return atomic_load_explicit(&h->listened, memory_order_relaxed);
}

static void hub_publish(void *self, enum notice kind, const struct name *place, const char *json)
{
    struct hub *h = self;
    struct movement_id movement;
    struct request_id command;
    if (!hub_listening(h))
        return;
    bool moved = kind == NOTICE_MOVEMENT &&
                 id_of_notice(json, "movement", movement.text, sizeof movement.text);
    bool ordered =
        kind == NOTICE_COMMAND && id_of_notice(json, "command", command.text, sizeof command.text);
    pthread_mutex_lock(&h->notes_lock);
    if (moved)
        notes_movement(&h->notes, &movement);
    if (ordered)
        notes_command(&h->notes, &command);
    if (place != NULL)
        notes_place(&h->notes, place);
    pthread_cond_signal(&h->noted);
    pthread_mutex_unlock(&h->notes_lock);
}

/* ---- events ---- */

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
    struct provider_status rows[PROVIDERS_MAX];
    json_t *list = json_array();
    size_t n = providers_take(h, rows);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", rows[i].name.text, "state", rows[i].breaker));
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

enum err hub_everything(struct bytes *b, const struct http *h, struct reader *reader,
                        bool with_movements)
{
    struct moment m = http_moment(h);
    json_t *document;
    json_t *place;
    size_t i;
    TRY(document_places(reader, &m, NULL, &document));
    json_t *places = json_object_get(document, "places");
    bool moves = with_movements && json_array_size(places) <= SNAPSHOT_MOVES_PLACES;
    json_array_foreach(places, i, place)
    {
        json_t *list;
        struct name name = {0};
        struct list_page page = {.from = list_begin, .limit = MOVEMENTS_DEFAULT};
        add_event(b, "place", json_incref(place));
        if (!moves || json_get_text(place, "place", name.text, sizeof name.text) != ERR_OK ||
            document_movements(reader, &name, &page, false, &list) != ERR_OK)
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
    for (size_t i = 0; i < n->command_count; i++) {
        struct command_row row;
        if (reader_command(h->reader, &n->commands[i], &row) == ERR_OK)
            add_event(b, "command", document_command(&row, false));
    }
    for (size_t i = 0; i < n->place_count; i++) {
        json_t *document;
        if (document_place(h->reader, &n->places[i], &m, &document) == ERR_OK)
            add_event(b, "place", document);
    }
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

/* Waits for notes (not before `earliest`), the next beat or the end. False: the end. */
static bool wait_for_work(struct hub *h, int64_t earliest, int64_t beat, struct notes *ret)
{
    pthread_mutex_lock(&h->notes_lock);
    for (;;) {
        int64_t now = real_ms();
        bool noted = notes_any(&h->notes);
        if (h->stop || now >= beat || (noted && now >= earliest))
            break;
        struct timespec until = real_time(noted && earliest < beat ? earliest : beat);
        pthread_cond_timedwait(&h->noted, &h->notes_lock, &until);
    }
    *ret = h->notes;
    notes_clear(&h->notes);
    bool go_on = !h->stop;
    pthread_mutex_unlock(&h->notes_lock);
    return go_on;
}

static void *hub_run(void *arg)
{
    struct hub *h = arg;
    struct notes *n = mem_alloc(sizeof *n);
    int64_t earliest = real_ms();
    int64_t beat = earliest + h->http->settings.heartbeat_ms;
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
            e = hub_everything(&b, h->http, h->reader, false);
        if (e != ERR_OK)
            log_warn("http.stream_read_failed", LT("error", err_text(e)));
        if (b.len > 0)
            stream_broadcast(h, &b);
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
    return (struct notifier_port){.self = h, .publish = hub_publish, .listening = hub_listening};
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
        stream_wake(c);
    /* Those that hang in a write are not suspended; the library closes them when it stops. */
    while (h->client_count > 0 && pthread_cond_timedwait(&h->gone, &h->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&h->lock);
    reader_close(h->reader);
    h->reader = NULL;
}
