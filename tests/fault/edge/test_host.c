/* The real boomgate-edge on a host with faults: parts that hang, no network, no device, a wrong clock.
 *
 * usage: edge_host boomgate-edge libfake_clock.so */
#include "tests/contract/edge/program_world.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *fake_clock;

/* --- the service manager --- */

enum { PERIOD_MS = 2000 };

static int manager = -1; /* its socket */

static int manager_set_up(void **state)
{
    static char address[64], period[64];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(address, sizeof address, "NOTIFY_SOCKET=@boomgate-test-%d", getpid());
    snprintf(period, sizeof period, "WATCHDOG_USEC=%d", PERIOD_MS * 1000);
    const char *name = strchr(address, '@');
    memcpy(a.sun_path + 1, name + 1, strlen(name) - 1);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(manager >= 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_int_equal(bind(manager, (struct sockaddr *)&a, size), 0);
    world_options.environment[0] = address;
    world_options.environment[1] = period;
    return world_set_up(state);
}

static int manager_tear_down(void **state)
{
    int result = world_tear_down(state);
    close(manager);
    world_options.environment[0] = world_options.environment[1] = NULL;
    return result;
}

static bool told(struct world *w, const void *arg)
{
    char text[64];
    (void)w;
    ssize_t n = recv(manager, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 && strcmp(text, arg) == 0;
}

static void forget_told(void)
{
    char text[64];
    while (recv(manager, text, sizeof text, 0) > 0)
        continue;
}

/* For wait_until: not fed for longer than the watchdog would wait. */
static bool starves(struct world *w, const void *arg)
{
    static int64_t fed_ms;
    (void)arg;
    if (fed_ms == 0 || told(w, "WATCHDOG=1"))
        fed_ms = test_ms();
    if (test_ms() - fed_ms <= PERIOD_MS)
        return false;
    fed_ms = 0;
    return true;
}

/* The thread of that name, or of that beginning of it. */
static pid_t thread_of(pid_t process, const char *name)
{
    char path[64], comm[32];
    pid_t found = 0;
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *t; (t = readdir(d));) {
        char file[sizeof path + sizeof t->d_name + 8];
        snprintf(file, sizeof file, "%s/%s/comm", path, t->d_name);
        FILE *f = t->d_name[0] == '.' ? NULL : fopen(file, "r");
        if (f && fgets(comm, sizeof comm, f) && strncmp(comm, name, strlen(name)) == 0)
            found = (pid_t)strtol(t->d_name, NULL, 10);
        if (f)
            fclose(f);
    }
    closedir(d);
    assert_true(found > 0);
    return found;
}

/* Stops one thread; the others of its process go on. */
static void freeze(pid_t thread)
{
    int status;
    assert_int_equal(ptrace(PTRACE_SEIZE, thread, NULL, NULL), 0);
    assert_int_equal(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
    assert_int_equal(waitpid(thread, &status, __WALL), thread);
}

static void thaw(pid_t thread)
{
    assert_int_equal(ptrace(PTRACE_DETACH, thread, NULL, NULL), 0);
}

static void is_ready_is_fed_and_stops(void **state)
{
    struct world *w = *state;
    wait_until(w, told, "READY=1");
    for (int i = 0; i < 3; i++)
        wait_until(w, told, "WATCHDOG=1");
    kill(w->edge, SIGTERM);
    wait_until(w, told, "STOPPING=1");
}

static void a_link_that_hangs_is_noticed(void **state)
{
    struct world *w = *state;
    wait_until(w, told, "WATCHDOG=1");
    pid_t thread = thread_of(w->edge, "link");
    freeze(thread);
    wait_until(w, starves, NULL);
    thaw(thread);
    forget_told();
    wait_until(w, told, "WATCHDOG=1");
}

static void a_loop_that_hangs_is_noticed(void **state)
{
    struct world *w = *state;
    wait_until(w, told, "WATCHDOG=1");
    freeze(w->edge);
    wait_until(w, starves, NULL);
    thaw(w->edge);
    wait_until(w, told, "WATCHDOG=1");
}

/* The broker's answers are not read any more while there is something to send. */
static void a_drain_that_hangs_is_noticed(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    wait_until(w, told, "WATCHDOG=1");
    pid_t thread = thread_of(w->edge, "MQTTAsync_rcv");
    freeze(thread);
    set_inputs(w, A, 0);
    wait_until(w, starves, NULL);
    thaw(thread);
    forget_told();
    wait_until(w, told, "WATCHDOG=1");
}

/* A cloud that is away is no reason to restart. */
static void an_outage_is_no_hang(void **state)
{
    struct world *w = *state;
    wait_until(w, told, "WATCHDOG=1");
    w->cut = true;
    broker_kill(w->broker);
    set_inputs(w, A, 0);
    int64_t end = test_ms() + 5 * PERIOD_MS;
    while (test_ms() < end)
        wait_until(w, told, "WATCHDOG=1");
}

/* --- starts --- */

static const struct command entry_opens = {COMMAND_OPEN, 1, 1}, exit_opens = {COMMAND_OPEN, 1, 2};

/* For wait_until: the device has heard of the edge since the count was `arg`. */
static bool in_contact(struct world *w, const void *arg)
{
    struct server_unit *u = server_lock(w->gate, 1);
    bool there = u->heartbeat_writes > *(const size_t *)arg + 1;
    server_unlock(w->gate);
    return there;
}

static size_t heartbeats(struct world *w)
{
    size_t n = server_lock(w->gate, 1)->heartbeat_writes;
    server_unlock(w->gate);
    return n;
}

/* Spaces in hand, but no broker: a car comes in, and the cloud hears of it later. */
static void starts_without_a_network(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    w->cut = true;
    broker_kill(w->broker);
    size_t before = heartbeats(w);
    start_edge(w);
    wait_until(w, in_contact, &before);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    wait_until(w, executed, &entry_opens);
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, 2, "56CD78");
    wait_until(w, executed, &exit_opens);
    assert_false(double_saw(w->cloud, "12AB34"));
}

/* The session stands and nothing comes back: the lanes decide, the watchdog is fed, and what
 * happened arrives when the line is well again. */
static void a_half_open_session_stops_no_lane(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    broker_pause(w->broker);
    w->cut = true;
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    wait_until(w, executed, &entry_opens);
    for (int i = 0; i < 5; i++)
        wait_until(w, told, "WATCHDOG=1");
    assert_false(double_saw(w->cloud, "12AB34"));
    broker_resume(w->broker);
    w->cut = false;
    wait_until(w, saw, "12AB34");
}

static int missing_set_up(void **state)
{
    static char links[96];
    snprintf(links, sizeof links, "  - {name: gone, host: 127.0.0.1, port: %d}\n", free_port());
    world_options.links = links;
    world_options.settings = "  - {name: in-2, direction: entry, link: gone, unit: 1}\n";
    int result = world_set_up(state);
    world_options.links = world_options.settings = NULL;
    return result;
}

static void starts_without_a_device(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    wait_until(w, executed, &entry_opens);
}

/* --- clocks --- */

static char clock_file[64], clock_file_env[96], preload_env[160];

static void set_clock(long long off_ms, bool synced)
{
    char next[80];
    snprintf(next, sizeof next, "%s.next", clock_file);
    FILE *f = fopen(next, "w");
    assert_non_null(f);
    fprintf(f, "%lld%s\n", off_ms, synced ? "s" : "");
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(next, clock_file), 0);
}

