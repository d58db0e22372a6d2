#include "cloud/downlink/link.h"

#include "protocol/base/backoff.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/mailbox.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "protocol/wire/status.h"
#include "protocol/wire/topic.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    KEEPALIVE_S = 30,
    CONNECT_TIMEOUT_MS = 10 * 1000,
    SESSION_ENOUGH_MS = 60 * 1000, /* a session this long resets the backoff */
    TAKEN_OVER_MS = 60 * 1000,     /* two daemons with one name must not kick each other for ever */
    GOODBYE_MS = 500,
    IDLE_MS = 1000,
    AGAIN_MS = 2, /* paho's own buffer is full, or nobody took a note */
    NOTES_MAX = 16,
    REASON_SIZE = 128,
    CLIENT_ID_SIZE = NAME_SIZE + 8,
};

struct note {
    bool up;
    bool taken_over;
    uint16_t receive_max;
    char text[REASON_SIZE];
};

/* A message that waits for the window, with its own memory behind it. */
struct outgoing {
    struct mqtt_message message;
    uint8_t correlation[MQTT_CORRELATION_SIZE];
    char bytes[]; /* topic, NUL, payload */
};

struct link {
    struct link_options options;
    struct link_handlers handlers;
    char status_topic[TOPIC_SIZE];
    int wake_fd;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    struct mailbox *notes; /* of struct note */

    /* the thread's own */
    bool connecting;
    struct mono_ms up_at;
    struct mono_ms connect_at;
    struct backoff backoff;
    bool untold; /* `changed` has not been taken yet */
    struct note last;

    atomic_bool up;
    atomic_int_fast64_t unanswered; /* QoS 1 */
    atomic_int_fast64_t waiting;    /* in `queue` and `head` */
    pthread_mutex_t lock;           /* guards mqtt, queue and head; never taken in a handler (K1) */
    struct mqtt *mqtt;
    struct mailbox *queue; /* of struct outgoing * */
    struct outgoing *head; /* taken from the queue, not yet from us */
};

static struct mono_ms real_now(void)
{
    struct clock_source real = clock_real();
    return clock_now(&real).mono;
}

static void wake(void *self)
{
    struct link *l = self;
    uint64_t one = 1;
    if (write(l->wake_fd, &one, sizeof one) != sizeof one)
        return; /* the counter is at its limit: awake already */
}

/* ---- handlers, on paho's threads ---- */

static void on_up(void *self, uint16_t receive_max)
{
    struct link *l = self;
    struct note n = {.up = true, .receive_max = receive_max};
    mailbox_post(l->notes, &n);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    struct link *l = self;
    struct note n = {.taken_over = taken_over};
    memcpy(n.text, text, strnlen(text, sizeof n.text - 1));
    mailbox_post(l->notes, &n);
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct link *l = self;
    l->handlers.message(l->handlers.self, m);
}

static void on_taken(void *self, int token, bool ok)
{
    struct link *l = self;
    (void)token;
    (void)ok; /* a refused message is as good as a lost one */
    atomic_fetch_sub(&l->unanswered, 1);
    if (atomic_load(&l->waiting) > 0)
        wake(l);
}

/* ---- the way out, any thread ---- */

/* Under the lock. ERR_FULL: not now. */
static enum err send_now(struct link *l, const struct mqtt_message *m)
{
    if (m->qos > 0 && atomic_fetch_add(&l->unanswered, 1) >= l->options.window) {
        atomic_fetch_sub(&l->unanswered, 1);
        return ERR_FULL;
    }
    enum err e = mqtt_publish(l->mqtt, m, NULL);
    if (e != ERR_OK && m->qos > 0)
        atomic_fetch_sub(&l->unanswered, 1);
    return e;
}

static struct outgoing *outgoing_new(const struct mqtt_message *m)
{
    size_t topic_size = strlen(m->topic) + 1;
    struct outgoing *o = mem_alloc(sizeof *o + topic_size + m->len);
    memcpy(o->bytes, m->topic, topic_size);
    if (m->len > 0)
        memcpy(o->bytes + topic_size, m->payload, m->len);
    o->message = (struct mqtt_message){.topic = o->bytes,
                                       .payload = o->bytes + topic_size,
                                       .len = m->len,
                                       .qos = m->qos,
                                       .retained = m->retained,
                                       .expiry_s = m->expiry_s};
    if (m->correlation) {
        memcpy(o->correlation, m->correlation, sizeof o->correlation);
        o->message.correlation = o->correlation;
    }
    return o;
}

static enum err enqueue(struct link *l, const struct mqtt_message *m)
{
    struct outgoing *o = outgoing_new(m);
    enum err e = mailbox_post(l->queue, &o);
    if (e == ERR_OK)
        atomic_fetch_add(&l->waiting, 1);
    else
        free(o);
    return e;
}

