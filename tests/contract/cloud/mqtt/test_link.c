/* The daemon's connection, ingest and downlink on a real broker: K1 to K4 of link.h, N1 and N2 of
 * ingest.h. The other side is a plain client with an observer. */
#include "cloud/downlink/downlink.h"
#include "cloud/ingest/ingest.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/status.h"
#include "tests/contract/mqtt/observer.h"
#include "tests/support/broker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { WORKS_MAX = 64, PATIENCE_S = 10, BURST = 3000 };

/* What the service would get. */
struct sink {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct work *works[WORKS_MAX];
    size_t count;
    int refuse; /* so many posts are answered ERR_FULL first */
};

static enum err sink_post(void *arg, struct work *w)
{
    struct sink *s = arg;
    enum err e = ERR_OK;
    pthread_mutex_lock(&s->lock);
    if (s->refuse > 0) {
        s->refuse--;
        e = ERR_FULL;
    } else if (s->count < WORKS_MAX) {
        s->works[s->count++] = w;
    } else {
        work_free(w);
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return e;
}

/* The n-th work of this kind, counted from 1; waits for it. */
static const struct work *sink_wait(struct sink *s, enum work_kind kind, size_t n)
{
    struct timespec until;
    const struct work *found = NULL;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&s->lock);
    for (int rc = 0; !found && rc == 0;) {
        size_t seen = 0;
        for (size_t i = 0; i < s->count && !found; i++)
            if (s->works[i]->kind == kind && ++seen == n)
                found = s->works[i];
        if (!found)
            rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    }
    pthread_mutex_unlock(&s->lock);
    if (!found)
        fail_msg("work %d number %zu did not come", kind, n);
    return found;
}

struct bench {
    struct broker *broker;
    struct metrics metrics;
    struct sink sink;
    struct ingest ingest;
    struct link *link;
    struct downlink downlink;
    struct downlink_port port;
    struct observer observer; /* of the other side */
    struct mqtt *peer;
};

static struct link_options options_of(struct bench *b, uint16_t port)
{
    return (struct link_options){.host = "127.0.0.1",
                                 .port = port,
                                 .instance = {"c1"},
                                 .reconnect_min_ms = 20,
                                 .reconnect_max_ms = 100,
                                 .receive_max = 1000,
                                 .window = 64,
                                 .queue = 4096,
                                 .clock = clock_real(),
                                 .metrics = &b->metrics};
}

static void link_up_with(struct bench *b, const struct link_options *o)
{
    struct link_handlers h = {
        .self = &b->ingest, .message = ingest_message, .changed = ingest_changed};
    pthread_mutex_init(&b->sink.lock, NULL);
    pthread_cond_init(&b->sink.changed, NULL);
    b->ingest = (struct ingest){.post = sink_post, .arg = &b->sink, .metrics = &b->metrics};
    assert_int_equal(link_create(o, &h, &b->link), ERR_OK);
    b->downlink =
        (struct downlink){.link = b->link, .instance = o->instance, .clock = clock_real()};
    b->port = downlink_port_of(&b->downlink);
    link_start(b->link);
}

static struct mqtt *connect_observer(struct bench *b, const char *id, struct observer *o)
{
    struct mqtt_options options = {.host = "127.0.0.1",
                                   .port = broker_port(b->broker),
                                   .client_id = id,
                                   .keepalive_s = 30,
                                   .receive_max = 1000,
                                   .connect_timeout_ms = 5000};
    struct mqtt *m;
    observer_init(o);
    struct mqtt_handlers h = observer_handlers(o);
    assert_int_equal(mqtt_create(&options, &h, &m), ERR_OK);
    assert_int_equal(mqtt_connect(m, NULL), ERR_OK);
    observer_wait(o, &o->ups, 1, "the peer is connected");
    return m;
}

/* The other side, with one subscription; again after its session was lost. */
static void peer_connect(struct bench *b, const char *filter)
{
    const int qos = 1;
    mqtt_free(b->peer);
    b->peer = connect_observer(b, "peer", &b->observer);
    assert_int_equal(mqtt_subscribe(b->peer, &filter, &qos, 1), ERR_OK);
}

