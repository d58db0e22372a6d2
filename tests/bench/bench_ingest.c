/* P3: events published with QoS 1 -> committed -> acknowledged.
 *
 *   bench_ingest load --port=N [--edges=200 --events=1000 --connections=4 --rate=0]   against the daemon
 *   bench_ingest bare --port=N [same]                                  against `bench_ingest sink`
 *   bench_ingest sink --port=N         counts what arrives and says so to the load: the bare limit
 *
 * Prints one line: name, events per second, events, bytes per event, events sent again. */
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/memory.h"
#include "protocol/wire/ack.h"
#include "protocol/wire/topic.h"
#include "tests/bench/load.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { COUNT_EVERY = 64 };

struct sink {
    sem_t wake;
    _Atomic int64_t count;
};

static void on_up(void *self, uint16_t receive_max)
{
    struct sink *s = self;
    (void)receive_max;
    sem_post(&s->wake);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    (void)self;
    (void)taken_over;
    bench_die("sink", text);
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct sink *s = self;
    (void)m;
    if ((atomic_fetch_add(&s->count, 1) + 1) % COUNT_EVERY == 0)
        sem_post(&s->wake);
}

static void on_taken(void *self, int token, bool ok)
{
    (void)self;
    (void)token;
    (void)ok;
}

static void tell_count(struct mqtt *mqtt, int64_t count)
{
    struct ack a = {.epoch = 1, .upto = count};
    char text[ACK_BYTES_MAX];
    struct mqtt_message m = {.topic = "boomgate/v1/a/e0/ack", .payload = text};
    if (ack_encode(&a, text, sizeof text, &m.len) == ERR_OK)
        mqtt_publish(mqtt, &m, NULL);
}

static _Noreturn void run_sink(uint16_t port)
{
    static struct sink s;
    struct mqtt *mqtt;
    struct mqtt_options o = {.host = "127.0.0.1",
                             .port = port,
                             .client_id = "sink",
                             .keepalive_s = 60,
                             .receive_max = 1000,
                             .connect_timeout_ms = 10000};
    struct mqtt_handlers h = {&s, on_up, on_down, on_message, on_taken};
    const char *filter = "boomgate/v1/+/+/event";
    const int qos = 1;
    sem_init(&s.wake, 0, 0);
    if (mqtt_create(&o, &h, &mqtt) != ERR_OK || mqtt_connect(mqtt, NULL) != ERR_OK)
        bench_die("sink", "cannot connect");
    sem_wait(&s.wake);
    if (mqtt_subscribe(mqtt, &filter, &qos, 1) != ERR_OK)
        bench_die("sink", "cannot subscribe");
    puts("ready");
    fflush(stdout);
    for (int64_t told = 0;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 2000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        sem_timedwait(&s.wake, &until);
        int64_t count = atomic_load(&s.count);
        if (count != told)
            tell_count(mqtt, told = count);
    }
}

int main(int argc, char **argv)
{
    const char *role = argc > 1 ? argv[1] : "";
    uint16_t port = (uint16_t)bench_number(argc, argv, "port", 1883);
    if (strcmp(role, "sink") == 0)
        run_sink(port);
    if (strcmp(role, "load") != 0 && strcmp(role, "bare") != 0)
        bench_die("usage", "bench_ingest load|bare|sink --port=N ...");
    struct load_options o = {
        .port = port,
        .place = {"a"},
        .edges = (size_t)bench_number(argc, argv, "edges", 200),
        .events = bench_number(argc, argv, "events", 1000),
        .connections = (size_t)bench_number(argc, argv, "connections", 4),
        .window = bench_number(argc, argv, "window", 64),
        .outstanding = bench_number(argc, argv, "outstanding", 2048),
        .rate = bench_number(argc, argv, "rate", 0),
        .bare = strcmp(role, "bare") == 0,
    };
    struct load *l = load_new(&o);
    struct load_result r = load_run(l);
    printf("%s %.0f %lld %lld %lld\n", role, (double)r.events / r.seconds, (long long)r.events,
           (long long)r.event_bytes, (long long)r.resent);
    load_free(l);
    return 0;
}
