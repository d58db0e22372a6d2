#include "tests/bench/load.h"

#include "protocol/base/buf.h"
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/digest.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/event_codec.h"
#include "protocol/wire/request.h"
#include "protocol/wire/topic.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CYCLE = 4, RESEND_NS = 1000000000, START_S = 30 };

struct load_edge {
    struct name name;
    char event_topic[TOPIC_SIZE];
    char *bytes;         /* all events, one behind the other */
    size_t *ends;        /* of event i in `bytes` */
    int64_t sent;        /* events handed over since the last resend began */
    int64_t progress_at; /* ns */
    int64_t progress_acked;
    _Atomic int64_t acked;
    _Atomic int64_t epoch; /* 0: hello not answered */
};

struct load_connection {
    struct load *load;
    struct mqtt *mqtt;
    atomic_int up;
    _Atomic int64_t unanswered;
    size_t next_edge;
};

struct load {
    struct load_options options;
    struct load_edge *edges;
    struct load_connection connections[LOAD_CONNECTIONS_MAX];
    sem_t wake;
    atomic_bool waiting;
    int64_t resent;
};

int64_t bench_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

_Noreturn void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

int64_t bench_number(int argc, char **argv, const char *name, int64_t dflt)
{
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, len) == 0 &&
            argv[i][2 + len] == '=')
            return strtoll(argv[i] + 3 + len, NULL, 10);
    return dflt;
}

/* ---- handlers, on paho's threads ---- */

static void nudge(struct load *l)
{
    if (atomic_exchange(&l->waiting, false))
        sem_post(&l->wake);
}

static void on_up(void *self, uint16_t receive_max)
{
    struct load_connection *c = self;
    (void)receive_max;
    atomic_store(&c->up, 1);
    sem_post(&c->load->wake);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    (void)self;
    (void)taken_over;
    bench_die("connection", text);
}

static void on_taken(void *self, int token, bool ok)
{
    struct load_connection *c = self;
    (void)token;
    (void)ok;
    atomic_fetch_sub(&c->unanswered, 1);
    nudge(c->load);
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct load *l = ((struct load_connection *)self)->load;
    struct topic t;
    struct ack a;
    struct response r;
    if (topic_parse(m->topic, strlen(m->topic), &t) != ERR_OK)
        return;
    size_t i = strtoul(t.edge.text + 1, NULL, 10);
    if (i >= l->options.edges)
        return;
    struct load_edge *e = &l->edges[i];
    if (t.kind == TOPIC_ACK && ack_decode(m->payload, m->len, &a, NULL) == ERR_OK) {
        if (a.upto > atomic_load(&e->acked))
            atomic_store(&e->acked, a.upto);
        nudge(l);
    } else if (t.kind == TOPIC_RESPONSE &&
               response_decode(m->payload, m->len, &r, NULL) == ERR_OK) {
        atomic_store(&e->epoch, r.hello.epoch);
        sem_post(&l->wake);
    }
}

/* ---- start ---- */

static void wait_ms(struct load *l, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (sem_timedwait(&l->wake, &until) != 0 && errno == EINTR)
        continue;
}

static void connect_one(struct load *l, size_t i)
{
    struct load_connection *c = &l->connections[i];
    char id_memory[64];
    struct buf id = buf_of(id_memory, sizeof id_memory);
    buf_addf(&id, "load-%s-%zu", l->options.place.text, i);
    struct mqtt_options o = {.host = "127.0.0.1",
                             .port = l->options.port,
                             .client_id = id.text,
                             .keepalive_s = 60,
                             .receive_max = 1000,
                             .connect_timeout_ms = 10000};
    struct mqtt_handlers h = {c, on_up, on_down, on_message, on_taken};
    c->load = l;
    c->next_edge = i;
    if (mqtt_create(&o, &h, &c->mqtt) != ERR_OK || mqtt_connect(c->mqtt, NULL) != ERR_OK)
        bench_die("connect", "refused");
    while (!atomic_load(&c->up))
        wait_ms(l, 100);
}

/* Each connection listens for its own edges: edge k belongs to connection k % connections. */
static void subscribe_edges(struct load *l)
{
    static const enum topic_kind kinds[] = {TOPIC_ACK, TOPIC_RESPONSE};
    static const int qos[] = {1, 0};
    for (size_t k = 0; k < l->options.edges; k++) {
        struct load_connection *c = &l->connections[k % l->options.connections];
        char text[2][TOPIC_SIZE];
        const char *filters[2] = {text[0], text[1]};
        for (int i = 0; i < 2; i++) {
            struct topic t = {kinds[i], l->options.place, l->edges[k].name};
            topic_format(&t, text[i]);
        }
        if (mqtt_subscribe(c->mqtt, filters, qos, 2) != ERR_OK)
            bench_die("subscribe", "refused");
    }
}

