/* P4: a question through the cloud and back, with a committed decision.
 *
 *   bench_request ask  --port=N [--count=2000 --pause-ms=50]   exit questions to the daemon
 *   bench_request bare --port=N [same]                         the same bytes to `bench_request echo`
 *   bench_request echo --port=N         sends every question back: the bare limit
 *   bench_request commit FILE --port=N  the same after one row is committed to SQLite (WAL, FULL)
 *
 * Each question is of a new movement with a plate that has no session. Prints one line: name, count,
 * p50, p90, p99 and maximum in milliseconds. */
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/db.h"
#include "protocol/support/mailbox.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "protocol/wire/request.h"
#include "protocol/wire/topic.h"
#include "tests/bench/load.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUESTIONS_MAX = 1024, ANSWER_S = 5 };

struct question {
    uint8_t correlation[MQTT_CORRELATION_SIZE];
    size_t len;
    char bytes[REQUEST_BYTES_MAX];
};

struct peer {
    struct mqtt *mqtt;
    sem_t wake;
    struct mailbox *questions; /* echo */
    uint8_t awaited[MQTT_CORRELATION_SIZE];
    _Atomic int64_t answered_at; /* ns; 0: not yet */
};

static void on_up(void *self, uint16_t receive_max)
{
    struct peer *p = self;
    (void)receive_max;
    sem_post(&p->wake);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    (void)self;
    (void)taken_over;
    bench_die("connection", text);
}

static void on_taken(void *self, int token, bool ok)
{
    (void)self;
    (void)token;
    (void)ok;
}

static void on_answer(void *self, const struct mqtt_message *m)
{
    struct peer *p = self;
    if (!m->correlation || memcmp(m->correlation, p->awaited, sizeof p->awaited) != 0)
        return;
    atomic_store(&p->answered_at, bench_now_ns());
    sem_post(&p->wake);
}

static void on_question(void *self, const struct mqtt_message *m)
{
    struct peer *p = self;
    struct question q = {.len = m->len};
    if (!m->correlation || m->len > sizeof q.bytes)
        return;
    memcpy(q.correlation, m->correlation, sizeof q.correlation);
    memcpy(q.bytes, m->payload, m->len);
    mailbox_post(p->questions, &q);
    sem_post(&p->wake);
}

static void connect_peer(struct peer *p, uint16_t port, const char *id, const char *filter,
                         void (*message)(void *self, const struct mqtt_message *m))
{
    struct mqtt_options o = {.host = "127.0.0.1",
                             .port = port,
                             .client_id = id,
                             .keepalive_s = 60,
                             .receive_max = 1000,
                             .connect_timeout_ms = 10000};
    struct mqtt_handlers h = {p, on_up, on_down, message, on_taken};
    const int qos = 0;
    sem_init(&p->wake, 0, 0);
    if (mqtt_create(&o, &h, &p->mqtt) != ERR_OK || mqtt_connect(p->mqtt, NULL) != ERR_OK)
        bench_die("connect", "refused");
    sem_wait(&p->wake);
    if (mqtt_subscribe(p->mqtt, &filter, &qos, 1) != ERR_OK)
        bench_die("subscribe", "refused");
}

static sqlite3_stmt *prepare_row(const char *file, sqlite3 **db)
{
    sqlite3_stmt *insert;
    if (db_open(file, db) != ERR_OK ||
        db_exec(*db, "CREATE TABLE decision (id BLOB PRIMARY KEY, bytes TEXT) STRICT") != ERR_OK ||
        db_prepare(*db, "INSERT INTO decision VALUES (?, ?)", &insert) != ERR_OK)
        bench_die("commit", "cannot open the database");
    return insert;
}

static void store_row(sqlite3_stmt *insert, const struct question *q)
{
    char text[sizeof q->bytes + 1] = "";
    memcpy(text, q->bytes, q->len);
    db_bind_blob(insert, 1, q->correlation, sizeof q->correlation);
    db_bind_text(insert, 2, text);
    if (db_run(insert) != ERR_OK)
        bench_die("commit", "failed");
}