static struct bench *bench_new(const char *filter)
{
    struct bench *b = mem_alloc(sizeof *b);
    b->broker = broker_start(NULL);
    struct link_options o = options_of(b, broker_port(b->broker));
    link_up_with(b, &o);
    assert_true(sink_wait(&b->sink, WORK_BROKER, 1)->broker.up);
    if (filter)
        peer_connect(b, filter);
    return b;
}

static void bench_free(struct bench *b)
{
    link_free(b->link);
    mqtt_free(b->peer);
    broker_stop(b->broker);
    for (size_t i = 0; i < b->sink.count; i++)
        work_free(b->sink.works[i]);
    free(b);
}

static void say(struct bench *b, const char *topic, const char *text, const uint8_t *correlation)
{
    struct mqtt_message m = {
        .topic = topic, .payload = text, .len = strlen(text), .qos = 1, .correlation = correlation};
    assert_int_equal(mqtt_publish(b->peer, &m, NULL), ERR_OK);
}

static void test_up_says_the_receive_maximum(void **state)
{
    (void)state;
    struct bench *b = bench_new(NULL);
    assert_int_equal(sink_wait(&b->sink, WORK_BROKER, 1)->broker.receive_max, 200);
    assert_true(link_up(b->link));
    bench_free(b);
}

static void expect_status(struct bench *b, bool online, bool retained)
{
    struct cloud_status s;
    struct observer *o = &b->observer;
    pthread_mutex_lock(&o->lock);
    assert_string_equal(o->topic, "boomgate/v1/cloud/c1/status");
    assert_int_equal(o->retained, retained);
    assert_int_equal(cloud_status_decode(o->payload, o->len, &s, NULL), ERR_OK);
    pthread_mutex_unlock(&o->lock);
    assert_int_equal(s.online, online);
    assert_false(s.resync);
}

static void test_birth_and_goodbye(void **state)
{
    (void)state;
    struct bench *b = bench_new("boomgate/v1/cloud/+/status");
    observer_wait(&b->observer, &b->observer.messages, 1, "the retained birth");
    expect_status(b, true, true);
    link_stop(b->link);
    observer_wait(&b->observer, &b->observer.messages, 2, "the goodbye");
    expect_status(b, false, false);
    assert_int_equal(observer_count(&b->observer, &b->observer.messages), 2); /* and no will */
    bench_free(b);
}

