/* The real boomgate-edge and a configuration that changes or is wrong (edge/reload.h): SIGHUP while
 * vehicles come and go, and starts.
 *
 * usage: edge_configuration boomgate-edge */
#include "tests/contract/edge/program_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 8192 };

static char state_folder[64], profile[64];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void read_file(const char *path, char ret[TEXT_SIZE])
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(ret, 1, TEXT_SIZE - 1, f);
    assert_true(n < TEXT_SIZE - 1);
    ret[n] = '\0';
    fclose(f);
}

static void copy_profile(void)
{
    static char text[TEXT_SIZE];
    read_file("edge/deploy/profiles/reference.yaml", text);
    write_file(profile, text);
}

/* The edge's folder is the state folder, and its lanes have a profile of their own there. */
static int set_up(void **state)
{
    char folder[32] = "/tmp/boomgate-XXXXXX", text[TEXT_SIZE];
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "STATE_DIRECTORY=%s", folder);
    snprintf(profile, sizeof profile, "%s/gate.yaml", folder);
    world_options.environment[0] = state_folder;
    copy_profile();
    struct world *w = world_begin(folder);
    read_file(w->config, text);
    for (char *at = text; (at = strstr(at, "close_delay_ms: 100}")); at++) {
        char rest[TEXT_SIZE];
        snprintf(rest, sizeof rest, "%s", at + strlen("close_delay_ms: 100}"));
        snprintf(at, TEXT_SIZE - (size_t)(at - text), "close_delay_ms: 100, profile: %s}%s",
                 profile, rest);
    }
    write_file(w->config, text);
    start_edge(w);
    *state = w;
    return 0;
}

static void append(const struct world *w, const char *line)
{
    char text[TEXT_SIZE], all[TEXT_SIZE + 128];
    read_file(w->config, text);
    snprintf(all, sizeof all, "%s%s", text, line);
    write_file(w->config, all);
}

static void change(const struct world *w, const char *from, const char *to)
{
    char text[TEXT_SIZE], all[TEXT_SIZE + 128];
    read_file(w->config, text);
    char *at = strstr(text, from);
    assert_non_null(at);
    *at = '\0';
    snprintf(all, sizeof all, "%s%s%s", text, to, at + strlen(from));
    write_file(w->config, all);
}

static void hang_up(const struct world *w)
{
    assert_int_equal(kill(w->edge, SIGHUP), 0);
}

static size_t motions(struct world *w)
{
    struct server_unit *u = server_lock(w->gate, 1);
    size_t n = u->command_count;
    server_unlock(w->gate);
    return n;
}

/* A vehicle comes to the entry, and the arm goes up: the lane works. */
static void admits(struct world *w, uint16_t sequence, size_t executions)
{
    const struct command open = {COMMAND_OPEN, executions, 1};
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, sequence, "12AB34");
    wait_until(w, executed, &open);
}

static int status_of_end(struct world *w)
{
    int status;
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    w->edge = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* --- tests --- */

/* R1: told with file, line, key and reason; the lane goes on, and the alarm ends with a good one. */
static void a_bad_one_changes_nothing(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    change(w, "unit: 2", "unit: 1");
    hang_up(w);
    wait_until(w, saw, "\"alarm\":\"configuration\",\"active\":true");
    assert_true(double_saw(w->cloud, "lanes[1].unit: this unit of the link already"));
    admits(w, 2, 1);
    change(w, "out-1, direction: exit, link: gate, unit: 1",
           "out-1, direction: exit, link: gate, unit: 2");
    hang_up(w);
    wait_until(w, saw, "\"alarm\":\"configuration\",\"active\":false");
    assert_false(double_saw(w->cloud, "\"boot\":2")); /* the same bytes: nothing to start for */
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* R1: the profile is a part of it, and so is whose journal it is. */
static void what_it_names_is_looked_at_too(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    write_file(profile, "name: gate\nsurce: nowhere\n");
    hang_up(w);
    wait_until(w, saw, "\"alarm\":\"configuration\",\"active\":true");
    assert_true(double_saw(w->cloud, "surce"));
    copy_profile();
    change(w, "edge: e1", "edge: e2");
    hang_up(w);
    wait_until(w, saw, "edge: another one than the agent runs with");
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* R2: not before the vehicle has gone; nothing is lost, and no arm moves for it. */
static void a_good_one_waits_for_the_vehicle(void **state)
{
    struct world *w = *state;
    const struct command close = {COMMAND_CLOSE, 2, 1};
    give_spaces(w);
    admits(w, 2, 1);
    set_inputs(w, UP, DOWN);
    set_inputs(w, B, 0);
    wait_until(w, saw, "io.boomgate.passage.started.v1");
    append(w, "keep_spaces: 1\n");
    hang_up(w);
    set_unit_inputs(w, 2, A, 0); /* a sign of life after the signal */
    wait_until(w, saw, "out-1");
    set_unit_inputs(w, 2, 0, A);
    assert_false(double_saw(w->cloud, "\"boot\":2"));
    set_inputs(w, 0, A);
    const struct timespec drive = {.tv_nsec = 200000000};
    nanosleep(&drive, NULL); /* the car's own time under the arm */
    set_inputs(w, 0, B);
    wait_until(w, executed, &close);
    assert_false(double_saw(w->cloud, "\"boot\":2"));
    set_inputs(w, DOWN, UP);
    wait_until(w, saw, "\"boot\":2,");
    wait_until(w, saw, "io.boomgate.space.returned.v1"); /* three of the four left */
    assert_true(double_saw(w->cloud, "io.boomgate.passage.completed.v1"));
    assert_int_equal(motions(w), 2);
    admits(w, 4, 3);
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* R3: with its profile. */
static void a_start_with_a_bad_one_takes_the_last_good(void **state)
{
    struct world *w = *state;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    write_file(w->config, "place: [\n");
    write_file(profile, "");
    start_edge(w);
    wait_until(w, saw, "\"alarm\":\"configuration\",\"active\":true");
    admits(w, 2, 1);
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* R3: it is read without a fault, and something of it cannot be had. */
static void one_that_does_not_start_is_bad(void **state)
{
    struct world *w = *state;
    char line[64];
    give_spaces(w);
    snprintf(line, sizeof line, "camera: {port: %d}\n", server_port(w->gate)); /* taken */
    append(w, line);
    hang_up(w);
    wait_until(w, saw, "\"alarm\":\"configuration\",\"active\":true");
    assert_true(double_saw(w->cloud, "the agent does not start with it"));
    admits(w, 2, 1);
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* Nothing was kept, or what was kept is damaged: as if there were no such thing. */
static void without_a_last_good_one_it_refuses(void **state)
{
    struct world *w = *state;
    char kept[80];
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    snprintf(kept, sizeof kept, "%s/last-good.conf", w->folder);
    struct stat st;
    assert_int_equal(stat(kept, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* there may be a password in it */
    write_file(w->config, "place: [\n");
    int fd = open(kept, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, st.st_size / 2), 1);
    close(fd);
    start_edge(w);
    assert_int_equal(status_of_end(w), 1);
    assert_int_equal(unlink(kept), 0);
    start_edge(w);
    assert_int_equal(status_of_end(w), 1);
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_bad_one_changes_nothing),        TEST(what_it_names_is_looked_at_too),
        TEST(a_good_one_waits_for_the_vehicle), TEST(a_start_with_a_bad_one_takes_the_last_good),
        TEST(one_that_does_not_start_is_bad),   TEST(without_a_last_good_one_it_refuses),
    };
    if (argc != 2)
        return 2;
    world_options.program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