enum err link_publish(struct link *l, const struct mqtt_message *m)
{
    enum err e = ERR_UNAVAIL;
    bool queued = false;
    pthread_mutex_lock(&l->lock);
    if (atomic_load(&l->up)) {
        bool at_once = m->qos == 0 || atomic_load(&l->waiting) == 0;
        e = at_once ? send_now(l, m) : ERR_FULL;
        if (e == ERR_FULL) {
            e = enqueue(l, m);
            queued = e == ERR_OK;
        }
    }
    pthread_mutex_unlock(&l->lock);
    if (queued)
        wake(l);
    if (e != ERR_OK)
        metrics_add(l->options.metrics, METRIC_DOWNLINK_DROPPED, 1);
    return e;
}

bool link_up(const struct link *l)
{
    return atomic_load(&l->up);
}

/* Sends what waits, in order. Returns false when paho itself is full: nothing will wake us then. */
static bool flush(struct link *l)
{
    enum err e = ERR_OK;
    pthread_mutex_lock(&l->lock);
    while (atomic_load(&l->waiting) > 0) {
        if (!l->head)
            mailbox_drain(l->queue, &l->head, 1);
        e = send_now(l, &l->head->message);
        if (e == ERR_FULL)
            break;
        if (e != ERR_OK)
            metrics_add(l->options.metrics, METRIC_DOWNLINK_DROPPED, 1);
        free(l->head);
        l->head = NULL;
        atomic_fetch_sub(&l->waiting, 1);
    }
    pthread_mutex_unlock(&l->lock);
    return e != ERR_FULL || atomic_load(&l->unanswered) >= l->options.window;
}

static void drop_waiting(struct link *l)
{
    pthread_mutex_lock(&l->lock);
    int64_t dropped = atomic_exchange(&l->waiting, 0);
    free(l->head);
    l->head = NULL;
    struct outgoing *o;
    while (mailbox_drain(l->queue, &o, 1) == 1)
        free(o);
    pthread_mutex_unlock(&l->lock);
    metrics_add(l->options.metrics, METRIC_DOWNLINK_DROPPED, dropped);
}

/* ---- sessions, on the thread ---- */

static enum err status_message(struct link *l, bool online, char text[STATUS_BYTES_MAX],
                               struct mqtt_message *ret)
{
    struct cloud_status s = {.online = online, .time = clock_now(&l->options.clock).wall};
    size_t len;
    TRY(cloud_status_encode(&s, text, STATUS_BYTES_MAX, &len));
    *ret = (struct mqtt_message){
        .topic = l->status_topic, .payload = text, .len = len, .qos = 1, .retained = true};
    return ERR_OK;
}

static void retry_in(struct link *l, int64_t ms)
{
    l->connecting = false;
    l->connect_at = mono_after(real_now(), ms);
}

static void connect_now(struct link *l)
{
    char text[STATUS_BYTES_MAX];
    struct mqtt_message will;
    enum err e = status_message(l, false, text, &will);
    if (e == ERR_OK) {
        pthread_mutex_lock(&l->lock);
        e = mqtt_connect(l->mqtt, &will);
        pthread_mutex_unlock(&l->lock);
    }
    if (e == ERR_OK) {
        l->connecting = true;
        return;
    }
    log_warn("link.connect", LT("reason", err_text(e)));
    retry_in(l, backoff_next_ms(&l->backoff, random_u64()));
}

static enum err subscribe(struct link *l)
{
    static const enum topic_kind kinds[] = {TOPIC_EVENT, TOPIC_REQUEST, TOPIC_STATUS,
                                            TOPIC_TELEMETRY};
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    static const int qos[KINDS] = {1, 0, 1, 0};
    char text[KINDS][TOPIC_SIZE];
    const char *filters[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        TRY(topic_filter_all(kinds[i], text[i]));
        filters[i] = text[i];
    }
    return mqtt_subscribe(l->mqtt, filters, qos, KINDS);
}

static void session_up(struct link *l, const struct note *n)
{
    char text[STATUS_BYTES_MAX];
    struct mqtt_message birth;
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->unanswered, 0);
    enum err e = subscribe(l); /* K4 */
    if (e == ERR_OK && status_message(l, true, text, &birth) == ERR_OK)
        e = send_now(l, &birth);
    if (e == ERR_OK)
        atomic_store(&l->up, true);
    pthread_mutex_unlock(&l->lock);
    l->up_at = real_now();
    if (e != ERR_OK)
        return; /* the session is going: `down` follows */
    log_notice("broker.up", LN("receive_max", n->receive_max));
    l->untold = true;
}