static void test_messages_become_work(void **state)
{
    (void)state;
    static const uint8_t correlation[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct bench *b = bench_new("nothing");
    say(b, "boomgate/v1/a/e1/event", "{event}", NULL);
    say(b, "boomgate/v1/b/e2/request", "{request}", correlation);
    say(b, "boomgate/v1/a/e1/status", "{status}", NULL);
    say(b, "boomgate/v1/a/e1/telemetry", "", NULL);
    const struct work *w = sink_wait(&b->sink, WORK_EVENT, 1);
    assert_string_equal(w->place.text, "a");
    assert_string_equal(w->edge.text, "e1");
    assert_int_equal(w->len, 7);
    assert_memory_equal(w->bytes, "{event}", 7);
    w = sink_wait(&b->sink, WORK_REQUEST, 1);
    assert_string_equal(w->place.text, "b");
    assert_memory_equal(w->correlation, correlation, 16);
    assert_int_equal(sink_wait(&b->sink, WORK_STATUS, 1)->len, 8);
    assert_int_equal(sink_wait(&b->sink, WORK_TELEMETRY, 1)->len, 0);
    assert_int_equal(metrics_get(&b->metrics, METRIC_INGEST_IGNORED), 0);
    bench_free(b);
}

static void test_n2_what_cannot_be_work_is_counted(void **state)
{
    (void)state;
    struct bench *b = bench_new("nothing");
    char *large = mem_alloc(INGEST_BYTES_MAX + 2);
    memset(large, 'x', INGEST_BYTES_MAX + 1);
    say(b, "boomgate/v1/A!/e1/event", "{}", NULL);     /* no name */
    say(b, "boomgate/v1/a/e1/request", "{}", NULL);    /* no correlation */
    say(b, "boomgate/v1/a/e1/event", large, NULL);     /* too long */
    say(b, "boomgate/v1/cloud/c2/status", "{}", NULL); /* a neighbour: not even counted */
    large[INGEST_BYTES_MAX] = '\0';
    say(b, "boomgate/v1/a/e1/event", large, NULL);
    assert_int_equal(sink_wait(&b->sink, WORK_EVENT, 1)->len, INGEST_BYTES_MAX);
    assert_int_equal(metrics_get(&b->metrics, METRIC_INGEST_IGNORED), 3);
    assert_int_equal(b->sink.count, 2); /* the session and the event */
    free(large);
    bench_free(b);
}

static void test_n1_a_full_queue_drops(void **state)
{
    (void)state;
    struct bench *b = bench_new("nothing");
    b->sink.refuse = 2;
    say(b, "boomgate/v1/a/e1/event", "1", NULL);
    say(b, "boomgate/v1/a/e1/event", "2", NULL);
    say(b, "boomgate/v1/a/e1/event", "3", NULL);
    assert_int_equal(sink_wait(&b->sink, WORK_EVENT, 1)->bytes[0], '3');
    bench_free(b);
}

static void test_k2_comes_back_after_the_broker(void **state)
{
    (void)state;
    struct bench *b = bench_new("nothing");
    broker_kill(b->broker);
    observer_wait(&b->observer, &b->observer.downs, 1, "the peer lost its session");
    assert_false(sink_wait(&b->sink, WORK_BROKER, 2)->broker.up);
    struct name place = {"a"};
    struct name edge = {"e1"};
    int64_t dropped = metrics_get(&b->metrics, METRIC_DOWNLINK_DROPPED);
    b->port.ack(b->port.self, &place, &edge, 1, 1);
    assert_int_equal(metrics_get(&b->metrics, METRIC_DOWNLINK_DROPPED), dropped + 1);

    broker_restart(b->broker);
    assert_true(sink_wait(&b->sink, WORK_BROKER, 3)->broker.up);
    peer_connect(b, "nothing");
    say(b, "boomgate/v1/a/e1/event", "again", NULL);
    sink_wait(&b->sink, WORK_EVENT, 1);
    bench_free(b);
}

static void test_k2_a_missing_broker_does_not_stop_the_start(void **state)
{
    (void)state;
    struct bench *b = mem_alloc(sizeof *b);
    b->broker = broker_start(NULL);
    broker_kill(b->broker);
    struct link_options o = options_of(b, broker_port(b->broker));
    link_up_with(b, &o);
    assert_false(link_up(b->link));
    broker_restart(b->broker);
    assert_true(sink_wait(&b->sink, WORK_BROKER, 1)->broker.up);
    bench_free(b);
}

static void test_changed_is_told_until_it_is_taken(void **state)
{
    (void)state;
    struct bench *b = mem_alloc(sizeof *b);
    b->broker = broker_start(NULL);
    b->sink.refuse = 3;
    struct link_options o = options_of(b, broker_port(b->broker));
    link_up_with(b, &o);
    assert_true(sink_wait(&b->sink, WORK_BROKER, 1)->broker.up);
    assert_int_equal(b->sink.refuse, 0);
    bench_free(b);
}

/* K3: far more than the window and paho's buffer hold, in order, nothing lost. */
static void test_k3_a_burst_arrives_in_order(void **state)
{
    (void)state;
    struct bench *b = bench_new("boomgate/v1/a/e1/ack");
    struct name place = {"a"};
    struct name edge = {"e1"};
    say(b, "boomgate/v1/a/e1/ack", "{\"epoch\":9,\"upto\":0}", NULL); /* the subscription works */
    observer_wait(&b->observer, &b->observer.messages, 1, "the subscription");
    for (int i = 1; i <= BURST; i++)
        b->port.ack(b->port.self, &place, &edge, 1, i);
    observer_wait(&b->observer, &b->observer.messages, BURST + 1, "all acknowledgements");
    struct ack last;
    assert_int_equal(ack_decode(b->observer.payload, b->observer.len, &last, NULL), ERR_OK);
    assert_int_equal(last.upto, BURST);
    assert_int_equal(metrics_get(&b->metrics, METRIC_DOWNLINK_DROPPED), 0);
    bench_free(b);
}

static void test_k3_the_queue_is_bounded(void **state)
{
    (void)state;
    struct bench *b = mem_alloc(sizeof *b);
    b->broker = broker_start(NULL);
    struct link_options o = options_of(b, broker_port(b->broker));
    o.window = 1;
    o.queue = 4;
    link_up_with(b, &o);
    sink_wait(&b->sink, WORK_BROKER, 1);
    peer_connect(b, "t");
    say(b, "t", "first", NULL);
    observer_wait(&b->observer, &b->observer.messages, 1, "the subscription");
    struct mqtt_message m = {.topic = "t", .payload = "x", .len = 1, .qos = 1};
    int taken = 0;
    int full = 0;
    for (int i = 0; i < 500; i++) {
        enum err e = link_publish(b->link, &m);
        taken += e == ERR_OK;
        full += e == ERR_FULL;
    }
    assert_int_equal(taken + full, 500);
    assert_true(full > 0);
    assert_int_equal(metrics_get(&b->metrics, METRIC_DOWNLINK_DROPPED), full);
    observer_wait(&b->observer, &b->observer.messages, taken + 1, "what was taken");
    bench_free(b);
}

/* Sends one message by `send` and waits until the peer has it. */
static struct observer *one(struct bench *b, void (*send)(struct bench *b))
{
    int before = observer_count(&b->observer, &b->observer.messages);
    send(b);
    observer_wait(&b->observer, &b->observer.messages, before + 1, "the message");
    return &b->observer;
}

static const struct name place_a = {"a"};
static const struct name edge_1 = {"e1"};
static const uint8_t request_bytes[16] = {0xab, 0xcd};

static void send_ack(struct bench *b)
{
    b->port.ack(b->port.self, &place_a, &edge_1, 5, 48213);
}

static void send_offer(struct bench *b)
{
    struct grant g = {.kind = GRANT_OFFER, .id = 17, .epoch = 5, .n = 8};
    b->port.offer(b->port.self, &place_a, &edge_1, &g);
}

static void send_response(struct bench *b)
{
    struct response r = {.kind = REQUEST_HELLO,
                         .id = {"abcd0000000000000000000000000000"},
                         .hello = {.epoch = 5, .upto = 7, .lease_ms = 1000}};
    b->port.respond(b->port.self, &place_a, &edge_1, request_bytes, &r);
}

static void send_occupancy(struct bench *b)
{
    struct occupancy o = {.capacity = 10, .occupied = 3, .free = 7, .time = {1000}};
    b->port.occupancy(b->port.self, &place_a, &o);
}

static void send_resync(struct bench *b)
{
    b->port.resync(b->port.self);
}

/* With a window of one, 500 acknowledgements take a while; an answer is there long before the last. */
static void test_k3_answers_overtake_the_queue(void **state)
{
    (void)state;
    enum { QUEUED = 500 };
    struct bench *b = mem_alloc(sizeof *b);
    b->broker = broker_start(NULL);
    struct link_options o = options_of(b, broker_port(b->broker));
    o.window = 1;
    link_up_with(b, &o);
    sink_wait(&b->sink, WORK_BROKER, 1);
    peer_connect(b, "boomgate/v1/#");
    observer_wait(&b->observer, &b->observer.messages, 1, "the retained birth");
    struct observer driver;
    struct mqtt *edge = connect_observer(b, "edge", &driver);
    const char *filter = "boomgate/v1/a/e1/response";
    const int qos = 0;
    assert_int_equal(mqtt_subscribe(edge, &filter, &qos, 1), ERR_OK);
    send_response(b);
    observer_wait(&driver, &driver.messages, 1, "the subscription works");
    for (int i = 0; i < QUEUED; i++)
        send_ack(b);
    send_response(b);
    observer_wait(&driver, &driver.messages, 2, "the answer");
    assert_true(observer_count(&b->observer, &b->observer.messages) < QUEUED);
    observer_wait(&b->observer, &b->observer.messages, QUEUED + 3, "the rest");
    mqtt_free(edge);
    bench_free(b);
}

static void test_what_the_service_says_arrives(void **state)
{
    (void)state;
    struct bench *b = bench_new("boomgate/v1/#");
    observer_wait(&b->observer, &b->observer.messages, 1, "the retained birth");

    struct ack a;
    struct observer *o = one(b, send_ack);
    assert_string_equal(o->topic, "boomgate/v1/a/e1/ack");
    assert_int_equal(o->qos, 1);
    assert_int_equal(ack_decode(o->payload, o->len, &a, NULL), ERR_OK);
    assert_int_equal(a.upto, 48213);

    struct grant g;
    o = one(b, send_offer);
    assert_string_equal(o->topic, "boomgate/v1/a/e1/grant");
    assert_int_equal(grant_decode(o->payload, o->len, &g, NULL), ERR_OK);
    assert_int_equal(g.n, 8);

    struct response r;
    o = one(b, send_response);
    assert_string_equal(o->topic, "boomgate/v1/a/e1/response");
    assert_int_equal(o->qos, 0);
    assert_true(o->has_correlation);
    assert_memory_equal(o->correlation, request_bytes, 16);
    assert_int_equal(response_decode(o->payload, o->len, &r, NULL), ERR_OK);
    assert_int_equal(r.hello.epoch, 5);

    struct occupancy occupancy;
    o = one(b, send_occupancy);
    assert_string_equal(o->topic, "boomgate/v1/a/occupancy");
    assert_int_equal(occupancy_decode(o->payload, o->len, &occupancy, NULL), ERR_OK);
    assert_int_equal(occupancy.free, 7);

    struct cloud_status s;
    o = one(b, send_resync);
    assert_string_equal(o->topic, "boomgate/v1/cloud/c1/status");
    assert_int_equal(cloud_status_decode(o->payload, o->len, &s, NULL), ERR_OK);
    assert_true(s.online);
    assert_true(s.resync);
    bench_free(b);
}

/* Occupancy is there for a sign that connects later; a resync is not repeated to it. */
static void test_what_is_retained(void **state)
{
    (void)state;
    struct bench *b = bench_new(NULL);
    send_resync(b);
    send_occupancy(b);
    peer_connect(b, "boomgate/v1/a/occupancy");
    observer_wait(&b->observer, &b->observer.messages, 1, "the retained occupancy");
    assert_true(b->observer.retained);
    const char *filter = "boomgate/v1/cloud/c1/status";
    const int qos = 1;
    assert_int_equal(mqtt_subscribe(b->peer, &filter, &qos, 1), ERR_OK);
    observer_wait(&b->observer, &b->observer.messages, 2, "the retained birth");
    expect_status(b, true, true);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_says_the_receive_maximum),
        cmocka_unit_test(test_birth_and_goodbye),
        cmocka_unit_test(test_messages_become_work),
        cmocka_unit_test(test_n2_what_cannot_be_work_is_counted),
        cmocka_unit_test(test_n1_a_full_queue_drops),
        cmocka_unit_test(test_k2_comes_back_after_the_broker),
        cmocka_unit_test(test_k2_a_missing_broker_does_not_stop_the_start),
        cmocka_unit_test(test_changed_is_told_until_it_is_taken),
        cmocka_unit_test(test_k3_a_burst_arrives_in_order),
        cmocka_unit_test(test_k3_the_queue_is_bounded),
        cmocka_unit_test(test_k3_answers_overtake_the_queue),
        cmocka_unit_test(test_what_the_service_says_arrives),
        cmocka_unit_test(test_what_is_retained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
