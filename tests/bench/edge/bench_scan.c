/* P2: what scanning costs. One process serves N gates, and in turn one of these scans them:
 *
 *   naive   a libmodbus loop per gate: two reads, compare, sleep until the next slot; nothing else
 *   edge    boomgate-edge with everything it does, 16 lanes per process
 *
 *   bench_scan --lanes=64 --scan-ms=50 --seconds=10 --rounds=3 --edge=PATH
 *
 * Each gate changes one input per second. Prints, per round and scanner, CPU in percent of one core
 * and the resident set's high-water mark (per process), and the ratio of the medians. */
#include "protocol/modbus/lane_io.h"
#include "tests/contract/edge/modbus_server.h"

#include <modbus/modbus.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LANES_MAX = 64,
    LANES_PER_EDGE = 16,
    EDGES_MAX = LANES_MAX / LANES_PER_EDGE,
    ROUNDS_MAX = 9
};

/* What a scan of the reference map reads. */
enum { REF_INPUTS = 0, REF_INPUT_COUNT = LANE_INPUTS, REF_PLATE = 48, REF_PLATE_COUNT = 24 };

struct bench {
    long lanes, scan_ms, seconds, rounds;
    const char *edge;
    int ports[LANES_MAX];
    char folder[32];
};

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static void sleep_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A process that ends with this one. */
static pid_t fork_child(void)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void serve(const struct bench *b, int out)
{
    struct modbus_server *servers[LANES_MAX];
    for (long i = 0; i < b->lanes; i++) {
        servers[i] = server_start();
        int port = server_port(servers[i]);
        if (write(out, &port, sizeof port) != sizeof port)
            die("write");
    }
    for (int turn = 0;; turn++)
        for (long i = 0; i < b->lanes; i++) {
            server_set_input(servers[i], 1, IN_TICKET_BUTTON, turn % 2);
            sleep_ms(1000 / b->lanes);
        }
}

static pid_t start_gates(struct bench *b)
{
    int fds[2];
    if (pipe(fds) != 0)
        die("pipe");
    pid_t pid = fork_child();
    if (pid == 0)
        serve(b, fds[1]);
    for (long i = 0; i < b->lanes; i++)
        if (read(fds[0], &b->ports[i], sizeof b->ports[i]) != sizeof b->ports[i])
            die("read");
    return pid;
}

struct naive {
    int port;
    long scan_ms;
};

static void *scan_naively(void *arg)
{
    const struct naive *n = arg;
    uint8_t bits[REF_INPUT_COUNT], bits_before[REF_INPUT_COUNT] = {0};
    uint16_t regs[REF_PLATE_COUNT], regs_before[REF_PLATE_COUNT] = {0};
    struct timespec next;
    volatile long changes = 0;
    modbus_t *m = modbus_new_tcp("127.0.0.1", n->port);
    if (!m || modbus_connect(m) != 0)
        die("modbus");
    modbus_set_slave(m, 1);
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        if (modbus_read_input_bits(m, REF_INPUTS, REF_INPUT_COUNT, bits) < 0 ||
            modbus_read_input_registers(m, REF_PLATE, REF_PLATE_COUNT, regs) < 0)
            die("read");
        if (memcmp(bits, bits_before, sizeof bits) != 0 ||
            memcmp(regs, regs_before, sizeof regs) != 0)
            changes++;
        memcpy(bits_before, bits, sizeof bits);
        memcpy(regs_before, regs, sizeof regs);
        next.tv_nsec += n->scan_ms * 1000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    return NULL;
}

static size_t start_naive(const struct bench *b, pid_t *ret_pids)
{
    ret_pids[0] = fork_child();
    if (ret_pids[0] != 0)
        return 1;
    struct naive all[LANES_MAX];
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024); /* as ours */
    for (long i = 0; i < b->lanes; i++) {
        all[i] = (struct naive){b->ports[i], b->scan_ms};
        pthread_create(&thread, &attr, scan_naively, &all[i]);
    }
    for (;;)
        pause();
}

