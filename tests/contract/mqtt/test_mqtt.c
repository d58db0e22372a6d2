/* The connection against a real broker: what mqtt.h promises, and Q1 to Q4 of mqtt.c. */
#include "protocol/mqtt/mqtt.h"
#include "tests/contract/mqtt/observer.h"
#include "tests/contract/mqtt/sockets.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct broker *broker;

struct client {
    struct observer seen;
    struct mqtt *mqtt;
};

static void client_make(struct client *c, const char *id, uint16_t port)
{
    struct mqtt_options options = {
        .host = "127.0.0.1",
        .port = port,
        .client_id = id,
        .keepalive_s = 15,
        .receive_max = 100,
        .connect_timeout_ms = 1000,
    };
    observer_init(&c->seen);
    struct mqtt_handlers handlers = observer_handlers(&c->seen);
    assert_int_equal(mqtt_create(&options, &handlers, &c->mqtt), ERR_OK);
}

static void client_up(struct client *c, const char *id, const struct mqtt_message *will)
{
    client_make(c, id, broker_port(broker));
    assert_int_equal(mqtt_connect(c->mqtt, will), ERR_OK);
    observer_wait(&c->seen, &c->seen.ups, 1, "up");
}

/* Subscribes and waits until the broker has it: a message to oneself comes back. */
static void client_listen(struct client *c, const char *filter)
{
    const char *const filters[] = {filter, "ready"};
    const int qos[] = {1, 1};
    const struct mqtt_message ready = {.topic = "ready", .payload = "", .qos = 1};
    int before = observer_count(&c->seen, &c->seen.messages);
    assert_int_equal(mqtt_subscribe(c->mqtt, filters, qos, 2), ERR_OK);
    assert_int_equal(mqtt_publish(c->mqtt, &ready, NULL), ERR_OK);
    observer_wait(&c->seen, &c->seen.messages, before + 1, "message to oneself");
}

static void client_end(struct client *c)
{
    mqtt_disconnect(c->mqtt, 1000);
    mqtt_free(c->mqtt);
}

static struct mqtt_message text_message(const char *topic, const char *text, int qos)
{
    return (struct mqtt_message){.topic = topic, .payload = text, .len = strlen(text), .qos = qos};
}

static void a_connection_reports_the_brokers_receive_maximum(void **state)
{
    (void)state;
    struct client c;
    client_up(&c, "one", NULL);
    assert_int_equal(c.seen.receive_max, 200);
    assert_int_equal(mqtt_connect(c.mqtt, NULL), ERR_CONFLICT);
    assert_int_equal(c.seen.downs, 0);
    client_end(&c);
    assert_int_equal(c.seen.downs, 0); /* the owner asked for it */
}

static void the_socket_does_not_delay(void **state)
{
    (void)state;
    struct client c;
    client_up(&c, "nodelay", NULL);
    assert_int_equal(sockets_to(broker_port(broker)), 1);
    assert_true(sockets_have_nodelay(broker_port(broker)));
    client_end(&c);
    assert_int_equal(sockets_to(broker_port(broker)), 0);
}

static void a_qos_1_message_is_taken(void **state)
{
    (void)state;
    struct client c;
    int token = 0;
    client_up(&c, "publisher", NULL);
    struct mqtt_message m = text_message("t", "hello", 1);
    assert_int_equal(mqtt_publish(c.mqtt, &m, &token), ERR_OK);
    observer_wait(&c.seen, &c.seen.taken, 1, "taken");
    assert_int_not_equal(token, 0);
    assert_int_equal(c.seen.last_token, token);
    client_end(&c);
}

static void a_message_arrives_as_it_was_sent(void **state)
{
    (void)state;
    static const uint8_t correlation[MQTT_CORRELATION_SIZE] = {0, 1, 2, 0xFF, 0, 5};
    struct client c;
    client_up(&c, "both", NULL);
    client_listen(&c, "ask/#");
    struct mqtt_message m = {.topic = "ask/1",
                             .payload = "a\0b",
                             .len = 3,
                             .qos = 0,
                             .response_topic = "answer/1",
                             .correlation = correlation,
                             .expiry_s = 30};
    assert_int_equal(mqtt_publish(c.mqtt, &m, NULL), ERR_OK);
    observer_wait(&c.seen, &c.seen.messages, 2, "message");
    assert_string_equal(c.seen.topic, "ask/1");
    assert_int_equal(c.seen.len, 3);
    assert_memory_equal(c.seen.payload, "a\0b", 3);
    assert_int_equal(c.seen.qos, 0);
    assert_false(c.seen.retained);
    assert_true(c.seen.has_response_topic);
    assert_string_equal(c.seen.response_topic, "answer/1");
    assert_true(c.seen.has_correlation);
    assert_memory_equal(c.seen.correlation, correlation, sizeof correlation);
    assert_in_range(c.seen.expiry_s, 28, 30);

    m = text_message("ask/2", "plain", 1);
    assert_int_equal(mqtt_publish(c.mqtt, &m, NULL), ERR_OK);
    observer_wait(&c.seen, &c.seen.messages, 3, "message");
    assert_int_equal(c.seen.qos, 1);
    assert_false(c.seen.has_response_topic);
    assert_false(c.seen.has_correlation);
    assert_int_equal(c.seen.expiry_s, 0);
    client_end(&c);
}