static void session_down(struct link *l, const struct note *n)
{
    bool was_up = atomic_exchange(&l->up, false);
    int64_t lasted_ms = was_up ? mono_diff_ms(real_now(), l->up_at) : 0;
    drop_waiting(l);
    if (was_up)
        backoff_session_ended(&l->backoff, lasted_ms, SESSION_ENOUGH_MS);
    int64_t wait_ms = n->taken_over ? TAKEN_OVER_MS : backoff_next_ms(&l->backoff, random_u64());
    if (n->taken_over)
        log_error("broker.taken_over", LT("why", "another daemon uses this instance name"),
                  LN("retry_ms", wait_ms));
    else
        log_warn("broker.down", LT("reason", n->text), LN("lasted_ms", lasted_ms),
                 LN("retry_ms", wait_ms));
    retry_in(l, wait_ms);
    l->untold = l->untold || was_up;
}

static void take_notes(struct link *l)
{
    struct note n;
    while (mailbox_drain(l->notes, &n, 1) == 1) {
        l->last = n;
        if (n.up)
            session_up(l, &n);
        else
            session_down(l, &n);
    }
}

/* Tells the newest state; in between nothing is missed that a resend would not bring. */
static void tell(struct link *l)
{
    if (l->untold &&
        l->handlers.changed(l->handlers.self, l->last.up, l->last.receive_max) == ERR_OK)
        l->untold = false;
}

static void wait_for_work(struct link *l, bool again)
{
    int64_t ms = IDLE_MS;
    if (!l->connecting && !atomic_load(&l->up)) {
        int64_t left = mono_diff_ms(l->connect_at, real_now());
        ms = left < 0 ? 0 : left < ms ? left : ms;
    }
    if (again && ms > AGAIN_MS)
        ms = AGAIN_MS;
    struct pollfd p = {.fd = l->wake_fd, .events = POLLIN};
    uint64_t count;
    if (poll(&p, 1, (int)ms) > 0 && read(l->wake_fd, &count, sizeof count) < 0)
        return; /* taken by nobody else: cannot happen */
}

static void goodbye(struct link *l)
{
    char text[STATUS_BYTES_MAX];
    struct mqtt_message offline;
    pthread_mutex_lock(&l->lock);
    if (atomic_exchange(&l->up, false) && status_message(l, false, text, &offline) == ERR_OK)
        mqtt_publish(l->mqtt, &offline, NULL);
    mqtt_disconnect(l->mqtt, GOODBYE_MS);
    pthread_mutex_unlock(&l->lock);
}

static void *run(void *self)
{
    struct link *l = self;
    while (!atomic_load(&l->stopping)) {
        if (!l->connecting && !atomic_load(&l->up) && mono_diff_ms(real_now(), l->connect_at) >= 0)
            connect_now(l);
        take_notes(l);
        tell(l);
        bool again = !flush(l) || l->untold;
        wait_for_work(l, again);
    }
    flush(l);
    goodbye(l);
    return NULL;
}

/* ---- life ---- */

enum err link_create(const struct link_options *o, const struct link_handlers *h, struct link **ret)
{
    struct topic status = {.kind = TOPIC_CLOUD_STATUS, .edge = o->instance};
    char topic[TOPIC_SIZE];
    char id_memory[CLIENT_ID_SIZE];
    struct buf id = buf_of(id_memory, sizeof id_memory);
    TRY(topic_format(&status, topic));
    buf_addf(&id, "cloud-%s", o->instance.text);

    struct link *l = mem_alloc(sizeof *l);
    struct mqtt_options mo = {.host = o->host,
                              .port = o->port,
                              .client_id = id.text,
                              .username = o->username,
                              .password = o->password,
                              .keepalive_s = KEEPALIVE_S,
                              .receive_max = (uint16_t)o->receive_max,
                              .connect_timeout_ms = CONNECT_TIMEOUT_MS};
    struct mqtt_handlers mh = {
        .self = l, .up = on_up, .down = on_down, .message = on_message, .taken = on_taken};
    enum err e = mqtt_create(&mo, &mh, &l->mqtt);
    if (e != ERR_OK) {
        free(l);
        return e;
    }
    l->options = *o;
    l->handlers = *h;
    memcpy(l->status_topic, topic, sizeof topic);
    l->backoff = backoff_of((uint32_t)o->reconnect_min_ms, (uint32_t)o->reconnect_max_ms);
    l->connect_at = real_now();
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0)
        abort(); /* no descriptors at start */
    pthread_mutex_init(&l->lock, NULL);
    l->notes = mailbox_new(sizeof(struct note), NOTES_MAX, wake, l);
    l->queue = mailbox_new(sizeof(struct outgoing *), (size_t)o->queue, NULL, NULL);
    *ret = l;
    return ERR_OK;
}

void link_start(struct link *l)
{
    if (pthread_create(&l->thread, NULL, run, l) != 0)
        abort(); /* no thread to be had at start */
    l->started = true;
}

void link_stop(struct link *l)
{
    if (!l->started)
        return;
    atomic_store(&l->stopping, true);
    wake(l);
    pthread_join(l->thread, NULL);
    l->started = false;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    link_stop(l);
    mqtt_free(l->mqtt);
    drop_waiting(l);
    mailbox_free(l->notes);
    mailbox_free(l->queue);
    close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