static void say_hello(struct load *l, size_t k)
{
    struct load_edge *e = &l->edges[k];
    struct load_connection *c = &l->connections[k % l->options.connections];
    struct topic t = {TOPIC_REQUEST, l->options.place, e->name};
    char topic[TOPIC_SIZE];
    char text[REQUEST_BYTES_MAX];
    uint8_t correlation[MQTT_CORRELATION_SIZE];
    struct request r = {.kind = REQUEST_HELLO, .id = random_request_id()};
    r.hello.journal = random_request_id();
    r.hello.next = 1;
    r.hello.boot = 1;
    memset(r.hello.head.text, '0', DIGEST_SIZE - 1);
    memcpy(r.hello.version, "bench", 6);
    r.hello.lane_count = 1;
    memcpy(r.hello.lanes[0].lane.text, "out-1", 6);
    r.hello.lanes[0].direction = DIRECTION_EXIT;
    hex_parse(r.id.text, REQUEST_ID_SIZE - 1, correlation, sizeof correlation);
    struct mqtt_message m = {.topic = topic, .payload = text, .correlation = correlation};
    if (topic_format(&t, topic) != ERR_OK ||
        request_encode(&r, text, sizeof text, &m.len) != ERR_OK)
        bench_die("hello", "cannot be encoded");
    while (mqtt_publish(c->mqtt, &m, NULL) == ERR_FULL)
        wait_ms(l, 1);
}

/* One after the other, so that the answers of a start do not fight for the daemon's queue. */
static void hello_all(struct load *l)
{
    int64_t until = bench_now_ns() + (int64_t)START_S * 1000000000;
    for (size_t k = 0; k < l->options.edges; k++) {
        int64_t said_at = 0;
        while (atomic_load(&l->edges[k].epoch) == 0) {
            if (bench_now_ns() > until)
                bench_die("hello", "no answer");
            if (bench_now_ns() - said_at > RESEND_NS) {
                say_hello(l, k);
                said_at = bench_now_ns();
            }
            wait_ms(l, 100);
        }
    }
}

static struct event event_of(const struct load *l, const struct load_edge *e, int64_t seq,
                             const struct movement_id *movement)
{
    static const enum event_kind kinds[CYCLE] = {EVENT_VEHICLE_PRESENTED, EVENT_CREDENTIAL_READ,
                                                 EVENT_PASSAGE_DENIED, EVENT_MOVEMENT_ENDED};
    struct clock_source clock = clock_real();
    struct event v = {.kind = kinds[(seq - 1) % CYCLE],
                      .place = l->options.place,
                      .edge = e->name,
                      .epoch = atomic_load(&e->epoch),
                      .seq = seq,
                      .time = clock_now(&clock).wall,
                      .boot = 1,
                      .mono = {seq},
                      .clock = CLOCK_SYNCED};
    v.data.movement = *movement;
    memcpy(v.data.lane.text, "out-1", 6);
    v.data.direction = DIRECTION_EXIT;
    v.data.confidence = 9900;
    v.data.reason = REASON_DECLINED;
    v.data.outcome = OUTCOME_DENIED;
    memcpy(v.data.plate.text, "22아2222", sizeof "22아2222");
    memcpy(v.data.raw.text, "22아2222", sizeof "22아2222");
    return v;
}

static void build_events(struct load *l, struct load_edge *e)
{
    size_t size = 0;
    size_t used = 0;
    struct digest prev;
    struct movement_id movement = {""};
    memset(prev.text, '0', DIGEST_SIZE - 1);
    prev.text[DIGEST_SIZE - 1] = '\0';
    e->ends = mem_alloc((size_t)l->options.events * sizeof *e->ends);
    for (int64_t seq = 1; seq <= l->options.events; seq++) {
        if ((seq - 1) % CYCLE == 0)
            movement = random_movement_id();
        struct event v = event_of(l, e, seq, &movement);
        v.prev = prev;
        if (size - used < EVENT_BYTES_MAX) {
            size = size * 2 + EVENT_BYTES_MAX;
            e->bytes = mem_resize(e->bytes, size);
        }
        size_t len;
        if (event_encode(&v, e->bytes + used, size - used, &len) != ERR_OK)
            bench_die("event", "cannot be encoded");
        digest_of(e->bytes + used, len, &prev);
        used += len;
        e->ends[seq - 1] = used;
    }
}

