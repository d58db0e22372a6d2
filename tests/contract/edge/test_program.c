/* The real boomgate-edge between a scripted gate, a real broker and a double of the cloud: one car
 * in, the arm and the outbox across kill -9, journals that fail, and a clean stop.
 *
 * usage: edge_program boomgate-edge */
#include "protocol/modbus/lane_io.h"
#include "protocol/wire/request.h"
#include "tests/contract/edge/cloud_double.h"
#include "tests/contract/edge/modbus_server.h"
#include "tests/support/broker.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program;
static rlim_t file_limit = RLIM_INFINITY; /* of the next edge */

struct world {
    struct broker *broker;
    struct cloud_double *cloud;
    struct modbus_server *gate;
    char folder[32], config[64];
    pid_t edge;
    size_t answered; /* requests */
    int64_t acked;
};

static int64_t test_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void write_config(struct world *w)
{
    snprintf(w->folder, sizeof w->folder, "/tmp/boomgate-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->config, sizeof w->config, "%s/edge.yaml", w->folder);
    FILE *f = fopen(w->config, "w");
    fprintf(f,
            "place: a\nedge: e1\njournal: %s/journal.db\n"
            "broker: {host: 127.0.0.1, port: %d, reconnect_min_ms: 20, reconnect_max_ms: 200}\n"
            "links:\n  - {name: gate, host: 127.0.0.1, port: %d}\n"
            "lanes:\n  - {name: in-1, direction: entry, link: gate, unit: 1, close_delay_ms: 100}\n"
            "  - {name: out-1, direction: exit, link: gate, unit: 2, close_delay_ms: 100}\n",
            w->folder, broker_port(w->broker), server_port(w->gate));
    assert_int_equal(fclose(f), 0);
}

static void start_edge(struct world *w)
{
    w->edge = fork();
    assert_true(w->edge >= 0);
    if (w->edge == 0) {
        const struct rlimit limit = {file_limit, RLIM_INFINITY};
        signal(SIGXFSZ, SIG_IGN); /* a write beyond it fails with EFBIG */
        setrlimit(RLIMIT_FSIZE, &limit);
        execl(program, program, "-c", w->config, (char *)NULL);
        _exit(127);
    }
}

static int end_edge(struct world *w, int how)
{
    int status;
    kill(w->edge, how);
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    w->edge = 0;
    return status;
}

/* What a cloud does: answers each hello with epoch 1, acknowledges what arrived in order. */
static void be_the_cloud(struct world *w)
{
    char text[DOUBLE_TEXT];
    int64_t events[DOUBLE_EVENTS];
    size_t len, n = double_requests(w->cloud, text);
    struct request r;
    if (n > w->answered && request_decode(text, strlen(text), &r, NULL) == ERR_OK &&
        r.kind == REQUEST_HELLO) {
        struct response a = {.kind = REQUEST_HELLO, .id = r.id};
        a.hello = (struct hello_answer){.epoch = 1, .upto = w->acked, .lease_ms = 3600000};
        assert_int_equal(response_encode(&a, text, sizeof text, &len), ERR_OK);
        double_say(w->cloud, "a/e1/response", text, false);
    }
    w->answered = n;
    n = double_events(w->cloud, events, DOUBLE_EVENTS);
    int64_t upto = w->acked;
    for (size_t i = 0; i < n; i++)
        upto = events[i] == upto + 1 ? events[i] : upto;
    if (upto > w->acked) {
        snprintf(text, sizeof text, "{\"epoch\":1,\"upto\":%lld}", (long long)upto);
        double_say(w->cloud, "a/e1/ack", text, false);
        w->acked = upto;
    }
}

static void wait_until(struct world *w, bool (*holds)(struct world *w, const void *arg),
                       const void *arg)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int64_t end = test_ms() + 15000;
    while (!holds(w, arg)) {
        assert_true(test_ms() < end);
        be_the_cloud(w);
        nanosleep(&pause, NULL);
    }
}

static bool saw(struct world *w, const void *part)
{
    return double_saw(w->cloud, part);
}

struct command {
    uint16_t code;
    size_t executed;
    int unit;
};

static bool executed(struct world *w, const void *arg)
{
    const struct command *c = arg;
    struct server_unit *u = server_lock(w->gate, c->unit);
    bool there =
        u->executed >= c->executed && u->commands[(u->command_count - 1) % SERVER_LOG] == c->code;
    server_unlock(w->gate);
    return there;
}

static void set_unit_inputs(struct world *w, int unit, uint32_t on, uint32_t off)
{
    struct server_unit *u = server_lock(w->gate, unit);
    for (int i = 0; i < SERVER_INPUTS; i++) {
        if (on >> i & 1)
            u->inputs[i] = 1;
        if (off >> i & 1)
            u->inputs[i] = 0;
    }
    server_unlock(w->gate);
}

static void set_inputs(struct world *w, uint32_t on, uint32_t off)
{
    set_unit_inputs(w, 1, on, off);
}

enum {
    A = 1 << IN_LOOP_A,
    B = 1 << IN_LOOP_B,
    C = 1 << IN_LOOP_C,
    UP = 1 << IN_ARM_UP,
    DOWN = 1 << IN_ARM_DOWN
};