static _Noreturn void run_echo(uint16_t port, const char *file)
{
    static struct peer p;
    static struct question q;
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = file ? prepare_row(file, &db) : NULL;
    p.questions = mailbox_new(sizeof(struct question), QUESTIONS_MAX, NULL, NULL);
    connect_peer(&p, port, "echo", "boomgate/v1/+/+/request", on_question);
    puts("ready");
    fflush(stdout);
    for (;;) {
        sem_wait(&p.wake);
        while (mailbox_drain(p.questions, &q, 1) == 1) {
            struct mqtt_message m = {.topic = "boomgate/v1/a/ask/response",
                                     .payload = q.bytes,
                                     .len = q.len,
                                     .correlation = q.correlation};
            if (insert)
                store_row(insert, &q);
            mqtt_publish(p.mqtt, &m, NULL);
        }
    }
}

static struct request hello_of(void)
{
    struct request r = {.kind = REQUEST_HELLO, .id = random_request_id()};
    r.hello.journal = random_request_id();
    r.hello.next = 1;
    r.hello.boot = 1;
    memset(r.hello.head.text, '0', DIGEST_SIZE - 1);
    memcpy(r.hello.version, "bench", 6);
    r.hello.lane_count = 1;
    memcpy(r.hello.lanes[0].lane.text, "out-1", 6);
    r.hello.lanes[0].direction = DIRECTION_EXIT;
    return r;
}

static struct request question_of(void)
{
    struct clock_source clock = clock_real();
    struct request r = {.kind = REQUEST_EXIT, .id = random_request_id()};
    r.question.movement = random_movement_id();
    memcpy(r.question.lane.text, "out-1", 6);
    memcpy(r.question.plate.text, "22아2222", sizeof "22아2222");
    r.question.time = clock_now(&clock).wall;
    r.question.deadline_ms = ANSWER_S * 1000;
    return r;
}

/* Asks and waits; the time in ns. */
static int64_t ask(struct peer *p, const struct request *r)
{
    char text[REQUEST_BYTES_MAX];
    struct mqtt_message m = {.topic = "boomgate/v1/a/ask/request",
                             .payload = text,
                             .correlation = p->awaited,
                             .expiry_s = ANSWER_S};
    if (request_encode(r, text, sizeof text, &m.len) != ERR_OK)
        bench_die("question", "cannot be encoded");
    hex_parse(r->id.text, REQUEST_ID_SIZE - 1, p->awaited, sizeof p->awaited);
    atomic_store(&p->answered_at, 0);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_S;
    int64_t asked_at = bench_now_ns();
    if (mqtt_publish(p->mqtt, &m, NULL) != ERR_OK)
        bench_die("question", "cannot be sent");
    while (atomic_load(&p->answered_at) == 0)
        if (sem_timedwait(&p->wake, &until) != 0)
            bench_die("question", "no answer");
    return atomic_load(&p->answered_at) - asked_at;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static double ms_at(const int64_t *sorted, size_t count, int percent)
{
    size_t at = (count * (size_t)percent + 99) / 100;
    return (double)sorted[at > 0 ? at - 1 : 0] * 1e-6;
}

int main(int argc, char **argv)
{
    static struct peer p;
    const char *role = argc > 1 ? argv[1] : "";
    uint16_t port = (uint16_t)bench_number(argc, argv, "port", 1883);
    if (strcmp(role, "echo") == 0)
        run_echo(port, NULL);
    if (strcmp(role, "commit") == 0 && argc > 2)
        run_echo(port, argv[2]);
    bool bare = strcmp(role, "bare") == 0;
    if (!bare && strcmp(role, "ask") != 0)
        bench_die("usage", "bench_request ask|bare|echo|commit FILE --port=N ...");
    size_t count = (size_t)bench_number(argc, argv, "count", 2000);
    int64_t pause_ms = bench_number(argc, argv, "pause-ms", 50);
    connect_peer(&p, port, "ask", "boomgate/v1/a/ask/response", on_answer);
    struct request r = hello_of();
    ask(&p, &r); /* the edge is known from here on */
    int64_t *times = mem_alloc(count * sizeof *times);
    for (size_t i = 0; i < count; i++) {
        struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};
        nanosleep(&pause, NULL);
        r = question_of();
        times[i] = ask(&p, &r);
    }
    qsort(times, count, sizeof *times, by_value);
    printf("%s %zu %.3f %.3f %.3f %.3f\n", role, count, ms_at(times, count, 50),
           ms_at(times, count, 90), ms_at(times, count, 99), ms_at(times, count, 100));
    mqtt_disconnect(p.mqtt, 100);
    mqtt_free(p.mqtt);
    free(times);
    return 0;
}
