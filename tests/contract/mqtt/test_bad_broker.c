/* The connection against brokers that are absent or misbehave: each attempt ends in exactly one
 * `down` that says why (Q2 of mqtt.c). */
#include "protocol/mqtt/mqtt.h"
#include "tests/contract/mqtt/fake_broker.h"
#include "tests/contract/mqtt/observer.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct mqtt *client_make(struct observer *seen, uint16_t port)
{
    struct mqtt_options options = {
        .host = "127.0.0.1",
        .port = port,
        .client_id = "tester",
        .keepalive_s = 15,
        .receive_max = 100,
        .connect_timeout_ms = 3000,
    };
    struct mqtt *m;
    observer_init(seen);
    struct mqtt_handlers handlers = observer_handlers(seen);
    assert_int_equal(mqtt_create(&options, &handlers, &m), ERR_OK);
    return m;
}

/* `attempts` connects, each of which must end in one `down` whose text contains `why`. */
static void expect_downs(uint16_t port, int attempts, const char *why)
{
    struct observer seen;
    struct mqtt *m = client_make(&seen, port);
    for (int i = 1; i <= attempts; i++) {
        assert_int_equal(mqtt_connect(m, NULL), ERR_OK);
        observer_wait(&seen, &seen.downs, i, "down");
        assert_int_equal(seen.downs, i);
        assert_false(seen.taken_over);
        if (strstr(seen.text, why) == NULL)
            fail_msg("down says \"%s\", expected \"%s\"", seen.text, why);
    }
    mqtt_free(m);
    assert_int_equal(seen.downs, attempts);
    assert_int_equal(seen.ups, 0);
}

static void nobody_listens(void **state)
{
    (void)state;
    expect_downs(free_port(), 5, "connect failed");
}

static void a_broker_that_closes_at_once(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(CLOSES_AT_ONCE);
    expect_downs(fake_broker_port(b), 30, "connect failed");
    fake_broker_stop(b);
}

static void a_broker_that_refuses(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(REFUSES_CONNECT);
    expect_downs(fake_broker_port(b), 3, "Not authorized (135)");
    fake_broker_stop(b);
}

static void a_broker_that_talks_nonsense(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(SAYS_GARBAGE);
    expect_downs(fake_broker_port(b), 1, "connect failed");
    fake_broker_stop(b);
}

static void a_broker_that_never_answers(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(SAYS_NOTHING);
    expect_downs(fake_broker_port(b), 1, "timeout");
    fake_broker_stop(b);
}

static void a_client_is_freed_while_it_connects(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(SAYS_NOTHING);
    struct observer seen;
    struct mqtt *m = client_make(&seen, fake_broker_port(b));
    assert_int_equal(mqtt_connect(m, NULL), ERR_OK);
    assert_int_equal(mqtt_connect(m, NULL), ERR_CONFLICT);
    mqtt_free(m);
    assert_int_equal(seen.downs, 0);
    fake_broker_stop(b);
}

static void an_identity_taken_over_is_said_so(void **state)
{
    (void)state;
    struct fake_broker *b = fake_broker_start(SAYS_TAKEN_OVER);
    struct observer seen;
    struct mqtt *m = client_make(&seen, fake_broker_port(b));
    assert_int_equal(mqtt_connect(m, NULL), ERR_OK);
    observer_wait(&seen, &seen.downs, 1, "down");
    assert_true(seen.taken_over);
    assert_non_null(strstr(seen.text, "0x8e"));
    mqtt_free(m);
    assert_int_equal(seen.downs, 1);
    fake_broker_stop(b);
}

/* A refused subscription ends the session, with its will (0x04), whichever filter it was. */
static void a_refused_subscription_is_a_down(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 2; count++) {
        struct fake_broker *b = fake_broker_start(REFUSES_SUBSCRIPTIONS);
        struct observer seen;
        struct mqtt *m = client_make(&seen, fake_broker_port(b));
        const char *const filters[] = {"a/#", "b/#"};
        const int qos[] = {1, 1};
        const struct timespec moment = {.tv_nsec = 1000000};
        assert_int_equal(mqtt_connect(m, NULL), ERR_OK);
        observer_wait(&seen, &seen.ups, 1, "up");
        assert_int_equal(seen.receive_max, 65535);
        assert_int_equal(mqtt_subscribe(m, filters, qos, count), ERR_OK);
        observer_wait(&seen, &seen.downs, 1, "down");
        assert_non_null(strstr(seen.text, "subscription"));
        for (int i = 0; i < 5000 && fake_broker_goodbye(b) == 256; i++)
            nanosleep(&moment, NULL);
        assert_int_equal(fake_broker_goodbye(b), 4);
        mqtt_free(m);
        assert_int_equal(seen.downs, 1);
        fake_broker_stop(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(a_broker_that_closes_at_once),
        cmocka_unit_test(a_broker_that_refuses),
        cmocka_unit_test(a_broker_that_talks_nonsense),
        cmocka_unit_test(a_broker_that_never_answers),
        cmocka_unit_test(a_client_is_freed_while_it_connects),
        cmocka_unit_test(an_identity_taken_over_is_said_so),
        cmocka_unit_test(a_refused_subscription_is_a_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