/* An edge with an epoch and five spaces. */
static void give_spaces(struct world *w)
{
    wait_until(w, saw, "io.boomgate.edge.started.v1");
    double_say(w->cloud, "a/e1/grant", "{\"kind\":\"offer\",\"id\":1,\"epoch\":1,\"n\":5}", false);
    wait_until(w, saw, "io.boomgate.space.accepted.v1");
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->broker = broker_start(NULL);
    w->cloud = double_start(broker_port(w->broker));
    w->gate = server_start();
    write_config(w);
    start_edge(w);
    *state = w;
    return 0;
}

static void remove_files(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *f; (f = readdir(d));) {
        char path[sizeof f->d_name + 40];
        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        unlink(path);
    }
    closedir(d);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    if (w->edge > 0)
        end_edge(w, SIGKILL);
    server_stop(w->gate);
    double_stop(w->cloud);
    broker_stop(w->broker);
    remove_files(w->folder);
    rmdir(w->folder);
    free(w);
    return 0;
}

static void one_car_in(void **state)
{
    struct world *w = *state;
    const struct command open = {COMMAND_OPEN, 1, 1}, close = {COMMAND_CLOSE, 2, 1};
    give_spaces(w);
    set_inputs(w, A, 0);
    wait_until(w, saw, "io.boomgate.vehicle.presented.v1");
    server_set_plate(w->gate, 1, 2, "22아2222");
    wait_until(w, executed, &open);
    set_inputs(w, UP, DOWN);
    set_inputs(w, B, 0);
    wait_until(w, saw, "io.boomgate.passage.started.v1");
    set_inputs(w, C, A);
    const struct timespec drive = {.tv_nsec = 100000000};
    nanosleep(&drive, NULL); /* the car's own time under the arm */
    set_inputs(w, 0, B);
    nanosleep(&drive, NULL);
    set_inputs(w, 0, C);
    wait_until(w, saw, "io.boomgate.passage.completed.v1");
    wait_until(w, executed, &close);
    set_inputs(w, DOWN, UP);
    wait_until(w, saw, "\"outcome\":\"drove_through\"");
    assert_true(double_saw(w->cloud, "22아2222"));
    assert_int_equal(end_edge(w, SIGTERM), 0);
    assert_int_equal(double_offlines(w->cloud), 1);
}

/* Nothing the edge said is lost or said differently, whenever it dies. */
static void killed_edges_go_on_where_they_were(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    int64_t acked = w->acked;
    for (int i = 0; i < 5; i++) {
        assert_true(WIFSIGNALED(end_edge(w, SIGKILL)));
        start_edge(w);
        char boot[16];
        snprintf(boot, sizeof boot, "\"boot\":%d,", i + 2);
        wait_until(w, saw, boot);
    }
    assert_true(w->acked >= acked + 5);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "22아2222");
    const struct command open = {COMMAND_OPEN, 1, 1};
    wait_until(w, executed, &open); /* the spaces survived */
}

/* A vehicle comes to the entry and backs out, again and again: events without end. */
static void make_events(struct world *w)
{
    static int64_t turned_ms;
    static bool there;
    if (test_ms() - turned_ms < 250)
        return;
    turned_ms = test_ms();
    there = !there;
    set_inputs(w, there ? A : 0, there ? 0 : A);
}

static bool no_more_events(struct world *w, const void *arg)
{
    static int64_t last, since_ms;
    (void)arg;
    make_events(w);
    if (w->acked != last) {
        last = w->acked;
        since_ms = test_ms();
    }
    return test_ms() - since_ms > 2000;
}

static void limit_files(const struct world *w, rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    assert_int_equal(prlimit(w->edge, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* A disk that is full, played by a limit on the size of files: nobody is admitted, an exit opens,
 * and what happened meanwhile is told once it can be committed. */
static void an_edge_that_cannot_commit_opens_exits(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    limit_files(w, 160 * 1024);
    wait_until(w, no_more_events, NULL);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2}, entry = {COMMAND_OPEN, 1, 1};
    wait_until(w, executed, &open);
    assert_false(executed(w, &entry));
    assert_false(double_saw(w->cloud, "56CD78"));

    limit_files(w, RLIM_INFINITY);
    wait_until(w, saw, "nothing could be committed for");
    wait_until(w, executed, &entry); /* with the spaces it had */
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

static void damage(const struct world *w)
{
    char path[64];
    snprintf(path, sizeof path, "%s/journal.db", w->folder);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    for (int i = 0; i < 8; i++)
        assert_true(fputs("this is no database any more, and it was one a moment ago\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The answers of the double are always epoch 1, which is as good as any for a new journal. */
static void a_damaged_journal_is_set_aside_at_the_start(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    damage(w);
    w->acked = 0;
    start_edge(w);
    wait_until(w, saw, "a damaged journal was set aside");
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2};
    wait_until(w, executed, &open);
}

/* Without any journal: the exit opens, and the process ends for a proper start when there is one. */
static void an_edge_without_a_journal_opens_exits(void **state)
{
    struct world *w = *state;
    char path[64];
    int status;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    snprintf(path, sizeof path, "%s/journal.db.lock", w->folder);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    start_edge(w);
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    const struct command open = {COMMAND_OPEN, 1, 2};
    wait_until(w, executed, &open);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    assert_int_equal(WEXITSTATUS(status), 3);
    start_edge(w);
    wait_until(w, saw, "\"boot\":3,"); /* the second one was the look whether it can be opened */
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_car_in),
        TEST(killed_edges_go_on_where_they_were),
        TEST(an_edge_that_cannot_commit_opens_exits),
        TEST(a_damaged_journal_is_set_aside_at_the_start),
        TEST(an_edge_without_a_journal_opens_exits),
    };
    if (argc != 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
