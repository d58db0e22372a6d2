/* P1: a plate on the wire -> the open command on the wire, by a local decision and a durable
 * commit.
 *
 *   bench_latency --edge=PATH --lanes=16 --scan-ms=20 --samples=400
 *
 * boomgate-edge between scripted gates, a real broker and a double of the cloud. In each cycle a
 * vehicle is on loop A, then its plate's sequence changes (t0); t1 is when the server has read the
 * command's frame. The limit beside it is what cannot be avoided: half a scan, one fdatasync, one
 * write to a gate. Prints p50, p90, p99 and the maximum in milliseconds. */
#include "protocol/modbus/lane_io.h"
#include "protocol/wire/request.h"
#include "tests/contract/edge/cloud_double.h"
#include "tests/contract/edge/modbus_server.h"
#include "tests/support/broker.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LANES_MAX = 16, SAMPLES_MAX = 10000, STEP_MS = 2 };

/* A vehicle's way through a lane; each state lasts a while or until the edge has acted. */
enum leg { LEG_AWAY, LEG_ON_A, LEG_PLATE_SHOWN, LEG_RISING, LEG_UNDER, LEG_BEHIND, LEG_GONE };

struct lane {
    struct modbus_server *gate;
    enum leg leg;
    int64_t since_ms, wait_ms;
    uint16_t sequence;
    int64_t shown_ns;          /* t0 */
    _Atomic int64_t opened_ns; /* t1, 0: not yet */
};

struct bench {
    long lane_count, scan_ms, samples;
    const char *edge;
    struct lane lanes[LANES_MAX];
    double found_ms[SAMPLES_MAX];
    long found;
    struct broker *broker;
    struct cloud_double *cloud;
    char folder[32];
    size_t answered;
    int64_t acked;
    uint64_t random;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ms(void)
{
    return now_ns() / 1000000;
}

static void on_request(void *arg, const struct server_request *r, struct server_unit *u)
{
    struct lane *l = arg;
    (void)u;
    if (r->function == 16 && r->address == 0)
        atomic_store(&l->opened_ns, now_ns());
}

static void set(struct lane *l, int input, bool on)
{
    server_set_input(l->gate, 1, input, on);
}

static void go(struct lane *l, enum leg leg, int64_t wait_ms)
{
    l->leg = leg;
    l->since_ms = now_ms();
    l->wait_ms = wait_ms;
}

static long random_ms(struct bench *b, long from, long range)
{
    b->random = b->random * 6364136223846793005u + 1442695040888963407u;
    return from + (long)((b->random >> 33) % (uint64_t)range);
}

static void show_plate(struct bench *b, struct lane *l)
{
    char text[16];
    int n = (int)(l - b->lanes);
    snprintf(text, sizeof text, "%02d가%04d", n, l->sequence / 2 % 10000);
    l->sequence = (uint16_t)(l->sequence + 2);
    atomic_store(&l->opened_ns, 0);
    l->shown_ns = now_ns();
    server_set_plate(l->gate, 1, l->sequence, text);
}

static void take_sample(struct bench *b, const struct lane *l, int64_t opened_ns)
{
    if (b->found < b->samples)
        b->found_ms[b->found++] = (double)(opened_ns - l->shown_ns) / 1e6;
}

static void step(struct bench *b, struct lane *l)
{
    int64_t opened_ns = atomic_load(&l->opened_ns);
    if (l->leg == LEG_PLATE_SHOWN ? opened_ns == 0 : now_ms() - l->since_ms < l->wait_ms)
        return;
    switch (l->leg) {
    case LEG_AWAY:
        set(l, IN_LOOP_A, true);
        go(l, LEG_ON_A, random_ms(b, 200, 100));
        break;
    case LEG_ON_A:
        show_plate(b, l);
        go(l, LEG_PLATE_SHOWN, 0);
        break;
    case LEG_PLATE_SHOWN:
        take_sample(b, l, opened_ns);
        set(l, IN_ARM_DOWN, false);
        set(l, IN_ARM_UP, true);
        go(l, LEG_RISING, 100);
        break;
    case LEG_RISING:
        set(l, IN_LOOP_B, true);
        go(l, LEG_UNDER, 100);
        break;
    case LEG_UNDER:
        set(l, IN_LOOP_C, true);
        set(l, IN_LOOP_A, false);
        set(l, IN_LOOP_B, false);
        go(l, LEG_BEHIND, 250);
        break;
    case LEG_BEHIND:
        set(l, IN_LOOP_C, false);
        go(l, LEG_GONE, 700);
        break;
    case LEG_GONE: /* the close was written meanwhile */
        set(l, IN_ARM_UP, false);
        set(l, IN_ARM_DOWN, true);
        go(l, LEG_AWAY, random_ms(b, 200, 300));
        break;
    }
}

static void be_the_cloud(struct bench *b)
{
    char text[DOUBLE_TEXT];
    int64_t upto = (int64_t)double_events(b->cloud, NULL, 0); /* nothing is lost on loopback */
    size_t len, n = double_requests(b->cloud, text);
    struct request r;
    if (n > b->answered && request_decode(text, strlen(text), &r, NULL) == ERR_OK &&
        r.kind == REQUEST_HELLO) {
        struct response a = {.kind = REQUEST_HELLO, .id = r.id};
        a.hello = (struct hello_answer){.epoch = 1, .upto = b->acked, .lease_ms = 3600000};
        if (response_encode(&a, text, sizeof text, &len) == ERR_OK)
            double_say(b->cloud, "a/e1/response", text, false);
        double_say(b->cloud, "a/e1/grant", "{\"kind\":\"offer\",\"id\":1,\"epoch\":1,\"n\":10000}",
                   false);
    }
    b->answered = n;
    if (upto > b->acked) {
        snprintf(text, sizeof text, "{\"epoch\":1,\"upto\":%lld}", (long long)upto);
        double_say(b->cloud, "a/e1/ack", text, false);
        b->acked = upto;
    }
}

static void write_config(const struct bench *b, const char *file)
{
    FILE *f = fopen(file, "w");
    fprintf(f,
            "place: a\nedge: e1\njournal: %s/journal.db\nlog: {level: warn}\n"
            "broker: {host: 127.0.0.1, port: %d}\nlinks:\n",
            b->folder, broker_port(b->broker));
    for (long i = 0; i < b->lane_count; i++)
        fprintf(f, "  - {name: g-%ld, host: 127.0.0.1, port: %d, scan_ms: %ld}\n", i,
                server_port(b->lanes[i].gate), b->scan_ms);
    fputs("lanes:\n", f);
    for (long i = 0; i < b->lane_count; i++)
        fprintf(f, "  - {name: l-%ld, direction: entry, link: g-%ld, close_delay_ms: 100}\n", i, i);
    fclose(f);
}

static pid_t start_edge(const struct bench *b, const char *file)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(b->edge, b->edge, "-c", file, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of 200 appends of 4 KiB with fdatasync in the same folder. */
static double sync_ms(const struct bench *b)
{
    enum { ROUNDS = 200 };
    char path[64], page[4096] = {0};
    double took[ROUNDS];
    snprintf(path, sizeof path, "%s/sync", b->folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = now_ns();
        if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
            exit(1);
        took[i] = (double)(now_ns() - start) / 1e6;
    }
    close(fd);
    unlink(path);
    qsort(took, ROUNDS, sizeof took[0], by_value);
    return took[ROUNDS / 2];
}

static void report(struct bench *b, double fdatasync_ms)
{
    double *v = b->found_ms;
    size_t n = (size_t)b->found;
    qsort(v, n, sizeof v[0], by_value);
    printf("latency lanes=%ld scan_ms=%ld samples=%zu p50=%.2f p90=%.2f p99=%.2f max=%.2f ms\n",
           b->lane_count, b->scan_ms, n, v[n / 2], v[n * 9 / 10], v[n * 99 / 100], v[n - 1]);
    printf("latency limit half_scan=%.1f fdatasync=%.2f ms; p50 - half a scan = %.2f ms, "
           "p99 - one scan = %.2f ms\n",
           (double)b->scan_ms / 2, fdatasync_ms, v[n / 2] - (double)b->scan_ms / 2,
           v[n * 99 / 100] - (double)b->scan_ms);
}

static long number(int argc, char **argv, const char *name, long dflt, long max)
{
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, len) == 0) {
            long v = strtol(argv[i] + len, NULL, 10);
            return v < 1 ? 1 : v > max ? max : v;
        }
    return dflt;
}