static const long long year_ms = 31556952000, hour_ms = 3600000;

static int clock_set_up(void **state)
{
    snprintf(clock_file, sizeof clock_file, "/tmp/boomgate-clock-%d", getpid());
    snprintf(clock_file_env, sizeof clock_file_env, "FAKE_CLOCK=%s", clock_file);
    snprintf(preload_env, sizeof preload_env, "LD_PRELOAD=%s", fake_clock);
    set_clock(0, false);
    world_options.environment[0] = clock_file_env;
    world_options.environment[1] = preload_env;
    world_options.environment[2] = "ASAN_OPTIONS=verify_asan_link_order=0";
    return world_set_up(state);
}

static int clock_tear_down(void **state)
{
    int result = world_tear_down(state);
    memset(world_options.environment, 0, sizeof world_options.environment);
    unlink(clock_file);
    return result;
}

static void a_car_comes_in(struct world *w)
{
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "12AB34");
    wait_until(w, executed, &entry_opens);
}

/* No lane depends on the wall clock; every event says how far it can be trusted. */
static void starts_in_1970(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    set_clock(-56 * year_ms, false);
    start_edge(w);
    wait_until(w, saw, "\"clock\":\"unset\"");
    wait_until(w, saw, "the wall clock cannot be right");
    a_car_comes_in(w);
    set_clock(0, true); /* the network has come, and the time with it */
    wait_until(w, saw, "\"clock\":\"synced\"");
}

static void steps(struct world *w, long long by_ms, const char *told_as)
{
    give_spaces(w);
    wait_until(w, saw, "\"clock\":\"holdover\"");
    set_clock(by_ms, false);
    wait_until(w, saw, told_as);
    wait_until(w, saw, "\"clock\":\"unset\"");
    a_car_comes_in(w);
}

static void steps_back_an_hour(void **state)
{
    steps(*state, -hour_ms, "the wall clock stepped by -3"); /* ...599999 or ...600000 */
}

static void steps_on_ten_years(void **state)
{
    steps(*state, 10 * year_ms, "the wall clock stepped by 3");
}

int main(int argc, char **argv)
{
#define WITH_MANAGER(f) cmocka_unit_test_setup_teardown(f, manager_set_up, manager_tear_down)
#define WITH_CLOCK(f)   cmocka_unit_test_setup_teardown(f, clock_set_up, clock_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_MANAGER(is_ready_is_fed_and_stops),
        WITH_MANAGER(a_link_that_hangs_is_noticed),
        WITH_MANAGER(a_loop_that_hangs_is_noticed),
        WITH_MANAGER(a_drain_that_hangs_is_noticed),
        WITH_MANAGER(an_outage_is_no_hang),
        cmocka_unit_test_setup_teardown(starts_without_a_network, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(starts_without_a_device, missing_set_up, world_tear_down),
        WITH_MANAGER(a_half_open_session_stops_no_lane),
        WITH_CLOCK(starts_in_1970),
        WITH_CLOCK(steps_back_an_hour),
        WITH_CLOCK(steps_on_ten_years),
    };
    if (argc != 3)
        return 2;
    world_options.program = argv[1];
    fake_clock = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