static void a_retained_message_waits_for_its_reader(void **state)
{
    (void)state;
    struct client writer, reader;
    struct mqtt_message m = text_message("kept/1", "kept", 1);
    m.retained = true;
    client_up(&writer, "writer", NULL);
    assert_int_equal(mqtt_publish(writer.mqtt, &m, NULL), ERR_OK);
    observer_wait(&writer.seen, &writer.seen.taken, 1, "taken");
    client_up(&reader, "reader", NULL);
    const char *const filter = "kept/#";
    const int qos = 1;
    assert_int_equal(mqtt_subscribe(reader.mqtt, &filter, &qos, 1), ERR_OK);
    observer_wait(&reader.seen, &reader.seen.messages, 1, "message");
    assert_true(reader.seen.retained);
    assert_memory_equal(reader.seen.payload, "kept", 4);
    client_end(&writer);
    client_end(&reader);
}

static void the_will_is_for_cut_connections_only(void **state)
{
    (void)state;
    struct client watcher, mortal;
    struct mqtt_message will = text_message("will/mortal", "gone", 1);
    client_up(&watcher, "watcher", NULL);
    client_listen(&watcher, "will/#");
    struct socket_set before = sockets_set(broker_port(broker));

    client_up(&mortal, "mortal", &will);
    client_end(&mortal); /* says goodbye: no will */
    client_up(&mortal, "mortal", &will);
    assert_int_equal(observer_count(&watcher.seen, &watcher.seen.messages), 1);

    sockets_cut_new(broker_port(broker), &before);
    observer_wait(&mortal.seen, &mortal.seen.downs, 1, "down");
    observer_wait(&watcher.seen, &watcher.seen.messages, 2, "will");
    assert_string_equal(watcher.seen.topic, "will/mortal");
    assert_int_equal(mortal.seen.downs, 1);
    mqtt_free(mortal.mqtt);
    client_end(&watcher);
}

static void a_killed_broker_is_a_down_and_the_next_attempt_an_up(void **state)
{
    (void)state;
    struct client c;
    client_up(&c, "survivor", NULL);
    for (int i = 1; i <= 3; i++) {
        struct mqtt_message m = text_message("t", "x", 1);
        int token;
        broker_kill(broker);
        observer_wait(&c.seen, &c.seen.downs, i, "down");
        assert_false(c.seen.taken_over);
        assert_int_equal(mqtt_publish(c.mqtt, &m, &token), ERR_UNAVAIL);
        broker_restart(broker);
        assert_int_equal(mqtt_connect(c.mqtt, NULL), ERR_OK);
        observer_wait(&c.seen, &c.seen.ups, i + 1, "up");
        assert_int_equal(mqtt_publish(c.mqtt, &m, &token), ERR_OK);
        observer_wait(&c.seen, &c.seen.taken, i, "taken");
        assert_true(sockets_have_nodelay(broker_port(broker)));
        assert_int_equal(c.seen.downs, i);
    }
    client_end(&c);
}

/* Q1: what was handed over but not sent before the loss never appears on the next session. */
static void nothing_queued_outlives_its_session(void **state)
{
    (void)state;
    enum { BURST = 90 };
    struct client c, reader;
    client_up(&c, "queued", NULL);
    broker_kill(broker);
    for (int i = 0; i < BURST; i++) { /* some before paho notices, the rest refused */
        struct mqtt_message m = text_message("stale/x", "stale", 1);
        mqtt_publish(c.mqtt, &m, NULL);
    }
    observer_wait(&c.seen, &c.seen.downs, 1, "down");
    broker_restart(broker);
    client_up(&reader, "queued-reader", NULL);
    client_listen(&reader, "stale/#");
    assert_int_equal(mqtt_connect(c.mqtt, NULL), ERR_OK);
    observer_wait(&c.seen, &c.seen.ups, 2, "up");
    struct mqtt_message fresh = text_message("stale/fresh", "fresh", 1);
    assert_int_equal(mqtt_publish(c.mqtt, &fresh, NULL), ERR_OK);
    observer_wait(&reader.seen, &reader.seen.messages, 2, "message");
    assert_string_equal(reader.seen.topic, "stale/fresh");
    client_end(&c);
    client_end(&reader);
}

/* Mosquitto 2.0.11 closes the older connection of a clean start without DISCONNECT 0x8E, so all
 * that can be seen is the loss; test_bad_broker.c has a broker that says why. */
