#include "tests/contract/edge/program_world.h"

#include "protocol/wire/request.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct world_options world_options;

int64_t test_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void write_config(struct world *w)
{
    snprintf(w->config, sizeof w->config, "%s/edge.yaml", w->folder);
    FILE *f = fopen(w->config, "w");
    fprintf(f,
            "place: a\nedge: e1\njournal: %s/journal.db\n"
            "broker: {host: 127.0.0.1, port: %d, reconnect_min_ms: 20, reconnect_max_ms: 200}\n"
            "links:\n  - {name: gate, host: 127.0.0.1, port: %d}\n%s"
            "lanes:\n  - {name: in-1, direction: entry, link: gate, unit: 1, close_delay_ms: 100}\n"
            "  - {name: out-1, direction: exit, link: gate, unit: 2, close_delay_ms: 100}\n%s",
            w->folder, broker_port(w->broker), server_port(w->gate),
            world_options.links ? world_options.links : "",
            world_options.settings ? world_options.settings : "");
    assert_int_equal(fclose(f), 0);
}

void start_edge(struct world *w)
{
    w->edge = fork();
    assert_true(w->edge >= 0);
    if (w->edge == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        char env[] = "env", config[] = "-c", rate[] = "--clock-rate", *argv[12] = {env};
        size_t n = 1;
        for (const char *const *e = world_options.environment; *e; e++)
            argv[n++] = strdup(*e);
        argv[n++] = strdup(world_options.program);
        argv[n++] = config;
        argv[n++] = w->config;
        if (world_options.clock_rate) {
            argv[n++] = rate;
            argv[n] = strdup(world_options.clock_rate);
        }
        execv("/usr/bin/env", argv);
        _exit(127);
    }
}

int end_edge(struct world *w, int how)
{
    int status;
    kill(w->edge, how);
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    w->edge = 0;
    return status;
}

void be_the_cloud(struct world *w)
{
    char text[DOUBLE_TEXT];
    int64_t events[DOUBLE_EVENTS];
    size_t len, n = double_requests(w->cloud, text);
    struct request r;
    if (w->cut)
        return;
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

void wait_until(struct world *w, bool (*holds)(struct world *w, const void *arg), const void *arg)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int64_t end = test_ms() + 60000;
    while (!holds(w, arg)) {
        assert_true(test_ms() < end);
        be_the_cloud(w);
        nanosleep(&pause, NULL);
    }
}

bool saw(struct world *w, const void *part)
{
    return double_saw(w->cloud, part);
}

bool executed(struct world *w, const void *arg)
{
    const struct command *c = arg;
    struct server_unit *u = server_lock(w->gate, c->unit);
    bool there =
        u->executed >= c->executed && u->commands[(u->command_count - 1) % SERVER_LOG] == c->code;
    server_unlock(w->gate);
    return there;
}

void set_unit_inputs(struct world *w, int unit, uint32_t on, uint32_t off)
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

void set_inputs(struct world *w, uint32_t on, uint32_t off)
{
    set_unit_inputs(w, 1, on, off);
}

void give_spaces(struct world *w)
{
    wait_until(w, saw, "io.boomgate.edge.started.v1");
    double_say(w->cloud, "a/e1/grant", "{\"kind\":\"offer\",\"id\":1,\"epoch\":1,\"n\":5}", false);
    wait_until(w, saw, "io.boomgate.space.accepted.v1");
}

struct world *world_begin(const char *folder)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "%s", folder);
    w->broker = broker_start(NULL);
    w->cloud = double_start(broker_port(w->broker));
    w->gate = server_start();
    write_config(w);
    return w;
}

int world_set_up(void **state)
{
    char folder[32] = "/tmp/boomgate-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct world *w = world_begin(folder);
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

int world_tear_down(void **state)
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

void make_events(struct world *w)
{
    static int64_t turned_ms;
    static bool there;
    if (test_ms() - turned_ms < 250)
        return;
    turned_ms = test_ms();
    there = !there;
    set_inputs(w, there ? A : 0, there ? 0 : A);
}