struct load *load_new(const struct load_options *o)
{
    struct load *l = mem_alloc(sizeof *l);
    l->options = *o;
    if (o->edges > LOAD_EDGES_MAX || o->connections > LOAD_CONNECTIONS_MAX ||
        o->connections > o->edges)
        bench_die("options", "too many edges or connections");
    l->edges = mem_alloc(o->edges * sizeof *l->edges);
    sem_init(&l->wake, 0, 0);
    for (size_t i = 0; i < o->connections; i++)
        connect_one(l, i);
    for (size_t k = 0; k < o->edges; k++) {
        struct load_edge *e = &l->edges[k];
        struct buf name = buf_of(e->name.text, sizeof e->name.text);
        buf_addf(&name, "e%zu", k);
        struct topic t = {TOPIC_EVENT, o->place, e->name};
        topic_format(&t, e->event_topic);
    }
    subscribe_edges(l);
    if (o->bare)
        for (size_t k = 0; k < o->edges; k++)
            atomic_store(&l->edges[k].epoch, 1);
    else
        hello_all(l);
    for (size_t k = 0; k < o->edges; k++)
        build_events(l, &l->edges[k]);
    return l;
}

/* ---- run ---- */

static int64_t acked_in_all(struct load *l)
{
    if (l->options.bare)
        return atomic_load(&l->edges[0].acked);
    int64_t n = 0;
    for (size_t k = 0; k < l->options.edges; k++)
        n += atomic_load(&l->edges[k].acked);
    return n;
}

/* Goes back to what is acknowledged when that stood still for a second. */
static void look_after(struct load *l, struct load_edge *e, int64_t now)
{
    int64_t acked = atomic_load(&e->acked);
    if (acked > e->progress_acked || acked == e->sent) {
        e->progress_acked = acked;
        e->progress_at = now;
    } else if (now - e->progress_at > RESEND_NS) {
        l->resent += e->sent - acked;
        e->sent = acked;
        e->progress_at = now;
    }
}

static bool send_event(struct load_connection *c, struct load_edge *e)
{
    size_t from = e->sent ? e->ends[e->sent - 1] : 0;
    struct mqtt_message m = {.topic = e->event_topic,
                             .payload = e->bytes + from,
                             .len = e->ends[e->sent] - from,
                             .qos = 1};
    atomic_fetch_add(&c->unanswered, 1);
    if (mqtt_publish(c->mqtt, &m, NULL) == ERR_OK) {
        e->sent++;
        return true;
    }
    atomic_fetch_sub(&c->unanswered, 1);
    return false;
}

/* Sends on one connection, one event per edge in turn, until window, budget or edges run out. */
static int64_t send_some(struct load *l, struct load_connection *c, int64_t budget)
{
    const struct load_options *o = &l->options;
    int64_t sent = 0;
    size_t idle = 0;
    size_t own = (o->edges - (size_t)(c - l->connections) + o->connections - 1) / o->connections;
    while (idle < own && sent < budget && atomic_load(&c->unanswered) < o->window) {
        struct load_edge *e = &l->edges[c->next_edge];
        c->next_edge += o->connections;
        if (c->next_edge >= o->edges)
            c->next_edge = (size_t)(c - l->connections);
        if (e->sent == o->events) {
            idle++;
            continue;
        }
        if (!send_event(c, e))
            break;
        idle = 0;
        sent++;
    }
    return sent;
}

struct load_result load_run(struct load *l)
{
    const struct load_options *o = &l->options;
    int64_t total = (int64_t)o->edges * o->events;
    int64_t sent = 0;
    int64_t start = bench_now_ns();
    int64_t looked_at = start;
    int64_t acked = 0;
    for (size_t k = 0; k < o->edges; k++)
        l->edges[k].progress_at = start;
    while ((acked = acked_in_all(l)) < total) {
        int64_t now = bench_now_ns();
        int64_t resent_before = l->resent;
        if (!o->bare && now - looked_at > RESEND_NS / 10) {
            looked_at = now;
            for (size_t k = 0; k < o->edges; k++)
                look_after(l, &l->edges[k], now);
        }
        sent -= l->resent - resent_before;
        int64_t budget = o->outstanding - (sent - acked);
        if (o->rate > 0) {
            int64_t due = (int64_t)((double)(now - start) * 1e-9 * (double)o->rate) - sent;
            budget = due < budget ? due : budget;
        }
        atomic_store(&l->waiting, true);
        int64_t sent_now = 0;
        for (size_t i = 0; i < o->connections && sent_now < budget; i++)
            sent_now += send_some(l, &l->connections[i], budget - sent_now);
        sent += sent_now;
        if (sent_now == 0)
            wait_ms(l, 1);
    }
    struct load_result r = {
        .events = total, .resent = l->resent, .seconds = (double)(bench_now_ns() - start) * 1e-9};
    r.event_bytes = (int64_t)l->edges[0].ends[o->events - 1] / o->events;
    return r;
}

void load_free(struct load *l)
{
    for (size_t i = 0; i < l->options.connections; i++) {
        mqtt_disconnect(l->connections[i].mqtt, 100);
        mqtt_free(l->connections[i].mqtt);
    }
    for (size_t k = 0; k < l->options.edges; k++) {
        free(l->edges[k].bytes);
        free(l->edges[k].ends);
    }
    free(l->edges);
    free(l);
}