static void a_second_holder_of_an_identity_ends_the_first(void **state)
{
    (void)state;
    struct client first, second;
    client_up(&first, "twin", NULL);
    client_up(&second, "twin", NULL);
    observer_wait(&first.seen, &first.seen.downs, 1, "down");
    mqtt_free(first.mqtt);
    client_end(&second);
    assert_int_equal(second.seen.downs, 0);
    assert_int_equal(first.seen.downs, 1);
}

static void many_messages_flow_through_a_window(void **state)
{
    (void)state;
    enum { COUNT = 2000, WINDOW = 64 };
    struct client c;
    client_up(&c, "window", NULL);
    client_listen(&c, "flow/#");
    for (int i = 0; i < COUNT; i++) {
        struct mqtt_message m = text_message("flow/1", "0123456789", 1);
        observer_wait(&c.seen, &c.seen.taken, 1 + i - WINDOW, "taken");
        assert_int_equal(mqtt_publish(c.mqtt, &m, NULL), ERR_OK);
    }
    observer_wait(&c.seen, &c.seen.taken, 1 + COUNT, "taken");
    observer_wait(&c.seen, &c.seen.messages, 1 + COUNT, "messages");
    assert_int_equal(c.seen.messages, 1 + COUNT);
    assert_int_equal(c.seen.refused, 0);
    client_end(&c);
}

static void no_handler_runs_after_free(void **state)
{
    (void)state;
    struct client c;
    client_up(&c, "freed", NULL);
    client_listen(&c, "free/#");
    for (int i = 0; i < 60; i++) {
        struct mqtt_message m = text_message("free/1", "x", 1);
        assert_int_equal(mqtt_publish(c.mqtt, &m, NULL), ERR_OK);
    }
    mqtt_free(c.mqtt);
    int messages = c.seen.messages, taken = c.seen.taken;
    struct client other; /* a whole conversation later */
    client_up(&other, "after", NULL);
    client_listen(&other, "free/#");
    assert_int_equal(c.seen.messages, messages);
    assert_int_equal(c.seen.taken, taken);
    assert_int_equal(c.seen.refused, 0);
    assert_int_equal(c.seen.downs, 0);
    client_end(&other);
    mqtt_free(NULL);
}

static void a_goodbye_waits_for_what_was_sent(void **state)
{
    (void)state;
    struct client c, reader;
    client_up(&reader, "bye-reader", NULL);
    client_listen(&reader, "bye/#");
    client_up(&c, "bye", NULL);
    for (int i = 0; i < 60; i++) {
        struct mqtt_message m = text_message("bye/1", "x", 1);
        assert_int_equal(mqtt_publish(c.mqtt, &m, NULL), ERR_OK);
    }
    client_end(&c);
    observer_wait(&reader.seen, &reader.seen.messages, 61, "messages");
    client_end(&reader);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    struct observer seen;
    observer_init(&seen);
    struct mqtt_handlers handlers = observer_handlers(&seen);
    struct mqtt_options good = {
        .host = "127.0.0.1", .port = 1883, .client_id = "x", .receive_max = 1};
    struct mqtt *m = NULL;
    struct mqtt_options bad = good;
    bad.port = 0;
    assert_int_equal(mqtt_create(&bad, &handlers, &m), ERR_INVAL);
    bad = good;
    bad.client_id = "";
    assert_int_equal(mqtt_create(&bad, &handlers, &m), ERR_INVAL);
    bad = good;
    bad.host = "";
    assert_int_equal(mqtt_create(&bad, &handlers, &m), ERR_INVAL);
    bad = good;
    bad.receive_max = 0;
    assert_int_equal(mqtt_create(&bad, &handlers, &m), ERR_INVAL);
    assert_null(m);
    assert_int_equal(mqtt_create(&good, &handlers, &m), ERR_OK);
    const char *const filter = "a";
    const int qos = 1;
    assert_int_equal(mqtt_subscribe(m, &filter, &qos, 1), ERR_UNAVAIL);
    assert_int_equal(mqtt_subscribe(m, &filter, &qos, 0), ERR_INVAL);
    mqtt_disconnect(m, 1000);
    mqtt_free(m);
}

static int start(void **state)
{
    (void)state;
    broker = broker_start(NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    broker_stop(broker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_connection_reports_the_brokers_receive_maximum),
        cmocka_unit_test(the_socket_does_not_delay),
        cmocka_unit_test(a_qos_1_message_is_taken),
        cmocka_unit_test(a_message_arrives_as_it_was_sent),
        cmocka_unit_test(a_retained_message_waits_for_its_reader),
        cmocka_unit_test(the_will_is_for_cut_connections_only),
        cmocka_unit_test(a_killed_broker_is_a_down_and_the_next_attempt_an_up),
        cmocka_unit_test(nothing_queued_outlives_its_session),
        cmocka_unit_test(a_second_holder_of_an_identity_ends_the_first),
        cmocka_unit_test(many_messages_flow_through_a_window),
        cmocka_unit_test(no_handler_runs_after_free),
        cmocka_unit_test(a_goodbye_waits_for_what_was_sent),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
