/* P5 and a figure nobody publishes: kill -9 of boomgate-edge -> the lane decides again, and the edge of a
 * sensor on the wire -> its MQTT message at a subscriber.
 *
 *   bench_recover --edge=PATH [--samples=20] [--cold]
 *
 * In each cycle a vehicle is presented, the agent is killed, the vehicle's plate appears, and the agent
 * is started again (t0: before fork); t1 is when the gate has read the open command. With --cold the
 * page cache is dropped in between: the whole machine's if we may, else the journal's and the
 * program's own. Then the vehicle drives on: t0 is when loop B is set at the device, t1 when a
 * subscriber has passage.started. */
#include "tests/contract/edge/program_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES_MAX = 200 };

static struct world *w;
static long samples = 20;
static bool cold, whole_machine;
static _Atomic int64_t commanded_ns;
static double recovered_ms[SAMPLES_MAX], sensed_ms[SAMPLES_MAX];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_request(void *arg, const struct server_request *r, struct server_unit *u)
{
    (void)arg, (void)u;
    if (r->unit == 1 && r->function == 16 && r->address == 0)
        atomic_store(&commanded_ns, now_ns());
}

static void let_pass(int64_t ms)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int64_t end = test_ms() + ms; test_ms() < end; nanosleep(&pause, NULL))
        be_the_cloud(w);
}

static int64_t await_command(void)
{
    const struct timespec pause = {.tv_nsec = 50000};
    int64_t end = test_ms() + 10000;
    while (atomic_load(&commanded_ns) == 0) {
        assert_true(test_ms() < end);
        be_the_cloud(w);
        nanosleep(&pause, NULL);
    }
    return atomic_load(&commanded_ns);
}

static int64_t await_event(size_t count)
{
    const struct timespec pause = {.tv_nsec = 50000};
    int64_t end = test_ms() + 10000;
    while (double_events(w->cloud, NULL, 0) < count) {
        assert_true(test_ms() < end);
        nanosleep(&pause, NULL);
    }
    return now_ns();
}

static void forget_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return;
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void forget_pages(void)
{
    sync();
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    whole_machine = fd >= 0 && write(fd, "3", 1) == 1;
    if (fd >= 0)
        close(fd);
    DIR *d = opendir(w->folder);
    for (struct dirent *f; (f = readdir(d));) {
        char path[sizeof f->d_name + 40];
        snprintf(path, sizeof path, "%s/%s", w->folder, f->d_name);
        forget_file(path);
    }
    closedir(d);
    forget_file(world_options.program);
}

static void cycle(long i)
{
    char plate[16];
    size_t events = double_events(w->cloud, NULL, 0);
    snprintf(plate, sizeof plate, "12AB%02ld", i % 100);
    set_inputs(w, A, 0);
    await_event(events + 1);
    let_pass(100);

    end_edge(w, SIGKILL);
    server_set_plate(w->gate, 1, (uint16_t)(2 * i + 2), plate);
    if (cold)
        forget_pages();
    atomic_store(&commanded_ns, 0);
    int64_t start_ns = now_ns();
    start_edge(w);
    recovered_ms[i] = (double)(await_command() - start_ns) / 1e6;

    set_inputs(w, UP, DOWN);
    let_pass(2500); /* the session is up and the backlog sent */
    events = double_events(w->cloud, NULL, 0);
    start_ns = now_ns();
    set_inputs(w, B, 0);
    sensed_ms[i] = (double)(await_event(events + 1) - start_ns) / 1e6;
    let_pass(100);
    set_inputs(w, C, A);
    let_pass(100);
    set_inputs(w, 0, B);
    let_pass(300);
    atomic_store(&commanded_ns, 0);
    set_inputs(w, 0, C);
    await_command();
    set_inputs(w, DOWN, UP);
    let_pass(300);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *v)
{
    size_t n = (size_t)samples;
    qsort(v, n, sizeof v[0], by_value);
    printf("%s samples=%zu p50=%.2f p90=%.2f max=%.2f ms\n", name, n, v[n / 2], v[n * 9 / 10],
           v[n - 1]);
}

static void run(void **state)
{
    w = *state;
    wait_until(w, saw, "io.boomgate.edge.started.v1");
    double_say(w->cloud, "a/e1/grant", "{\"kind\":\"offer\",\"id\":1,\"epoch\":1,\"n\":1000}",
               false);
    wait_until(w, saw, "io.boomgate.space.accepted.v1");
    server_set_hook(w->gate, on_request, NULL);
    for (long i = 0; i < samples; i++)
        cycle(i);
    printf("recover cache=%s\n", !cold           ? "warm"
                                 : whole_machine ? "dropped for the whole machine"
                                                 : "dropped for journal and program");
    report("recover kill-9 to open command", recovered_ms);
    report("sensor to subscriber", sensed_ms);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run, world_set_up, world_tear_down)};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--edge=", 7) == 0)
            world_options.program = argv[i] + 7;
        if (strncmp(argv[i], "--samples=", 10) == 0)
            samples = strtol(argv[i] + 10, NULL, 10);
        cold = cold || strcmp(argv[i], "--cold") == 0;
    }
    world_options.settings = "log: {level: error}\n";
    if (!world_options.program || samples < 1 || samples > SAMPLES_MAX) {
        fprintf(stderr, "usage: bench_recover --edge=PATH [--samples=N] [--cold]\n");
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
