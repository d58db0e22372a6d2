/* P5: a backlog of events drained with acknowledgement, from the journal of the real boomgate-edge
 * through a real broker to a client that acknowledges what arrived in order.
 *
 *   bench_drain --edge=PATH [--events=100000]
 *
 * The journal is written by the journal's own code with events of the real codec, the chain of digests
 * included. The clock runs from the first event that arrives to the moment when the edge has
 * been told that all are acknowledged. Prints the rate, what was sent more than once, and the bytes
 * of disk per event. */
#include "edge/journal/journal.h"
#include "protocol/mqtt/mqtt.h"
#include "protocol/support/digest.h"
#include "protocol/wire/event_codec.h"
#include "protocol/wire/request.h"
#include "tests/support/broker.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURN_ROWS = 500, TEXT = 1024 };

struct bench {
    const char *edge;
    long events;
    char folder[32], journal[64];
    struct broker *broker;
    struct mqtt *mqtt;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool up;
    int64_t upto, arrived, wrong; /* in order; all; neither the next nor an old one */
    int64_t first_ns;
    char hello[TEXT]; /* "": answered */
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_drain: %s failed\n", what);
    exit(1);
}

/* --- the backlog --- */

static enum event_kind kind_of(int64_t seq)
{
    static const enum event_kind kinds[] = {EVENT_VEHICLE_PRESENTED,  EVENT_CREDENTIAL_READ,
                                            EVENT_PASSAGE_AUTHORISED, EVENT_PASSAGE_STARTED,
                                            EVENT_PASSAGE_COMPLETED,  EVENT_MOVEMENT_ENDED};
    return seq == 1 ? EVENT_EDGE_STARTED : kinds[(seq - 2) % 6];
}

static struct event event_of(const struct edge_memory *m, struct now now)
{
    return (struct event){
        .kind = kind_of(m->next),
        .place = {"a"},
        .edge = {"e1"},
        .epoch = 1,
        .seq = m->next,
        .prev = m->head,
        .time = now.wall,
        .boot = 1,
        .mono = now.mono,
        .clock = CLOCK_HOLDOVER,
        .data = {.lane = {"in-1"},
                 .movement = movement_id_from((uint64_t)((m->next + 4) / 6)),
                 .direction = DIRECTION_ENTRY,
                 .plate = {"12AB34"},
                 .raw = {"12 AB 34"},
                 .confidence = 9000,
                 .basis = BASIS_SPACE,
                 .outcome = OUTCOME_DROVE_THROUGH,
                 .version = "bench"},
    };
}

static void append(const struct journal_port *p, struct edge_memory *m, struct now now)
{
    char bytes[EVENT_BYTES_MAX];
    size_t len;
    struct event e = event_of(m, now);
    must(event_encode(&e, bytes, sizeof bytes, &len) == ERR_OK, "an event");
    digest_of(bytes, len, &m->head);
    must(p->append(p->self, m->next, &m->head, bytes, len) == ERR_OK, "append");
    m->next++;
}

static void write_backlog(struct bench *b)
{
    struct clock_source clock = clock_real();
    struct journal *j = NULL;
    struct stat st;
    must(journal_open(b->journal, &clock, &j) == ERR_OK, "journal");
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    m.epoch = 1;
    while (m.next <= b->events) {
        must(p.begin(p.self) == ERR_OK, "begin");
        for (int i = 0; i < TURN_ROWS && m.next <= b->events; i++)
            append(&p, &m, clock_now(&clock));
        must(p.save_edge(p.self, &m) == ERR_OK && p.commit(p.self) == ERR_OK, "commit");
    }
    journal_close(j);
    must(stat(b->journal, &st) == 0, "stat");
    printf("drain backlog=%ld bytes_per_event=%ld\n", b->events, (long)(st.st_size / b->events));
}

/* --- the cloud --- */