static void remove_files(const struct bench *b)
{
    static const char *const names[] = {"edge.yaml", "journal.db", "journal.db-wal",
                                        "journal.db-shm", "journal.db.lock"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", b->folder, names[i]);
        unlink(path);
    }
    rmdir(b->folder);
}

int main(int argc, char **argv)
{
    static struct bench b;
    char file[64];
    b.lane_count = number(argc, argv, "--lanes=", 16, LANES_MAX);
    b.scan_ms = number(argc, argv, "--scan-ms=", 20, 1000);
    b.samples = number(argc, argv, "--samples=", 400, SAMPLES_MAX);
    b.random = (uint64_t)now_ns();
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--edge=", 7) == 0)
            b.edge = argv[i] + 7;
    snprintf(b.folder, sizeof b.folder, "/tmp/boomgate-XXXXXX");
    if (!b.edge || !mkdtemp(b.folder)) {
        fprintf(stderr, "usage: bench_latency --edge=PATH [--lanes=N ...]\n");
        return 2;
    }
    double fdatasync_ms = sync_ms(&b);
    b.broker = broker_start(NULL);
    b.cloud = double_start(broker_port(b.broker));
    for (long i = 0; i < b.lane_count; i++) {
        b.lanes[i].gate = server_start();
        server_set_hook(b.lanes[i].gate, on_request, &b.lanes[i]);
        go(&b.lanes[i], LEG_AWAY, 3000 + i * 37);
    }
    snprintf(file, sizeof file, "%s/edge.yaml", b.folder);
    write_config(&b, file);
    pid_t edge = start_edge(&b, file);
    const struct timespec pause = {.tv_nsec = STEP_MS * 1000000};
    int64_t end_ms = now_ms() + 20000 + b.samples * 3000 / b.lane_count;
    while (b.found < b.samples && now_ms() < end_ms) {
        be_the_cloud(&b);
        for (long i = 0; i < b.lane_count; i++)
            step(&b, &b.lanes[i]);
        nanosleep(&pause, NULL);
    }
    kill(edge, SIGTERM);
    waitpid(edge, NULL, 0);
    for (long i = 0; i < b.lane_count; i++)
        server_stop(b.lanes[i].gate);
    double_stop(b.cloud);
    broker_stop(b.broker);
    remove_files(&b);
    if (b.found < b.samples) {
        fprintf(stderr, "bench_latency: only %ld of %ld samples in time\n", b.found, b.samples);
        return 1;
    }
    report(&b, fdatasync_ms);
    return 0;
}