static void write_config(const struct bench *b, long edge, const char *file)
{
    long first = edge * LANES_PER_EDGE, end = first + LANES_PER_EDGE;
    FILE *f = fopen(file, "w");
    if (!f)
        die(file);
    fprintf(f,
            "place: a\nedge: e%ld\njournal: %s/j%ld.db\nlog: {level: error}\n"
            "broker: {host: 127.0.0.1, port: 1, reconnect_min_ms: 60000}\nlinks:\n",
            edge, b->folder, edge);
    for (long i = first; i < end && i < b->lanes; i++)
        fprintf(f, "  - {name: g-%ld, host: 127.0.0.1, port: %d, scan_ms: %ld}\n", i, b->ports[i],
                b->scan_ms);
    fputs("lanes:\n", f);
    for (long i = first; i < end && i < b->lanes; i++)
        fprintf(f, "  - {name: l-%ld, direction: entry, link: g-%ld}\n", i, i);
    if (fclose(f) != 0)
        die(file);
}

static size_t start_edges(const struct bench *b, pid_t *ret_pids)
{
    size_t count = 0;
    for (long e = 0; e * LANES_PER_EDGE < b->lanes; e++) {
        char file[64];
        snprintf(file, sizeof file, "%s/e%ld.yaml", b->folder, e);
        write_config(b, e, file);
        ret_pids[count] = fork_child();
        if (ret_pids[count] == 0) {
            execl(b->edge, b->edge, "-c", file, (char *)NULL);
            die(b->edge);
        }
        count++;
    }
    return count;
}

static double cpu_s(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        die("cpu clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_kib(pid_t pid)
{
    char path[64], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kib;
}

/* Percent of a core while `pids` scan; they are ended afterwards. */
static double measure(const struct bench *b, const char *name, const pid_t *pids, size_t count)
{
    double before = 0, after = 0;
    long kib = 0;
    sleep_ms(2000); /* connected, warmed up */
    for (size_t i = 0; i < count; i++)
        before += cpu_s(pids[i]);
    sleep_ms(b->seconds * 1000);
    for (size_t i = 0; i < count; i++) {
        after += cpu_s(pids[i]);
        long one = resident_kib(pids[i]);
        kib = one > kib ? one : kib;
    }
    for (size_t i = 0; i < count; i++) {
        kill(pids[i], SIGTERM);
        waitpid(pids[i], NULL, 0);
    }
    double percent = (after - before) / (double)b->seconds * 100;
    printf("scan %-6s lanes=%ld scan_ms=%ld cpu=%.2f%% rss_max=%.1fMiB processes=%zu\n", name,
           b->lanes, b->scan_ms, percent, (double)kib / 1024, count);
    fflush(stdout);
    return percent;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, long n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n / 2];
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
    static const char *const names[] = {"e%d.yaml", "j%d.db", "j%d.db-wal", "j%d.db-shm",
                                        "j%d.db.lock"};
    for (int e = 0; e < EDGES_MAX; e++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            char path[96];
            int n = snprintf(path, sizeof path, "%s/", b->folder);
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(path + n, sizeof path - (size_t)n, names[i], e);
            unlink(path);
        }
    rmdir(b->folder);
}

int main(int argc, char **argv)
{
    struct bench b = {.lanes = number(argc, argv, "--lanes=", 16, LANES_MAX),
                      .scan_ms = number(argc, argv, "--scan-ms=", 20, 1000),
                      .seconds = number(argc, argv, "--seconds=", 10, 600),
                      .rounds = number(argc, argv, "--rounds=", 3, ROUNDS_MAX)};
    double naive[ROUNDS_MAX], ours[ROUNDS_MAX];
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--edge=", 7) == 0)
            b.edge = argv[i] + 7;
    snprintf(b.folder, sizeof b.folder, "/tmp/boomgate-XXXXXX");
    if (!b.edge || !mkdtemp(b.folder)) {
        fprintf(stderr, "usage: bench_scan --edge=PATH [--lanes=N --scan-ms=N ...]\n");
        return 2;
    }
    pid_t gates = start_gates(&b), pids[EDGES_MAX];
    for (long r = 0; r < b.rounds; r++) {
        size_t n = start_naive(&b, pids);
        naive[r] = measure(&b, "naive", pids, n);
        n = start_edges(&b, pids);
        ours[r] = measure(&b, "edge", pids, n);
    }
    kill(gates, SIGKILL);
    waitpid(gates, NULL, 0);
    remove_files(&b);
    double limit = median(naive, b.rounds), figure = median(ours, b.rounds);
    printf("scan ratio  lanes=%ld scan_ms=%ld edge/naive=%.2f (%.2f%% / %.2f%% of a core)\n",
           b.lanes, b.scan_ms, figure / limit, figure, limit);
    return 0;
}