static void on_up(void *self, uint16_t receive_max)
{
    struct bench *b = self;
    (void)receive_max;
    pthread_mutex_lock(&b->lock);
    b->up = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void on_down(void *self, bool taken_over, const char *text)
{
    (void)self, (void)taken_over;
    fprintf(stderr, "bench_drain: %s\n", text);
}

static void on_taken(void *self, int token, bool ok)
{
    (void)self, (void)token, (void)ok;
}

static void on_message(void *self, const struct mqtt_message *m)
{
    struct bench *b = self;
    struct event_header h;
    pthread_mutex_lock(&b->lock);
    if (strstr(m->topic, "/request") && m->len < TEXT) {
        memcpy(b->hello, m->payload, m->len);
        b->hello[m->len] = '\0';
    } else if (event_peek(m->payload, m->len, &h) == ERR_OK) {
        if (b->arrived++ == 0)
            b->first_ns = now_ns();
        if (h.seq == b->upto + 1)
            b->upto = h.seq;
        else
            b->wrong += h.seq > b->upto;
    }
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void say(struct bench *b, const char *topic, const char *text)
{
    struct mqtt_message m = {.topic = topic, .payload = text, .len = strlen(text), .qos = 1};
    must(mqtt_publish(b->mqtt, &m, NULL) == ERR_OK, "publish");
}

static void answer_hello(struct bench *b, const char *text)
{
    struct request r;
    char answer[TEXT];
    size_t len;
    if (request_decode(text, strlen(text), &r, NULL) != ERR_OK || r.kind != REQUEST_HELLO)
        return;
    struct response a = {.kind = REQUEST_HELLO, .id = r.id};
    a.hello = (struct hello_answer){.epoch = 1, .upto = r.hello.base, .lease_ms = 3600000};
    must(response_encode(&a, answer, sizeof answer, &len) == ERR_OK, "answer");
    say(b, "boomgate/v1/a/e1/response", answer);
}

/* Acknowledges whatever has arrived since the last time, as a cloud does after each commit. */
static void be_the_cloud(struct bench *b)
{
    int64_t acked = 0;
    while (acked < b->events) {
        char text[TEXT], hello[TEXT];
        pthread_mutex_lock(&b->lock);
        while (b->upto == acked && b->hello[0] == '\0')
            pthread_cond_wait(&b->changed, &b->lock);
        int64_t upto = b->upto;
        memcpy(hello, b->hello, sizeof hello);
        b->hello[0] = '\0';
        pthread_mutex_unlock(&b->lock);
        if (hello[0] != '\0')
            answer_hello(b, hello);
        if (upto == acked)
            continue;
        snprintf(text, sizeof text, "{\"epoch\":1,\"upto\":%lld}", (long long)upto);
        say(b, "boomgate/v1/a/e1/ack", text);
        acked = upto;
    }
}

static void start_cloud(struct bench *b)
{
    struct mqtt_options o = {.host = "127.0.0.1",
                             .port = broker_port(b->broker),
                             .client_id = "cloud",
                             .keepalive_s = 30,
                             .receive_max = 200,
                             .connect_timeout_ms = 5000};
    struct mqtt_handlers h = {b, on_up, on_down, on_message, on_taken};
    const char *filters[] = {"boomgate/v1/a/e1/event", "boomgate/v1/a/e1/request"};
    const int qos[] = {1, 0};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    must(mqtt_create(&o, &h, &b->mqtt) == ERR_OK, "client");
    must(mqtt_connect(b->mqtt, NULL) == ERR_OK, "connect");
    pthread_mutex_lock(&b->lock);
    while (!b->up)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
    must(mqtt_subscribe(b->mqtt, filters, qos, 2) == ERR_OK, "subscribe");
}

/* --- the edge --- */

static pid_t start_edge(const struct bench *b)
{
    char file[64];
    snprintf(file, sizeof file, "%s/edge.yaml", b->folder);
    FILE *f = fopen(file, "w");
    must(f != NULL, "configuration");
    fprintf(f,
            "place: a\nedge: e1\njournal: %s\njournal_max_mib: 1024\nlog: {level: warn}\n"
            "broker: {host: 127.0.0.1, port: %d}\n"
            "links:\n  - {name: gate, host: 127.0.0.1, port: %d}\n"
            "lanes:\n  - {name: in-1, direction: entry, link: gate}\n",
            b->journal, broker_port(b->broker), free_port());
    fclose(f);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(b->edge, b->edge, "-c", file, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void remove_files(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *f; d && (f = readdir(d));) {
        char path[sizeof f->d_name + 40];
        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(folder);
}

int main(int argc, char **argv)
{
    static struct bench b = {.events = 100000, .folder = "/tmp/boomgate-XXXXXX"};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--edge=", 7) == 0)
            b.edge = argv[i] + 7;
        if (strncmp(argv[i], "--events=", 9) == 0)
            b.events = strtol(argv[i] + 9, NULL, 10);
    }
    if (!b.edge || b.events < 1 || !mkdtemp(b.folder)) {
        fprintf(stderr, "usage: bench_drain --edge=PATH [--events=N]\n");
        return 2;
    }
    snprintf(b.journal, sizeof b.journal, "%s/journal.db", b.folder);
    write_backlog(&b);
    b.broker = broker_start(NULL);
    start_cloud(&b);
    pid_t edge = start_edge(&b);
    be_the_cloud(&b);
    double seconds = (double)(now_ns() - b.first_ns) / 1e9;
    printf("drain events=%ld seconds=%.2f rate=%.0f/s sent_again=%lld out_of_order=%lld\n",
           b.events, seconds, (double)b.events / seconds, (long long)(b.arrived - b.upto),
           (long long)b.wrong);
    kill(edge, SIGTERM);
    waitpid(edge, NULL, 0);
    mqtt_disconnect(b.mqtt, 500);
    mqtt_free(b.mqtt);
    broker_stop(b.broker);
    remove_files(b.folder);
    return b.wrong == 0 ? 0 : 1;
}
