/* The real boomgate-edge between a scripted gate, a real broker and a double of the cloud: one car
 * in, the arm and the outbox across kill -9, and a clean stop.
 *
 * usage: edge_program boomgate-edge */
#include "protocol/modbus/lane_io.h"
#include "protocol/wire/request.h"
#include "tests/contract/edge/cloud_double.h"
#include "tests/contract/edge/modbus_server.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    fprintf(
        f,
        "place: a\nedge: e1\njournal: %s/journal.db\n"
        "broker: {host: 127.0.0.1, port: %d, reconnect_min_ms: 20, reconnect_max_ms: 200}\n"
        "links:\n  - {name: gate, host: 127.0.0.1, port: %d}\n"
        "lanes:\n  - {name: in-1, direction: entry, link: gate, unit: 1, close_delay_ms: 100}\n",
        w->folder, broker_port(w->broker), server_port(w->gate));
    assert_int_equal(fclose(f), 0);
}

static void start_edge(struct world *w)
{
    w->edge = fork();
    assert_true(w->edge >= 0);
    if (w->edge == 0) {
        const struct rlimit limit = {file_limit, file_limit};
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
};

static bool executed(struct world *w, const void *arg)
{
    const struct command *c = arg;
    struct server_unit *u = server_lock(w->gate, 1);
    bool there =
        u->executed >= c->executed && u->commands[(u->command_count - 1) % SERVER_LOG] == c->code;
    server_unlock(w->gate);
    return there;
}

static void set_inputs(struct world *w, uint32_t on, uint32_t off)
{
    struct server_unit *u = server_lock(w->gate, 1);
    for (int i = 0; i < SERVER_INPUTS; i++) {
        if (on >> i & 1)
            u->inputs[i] = 1;
        if (off >> i & 1)
            u->inputs[i] = 0;
    }
    server_unlock(w->gate);
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

static int tear_down(void **state)
{
    static const char *const files[] = {"edge.yaml", "journal.db", "journal.db-wal",
                                        "journal.db-shm", "journal.db.lock"};
    struct world *w = *state;
    if (w->edge > 0)
        end_edge(w, SIGKILL);
    server_stop(w->gate);
    double_stop(w->cloud);
    broker_stop(w->broker);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", w->folder, files[i]);
        unlink(path);
    }
    rmdir(w->folder);
    free(w);
    return 0;
}

static void one_car_in(void **state)
{
    struct world *w = *state;
    const struct command open = {COMMAND_OPEN, 1}, close = {COMMAND_CLOSE, 2};
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
    const struct command open = {COMMAND_OPEN, 1};
    wait_until(w, executed, &open); /* the spaces survived */
}

static bool edge_ended(struct world *w, const void *arg)
{
    static int64_t turned_ms;
    static bool there;
    int *ret_status = *(int *const *)arg;
    if (test_ms() - turned_ms > 250) { /* a vehicle comes and backs out: events without end */
        turned_ms = test_ms();
        there = !there;
        set_inputs(w, there ? A : 0, there ? 0 : A);
    }
    return waitpid(w->edge, ret_status, WNOHANG) == w->edge;
}

/* A disk that is full, played by a limit on the size of files: the turn that cannot be committed
 * ends the process, and the next start goes on from the last one that was. */
static void an_edge_that_cannot_commit_ends(void **state)
{
    struct world *w = *state;
    int status, *ret_status = &status;
    give_spaces(w);
    end_edge(w, SIGTERM);
    file_limit = 160 * 1024;
    start_edge(w);
    file_limit = RLIM_INFINITY;
    wait_until(w, edge_ended, &ret_status);
    w->edge = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    start_edge(w);
    wait_until(w, saw, "\"boot\":3,");
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_car_in),
        TEST(killed_edges_go_on_where_they_were),
        TEST(an_edge_that_cannot_commit_ends),
    };
    if (argc != 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
